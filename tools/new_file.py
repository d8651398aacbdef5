"""Puts what people bring into the files folder: under a plain name that is free there. Replaces nothing, and asks nobody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Protocol

from core.errors import InvalidValueError
from tools.outbound import Files

_UNWELCOME = re.compile(r"[^\w .()+,=@-]")
_LONGEST_STEM = 100
_LONGEST_ENDING = 20
_LONGEST_BYTES = 200


class FilesFolder(Files, Protocol):
    """The real folder, into which new files can be put."""

    async def create(self, path: str, content: bytes) -> bool:
        """Write a file that is not there; false, and nothing is done, when something is."""
        ...


def safe_name(name: str) -> str:
    """A plain file name: no folders, no leading dots, no characters that mean something elsewhere."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = re.sub(r"\s+", " ", _UNWELCOME.sub("_", last)).strip(" .")
    if not plain:
        raise InvalidValueError("That file name cannot be used.", advice="Rename the file and try again.")
    stem, dot, ending = plain.rpartition(".")
    if not (dot and stem):
        return _bounded(plain, _LONGEST_STEM + _LONGEST_ENDING)
    return f"{_bounded(stem, _LONGEST_STEM)}.{ending[:_LONGEST_ENDING]}"


async def put(
    files: FilesFolder, name: str, content: bytes, *, is_repeat: bool = False, others: Collection[str] = ()
) -> str:
    """Store a new file; returns its path. An existing one is kept: the new one gets a number.

    With `is_repeat` an earlier try may have stored it already: then a file of that name with this very content is it,
    unless it is one of the `others` that came along. Raises InvalidValueError and what the folder raises.
    """
    plain = PurePosixPath(safe_name(name))
    path, number = str(plain), 1
    while True:
        if is_repeat and path not in others and await files.exists(path) and await files.read(path) == content:
            return path
        if await files.create(path, content):
            return path
        number += 1
        path = f"{plain.stem} ({number}){plain.suffix}"


def _bounded(text: str, characters: int) -> str:
    """Cut to what every file system takes, which counts bytes."""
    return text[:characters].encode()[:_LONGEST_BYTES].decode(errors="ignore").strip()
