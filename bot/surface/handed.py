"""Brings files that people handed in on outside surfaces into the files folder, once each. Decides nothing about their use.

It is done after the acknowledgement, by whoever deals with the entry: an entry that is taken again finds what it stored.
"""

from __future__ import annotations

import asyncio
import logging
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass

from agent.inbound import FileProblem, HandedFile
from bot.surface.arrival import Arrival, Handed, Said, Submitted
from bot.surface.port import Surface, TooLargeError
from core.errors import (
    ErrandError,
    InvalidValueError,
    NotAllowedError,
    NotFoundError,
    RetryableError,
    StoreError,
    TimedOutError,
    UnavailableError,
)
from tools.new_file import FilesFolder, put, safe_name

_log = logging.getLogger(__name__)
_ALL_S = 40.0
"""So long the files of one entry may take: others of its place wait for it."""
_MOST = 10
"""No surface lets more be handed in at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """`limit_bytes` is how large a file may be."""

    folder: FilesFolder
    limit_bytes: int
    surfaces: Mapping[str, Surface]

    async def keep(self, arrival: Arrival, *, is_repeat: bool, is_last: bool) -> dict[str, HandedFile]:
        """Fetch and store what came with an arrival: by field for a form, else by number. A form may be sent again to put
        something else right, and brings the same file.

        Raises RetryableError when trying again may help; not in the last try, in which the rest goes on without the file.
        """
        kept: dict[str, HandedFile] = {}
        wanted = dict(list(_handed(arrival).items())[:_MOST])
        is_repeat = is_repeat or isinstance(arrival.what, Submitted)
        try:
            async with asyncio.timeout(_ALL_S):
                for key, file in wanted.items():
                    kept[key] = await self._keep(arrival.surface, file, is_repeat=is_repeat, kept=kept, is_last=is_last)
        except TimeoutError:
            if not is_last:
                raise TimedOutError(
                    f"The files that came from {arrival.surface} could not be fetched in time."
                ) from None
            for key, file in wanted.items():
                kept.setdefault(key, HandedFile(name=_plain(file.name, file.media_type), problem="unreachable"))
        return kept

    async def _keep(
        self, surface: str, file: Handed, *, is_repeat: bool, kept: Mapping[str, HandedFile], is_last: bool
    ) -> HandedFile:
        name = _plain(file.name, file.media_type)
        try:
            if file.size > self.limit_bytes:
                raise TooLargeError  # one way for all that is wrong
            if surface not in self.surfaces:
                raise UnavailableError(f"{surface} is not connected here.")
            fetched = await self.surfaces[surface].fetch_file(file, limit_bytes=self.limit_bytes)
            name = _plain(fetched.name, file.media_type)
            others = [one.path for one in kept.values()]
            path = await put(self.folder, name, fetched.content, is_repeat=is_repeat, others=others)
        except StoreError:
            raise
        except ErrandError as error:
            if isinstance(error, RetryableError) and not is_last:
                raise
            _log.warning("The file %s from %s was not kept: %s", file.id, surface, error)
            return HandedFile(name=name, problem=_problem(error), limit_bytes=self.limit_bytes)
        return HandedFile(name=name, path=path)


def _handed(arrival: Arrival) -> dict[str, Handed]:
    match arrival.what:
        case Said(files=files):
            return {str(number): file for number, file in enumerate(files)}
        case Submitted(files=by_field):
            return by_field
        case _:
            return {}


def _plain(name: str, media_type: str) -> str:
    """What it is called here; one that has no name that can be used is called a file."""
    try:
        return safe_name(name)
    except InvalidValueError:
        return f"file{mimetypes.guess_extension(media_type) or ''}"


def _problem(error: ErrandError) -> FileProblem:
    match error:
        case TooLargeError():
            return "too_large"
        case NotFoundError():
            return "gone"
        case NotAllowedError():
            return "no_access"
        case RetryableError():
            return "unreachable"
        case _:
            return "refused"
