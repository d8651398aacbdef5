"""Wake-ups and events through Redis: the only module that knows arq and redis. Nothing here is the record of anything.

A wake-up is an arq job `advance(run_id)` whose id is the run's: a run that is queued already is not queued twice. It is
taken out of Redis the moment a worker picks it up; from there the lease in the store carries the run, and the sweeper
finds what was lost. So neither arq's redelivery (minutes after a kill) nor its results are relied on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Any

import orjson
from arq.connections import ArqRedis
from arq.constants import job_key_prefix
from arq.jobs import deserialize_job_raw, serialize_job
from arq.worker import Worker, func
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from core.clock import Clock
from core.ids import new_id
from store.port import Event
from worker.task import end

_log = logging.getLogger(__name__)

QUEUE = "errand:queue"
WAKE_CHANNEL = "errand:wake"
SCHEDULE_CHANNEL = "errand:schedule"
EVENT_CHANNEL = "errand:events"

_JOB_EXPIRES_MS = 86_400_000
_RECONNECT_S = 0.5
_EVENTS_KEPT = 1000
"""A subscriber that is further behind loses the oldest ones; it reads the records anyway."""

_TAKE = """
local jobs = {}
local taken = redis.call('ZPOPMIN', KEYS[1], ARGV[1])
for i = 1, #taken, 2 do
    local key = ARGV[2] .. taken[i]
    jobs[#jobs + 1] = taken[i]
    jobs[#jobs + 1] = redis.call('GET', key) or ''
    redis.call('DEL', key)
end
return jobs
"""
"""Take up to ARGV[1] jobs out of the queue at once: [id, definition, id, definition, …]."""

UNREACHABLE = (RedisError, OSError, TimeoutError)


def _connect(redis_url: str, *, timeout_s: float | None = 5.0) -> ArqRedis:
    pool = ConnectionPool.from_url(
        redis_url, socket_connect_timeout=2.0, socket_timeout=timeout_s, health_check_interval=30
    )
    return ArqRedis(pool_or_conn=pool, default_queue_name=QUEUE, job_serializer=orjson.dumps)


class ArqQueue:
    """The `RunQueue` of every process. When Redis cannot be reached it says so once and goes on."""

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self._redis = _connect(redis_url)
        self._clock = clock
        self._is_down = False

    async def wake(self, run_id: str) -> None:
        """Enqueue and announce in one round trip."""
        now_ms = int(self._clock.now().timestamp() * 1000)
        job = serialize_job("advance", (run_id,), {}, None, now_ms, serializer=orjson.dumps)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.psetex(job_key_prefix + run_id, _JOB_EXPIRES_MS, job)
            pipe.zadd(QUEUE, {run_id: now_ms}, nx=True)
            pipe.publish(WAKE_CHANNEL, run_id)
            await self._try(pipe.execute())

    async def wake_scheduler(self) -> None:
        await self._try(self._redis.publish(SCHEDULE_CHANNEL, ""))

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    async def _try(self, sending: Awaitable[object]) -> None:
        try:
            await sending
        except UNREACHABLE as error:
            if not self._is_down:
                _log.warning("Redis cannot be reached (%s); due runs are found by the sweeper until it is back.", error)
            self._is_down = True
        else:
            self._is_down = False


class Listener:
    """Hands what is published on some channels to plain functions; connects again by itself, for ever.

    `on_connect` is called each time the line is up, because what was published before is lost.
    """

    def __init__(
        self,
        redis_url: str,
        clock: Clock,
        handlers: Mapping[str, Callable[[bytes], None]],
        on_connect: Callable[[], None] = lambda: None,
    ) -> None:
        self._redis: Redis = _connect(redis_url, timeout_s=None)
        self._clock = clock
        self._handlers = handlers
        self._on_connect = on_connect
        self.is_connected = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except UNREACHABLE as error:
                _log.debug("The line to Redis broke: %s", error)
            self.is_connected.clear()
            await self._clock.sleep(_RECONNECT_S)

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(*self._handlers)
            await pubsub.get_message(timeout=5.0)  # the subscription itself, answered
            self.is_connected.set()
            self._on_connect()
            while True:
                message = await pubsub.get_message(timeout=30.0)
                if message is not None:
                    self._handlers[message["channel"].decode()](message["data"])


class RedisBus:
    """The `EventBus`. Subscribers in this process are told at once, others through Redis.

    Events that are published while an earlier message is on its way go together in the next one, without doubles.
    """

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self._redis = _connect(redis_url)
        self._me = new_id("bus")
        self._listener = Listener(redis_url, clock, {EVENT_CHANNEL: self._receive})
        self._listening: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._outgoing: dict[Event, None] = {}
        self._subscribers: set[asyncio.Queue[Event]] = set()

    async def publish(self, *events: Event) -> None:
        self._deliver(events)
        self._outgoing.update(dict.fromkeys(events))
        if self._outgoing and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send(), name="events")

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Event]]:
        if self._listening is None:
            self._listening = asyncio.create_task(self._listener.run(), name="event listener")
        with suppress(TimeoutError):  # without Redis, this process still hears itself
            async with asyncio.timeout(1.0):
                await self._listener.is_connected.wait()
        inbox: asyncio.Queue[Event] = asyncio.Queue(_EVENTS_KEPT)
        self._subscribers.add(inbox)
        try:
            yield _events(inbox)
        finally:
            self._subscribers.discard(inbox)

    async def close(self) -> None:
        """Send what is still outgoing, then end."""
        if self._sending is not None:
            await self._sending
        if self._listening is not None:
            await end([self._listening])
        await self._listener.close()
        await self._redis.aclose(close_connection_pool=True)

    async def _send(self) -> None:
        while self._outgoing:
            events = [asdict(event) for event in self._outgoing]
            self._outgoing.clear()
            with suppress(*UNREACHABLE):  # delivery is at most once
                await self._redis.publish(EVENT_CHANNEL, orjson.dumps({"from": self._me, "events": events}))

    def _receive(self, data: bytes) -> None:
        try:
            message = orjson.loads(data)
            events = [] if message["from"] == self._me else [Event(**event) for event in message["events"]]
        except (ValueError, TypeError, KeyError):
            _log.warning("Something that is not ours was published on %s.", EVENT_CHANNEL)
        else:
            self._deliver(events)

    def _deliver(self, events: tuple[Event, ...] | list[Event]) -> None:
        for inbox in self._subscribers:
            for event in events:
                if inbox.full():
                    inbox.get_nowait()
                inbox.put_nowait(event)


async def _events(inbox: asyncio.Queue[Event]) -> AsyncIterator[Event]:
    while True:
        yield await inbox.get()


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
            redis_pool=_connect(redis_url),
            handle_signals=False,
            max_jobs=max_jobs,
            poll_delay=poll_s,
            keep_result=0,
            health_check_interval=30,
            job_serializer=orjson.dumps,
            job_deserializer=orjson.loads,
        )
        self._clock = clock
        self._take = self.pool.register_script(_TAKE)
        self._wanted = asyncio.Event()
        self._has_more = False
        self._is_down = False
        self._heard = heard
        handlers = {WAKE_CHANNEL: self._on_wake, SCHEDULE_CHANNEL: lambda _: schedule_changed()}
        self._listener = Listener(redis_url, clock, handlers, self._wanted.set)

    async def main(self) -> None:
        """Take work until cancelled."""
        listening = asyncio.create_task(self._listener.run(), name="wake-up listener")
        try:
            while self.allow_pick_jobs:
                await self._wait()
                await self._look()
        finally:
            await end([listening])

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
            await self._clock.sleep(_RECONNECT_S)
        else:
            self._is_down = False

    async def _poll_iteration(self) -> None:
        """Take as many jobs as there are free slots, in one round trip, and start them."""
        free = self.max_jobs - self.job_counter
        if self.allow_pick_jobs and free > 0:
            taken = await self._take(keys=[QUEUE], args=[free, job_key_prefix])
            self._has_more = len(taken) == 2 * free
            for job_id, definition in zip(taken[::2], taken[1::2], strict=True):
                self._start(job_id.decode(), definition)
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
        except Exception:  # noqa: BLE001  the worker's job: one of the three places
            self.jobs_failed += 1
            _log.exception("The job %s ended with an error (reference %s).", job_id, new_id("ref"))
        else:
            self.jobs_complete += 1

    def _on_wake(self, data: bytes) -> None:
        self._wanted.set()
        self._heard(data.decode())


async def ping(redis_url: str) -> str:
    """Return why Redis cannot be used, or the empty string."""
    redis = _connect(redis_url)
    try:
        await redis.ping()
    except UNREACHABLE as error:
        return f"Redis cannot be reached: {error}"
    finally:
        await redis.aclose(close_connection_pool=True)
    return ""
