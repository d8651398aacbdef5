"""What an address in a sentence is said for: something goes there, it is a field's, or it is a condition. Takes none."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, clause_words, sentence_words
from agent.offline.span import Span
from agent.offline.value.board import Board, ends_with


def is_field(board: Board, span: Span) -> bool:
    """Whether it is what a field is set to: “email=bob@…”."""
    match = _FIELD.search(board.sentence.masked[max(0, span.start - 40) : span.start])
    return match is not None and match[1] not in sentence_words().label_marks


_FIELD = re.compile(r"(\w+)\s?=\s?[\"']?$")


def is_handed_on(board: Board, span: Span) -> bool:
    """Whether what comes in goes on to an address, which therefore is no condition: “forward mails from … | to …”."""
    last = max((s.end for s in board.sentence.spans if s.kind in {"email", "url", "channel", "file"}), default=0)
    is_target = span.kind == "email" and span.end == last and ends_with("to", board.words_before(span.start))
    return is_target and _passing_on().match(board.sentence.masked) is not None


@cache
def _passing_on() -> re.Pattern[str]:
    openers, passing = alternation(sentence_words().openers), alternation(clause_words().passing)
    return re.compile(rf"(?:[\s,.]|(?:{openers})(?![\w'-]))*(?:{passing})(?![\w'-])")


def is_aim(board: Board, span: Span) -> bool:
    """Whether something goes to an address: then it is not where that comes from."""
    before = board.words_before(span.start)
    return span.kind == "email" and any(ends_with(word, before) for word in clause_words().aims)
