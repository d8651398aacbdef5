"""Where a text ends in its sentence: before another part of it, or at its mark. Takes no text."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.intent import is_question
from agent.offline.lexicon.words import alternation, clause_words, sentence_words, value_words
from agent.offline.value.board import Board

HEADLINE = re.compile(r"(?<=[\w)])(?<!\bre)(?<!\baw)(?<!\bfw)(?<!\bfwd)(?<!\bwg):\s+(?=\S)")
"""A text follows its subject after a colon, but “Re: …” is the subject."""


def is_last(board: Board, end: int) -> bool:
    """Whether nothing but marks follows."""
    return not board.sentence.masked[end:].strip(" ?!.")


def unasked(board: Board, value: str, end: int) -> str:
    """“could you tell #ops that it works?”: the mark asks Errand, unless the text is a question of its own."""
    if (
        is_last(board, end)
        and value.endswith("?")
        and _asking().match(board.sentence.low)
        and not is_question(value[:-1].lower())
    ):
        return value.rstrip(" ?")
    return value


@cache
def _asking() -> re.Pattern[str]:
    openers = alternation(sentence_words().openers)
    return re.compile(rf"(?:(?:{openers})\b[\s,]*)*?(?:can|could|would|will)\s+(?:you|u|we)\b")


@cache
def arriving() -> re.Pattern[str]:
    """Where what happens begins: “about refunds | arrives”."""
    return re.compile(rf"\s*(?<![\w'-])(?:{alternation(clause_words().arriving)})(?![\w'-])")


@cache
def name_end() -> re.Pattern[str]:
    """Where a name ends: it is said what becomes of it (“sheet Q4 | as pdf”), where it goes, or what else is to be done."""
    formats, verbs = alternation(value_words().formats), alternation(sorted(sentence_words().verbs))
    return re.compile(
        rf"\s+(?:as|into)\s+(?:an?\s+)?(?:{formats})(?![\w'-])|\s+and\s+(?:then\s+)?(?:{verbs})\b|\s+here\b"
        r"|\s+(?:is|are)\s+there\b|\s+[=<>]\s"
    )


def clause_end(board: Board, start: int, stop: int) -> int:
    """One line of text ends at a comma before another label, or where a new sentence begins."""
    match = _clause_break().search(board.sentence.masked, start, stop)
    return match.start() if match else stop


@cache
def _clause_break() -> re.Pattern[str]:
    verbs = alternation(sorted(sentence_words().verbs))
    labels = alternation(sorted(sentence_words().clause_words))
    return re.compile(
        rf"[,;]\s+(?:and\s+)?(?:just\s+)?(?:{labels}|to|every|with|{verbs})\b|[.;!?]\s+(?=\S)|\s+(?:is|are)\s+there\b|\s*(?:->|=>|→|⇒)\s*(?={verbs})|\s+and\s+(?:{verbs})\s+(?:it|me|us|them|to|the)\b|\s+(?:saying|with the text|with body)\b"
    )
