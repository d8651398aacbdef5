"""What a message says apart from its values: "mail the {text} to {email} {time}". What was written in it stays out.

Two messages that differ in their values only are the same in general.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from agent.offline.command import command_place
from agent.offline.intent import is_negated, is_question
from agent.offline.lexicon.words import intent_words, sentence_words
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.span import Span
from agent.offline.value.fill import fill
from catalog.workflow import Template

_MOST_WORDS = 14
"""What is longer tells something; it is not how one asks."""

_KINDS = {"quoted": "text", "code": "text", "json": "text", "mention": "person"}
_NAME = re.compile(r"(?<=\w )[^\W\d_][\w'’-]*")
_PIECE = re.compile(r"\x00+|[^\W_]+(?:['’-][^\W_]+)*")

Mark = tuple[int, int, str]
"""From where to where a value stands, and the word for its kind; without one it is left out."""


def generalise_text(
    text: str, template: Template, values: Mapping[str, JsonValue], now: datetime, zone: ZoneInfo
) -> str:
    """What may be learned from a wish for a template that took these values from it: nothing of a question, a refusal or
    a long text.
    """
    sentence = read_sentence(text, now, zone)
    if is_question(sentence.low) or is_negated(sentence.low):
        return ""
    words = generalise(sentence, {**fill(template, sentence).values, **values}, template)
    pieces = words.split()
    own = [piece for piece in pieces if "{" not in piece and piece not in sentence_words().small_words]
    return words if own and 1 < len(pieces) <= _MOST_WORDS else ""


def any_of(learned: Collection[str]) -> re.Pattern[str]:
    """What is said in general as one of these was. A text may stand there whether or not it was told from the command."""
    return re.compile("|".join(re.escape(words).replace(r"\{text\}", ".+") for words in learned))


def generalise(sentence: Sentence, values: Mapping[str, JsonValue], template: Template) -> str:
    """The command, each value in it replaced by a placeholder of its kind."""
    start, end = command_place(sentence)
    marks: list[Mark] = [(span.start, span.end, _kind(span)) for span in sentence.spans]
    marks += [(first, last, "") for first, last in sentence.dropped]
    marks += [(first, last, "time") for first, last in (sentence.spoken.fragments if sentence.spoken else ())]
    marks += _names(sentence, template)
    low = _blanked(sentence.low, marks)
    for value in values.values():
        for text in value if isinstance(value, list) else [value]:
            found = _place(low, text) if isinstance(text, str) else None
            if found is not None:
                marks.append((*found, "text"))
                low = _blanked(low, marks[-1:])
    return " ".join(_pieces(low, marks, start, end))


def _kind(span: Span) -> str:
    return span.value.rpartition(".")[2].lower() if span.kind == "file" else _KINDS.get(span.kind, span.kind)


def _names(sentence: Sentence, template: Template) -> Iterator[Mark]:
    """Words with a capital inside the sentence that the template does not know: they may be anybody's name."""
    known = " ".join((template.title, template.summary, *template.asks, *template.services)).casefold()
    for match in _NAME.finditer(sentence.text.plain):
        if match[0][0].isupper() and match[0].casefold() not in known:
            yield (*match.span(), "name")


def _blanked(low: str, marks: list[Mark]) -> str:
    for start, end, _ in marks:
        low = low[:start] + "\x00" * (end - start) + low[end:]
    return low


def _place(low: str, text: str) -> tuple[int, int] | None:
    found = re.search(rf"(?<!\w){re.escape(text.strip().lower())}(?!\w)", low) if text.strip() else None
    return found.span() if found else None


def _pieces(low: str, marks: list[Mark], start: int, end: int) -> list[str]:
    """Words and placeholders in order; equal placeholders that follow each other are one."""
    kinds = {place: kind for first, last, kind in marks for place in range(first, last)}
    found: list[str] = []
    for match in _PIECE.finditer(low, start, end):
        piece = match[0]
        if piece.startswith("\x00"):
            shown = [f"{{{kind}}}" for kind in dict.fromkeys(kinds[at] for at in range(*match.span())) if kind]
        elif any(c.isdigit() for c in piece):
            shown = ["{number}"]
        else:
            shown = [] if piece in intent_words().polite else [piece]
        found += [one for one in shown if not (one.startswith("{") and found[-1:] == [one])]
    return found
