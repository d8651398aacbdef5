"""Which part of a message is the command, and whether it begins like one. Knows no template."""

from __future__ import annotations

import re
from functools import lru_cache

from agent.offline.lexicon.words import alternation, intent_words, past, sentence_words, value_words
from agent.offline.sentence import Sentence
from agent.offline.span import Span, is_query
from agent.offline.verb_form import pasts


@lru_cache(maxsize=1)
def openers() -> re.Pattern[str]:
    return re.compile(rf"(?:[\s,.:;!–—-]|(?:{alternation(sentence_words().openers)})(?![\w'-]))*")


@lru_cache(maxsize=1)
def _opening_verb() -> re.Pattern[str]:
    words = sentence_words()
    return re.compile(
        rf"(?:[\s,.:;!–—\x00-]|(?:{alternation(words.openers)})\b)*(?:{alternation(sorted(words.verbs))})\b"
    )


def command_place(sentence: Sentence) -> tuple[int, int]:
    """From where to where a message speaks to Errand itself: behind polite words, before the content that a colon or
    "saying" introduces.
    """
    cut = min(
        (m.start() for m in _CONTENT.finditer(sentence.masked) if starts_with_verb(sentence.masked[: m.start()])),
        default=len(sentence.masked),
    )
    return past(openers(), sentence.masked, 0, cut), cut


def command_part(sentence: Sentence) -> str:
    """What is said to Errand itself: without quotes, the content of data, and the content that is introduced."""
    _, cut = command_place(sentence)
    low = sentence.masked[:cut]
    silent = {"quoted", "code", "number", "money"}
    kept = [s for s in sentence.spans if (s.kind not in silent or is_query(s.value)) and s.end <= cut]
    to_people = any(s.kind in {"channel", "mention", "email"} for s in kept)
    pieces, at = [], 0
    for span in kept:
        if span.kind == "json" and to_people:
            continue  # a text like any other
        pieces += [low[at : span.start], _shown(span, sentence)]
        at = span.end
    command = " ".join("".join([*pieces, low[at:]]).replace("\x00", " ").split())
    command = command[past(openers(), command) :]
    return command if re.search(r"[^\W\d_]{3}", command) else sentence.text.plain


def _shown(span: Span, sentence: Sentence) -> str:
    """A value as it is looked for: data and queries by what they are."""
    if is_query(span.value):
        return "sql query"
    return "json" if span.kind == "json" else sentence.text.plain[span.start : span.end]


_CONTENT = re.compile(
    r"(?<=[\w\x00>)]):\s|\n|[\s,]+(?:with (?:the )?)?(?:subject|body|saying|that says|titled|telling (?:them|him|her|everyone)|just say)\b|(?<=\x00)\s+that\b"
)


def starts_with_verb(masked: str) -> bool:
    """Whether it begins like a request, times and polite words aside; also after "every monday at 9" or "when …,", and by
    naming what is wanted: "csv to json", "weekly report to bob@…".
    """
    if (
        _thing().match(masked)
        or _opening_verb().match(masked)
        or any(masked.lstrip().startswith(w) for w in intent_words().negation_exceptions)
    ):
        return True
    return _later_verb().search(masked, 0, _EARLY) is not None


@lru_cache(maxsize=1)
def _later_verb() -> re.Pattern[str]:
    verbs = alternation(sorted(sentence_words().verbs))
    return re.compile(rf"(?:[,;:]|\d|\bevery \w+|\bday|\bmorning)\s+(?:please\s+)?(?:{verbs})\b")


@lru_cache(maxsize=1)
def _thing() -> re.Pattern[str]:
    """A conversion of one format into another, or something to be sent to an address that is said."""
    openers, formats = alternation(sentence_words().openers), alternation(value_words().formats)
    into, things = alternation(value_words().into), alternation(sentence_words().sendable)
    tellers = alternation(sorted(sentence_words().tellers | pasts()))
    after = alternation([*sentence_words().prepositions, *sentence_words().clause_words, "every", "each", "tomorrow"])
    return re.compile(
        rf"(?:[\s,.:;!–—-]|(?:{openers})(?![\w'-]))*(?:(?:{formats})(?:\s+files?)?\s*(?:{into}|2)\s*(?:{formats})(?![\w'-])"
        rf"|(?!(?:{tellers})\b)(?:[\w'-]+\s+){{0,3}}(?:{things})\b[^.?!\n\x00]*\s(?:to|for)\s+\x00++(?=\s*(?:$|[,.:;&]|(?:{after})\b)))"
    )


_STATING = re.compile(
    r"\s*\x00+(?:(?:\s*,\s*|\s+)(?:and\s+|or\s+)?\x00+)*\s+(?:both\s+|all\s+)?(?:is|are|was|were|has|have|had|looks?|seems?)\b"
)
"""Something is said of what is named: “a.csv and b.csv are wrong”."""

_EARLY = 160
"""Characters within which a request has its verb."""


def only_tells(masked: str) -> bool:
    """Whether it begins like a remark ("the mail was late", "I used to …"), and not like a request."""
    if _STATING.match(masked):
        return True
    place = past(openers(), masked)
    first = re.match(r"[^\W\d_]+(?:'[a-z]+)?", masked[place:])
    return first is not None and (first[0] in sentence_words().tellers or first[0] in pasts())
