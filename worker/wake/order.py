"""The order in which queued runs are taken: fair between people, urgent before patient, nobody for ever. Runs nothing.

Start-time fair queueing (Goyal, Vin and Cheng, 1996). Each run gets a start tag: the virtual time, or one share after the
run that this person queued before it, whichever is later. The virtual time is the wall clock plus the lead that the tags
taken so far have over it: so whoever queues a thousand runs takes a thousand shares, and somebody else's single run is
next. Each priority is a line of its own, and stands behind by a fixed span of time: what was queued that long ago goes
before whatever is queued now. A queued run's score in the sorted set is `4 · (start + span) + priority`, in ms. An orphaned
run had its turn when it was begun: it goes before everybody, and costs no turn.

All of this may be lost: then whatever is queued next begins in the order in which it comes.
"""

from __future__ import annotations

from collections.abc import Mapping

from arq.constants import job_key_prefix
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from core.clock import Clock
from store.record import Priority
from worker.wake.connection import QUEUE, WAKE_CHANNEL

SPAN_MS: Mapping[Priority, int] = {Priority.INTERACTIVE: 0, Priority.SCHEDULED: 120_000, Priority.BULK: 600_000}
"""So long does a run of this priority stand behind interactive ones that are queued after it, and no longer."""

SHARE_MS = 1000
"""How far one run moves its person's next one back, in virtual time."""

_LEAD = "errand:lead"
_PERSON = "errand:share:"
_JOB_EXPIRES_MS = 86_400_000
_LEAD_EXPIRES_MS = 7 * 86_400_000

_ADD = """
local run, now, priority, share = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[7])
if ARGV[10] == '1' then
    redis.call('ZADD', KEYS[1], priority, run)
elseif not redis.call('ZSCORE', KEYS[1], run) then
    local virtual = now + tonumber(redis.call('GET', KEYS[3]) or 0)
    local start = math.max(virtual, tonumber(redis.call('GET', KEYS[4]) or 0))
    redis.call('ZADD', KEYS[1], string.format('%.0f', 4 * (start + tonumber(ARGV[5])) + priority), run)
    redis.call('SET', KEYS[4], string.format('%.0f', start + share), 'PX', string.format('%.0f', start + share - virtual))
elseif ARGV[9] == '0' then
    return
end
redis.call('PUBLISH', ARGV[8], run)
"""
"""Queue a run unless it is queued already, and announce it; with ARGV[9] 0, only if it was not."""

_TAKE = """
local jobs, now, lead = {}, tonumber(ARGV[3]), 0
local taken = redis.call('ZPOPMIN', KEYS[1], ARGV[1])
for i = 1, #taken, 2 do
    local key, score = ARGV[2] .. taken[i], tonumber(taken[i + 1])
    local priority = score % 4
    lead = math.max(lead, (score - priority) / 4 - tonumber(ARGV[5 + priority] or 0) - now)
    jobs[#jobs + 1] = taken[i]
    jobs[#jobs + 1] = redis.call('GET', key) or ''
    redis.call('DEL', key)
end
if lead > tonumber(redis.call('GET', KEYS[2]) or 0) then
    redis.call('SET', KEYS[2], string.format('%.0f', lead), 'PX', ARGV[4])
end
return jobs
"""
"""Take up to ARGV[1] jobs out of the queue at once: [id, definition, id, definition, …]."""


class FairOrder:
    """The queue in Redis. Each call is one round trip."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._clock = clock
        self._add = redis.register_script(_ADD)
        self._take = redis.register_script(_TAKE)

    async def add(
        self,
        run_id: str,
        definition: bytes,
        *,
        person_id: str,
        priority: Priority,
        is_news: bool = True,
        is_orphaned: bool = False,
        through: Pipeline | None = None,
    ) -> None:
        """Queue a run, unless it is queued already, and announce it: as news in any case, otherwise if it was not queued.

        With a pipeline it is done when that is executed.
        """
        person = f"{_PERSON}{person_id}:{priority.value}"
        await self._add(
            keys=[QUEUE, job_key_prefix + run_id, _LEAD, person],
            args=[
                run_id,
                definition,
                self._now_ms(),
                priority.value,
                SPAN_MS[priority],
                SHARE_MS,
                _JOB_EXPIRES_MS,
                WAKE_CHANNEL,
                int(is_news),
                int(is_orphaned),
            ],
            client=through,
        )

    async def take(self, most: int) -> list[tuple[str, bytes]]:
        """Take runs out, each with its job's definition: those whose turn it is, in order."""
        spans = [SPAN_MS[priority] for priority in Priority]
        taken = await self._take(
            keys=[QUEUE, _LEAD], args=[most, job_key_prefix, self._now_ms(), _LEAD_EXPIRES_MS, *spans]
        )
        return [(run_id.decode(), definition) for run_id, definition in zip(taken[::2], taken[1::2], strict=True)]

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
