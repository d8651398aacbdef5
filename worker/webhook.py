"""Starts runs for incoming webhooks. Knows no HTTP beyond headers: the web surface hands over what arrived.

In four moves, so that what waits for a run's end can be ready before the run is: find the hook of an address, check
that the delivery is signed as agreed, make the run, start it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from catalog.signing import SECRET_FIELD, Signing, signing_of
from core.clock import Clock
from core.ids import new_id
from store.port import Event, EventBus, Records, RunQueue, Store
from store.record import (
    JsonObject,
    Priority,
    Run,
    TriggerKind,
    TriggerRecord,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)
from store.vault import Vault
from worker.signature import Headers, hashed, verify
from worker.start import approved_version, new_run

_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook that was active when it was found, and the approved version that it starts."""

    trigger: TriggerRecord
    workflow: WorkflowRecord
    version: WorkflowVersion
    signing: Signing | None


class Webhooks:
    """All incoming webhooks of one process.

    That a workflow's newest version has a yes is kept in memory: a version never changes and a yes is never taken back.
    Whether the trigger and the workflow are active is read each time.
    """

    def __init__(self, *, store: Store, queue: RunQueue, events: EventBus, clock: Clock, vault: Vault) -> None:
        self._store = store
        self._queue = queue
        self._events = events
        self._clock = clock
        self._vault = vault
        self._approved: OrderedDict[tuple[str, int], WorkflowVersion] = OrderedDict()

    async def find(self, secret: str) -> Hook | None:
        """Return the hook of an address; none unless it is an active webhook of an active, approved workflow."""
        if not secret.isprintable():  # no secret of ours, and no database takes a NUL
            return None
        async with self._store.begin() as records:
            found = await records.triggers.with_workflow(secret)
            if found is None:
                return None
            trigger, workflow = found
            is_on = trigger.is_active and workflow.state is WorkflowState.ACTIVE
            if trigger.kind is not TriggerKind.WEBHOOK or not is_on:
                return None
            version = await self._version(records, workflow)
        if version is None:
            return None
        return Hook(trigger=trigger, workflow=workflow, version=version, signing=signing_of(trigger.config))

    def check(self, hook: Hook, headers: Headers, body: bytes) -> str | None:
        """Return the delivery's key as far as the signature vouches for one; none: it does not say.

        `headers` have names in lower case, `body` is as it arrived. Raises SignatureError.
        """
        if hook.signing is None:
            return None
        secret = self._vault.open(hook.signing.secret.encode())[SECRET_FIELD]
        key = verify(hook.signing, secret=secret, headers=headers, body=body, now=self._clock.now())
        return None if key is None else hashed("signed", key)

    def make(self, hook: Hook, payload: JsonObject, delivery_key: str | None, *, is_awaited: bool = False) -> Run:
        """Return the run of a delivery; the same key gives the same run. `payload` is `{"body", "headers", "query"}`.

        One whose caller awaits the result goes before those that nobody watches.
        """
        now = self._clock.now()
        return new_run(
            hook.workflow,
            hook.version,
            now=now,
            fire_key=f"{hook.trigger.id}:{delivery_key or new_id('dlv')}",
            input_={**payload, "fired_at": now.isoformat()},
            trigger_id=hook.trigger.id,
            priority=Priority.INTERACTIVE if is_awaited else Priority.SCHEDULED,
        )

    async def start(self, run: Run) -> bool:
        """Make a run durable and wake a worker; false when it was started before."""
        if not await self._store.journal.add(run):
            return False
        await self._events.publish(
            Event(conversation_id=run.conversation_id, run_id=run.id, workflow_id=run.workflow_id)
        )
        await self._queue.wake(run)
        return True

    async def _version(self, records: Records, workflow: WorkflowRecord) -> WorkflowVersion | None:
        key = (workflow.id, workflow.version)
        if known := self._approved.get(key):
            return known
        version = await approved_version(records, workflow)
        if version is not None and version.version == workflow.version:
            self._approved[key] = version
            if len(self._approved) > _KEPT:
                self._approved.popitem(last=False)
        return version
