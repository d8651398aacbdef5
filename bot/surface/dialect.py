"""What one outside surface's markup looks like: all that an adapter says of it. Who writes in it is `bot.surface.markdown`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.surface.element import Line

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`|\\]+[^\s<>\"'`|\\.,;:!?)\]}*_~]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Texts of somebody's mean themselves in it: no mention, no link, no bold of theirs.

    `clean` makes a text fit for where the surface knows no styles, such as code; `literal` for where it does; `running` is the
    same with web addresses as links. `link` takes address and label, and leaves the label where the address leads nowhere.
    `heading` takes one that is written already, as `below` takes what stands below a line and matters less. `marks` stand
    around `strong`, `em` and `s`.

    `length` is how long the surface takes a text to be. `is_within` says of a text and a place in it whether a cut there would
    fall into something that belongs together.
    """

    clean: Callable[[str], str]
    literal: Callable[[str], str]
    running: Callable[[str], str]
    link: Callable[[str, str], str]
    heading: Callable[[str], list[str]]
    below: Callable[[str], str]
    marks: Mapping[str, str]
    bullet: str
    indent: str
    styles_end_with_line: bool
    length: Callable[[str], int]
    is_within: Callable[[str, int], bool]

    def strong(self, text: str) -> str:
        """A text of somebody's in bold."""
        shown = self.literal(text.strip())
        return f"{self.marks['strong']}{shown}{self.marks['strong']}" if shown else ""

    def code(self, text: str) -> str:
        """A text of somebody's as code within a line; nothing ends it early."""
        shown = self.clean(text.replace("`", "ˋ")).strip()
        return f"`{shown}`" if shown else ""

    def line(self, line: Line) -> str:
        """A line of a card."""
        said = [line.mark, self.strong(line.strong), self.literal(line.text), self.code(line.code)]
        detail = [self.below(self.literal(line.detail))] if line.detail else []
        return "\n".join([" ".join(filter(None, said)), *detail])


def without_controls(text: str) -> str:
    """A text whose only control characters are line ends and tabs."""
    return _CONTROL.sub("", text)


def linked(text: str, write: Callable[[str], str], link: Callable[[str], str]) -> str:
    """Running text whose web addresses go through `link`, and all else through `write`."""
    written, last = "", 0
    for found in _ADDRESS.finditer(text):
        written += write(text[last : found.start()]) + link(found.group())
        last = found.end()
    return written + write(text[last:])
