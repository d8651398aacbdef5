"""Slack's mrkdwn. What people and services write means itself: no mention, no link, no bold of theirs. Sends nothing.

Source: docs.slack.dev, "Formatting message text". `&`, `<` and `>` are written as entities, which leaves no mention and no
link of somebody else's. Slack has no escape for `*`, `_`, `~` and the backtick: an invisible word joiner behind one that
could begin a style keeps it literal.
"""

from __future__ import annotations

import re

from bot.surface import cutting
from bot.surface.dialect import Dialect, linked, without_controls
from bot.surface.markdown import JOINER

_STYLE = re.compile(r"(?<!\w)([*_~`])(?=\S)")
_QUOTE = re.compile(r"^(\s*)(?=&gt;)", re.MULTILINE)
_SCHEMES = ("https://", "http://", "mailto:")
_LONGEST_LINK = 1000
_INDENT = "    "
_LONGEST_ENTITY = 4


def escape(text: str) -> str:
    """A text of somebody's for places where Slack knows no styles, such as a message's fallback."""
    return without_controls(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """A text of somebody's in mrkdwn: shown as it was written."""
    return _QUOTE.sub(rf"\1{JOINER}", _STYLE.sub(rf"\1{JOINER}", escape(text)))


def to_texts(markdown: str, limit: int, *, files_url: str = "") -> list[str]:
    """A Markdown text as texts of at most `limit` characters."""
    return cutting.to_texts(markdown, limit, MRKDWN, files_url=files_url)


def cut(text: str, limit: int) -> list[str]:
    """Pieces of mrkdwn of at most `limit` characters."""
    return cutting.cut(text, limit, MRKDWN)


def _running(text: str) -> str:
    return linked(text, literal, lambda address: _link(address, address))


def _link(address: str, label: str) -> str:
    shown = literal(label.replace("|", "¦") or address).replace("\n", " ")
    if not address.startswith(_SCHEMES) or len(address) + len(shown) > _LONGEST_LINK:
        return shown
    target = escape(address).replace("|", "%7C").replace(" ", "%20").replace("&lt;", "%3C").replace("&gt;", "%3E")
    return f"<{target}|{shown}>"


def _heading(text: str) -> list[str]:
    """Slack has none: its lines are bold, unless they are in part."""
    return [line if "*" in line else f"*{line}*" for line in text.split("\n") if line.strip()]


def _below(text: str) -> str:
    """Slack has no small letters within a text."""
    return "\n".join(f"{_INDENT}{line}" for line in text.split("\n"))


def _is_within(text: str, at: int) -> bool:
    """Whether a cut there would fall into a link or an entity."""
    opened, entity = text.rfind("<", 0, at), text.rfind("&", max(0, at - _LONGEST_ENTITY), at)
    return (opened >= 0 and text.find(">", opened, at) < 0) or (entity >= 0 and text.find(";", entity, at) < 0)


MRKDWN = Dialect(
    clean=escape,
    literal=literal,
    running=_running,
    link=_link,
    heading=_heading,
    below=_below,
    marks={"strong": "*", "em": "_", "s": "~"},
    bullet="•",
    indent=_INDENT,
    styles_end_with_line=True,
    length=len,
    is_within=_is_within,
)
