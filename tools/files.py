"""Files inside the files folder: the only ones that steps may read and write. Nothing leads out of it, no link either."""

from __future__ import annotations

import asyncio
import fcntl
import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TypeVar

from core.errors import BlockedError, RejectedError

_LIMIT_PATH = 400
_LIMIT_NAME_BYTES = 240
_LIMIT_QUICK_BYTES = 256_000
_ADVICE = "Name a file inside the files folder, e.g. reports/sales.csv."

T = TypeVar("T")


class FolderFiles:
    """Implements `tools.outbound.Files` over one folder, which is made when it is first written to.

    Names are kept in one Unicode form (NFC), so that a name typed on any keyboard finds the file. Writing replaces a
    file at once and whole; adding to one is serialized. None is larger than `limit_bytes`.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self.limit_bytes = limit_bytes

    async def read(self, path: str) -> bytes:
        place = self._place(path)
        if not place.exists():
            raise RejectedError(f"There is no file {path}.", advice="Check the name; file names are case-sensitive.")
        self._check_is_file(place, path)
        size = place.stat().st_size
        self._check_size(size, path)
        return await _done(place.read_bytes, path, is_quick=size <= _LIMIT_QUICK_BYTES)

    async def write(self, path: str, content: bytes, *, append: bool = False) -> None:
        place = self._place(path)
        self._check_size(len(content), path)
        if place.exists():
            self._check_is_file(place, path)
        if append:
            self._check_size(len(content) + (place.stat().st_size if place.exists() else 0), path)
            await _done(lambda: _append(place, content), path, is_quick=False)
        else:
            await _done(lambda: _replace(place, content), path, is_quick=len(content) <= _LIMIT_QUICK_BYTES)

    async def create(self, path: str, content: bytes) -> bool:
        """Write a file that is not there, at once and whole; false when something is. Of several at one moment one does."""
        place = self._place(path)
        self._check_size(len(content), path)
        return await _done(lambda: _create(place, content), path, is_quick=len(content) <= _LIMIT_QUICK_BYTES)

    async def exists(self, path: str) -> bool:
        return self._place(path).is_file()

    async def names(self, pattern: str = "**/*") -> list[str]:
        """Return the relative paths of all files that fit, sorted; hidden ones and links that lead outside left out."""
        wanted = "/".join(self._parts(pattern))
        try:
            return await asyncio.to_thread(self._names, wanted)
        except (ValueError, IndexError) as error:
            raise RejectedError(f"“{_shown(pattern)}” is not a pattern such as reports/*.csv or **/*.pdf.") from error

    def _names(self, pattern: str) -> list[str]:
        root = self._folder.resolve()
        if pattern.count("**") > 1:  # several would look at each folder again and again
            raise ValueError(pattern)
        found = []
        for place in root.glob(pattern):
            relative = place.relative_to(root)
            is_hidden = any(part.startswith(".") for part in relative.parts)
            if not is_hidden and place.is_file() and place.resolve().is_relative_to(root):
                found.append(relative.as_posix())
        return sorted(found)

    async def modified_at(self, path: str) -> datetime:
        place = self._place(path)
        return await _done(lambda: datetime.fromtimestamp(place.stat().st_mtime, UTC), path, is_quick=True)

    def _place(self, path: str) -> Path:
        """Return where a relative path leads, links followed. Raises BlockedError when that is outside."""
        parts = self._parts(path)
        root = self._folder.resolve()
        try:
            place = root.joinpath(*parts).resolve()
        except (OSError, RuntimeError) as error:
            raise BlockedError(f"“{_shown(path)}” leads in circles.", advice=_ADVICE) from error
        if not place.is_relative_to(root):
            raise BlockedError(f"“{_shown(path)}” leads outside the files folder.", advice=_ADVICE)
        if place == root:
            raise RejectedError(f"“{_shown(path)}” is the files folder itself.", advice=_ADVICE)
        return place

    @staticmethod
    def _parts(path: str) -> list[str]:
        plain = unicodedata.normalize("NFC", path.strip())
        if not plain or len(plain) > _LIMIT_PATH:
            raise RejectedError(
                "A file's name is missing." if not plain else "The file's name is too long.", advice=_ADVICE
            )
        if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for sign in plain):
            raise BlockedError(f"“{_shown(path)}” holds characters that no file name may have.", advice=_ADVICE)
        if "\\" in plain or plain.startswith("~") or PurePosixPath(plain).is_absolute() or plain[1:2] == ":":
            raise BlockedError(f"“{_shown(path)}” is not a path inside the files folder.", advice=_ADVICE)
        parts = [part for part in plain.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise BlockedError(f"“{_shown(path)}” leads outside the files folder.", advice=_ADVICE)
        if any(len(part.encode()) > _LIMIT_NAME_BYTES for part in parts):
            raise RejectedError("The file's name is too long.", advice=_ADVICE)
        return parts or ["."]

    def _check_size(self, size: int, path: str) -> None:
        if size > self.limit_bytes:
            raise RejectedError(
                f"{_shown(path)} is too large: {size:,} bytes; at most {self.limit_bytes:,} are allowed."
            )

    @staticmethod
    def _check_is_file(place: Path, path: str) -> None:
        if place.is_dir():
            raise RejectedError(f"{_shown(path)} is a folder.", advice=_ADVICE)
        if not place.is_file():
            raise BlockedError(f"{_shown(path)} is not an ordinary file.", advice=_ADVICE)


async def _done(work: Callable[[], T], path: str, *, is_quick: bool) -> T:
    """Do the work, off the loop unless it is quick. Raises what the system says in our words."""
    try:
        return work() if is_quick else await asyncio.to_thread(work)
    except FileNotFoundError as error:
        raise RejectedError(f"There is no file {_shown(path)}.") from error
    except (NotADirectoryError, FileExistsError, IsADirectoryError) as error:
        raise RejectedError(f"A part of {_shown(path)} is a file, not a folder.", advice=_ADVICE) from error
    except OSError as error:
        raise RejectedError(f"{_shown(path)} cannot be used: {error.strerror or 'the system refuses'}.") from error


def _append(place: Path, content: bytes) -> None:
    """Add to a file; writers in any process take turns."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(content)


def _replace(place: Path, content: bytes) -> None:
    """Write beside the file and move it there, so that nobody sees a half one."""
    with _drafted(place, content) as draft:
        draft.replace(place)


def _create(place: Path, content: bytes) -> bool:
    if place.exists():
        return False
    with _drafted(place, content) as draft:
        try:
            place.hardlink_to(draft)
        except FileExistsError:
            return False
        except OSError:  # a file system without links: an empty file takes the name
            try:
                place.touch(exist_ok=False)
            except FileExistsError:
                return False
            draft.replace(place)
    return True


@contextmanager
def _drafted(place: Path, content: bytes) -> Iterator[Path]:
    """A hidden file with this content in the same folder; gone afterwards, unless it was moved."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".errand-", dir=place.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _shown(path: str) -> str:
    """Return a path that can stand in a message: printable and short."""
    return "".join(sign if sign.isprintable() else "?" for sign in path)[:80]
