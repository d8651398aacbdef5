"""How workers are woken, and how those who show things hear of changes. Neither is the record of anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from store.port.run import DueRun
from store.record import Run


class RunQueue(Protocol):
    """Wakes a worker. Losing a wake-up loses nothing: the sweeper finds what is due in the store.

    Runs are taken in an order that is fair between people and heeds the runs' priorities.
    """

    async def wake(self, *runs: Run | DueRun) -> None:
        """A `Run` has news, which the worker that holds it hears too. A `DueRun` is held by nobody: if it is queued
        already, nothing is said of it again.
        """
        ...

    async def wake_scheduler(self) -> None:
        """A trigger was added or changed: look again when the next one is due."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something changed. Carries ids only: whoever shows it reads the records.

    `is_end` spares those who wait for a run's end from reading it at each change. `stops_writing`: nothing has changed, but
    whoever reads wants no more of the answer that is being written.
    """

    conversation_id: str
    run_id: str | None = None
    workflow_id: str | None = None
    message_id: str | None = None
    is_end: bool = False
    stops_writing: bool = False


class EventBus(Protocol):
    """Tells everyone who shows things that something changed. Delivery is at most once; records are the truth."""

    async def publish(self, *events: Event) -> None: ...

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Events of all conversations from the moment the block is entered."""
        ...
