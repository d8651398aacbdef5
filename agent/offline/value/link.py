"""Links that are a list, and what stands where a link belongs and is none."""

from __future__ import annotations

import re

from agent.offline.value.board import Board


def take_url_lists(board: Board) -> None:
    """A list of links, where the template has nothing else for them."""
    if board.open("url"):
        return
    urls = board.free_spans("url")
    for name, parameter in board.open("list"):
        if urls and (parameter.is_required or len(urls) > 1):
            board.values[name] = [s.value for s in urls]
            for span in urls:
                board.take(span)
            return


_BROKEN_URL = re.compile(r"(?<!\S)(?:\w{2,10}:/+[^\s\x00]*|www\.[^\s\x00]*)")
_AFTER_DATA = re.compile(r"\x00\s*(?:to|at|->|→)\s+(?P<place>[\w.:/-]+)\s*$")


def take_broken_urls(board: Board) -> None:
    """What stands where an address belongs and is none: it is taken as it was written, so that its check says why."""
    for name, parameter in board.open("url"):
        masked = board.sentence.masked
        found = _BROKEN_URL.search(masked)
        place = found.span() if found else None
        if place is None and any(span.kind == "json" for span in board.sentence.spans):
            after = _AFTER_DATA.search(masked)
            place = after.span("place") if after else None
        if place is not None and parameter.is_required:
            board.values[name] = board.sentence.text.literal(*place)
            board.hard.append((board.lead_start(place[0]), place[1]))
