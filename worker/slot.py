"""Gives slots to runs that exclude each other. Executes nothing, and holds no worker for those that wait."""

from __future__ import annotations

import hashlib
import logging
from enum import Enum

from catalog.workflow import Concurrency
from core.clock import Clock
from core.errors import StoreError
from core.ids import new_id
from store.port import RunQueue, Store
from store.record import AuditEvent, Failure, Run
from worker.scope import Scope

_log = logging.getLogger(__name__)

SLOT_CHECK_S = 30.0
"""A run that waits for a slot is woken when another one ends; should that get lost, it looks by itself."""


class Answer(Enum):
    """What becomes of a run that asks for a slot."""

    TAKEN = "taken"
    WAIT = "wait"
    SKIP = "skip"


SKIPPED = Failure(cause="skipped", message="Another run of this was still going, so this one was left out.")


def slot_key(run: Run, rule: Concurrency, scope: Scope) -> str:
    """The key under which runs exclude each other: the workflow, and what its `key` gives. Raises RejectedError."""
    told = scope.render(rule.key) if rule.key else ""
    return f"{run.workflow_id}:{hashlib.sha256(str(told).encode()).hexdigest()[:32]}"


class Slots:
    """Gives slots to runs and wakes the next when one ends, for all workers alike: the records decide."""

    def __init__(self, *, store: Store, queue: RunQueue, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock

    async def ask(self, run: Run, key: str, rule: Concurrency, *, has_begun: bool) -> Answer:
        """Take a slot if there is one. A run that has begun is never left out: it waits."""
        async with self._store.begin() as records:
            if await records.slots.take(run, key, rule.limit):
                return Answer.TAKEN
        if rule.when_full == "skip" and not has_begun:
            return Answer.SKIP
        if rule.when_full == "cancel_older":
            await self._cancel_older(run, key, rule.limit)
        return Answer.WAIT

    async def wake_next(self, key: str, limit: int) -> None:
        """Wake those that have waited longest, as many as there are free slots."""
        async with self._store.begin() as records:
            waiting = await records.slots.next(key, limit, at=self._clock.now())
        for run in waiting:
            await self._queue.wake(run)

    async def pass_on(self, run: Run, rule: Concurrency) -> None:
        """Give the slot of a run that has ended to whoever waits."""
        if run.concurrency_key is None:
            return
        try:
            async with self._store.begin() as records:
                await records.slots.release(run.id)
            await self.wake_next(run.concurrency_key, rule.limit)
        except StoreError as error:  # the slot of a run that has ended is free all the same
            _log.warning("Nobody is woken after %s: %s", run.id, error)

    async def _cancel_older(self, run: Run, key: str, limit: int) -> None:
        """The newest `limit` runs stay, this one among them."""
        now = self._clock.now()
        async with self._store.begin() as records:
            older = await records.slots.older(run, key)
            surplus = [each for each in older[: len(older) - limit + 1] if not each.is_cancelling]
            for each in surplus:
                await records.runs.request_cancel(each.id, at=now)
                await records.audit.add(
                    AuditEvent(
                        id=new_id("aud"),
                        at=now,
                        person_id=None,
                        verb="cancel-older",
                        subject_id=each.id,
                        detail={"for": run.id},
                    )
                )
        for each in surplus:
            await self._queue.wake(each)
