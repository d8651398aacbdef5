"""Conditions on what comes in that no label introduces: a word in its subject, what it is, the ending of a file."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, clause_words, sentence_words, value_words
from agent.offline.span import FILE_ENDINGS
from agent.offline.value.board import Board
from catalog.workflow import Parameter


def fill_conditions(board: Board, name: str, places: list[str]) -> None:
    """Read what an open text must say; `places` are the words for it: “with invoice in the subject”."""
    found = _inside(tuple(places)).search(board.sentence.masked) if places else None
    if found and found["word"] not in sentence_words().small_words:
        board.values[name] = board.sentence.text.literal(*found.span("word")).strip("\"'“”‘’«»")
        for span in (one for one in board.sentence.spans if found.start() <= one.start < found.end()):
            board.take(span)
        board.hard.append(found.span())
    elif name in {"keyword", "word"} and (said := _mentioned().search(board.sentence.masked)):
        board.values[name] = board.sentence.text.literal(*said.span("word")).strip("\"'“”‘’«»")
        board.hard.append(said.span())
    elif "subject" in places:
        _what_comes(board, name)
    elif "file name" in places:
        _ending(board, name)


def take_named(board: Board, name: str, parameter: Parameter) -> None:
    """What stands before the word for its kind: “the scans folder”, “the orders table”."""
    label = value_words().labels.get(name)
    if label is None or not label.before:
        return
    found = _before_kind(tuple(word for word in parameter.words if word in label.words)).search(board.sentence.masked)
    if found is None or _NAMED_AFTER.match(board.sentence.text.plain, found.end()):
        return
    if not board.is_taken(*found.span("name")) and not _is_no_name(found["name"]):
        board.values[name] = board.sentence.text.literal(*found.span("name"))
        board.hard.append(found.span())


_NAMED_AFTER = re.compile(r"\s+[\"'“‘«]?(?:[A-Z]|[\w.-]*[/\d])")
"""Its name follows the word: “my shared folder Invoices/2026”."""


def _is_no_name(word: str) -> bool:
    words = sentence_words()
    return word in value_words().not_names or word in words.small_words or word in words.verbs


@cache
def _before_kind(kinds: tuple[str, ...]) -> re.Pattern[str]:
    articles = alternation(value_words().articles)
    return re.compile(
        rf"\b(?:(?:in|into|to|from|of)\s+)?(?:{articles})\s+(?P<name>[^\W\d][\w-]*)\s+(?:{alternation([*kinds]) if kinds else '(?!)'})(?![\w'-])(?!\s*[:=]|\s+(?:called|named)\b)"
    )


def _what_comes(board: Board, name: str) -> None:
    """“new invoices from my inbox”: a mail that speaks of an invoice."""
    found = _from_mailbox().search(board.sentence.masked)
    if found and not board.is_taken(*found.span("what")):
        board.values[name] = board.sentence.text.literal(*found.span("what"))
        board.hard.append(found.span())


def _ending(board: Board, name: str) -> None:
    """“when a csv lands in …”: the files that end like that."""
    found = _with_ending().search(board.sentence.masked)
    if found and not board.is_taken(*found.span()):
        board.values[name] = f"*.{found['ending']}"
        board.hard.append(found.span("ending"))


@cache
def _inside(places: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"\b(?:with|has|have|having|containing|mentioning|contains|says)\s+(?:(?:the word|an?|the)\s+)?"
        rf"(?P<word>[\w-]+|\x00+)\s+in\s+(?:the|its|their)\s+(?:{alternation([*places])})\b"
    )


@cache
def _mentioned() -> re.Pattern[str]:
    """“when | outage | is mentioned in …”."""
    words = clause_words()
    leads = alternation([*words.markers, "the word", "the words"])
    return re.compile(
        rf"\b(?:{leads})\s+(?:the\s+words?\s+)?(?P<word>(?!(?:{alternation(words.subjects)})\b)[\w-]+(?:\s[\w-]+)?|\x00+)\s+(?:is|gets|was)\s+(?:{alternation(words.mentioned)})\b"
    )


@cache
def _from_mailbox() -> re.Pattern[str]:
    words = clause_words()
    other = alternation([*words.arrivals, *words.mail_things, *words.quantities])
    return re.compile(
        rf"\b(?:{alternation(words.quantities)})\s+(?!(?:{other})\b)(?P<what>[^\W\d_]{{3,}}?)(?P<many>s?)"
        rf"\s+(?:from|in|out of|arriving in|that land in|landing in)\s+(?:(?:my|our|the)\s+)?(?:{alternation(words.mailboxes)})\b"
    )


@cache
def _with_ending() -> re.Pattern[str]:
    quantities = alternation([*clause_words().quantities, *sentence_words().articles])
    return re.compile(rf"\b(?:{quantities})\s+(?:new\s+)?(?P<ending>{FILE_ENDINGS})s?\b(?:\s+files?\b)?")
