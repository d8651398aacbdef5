"""Several short values after a noun that has several: a checklist, the options of a poll, the cells of a row."""

from __future__ import annotations

import re

from pydantic import JsonValue

from agent.offline.lexicon.words import alternation, value_words
from agent.offline.value.page import Page

_LEAST_ROW = 3
_LONGEST_PIECE = 4


def read_lists(page: Page) -> None:
    """Several short values after a noun that has several: a checklist, options, the cells of a row."""
    for name, nouns in (*value_words().lists.items(), ("items", value_words().gathering)):
        match = re.compile(
            rf"(?<![\w'-])(?:{alternation(nouns)})(?![\w'-])(?:[^:,;\n]{{0,40}}(?P<colon>:(?!\d)))?\s*(?P<lead>:|=|\bwith\b|\bof\b)?\s*(?P<first>[^\s:])"
        ).search(page.masked)
        if match is None or not page.is_free(match.start("first"), match.end()):
            continue
        items, end = _row(page, match.start("first"))
        least = 2 if match["colon"] or (match["lead"] and match["lead"] != "of") else _LEAST_ROW
        if len(items) >= least and page.is_free(match.start("first"), end):
            page.drop_inside(match.start("first"), end)
            values: list[JsonValue] = list(items)
            page.put(name, values, match.start(), end)
            return


def _row(page: Page, at: int) -> tuple[list[str], int]:
    """Short pieces between commas; the last one ends where the sentence goes on."""
    end = next(
        (
            m.start()
            for m in re.compile(r"\n|[.!?](?:\s|$)|\s(?:to|in|into|on|for|at|every|then)\s").finditer(page.masked, at)
        ),
        len(page.plain),
    )
    text = page.sentence.text.literal(at, end)
    pieces = [p.strip().strip("'\"“”?") for p in re.split(r"\s*[,;]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+", text)]
    is_listed = "," in text or ";" in text or " or " in text
    return (
        [p for p in pieces if p] if is_listed and all(0 < len(p.split()) <= _LONGEST_PIECE for p in pieces) else []
    ), end
