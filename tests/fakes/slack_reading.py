"""Reads messages of blocks back as people read them: plain text without Slack's markup, and labels of buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any

from tests.fakes.block_kit import interactive
from tests.fakes.slack_workspace import Message
from tests.transcript import Transcript

_LINK = re.compile(r"<[^<>|]*\|([^<>]*)>|<(https?://[^<>|]*)>")
_FENCE = re.compile(r"^```\n?|\n?```$", re.MULTILINE)
_STYLED = re.compile(r"(?<!\w)([*_~`])(?=[^\s\u2060])([^\n]*?[^\s\n])\1(?![\w\u2060])")
_VALUE = re.compile(r"^\*(?P<label>.*?)\*(?: _(?P<note>\(.*?\))_)?\n(?P<value>.*)$", re.DOTALL)


def read_messages(messages: Sequence[Message]) -> Transcript:
    """The messages that show one of ours."""
    blocks = [block for message in messages for block in message.blocks]
    buttons = tuple(element["text"]["text"] for message in messages for _, element in interactive(message.blocks))
    return Transcript(tuple(line for block in blocks for line in _lines(block)), buttons)


def _lines(block: dict[str, Any]) -> Iterator[str]:
    if "text" in block:
        yield _words(block["text"])
    if block["type"] == "context":
        yield from map(_words, block["elements"])
    for text in block.get("fields", []):
        read = _VALUE.match(text["text"])
        assert read, text
        note = f" {_plain(read['note'])}" if read["note"] else ""
        yield f"{_plain(read['label'])}: {_plain(read['value'])}{note}"


def _words(text: dict[str, Any]) -> str:
    return str(text["text"]) if text["type"] == "plain_text" else _plain(text["text"])


def _plain(mrkdwn: str) -> str:
    """A style's sign counts where Slack takes it for one; an invisible joiner behind it keeps it a sign."""
    text, count = _FENCE.sub("", _LINK.sub(lambda found: found[1] or found[2], mrkdwn)), 1
    while count:
        text, count = _STYLED.subn(r"\2", text)
    return unescape(text.replace("\u2060", "").replace("ˋ", "`"))
