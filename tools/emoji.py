"""An emoji by either of its names: Slack says `bug` where Discord gives the character itself."""

from __future__ import annotations

from rich.emoji import Emoji

_TONE = "::"
_AROUND = ": \t"
_LOOKS = "\ufe0e\ufe0f"
"""These tell only whether it is shown in colour."""


def emoji_of(said: str) -> str:
    """The character where there is one, else the name without colons: those of a team's own have no character."""
    name = said.partition(_TONE)[0].strip(_AROUND) if said.isascii() else said.strip()
    return Emoji.replace(f":{name}:").strip(_AROUND).rstrip(_LOOKS)
