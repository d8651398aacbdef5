"""Reads what was printed in a terminal back as people read it: lines without frames and marks, and labels of numbered buttons."""

from __future__ import annotations

import re

from tests.transcript import Transcript

_FRAME = re.compile(r"[╭╮╰╯│┃─━┏┓┗┛┡┩┳┻╇└┘┴┬┼├┤▌]")
_MARK = re.compile(r"^[·▸⏸✓✗–⊘!] ")
_BUTTON = re.compile(r"(?:^|   )/\d+ (.*?)(?=   /\d+ |$)")


def read_screen(printed: str) -> Transcript:
    """One message, as it was printed."""
    lines = [_MARK.sub("", line.strip()) for line in _FRAME.sub("", printed).splitlines()]
    buttons = tuple(label.strip() for line in lines for label in _BUTTON.findall(line))
    return Transcript(tuple(left for line in lines if (left := _BUTTON.sub("", line))), buttons)
