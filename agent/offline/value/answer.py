"""Reads the answer to one question: what is said as the value of one known parameter. Checks nothing."""

from __future__ import annotations

import re
from datetime import UTC
from functools import cache

from pydantic import JsonValue
from rapidfuzz import fuzz, process

from agent.offline import calibration
from agent.offline.delay import find_lengths
from agent.offline.intent import Meaning
from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.rule_words import number_words
from agent.offline.sentence import Sentence
from agent.offline.span import SpanKind
from agent.offline.time_piece import find_groups
from agent.offline.time_zone import named_zone
from agent.offline.value.board import Board
from agent.offline.value.typed import fill_typed
from catalog.workflow import Parameter, Template

_SPANS: dict[str, SpanKind] = {
    "email": "email", "url": "url", "file": "file", "channel": "channel", "person": "mention", "phone": "phone", "money": "money",
}  # fmt: skip


def has_form_of(parameter: Parameter, sentence: Sentence) -> bool:
    """Whether the sentence holds something of the form that this kind needs."""
    kind = "email" if parameter.kind == "emails" else parameter.kind
    if kind in _SPANS:
        return any(s.kind == _SPANS[kind] for s in sentence.spans)
    return not isinstance(_special(parameter, sentence), _Missing)


def read_answer(  # noqa: PLR0911  # one return for each family of kinds
    name: str, parameter: Parameter, sentence: Sentence, template: Template, meanings: list[Meaning]
) -> JsonValue:
    """The raw value; what has no form of its kind is given as it was written, so that the check can say what is wrong."""
    if parameter.kind in {"text", "long_text"}:
        return _text(name, parameter, sentence)
    if parameter.kind == "yes_no":
        verdict = next((m.intent for m in meanings if m.intent in {"yes", "no"}), None)
        return verdict == "yes" if verdict else bare(sentence)
    if parameter.kind == "emails":
        found: list[JsonValue] = [s.value for s in sentence.spans if s.kind == "email"]
        return found or bare(sentence)
    if parameter.kind in _SPANS:
        kind = _SPANS[parameter.kind]
        return next((s.value for s in sentence.spans if s.kind == kind), bare(sentence))
    value = _special(parameter, sentence)
    if not isinstance(value, _Missing):
        return value
    if parameter.kind in {"key_value", "json_object"}:
        board = Board(sentence, template.model_copy(update={"parameters": {name: parameter}}))
        fill_typed(board)
        return board.values.get(name, bare(sentence))
    return bare(sentence)


class _Missing:
    """Stands for no value, which is not the same as null."""


def _special(parameter: Parameter, sentence: Sentence) -> JsonValue | _Missing:  # noqa: PLR0911  # one return for each kind
    """Kinds that are read out of words."""
    low, spoken = sentence.masked, sentence.spoken
    match parameter.kind:
        case "number" | "integer":
            return _number(sentence)
        case "duration":
            length = next(iter(find_lengths(low)), None)
            return length.approximate_s if length else _Missing()
        case "date" | "time":
            return _moment(parameter.kind, sentence)
        case "datetime":
            is_whole = spoken is not None and spoken.schedule.at is not None and not spoken.is_partial
            return (
                spoken.schedule.at.astimezone(UTC).isoformat()
                if is_whole and spoken and spoken.schedule.at
                else _Missing()
            )
        case "time_zone":
            return named_zone(said(sentence)) or (spoken.zone if spoken and spoken.zone else _Missing())
        case "recurrence":
            return spoken.schedule.model_dump(mode="json", exclude_none=True) if spoken else _Missing()
        case "choice":
            return _choice(parameter, said(sentence))
        case "list":
            return _items(sentence)
        case _:
            return _Missing()


def _number(sentence: Sentence) -> JsonValue | _Missing:
    span = next((s for s in sentence.spans if s.kind in {"number", "money"}), None)
    if span is not None:
        digits = re.search(r"[-+]?\d+(?:[.,]\d+)*", span.value)
        return digits[0] if digits else span.value
    word = said(sentence)
    return number_words().get(word, _Missing()) if word not in {"a", "an"} else _Missing()


def _moment(kind: str, sentence: Sentence) -> JsonValue | _Missing:
    local = sentence.now.astimezone(sentence.zone)
    for group in find_groups(sentence.text.plain, sentence.masked, local, with_told=True):
        if kind == "date" and group.day:
            return group.day.day.isoformat()
        if kind == "time" and group.clocks:
            return f"{group.clocks[0].at:%H:%M}"
    hour = re.fullmatch(r"(?:at )?(\d{1,2})", said(sentence))
    return f"{int(hour[1]):02}:00" if kind == "time" and hour and int(hour[1]) <= 23 else _Missing()  # noqa: PLR2004  # hours


def _choice(parameter: Parameter, said: str) -> JsonValue | _Missing:
    options = {option.lower().replace("_", " "): option for option in parameter.options}
    if said.isdecimal() and 1 <= int(said) <= len(parameter.options) and said not in options:
        return parameter.options[int(said) - 1]
    found = process.extractOne(
        said.lower(), list(options), scorer=fuzz.WRatio, score_cutoff=calibration.LOOSE_NAME_RATIO
    )
    return options[found[0]] if found else _Missing()


def _items(sentence: Sentence) -> JsonValue:
    quotes: list[JsonValue] = [s.value for s in sentence.spans if s.kind == "quoted"]
    urls: list[JsonValue] = [s.value for s in sentence.spans if s.kind == "url"]
    if len(quotes) > 1 or len(urls) > 1:
        return quotes if len(quotes) > 1 else urls
    text = bare(sentence)
    separator = r"\n+" if "\n" in text else r"\s*;\s*" if ";" in text else r"\s*,\s*(?:and\s+)?|\s+and\s+"
    items: list[JsonValue] = [item.strip(" -*•\t").strip("\"'") for item in re.split(separator, text)]
    return [item for item in items if item]


def _text(name: str, parameter: Parameter, sentence: Sentence) -> str:
    """A text as it was written; marks of quotation around all of it, and a label before it, are not part of it."""
    text, size = sentence.text, len(sentence.text.plain)
    labels = {
        name.replace("_", " "),
        parameter.label.lower(),
        *(w for w in parameter.words if w in sentence_words().clause_words),
    }
    label = re.match(
        rf"\s*(?:(?:the|my)\s+)?(?:{alternation(sorted(filter(None, labels)))})(?:\s*[:=]|\s+(?:is|should be|should say))\s*",
        text.low,
    )
    start = label.end() if label else 0
    if parameter.kind == "text" and (lead := _text_lead().match(text.low, start)) is not None and lead.end() < size:
        start = lead.end()
    quotes = [s for s in sentence.spans if s.kind in {"quoted", "code"}]
    if len(quotes) == 1 and not (text.low[start : quotes[0].start] + text.low[quotes[0].end :]).strip(" .,!:"):
        return quotes[0].value
    return text.literal(start, size) or text.original.strip()


def bare(sentence: Sentence) -> str:
    """The message without the words that lead to a value: "it's", "use", "make it"."""
    text = sentence.text
    start, size = 0, len(text.plain)
    while (match := _lead().match(text.low, start)) is not None and match.end() < size:
        start = match.end()
    return text.literal(start, size).strip().rstrip(".!").strip().strip('"“”') or text.original.strip()


def said(sentence: Sentence) -> str:
    """As `bare`, in the English words that the message is read as."""
    low, start = sentence.low, 0
    while (match := _lead().match(low, start)) is not None and match.end() < len(low):
        start = match.end()
    return low[start:].strip().rstrip(".!").strip().strip('"“”') or low.strip()


@cache
def _lead() -> re.Pattern[str]:
    return re.compile(rf"(?:{alternation(sentence_words().answer_leads)})(?![\w'-])[\s,:]+")


@cache
def _text_lead() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{alternation(sentence_words().text_leads)})(?![\w'-])[\s,:]+")
