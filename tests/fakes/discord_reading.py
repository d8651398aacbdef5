"""Reads posted messages of components back as people read them: plain text without Discord's markup, and labels of buttons."""

from __future__ import annotations

import re

from tests.fakes.discord_lint import Json, walk
from tests.transcript import Transcript

_MARK = re.compile(r"<(https?://[^>]*)>|\\([^0-9A-Za-z\s])|(?:\*\*|~~|(?<!\w)\*|\*(?!\w)|`)", re.DOTALL)
_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\(<([^>]*)>\)")
_LINE = re.compile(r"^(?:### |-# |> )+", re.MULTILINE)


def read_message(content: Json) -> Transcript:
    components = content.get("components") or []
    texts = [str(content.get("content") or "")]
    buttons = []
    for one in walk(components):
        if one.get("type") == 10:
            texts.append(one["content"])
        elif one.get("type") == 2:
            buttons.append(str(one["label"]))
        buttons += [str(option["label"]) for option in one.get("options") or []]
    return Transcript(tuple(plain(text) for text in texts if text), tuple(buttons))


def plain(text: str) -> str:
    """Without markup: an escaped sign is the sign itself."""
    shown = []
    for number, piece in enumerate(re.split(r"```\n?", text)):
        if number % 2:
            shown.append(piece)
            continue
        lines = _LINE.sub("", piece)
        shown.append(_MARK.sub(lambda found: found[1] or found[2] or "", _LINK.sub(r"\1", lines)))
    return "".join(shown)
