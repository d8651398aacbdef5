"""Brings events from outside to the runs that wait for them. Knows no HTTP.

An event that comes before its step begins is kept with the run; the first one of a name counts, whatever comes later.
"""

from __future__ import annotations

from enum import Enum

from pydantic import JsonValue

from catalog.workflow import Workflow
from core.clock import Clock
from core.ids import new_id
from store.port import Event, EventBus, RunQueue, Store
from store.record import Signal
from store.vault import Vault

PURPOSE = "resume"
EVENT = "event:"
"""What the names of such signals begin with."""
WAIT_EVENT = "flow.wait_event"


def waits_for_event(workflow: Workflow) -> bool:
    """Whether its runs have an address of their own."""
    return any(step.uses == WAIT_EVENT for step in workflow.steps)


class Delivered(Enum):
    """What became of an event."""

    TAKEN = "taken"
    REPEATED = "repeated"
    OVER = "over"
    UNKNOWN = "unknown"


def resume_url(public_url: str, vault: Vault, run_id: str) -> str:
    """The address by which others tell a run that something has happened; the same one each time."""
    return f"{public_url.rstrip('/')}/hooks/resume/{vault.stamp(PURPOSE, run_id)}"


class Resumes:
    """Takes events for runs."""

    def __init__(self, *, store: Store, queue: RunQueue, events: EventBus, clock: Clock, vault: Vault) -> None:
        self._store = store
        self._queue = queue
        self._events = events
        self._clock = clock
        self._vault = vault

    async def deliver(self, token: str, event: str, body: JsonValue) -> Delivered:
        """Record an event and wake its run. A second one of the same name changes nothing."""
        run_id = self._vault.stamped(PURPOSE, token)
        if run_id is None:
            return Delivered.UNKNOWN
        async with self._store.begin() as records:
            run = await records.runs.get(run_id)
            if run is None:
                return Delivered.UNKNOWN
            if run.state.is_final:
                return Delivered.OVER
            signal = Signal(
                id=new_id("sig"),
                run_id=run.id,
                step_id="",
                name=f"{EVENT}{event}",
                payload={"event": event, "body": body},
                person_id=run.person_id,
                at=self._clock.now(),
            )
            if not await records.runs.signal(signal):
                return Delivered.REPEATED
        await self._events.publish(Event(conversation_id=run.conversation_id, run_id=run.id))
        await self._queue.wake(run)
        return Delivered.TAKEN
