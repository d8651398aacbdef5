"""What speaks for and against a template in one message, as numbers between 0 and 1 (or a few) that are weighed elsewhere.

Knows the forms of messages and templates: values, files, times, triggers. Knows no words of a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.offline.command import only_tells, starts_with_verb
from agent.offline.intent import is_question
from agent.offline.sentence import Sentence
from agent.offline.span import FILE_ENDINGS, Span
from agent.offline.value.fill import Filled
from catalog.workflow import Template

_FIRM_KINDS = {
    "email", "emails", "url", "file", "channel", "number", "date", "duration", "phone", "money", "key_value", "json_object",
}  # fmt: skip
"""Kinds of values that are told by their form."""

_FIRM_SPANS = {"email", "url", "file", "channel", "code", "phone"}
_AT_MOST = 2

_AWAITED = re.compile(
    r"\b(?:web)?hooks?\b|\bforms?\b|\bwhen(?:ever)?\b|\bincoming\b|\bsubmi\w+|\barriv\w+|\bregistration|\breceiv\w+|\bevents?\b"
)
_NEW = re.compile(
    r"\b(?:new|each|every (?!\d)\w+|as soon as|once|latest|fresh|added|appears?|comes?|lands?|whatever)\b"
)

_LINKED = re.compile(rf"//[^/?#]+/[^?#]*\.({FILE_ENDINGS})(?:[?#]|$)")
_BY_MAIL = re.compile(r"\b(?:by|via|per|through) e?-?mail\b")


def weigh(weights: Mapping[str, float], signs: Mapping[str, float]) -> float:
    """The sum of what was seen, each with its weight; `one` is always seen."""
    return weights.get("one", 0.0) + sum(weights.get(name, 0.0) * value for name, value in signs.items())


def is_complete(template: Template, filled: Filled) -> bool:
    """Whether the message gives all that the template would have to ask for."""
    required = {name for name, parameter in template.parameters.items() if parameter.is_required}
    return bool(required) and required <= filled.values.keys()


def form_signs(template: Template, sentence: Sentence, filled: Filled, endings: frozenset[str]) -> dict[str, float]:
    """Values that fit or do not, files of a usual kind (`endings`), and whether what starts it is what was said."""
    firm = [name for name, p in template.parameters.items() if p.is_required and p.kind in _FIRM_KINDS]
    got = sum(name in filled.values for name in firm)
    named = {ending for span in sentence.spans if (ending := _ending(span))}
    signs = {
        "several": float(filled.typed >= _AT_MOST),
        "unused": float(min(filled.unused, _AT_MOST)),
        "given": got / len(firm) if firm else 0.0,
        "lacks": float(min(len(firm) - got, _AT_MOST)),
        "complete": float(is_complete(template, filled)),
        "file_usual": float(bool(named & endings)),
        "file_unusual": float(bool(named and endings and not named & endings)),
        "other_means": float(_BY_MAIL.search(sentence.low) is not None and _only_posts(template)),
    }
    begins = _beginning(template, sentence, filled)
    return signs | ({begins: 1.0} if begins else {})


def _ending(span: Span) -> str:
    """The kind of a file, by name or at the end of a link; empty for anything else."""
    if span.kind == "file":
        return span.value.rpartition(".")[2].lower()
    match = _LINKED.search(span.value.lower()) if span.kind == "url" else None
    return match[1] if match else ""


def _only_posts(template: Template) -> bool:
    """Whether a message in chat is all that it does: it is not what goes “by e-mail”."""
    return {step.uses for step in template.steps} == {"chat.post"}


def message_signs(sentence: Sentence, filled: Filled) -> dict[str, float]:
    """What the message looks like, whatever the template: a request, a question, a remark."""
    asks, begins_with_verb = is_question(sentence.low), starts_with_verb(sentence.masked)
    return {
        "verb": float(begins_with_verb),
        "remark": float(not begins_with_verb and not (filled.typed or filled.spoken)),
        "tells": float(only_tells(sentence.masked)),
        "question": float(asks and not filled.typed),
        "question_with_values": float(asks and bool(filled.typed)),
        "typed": float(bool(filled.typed)),
        "time": float(sentence.spoken is not None),
        "firm": float(any(span.kind in _FIRM_SPANS for span in sentence.spans)),
        "quoted": float(any(span.kind == "quoted" for span in sentence.spans)),
    }


def _beginning(template: Template, sentence: Sentence, filled: Filled) -> str:
    """Whether what starts it is what the message says: a repetition, a moment, a webhook, or nothing."""
    allowed = template.trigger.allowed
    is_awaited = _AWAITED.search(sentence.low) is not None
    if allowed == ["webhook"]:
        return "" if is_awaited else "event_unsaid"
    if allowed == ["event"]:
        return "" if is_awaited or _NEW.search(sentence.low) else "event_unsaid"
    if sentence.spoken is None:
        return "time_lacks" if allowed == ["schedule"] else ""
    if filled.spoken is None:
        return "time_unfit" if "schedule" not in allowed and not filled.took_time else ""
    is_usual = (allowed[0] == "schedule") == filled.spoken.schedule.is_recurring
    return "time_usual" if is_usual else ""
