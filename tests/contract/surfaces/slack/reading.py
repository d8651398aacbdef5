"""Reads what stands in Slack back, as people do: sentences, values and buttons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

from tests.fakes.block_kit import interactive
from tests.fakes.slack_workspace import Message
from tests.transcript import Transcript, plain

_LINK = re.compile(r"<[^<>|]*\|([^<>]*)>")
_VALUE = re.compile(r"^\*(?P<label>.*?)\*(?: _\(.*?\)_)?\n(?P<value>.*)$", re.DOTALL)


def words_of(text: dict[str, Any]) -> str:
    """A text object as it is read."""
    return plain(text["text"] if text["type"] == "plain_text" else unescape(_LINK.sub(r"\1", text["text"])))


def read_messages(messages: Sequence[Message]) -> Transcript:
    """The messages that show one of ours."""
    found = Transcript()
    for message in messages:
        for block in message.blocks:
            texts = [block[name] for name in ("text",) if name in block]
            if block["type"] == "context":
                texts += block["elements"]
            found.sentences += [words_of(text) for text in texts]
            for text in block.get("fields", []):
                read = _VALUE.match(text["text"])
                assert read, text
                value = unescape(_LINK.sub(r"\1", read["value"]))
                found.values.append((plain(unescape(read["label"])), plain(value)))
        found.buttons += [element["text"]["text"] for _, element in interactive(message.blocks)]
    return found


def assert_same(shown: Transcript, meant: Transcript) -> None:
    """All that is meant is shown, nothing is missing and nothing can be pressed besides."""
    whole = " ".join(shown.sentences)
    missing = [one for one in meant.sentences if one not in whole]
    assert not missing, f"{missing} is not in {whole}"
    assert shown.values == meant.values
    assert shown.buttons == [plain_label(one) for one in meant.buttons]


def plain_label(label: str) -> str:
    line = " ".join(label.split())
    return line if len(line) <= 75 else f"{line[:74].rstrip()}…"
