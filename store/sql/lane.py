"""Group commit: many callers wait for one write. Knows no SQL and no lease.

The first caller is served at once. Those who come while a write is under way share the next one, so that the commit costs
less for each the more there are, and nobody waits for a timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.errors import StoreError
from store.sql.database import RefusedError
from store.sql.entry import Entry, Outcome

_LARGEST_BATCH = 200


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: Entry
    future: asyncio.Future[Outcome]


class Lane:
    """Entries that are written one batch after the other."""

    def __init__(self, write: Callable[[Sequence[Entry]], Awaitable[list[Outcome]]]) -> None:
        self._write = write
        self._waiting: list[_Waiting] = []
        self._flusher: asyncio.Task[None] | None = None

    async def written(self, entry: Entry) -> Outcome:
        """Return when the entry is durable. Raises StoreError when it is not."""
        waiting = _Waiting(entry, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush(), name="journal")
        return await waiting.future

    async def close(self) -> None:
        """Wait until nothing waits any more."""
        while self._flusher is not None:
            await asyncio.wait([self._flusher])

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_LARGEST_BATCH], self._waiting[_LARGEST_BATCH:]
                # Who was cancelled before its turn has nothing written: its caller will not act on it.
                await self._settle([each for each in batch if not each.future.done()])
        finally:
            self._flusher = None

    async def _settle(self, batch: list[_Waiting]) -> None:
        """Write a batch and answer its callers. Only who brought what the database refuses is told of it."""
        try:
            outcomes = await self._write_twice(batch)
        except RefusedError as error:
            if len(batch) == 1:
                _fail(batch, error)
            else:
                for each in batch:
                    await self._settle([each])
        except StoreError as error:
            _fail(batch, error)
        except BaseException as error:
            # Nobody waits for the flusher: what goes wrong in it is raised in those who wait for their records.
            _fail(batch, error if isinstance(error, Exception) else StoreError("The journal was stopped."))
            if not isinstance(error, Exception):
                raise
        else:
            for each, outcome in zip(batch, outcomes, strict=True):
                if not each.future.done():
                    each.future.set_result(outcome)

    async def _write_twice(self, batch: list[_Waiting]) -> list[Outcome]:
        """A lost connection is worth a second try. If the first commit had succeeded, rows are written again as they
        are; a claim then finds its own lease and gives none, which costs time but never runs anything twice.
        """
        if not batch:
            return []
        entries = [each.entry for each in batch]
        try:
            return await self._write(entries)
        except RefusedError:
            raise
        except StoreError:
            return await self._write(entries)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for each in batch:
        if not each.future.done():
            each.future.set_exception(error)
