"""One worker: engine, arq worker, scheduler, poller and sweeper together. Installs no signal handlers; its owner stops it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Mapping
from random import Random

from catalog.expression import Expressions
from core.clock import Clock
from core.errors import StoreError
from core.ids import new_id
from store.port import EventBus, RunQueue, Store
from store.vault import Vault
from tools.connector import Connector
from tools.registry import StepRegistry
from worker.desk import Desk
from worker.engine import Engine
from worker.gate import Gate, OpenGate
from worker.notice import PAUSE_AFTER, Notices
from worker.poll import Poller
from worker.ports import ContextMaker, World
from worker.resume import resume_url
from worker.retention import Retention
from worker.schedule import Scheduler
from worker.slot import Slots
from worker.sweep import Sweeper
from worker.task import end
from worker.wake.worker import WakingWorker

_log = logging.getLogger(__name__)

_COLLECT_AFTER = (20_000, 20, 20)
"""Thresholds of the three generations, see `gc.set_threshold`."""
_HANGS_S = 20.0
"""The loop comes round each second, and takes a few more while Redis does not answer."""


def make_desk(
    *,
    store: Store,
    queue: RunQueue,
    events: EventBus,
    clock: Clock,
    registry: StepRegistry,
    vault: Vault,
    world: World,
    connectors: Mapping[str, Connector] | None = None,
    random: Random | None = None,
    gate: Gate | None = None,
    pause_after: int = PAUSE_AFTER,
    public_url: Callable[[], str] = str,
) -> Desk:
    """Return what the runs of one worker share, under a new owner's name."""
    return Desk(
        owner=new_id("wrk"),
        store=store,
        queue=queue,
        events=events,
        clock=clock,
        registry=registry,
        contexts=ContextMaker(
            store=store,
            queue=queue,
            events=events,
            clock=clock,
            vault=vault,
            world=world,
            connectors=connectors or {},
        ),
        slots=Slots(store=store, queue=queue, clock=clock),
        notices=Notices(store=store, queue=queue, events=events, clock=clock, pause_after=pause_after),
        random=random or Random(),  # noqa: S311  jitter, not a secret
        gate=gate or OpenGate(),
        resume_url=lambda run_id: resume_url(public_url(), vault, run_id),
    )


class WorkerService:
    """Works from `start` to `stop`. In the same process as the web surface, or alone (`errand worker`)."""

    def __init__(
        self,
        *,
        desk: Desk,
        expressions: Expressions,
        redis_url: str,
        max_jobs: int = 50,
        lease_s: float = 15.0,
        sweep_s: float = 5.0,
        poll_s: float = 1.0,
        retain_days: int = 0,
    ) -> None:
        self.sweeper = Sweeper(store=desk.store, queue=desk.queue, clock=desk.clock, sweep_s=sweep_s)
        self.scheduler = Scheduler(
            store=desk.store, queue=desk.queue, events=desk.events, clock=desk.clock, sweep_s=sweep_s
        )
        self.poller = Poller(desk=desk, expressions=expressions, sweep_s=sweep_s, pause_after=desk.notices.pause_after)
        self.engine = Engine(desk=desk, expressions=expressions, lease_s=lease_s, expect=self.sweeper.expect)
        self.retention = Retention(store=desk.store, clock=desk.clock, retain_days=retain_days)
        self.owner = desk.owner
        """The name under which this worker holds leases."""
        self._redis_url = redis_url
        self._clock = desk.clock
        self._max_jobs = max_jobs
        self._poll_s = poll_s
        self._worker: WakingWorker | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to take work; returns at once.

        From here on the garbage collector leaves alone what was loaded by now, and looks less often at the rest: runs
        make many objects that need no collector, and a sixth of the time went into looking.
        """
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        self._worker = WakingWorker(
            redis_url=self._redis_url,
            clock=self._clock,
            advance=self.engine.advance,
            heard=self.engine.heard,
            schedule_changed=self._look_again,
            max_jobs=self._max_jobs,
            poll_s=self._poll_s,
        )
        parts = {
            "worker": self._worker.async_run(),
            "scheduler": self.scheduler.run(),
            "poller": self.poller.run(),
            "sweeper": self.sweeper.run(),
            "heartbeat": self.engine.beat(),
            "retention": self.retention.run(),
        }
        self._tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]

    def _look_again(self) -> None:
        self.scheduler.look_again()
        self.poller.look_again()

    @property
    def is_going_round(self) -> bool:
        """Whether the loop that takes work has come round lately; false before the start and when it hangs."""
        return self._worker is not None and self._worker.quiet_s < _HANGS_S

    async def wait(self) -> None:
        """Return never, unless a part of the service ends: raises what ended it."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self, grace_s: float = 10.0) -> None:
        """Take no more work, let what runs finish for `grace_s`, hand back the rest for others to continue at once."""
        if self._worker is None:
            return
        await self._worker.stop(grace_s)
        self._worker = None
        await end(self._tasks)
        try:
            await self.engine.release()
            await self.sweeper.sweep(all_again=True)
        except StoreError as error:
            _log.warning("Leases could not be handed back (%s); they expire by themselves.", error)
