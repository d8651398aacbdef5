"""Discord's own Markdown. What people and services write means itself: no mention, no link, no bold of theirs. Sends nothing.

Source: discord.com/developers, "Message formatting". A backslash makes any punctuation behind it literal, except in code.
"""

from __future__ import annotations

import re

from bot.surface import cutting
from bot.surface.dialect import Dialect, linked, without_controls

_SPECIAL = re.compile(r"([\\*_~|`<>\[\]()@#:])")
_LINE_START = re.compile(r"^([^\S\n]*)(?=[-+])", re.MULTILINE)
_NUMBERED = re.compile(r"^([^\S\n]*\d+)(?=\.\s)", re.MULTILINE)
_SCHEMES = ("https://", "http://")
_LONGEST_LINK = 1000


def clean(text: str) -> str:
    """A text of somebody's for places where Discord knows no styles, such as a button."""
    return without_controls(text)


def literal(text: str) -> str:
    """A text of somebody's, shown as it was written; web addresses in it lead there."""
    written = linked(clean(text), _escaped, lambda address: f"<{address}>")
    return _NUMBERED.sub(r"\1\\", _LINE_START.sub(r"\1\\", written))


def length(text: str) -> int:
    """How long Discord takes a text to be: in UTF-16 units, which is never less than what it counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters long, never empty."""
    text = clean(text).strip() or "…"
    while length(text) > limit:
        text = text[: min(len(text) - 2, limit)].rstrip() + "…"
    return text


def to_texts(markdown: str, limit: int, *, files_url: str = "") -> list[str]:
    """A Markdown text as texts of at most `limit` characters."""
    return cutting.to_texts(markdown, limit, MARKUP, files_url=files_url)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _link(address: str, label: str) -> str:
    shown = _escaped(clean(label or address)).replace("\n", " ")
    if not address.startswith(_SCHEMES) or len(address) + len(shown) > _LONGEST_LINK:
        return literal(label or address)
    target = re.sub(r"[<>()\s\\]", lambda found: f"%{ord(found[0]):02X}", clean(address))
    return f"[{shown}](<{target}>)"


def _heading(text: str) -> list[str]:
    return [f"### {text}".replace("\n", " ")]


def small(text: str) -> str:
    """In small letters, which hold for one line. Takes what is written already."""
    return "\n".join(f"-# {line}" for line in text.split("\n") if line.strip())


def _is_within(text: str, at: int) -> bool:
    """Whether a cut there would fall behind a backslash or into a link."""
    if text[at - 1] == "\\":
        return True
    label, target = text.rfind("[", 0, at), text.rfind("(<", 0, at)
    is_in_label = label >= 0 and text[label - 1 : label] != "\\" and text.find(">)", label, at) < 0
    is_in_target = target >= 0 and text.find(">)", target, at) < 0
    opened = text.rfind("<http", 0, at)
    return is_in_label or is_in_target or (opened >= 0 and text.find(">", opened, at) < 0)


MARKUP = Dialect(
    clean=clean,
    literal=literal,
    running=literal,
    link=_link,
    heading=_heading,
    below=small,
    marks={"strong": "**", "em": "*", "s": "~~"},
    bullet="-",
    indent="  ",
    styles_end_with_line=False,
    length=length,
    is_within=_is_within,
)
