"""Takes runs out of the queue as soon as they are there, so many at a time. Knows nothing of what a run is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import orjson
from arq.jobs import deserialize_job_raw
from arq.worker import Worker, func

from core.clock import Clock
from core.ids import new_id
from worker.task import end
from worker.wake.connection import QUEUE, RECONNECT_S, SCHEDULE_CHANNEL, UNREACHABLE, WAKE_CHANNEL, connect
from worker.wake.listener import Listener
from worker.wake.order import FairOrder

_log = logging.getLogger(__name__)


class WakingWorker(Worker):
    """An arq worker that sleeps until it is told of work, instead of polling twice a second.

    It looks again when a wake-up is published, when a slot comes free while more is queued, and each `poll_s` in case
    a wake-up was lost. `heard` is called with every run id that is announced, whoever picks it up: this worker may be
    holding that run.
    """

    def __init__(
        self,
        *,
        redis_url: str,
        clock: Clock,
        advance: Callable[[str], Awaitable[None]],
        heard: Callable[[str], None],
        schedule_changed: Callable[[], None],
        max_jobs: int,
        poll_s: float = 1.0,
    ) -> None:
        async def run(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:  # noqa: ARG001  as arq calls it
            await advance(*args)

        super().__init__(
            functions=[func(run, name="advance")],
            queue_name=QUEUE,
            redis_pool=connect(redis_url),
            handle_signals=False,
            max_jobs=max_jobs,
            poll_delay=poll_s,
            keep_result=0,
            health_check_interval=30,
            job_serializer=orjson.dumps,
            job_deserializer=orjson.loads,
        )
        self._clock = clock
        self._order = FairOrder(self.pool, clock)
        self._wanted = asyncio.Event()
        self._has_more = False
        self._is_down = False
        self._round_at_s = clock.monotonic_s()
        self._heard = heard
        handlers = {WAKE_CHANNEL: self._on_wake, SCHEDULE_CHANNEL: lambda _: schedule_changed()}
        self._listener = Listener(redis_url, clock, handlers, self._wanted.set)

    async def main(self) -> None:
        """Take work until cancelled."""
        listening = asyncio.create_task(self._listener.run(), name="wake-up listener")
        try:
            while self.allow_pick_jobs:
                self._round_at_s = self._clock.monotonic_s()
                await self._wait()
                await self._look()
        finally:
            await end([listening])

    @property
    def quiet_s(self) -> float:
        """So long ago the loop came round; nothing while it is told to stop."""
        return self._clock.monotonic_s() - self._round_at_s if self.allow_pick_jobs else 0.0

    async def stop(self, grace_s: float) -> None:
        """Take no more work, let what runs finish for so long, then cancel it."""
        self.allow_pick_jobs = False
        self._wanted.set()
        if self.main_task is not None:
            await end([self.main_task])
        if running := list(self.tasks.values()):
            await asyncio.wait(running, timeout=grace_s)
            await end(running)
        await self._listener.close()
        await self.pool.aclose(close_connection_pool=True)

    async def _wait(self) -> None:
        if self._has_more and self.job_counter < self.max_jobs:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self.poll_delay_s):
                await self._wanted.wait()
        self._wanted.clear()

    async def _look(self) -> None:
        try:
            await self._poll_iteration()
        except UNREACHABLE as error:
            if not self._is_down:
                _log.warning("Redis cannot be reached (%s); trying on.", error)
            self._is_down, self._has_more = True, False
            await self._clock.sleep(RECONNECT_S)
        else:
            self._is_down = False

    async def _poll_iteration(self) -> None:
        """Take as many jobs as there are free slots, in one round trip, and start them."""
        free = self.max_jobs - self.job_counter
        if self.allow_pick_jobs and free > 0:
            taken = await self._order.take(free)
            self._has_more = len(taken) == free
            for job_id, definition in taken:
                self._start(job_id, definition)
        await self.heart_beat()

    def _start(self, job_id: str, definition: bytes) -> None:
        self.job_counter += 1
        task = self.loop.create_task(self._run(job_id, definition))
        self.tasks[job_id] = task
        task.add_done_callback(lambda _: self._ended(job_id, task))

    def _ended(self, job_id: str, task: asyncio.Task[None]) -> None:
        self.job_counter -= 1
        if self.tasks.get(job_id) is task:
            del self.tasks[job_id]
        if self._has_more:
            self._wanted.set()

    async def _run(self, job_id: str, definition: bytes) -> None:
        """Call the job's function. Whatever goes wrong, the run is safe in the store and the worker goes on."""
        try:
            name, args, kwargs, _, _ = deserialize_job_raw(definition, deserializer=self.job_deserializer)
            await self.functions[name].coroutine(self.ctx, *args, **kwargs)
        except Exception:  # noqa: BLE001  the worker's job: a bug must not end the worker
            self.jobs_failed += 1
            _log.exception("The job %s ended with an error (reference %s).", job_id, new_id("ref"))
        else:
            self.jobs_complete += 1

    def _on_wake(self, data: bytes) -> None:
        self._wanted.set()
        self._heard(data.decode())
