"""The data folder: made private, and held by one serving process at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What the process that serves a data folder tells the others."""

    pid: int
    url: str
    redis_url: str


def prepare(folder: Path) -> None:
    """Create the folder and its files folder, readable by nobody else. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / "files").mkdir(exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The data folder {folder} cannot be used: {error.strerror}. Set ERRAND_DATA.") from error


def serving(folder: Path) -> Serving | None:
    """Return who serves this folder now, if anybody does."""
    found, is_held = _read(folder)
    return found if is_held else None


def left_behind(folder: Path) -> Serving | None:
    """Return who served this folder and was killed before it could tidy up."""
    found, is_held = _read(folder)
    return None if is_held else found


def _read(folder: Path) -> tuple[Serving | None, bool]:
    """What the file says, and whether its writer still lives: it holds a lock on the file."""
    is_held = False
    try:
        with (folder / "serving.json").open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                is_held = True
            return Serving(**json.load(file)), is_held
    except (FileNotFoundError, ValueError, TypeError):
        return None, is_held


@contextmanager
def hold(folder: Path, *, url: str, redis_url: str) -> Iterator[None]:
    """Hold the folder as its serving process. Raises ConfigError when another one does."""
    path = folder / "serving.json"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = serving(folder)
            where = f" at {other.url} (process {other.pid})" if other else ""
            raise ConfigError(f"Errand is already running on {folder}{where}.") from None
        file.truncate(0)
        json.dump(asdict(Serving(pid=os.getpid(), url=url, redis_url=redis_url)), file)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
