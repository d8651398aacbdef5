"""`errand worker` told to stop while a step is under way: what finishes in time is kept, the rest is handed over at once."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.clock import SystemClock
from store.record import Run, RunState, Waiting
from store.sql.migrate import migrate
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab, until
from tests.fakes.http_service import Answer, HttpService
from tests.fakes.postgres import postgres, postgres_url
from tests.fakes.process import Worker
from worker.wake.bus import RedisBus
from worker.wake.queue import ArqQueue

__all__ = ["postgres", "postgres_url"]

SELDOM = {"LEASE_S": "600", "SWEEP_S": "600"}
"""Neither an expired lease nor a sweep can be the reason when another worker goes on."""


@dataclass
class Site:
    """Records, a service, and workers on both."""

    lab: Lab
    service: HttpService
    data: Path
    settings: dict[str, str]

    def worker(self, grace_s: float) -> Worker:
        return Worker(self.data, self.settings | SELDOM | {"GRACE_S": str(grace_s)})

    async def started(self, *steps: dict[str, object]) -> Run:
        run = await self.lab.queued(await self.lab.workflow(*steps))
        await self.lab.queue.wake(run)
        return run

    async def asked(self, path: str, times: int = 1) -> None:
        """Wait until a path was asked so often."""
        await until(lambda: self.paths.count(path) >= times, timeout_s=30)

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.service.requests]

    async def settled(self, run: Run) -> Run:
        """The run once it has ended or waits."""

        async def is_settled() -> bool:
            return (await self.lab.run(run.id)).state not in (RunState.QUEUED, RunState.RUNNING)

        await until(is_settled, timeout_s=30)
        return await self.lab.run(run.id)


@pytest.fixture
async def sqlite_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'errand.db'}"
    await migrate(url)
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def site(tmp_path: Path, redis_url: str, url: str) -> AsyncIterator[Site]:
    clock = SystemClock()
    store = await SqlStore.open(url)
    queue, bus = ArqQueue(redis_url, clock), RedisBus(redis_url, clock)
    lab = await Lab(store, clock, queue=queue, events=bus).settle()
    settings = {"DATABASE_URL": url, "REDIS_URL": redis_url, "ALLOW_HOSTS": json.dumps(["127.0.0.0/8"])}
    async with HttpService() as service:
        yield Site(lab, service, tmp_path / "data", settings)
    await queue.close()
    await bus.close()
    await store.close()


def post(step_id: str, url: str) -> dict[str, object]:
    return {"id": step_id, "uses": "http.request", "with": {"method": "POST", "url": url}}


def get(step_id: str, url: str) -> dict[str, object]:
    return {"id": step_id, "uses": "http.request", "with": {"method": "GET", "url": url}}


async def test_a_step_that_ends_within_the_grace_period_is_finished_and_recorded(site: Site) -> None:
    """However often one signals."""
    address = site.service.route("/slow", Answer(delay_s=1.5))
    async with site.worker(grace_s=30) as worker:
        run = await site.started(post("send", address))
        await site.asked("/slow")
        worker.signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        worker.signal(signal.SIGTERM)
        worker.signal(signal.SIGINT)
        assert await worker.ended() == 0
    assert (await site.lab.run(run.id)).state is RunState.SUCCEEDED
    assert site.paths == ["/slow"]


async def test_what_takes_longer_goes_on_elsewhere_at_once_and_nothing_is_doubled(site: Site) -> None:
    sent = site.service.route("/sent", Answer())
    looked = site.service.route("/looked", Answer(delay_s=60), Answer())
    told = site.service.route("/told", Answer())
    async with site.worker(grace_s=0.3) as first:
        run = await site.started(post("send", sent), get("look", looked), post("tell", told))
        await site.asked("/looked")
        async with site.worker(grace_s=30):
            first.signal(signal.SIGTERM)
            assert await first.ended() == 0
            assert (await site.settled(run)).state is RunState.SUCCEEDED
    assert site.paths == ["/sent", "/looked", "/looked", "/told"]


async def test_a_step_that_must_happen_once_is_not_repeated_but_asked_about(site: Site) -> None:
    address = site.service.route("/sent", Answer(delay_s=60))
    async with site.worker(grace_s=0.3) as first:
        run = await site.started(post("send", address))
        await site.asked("/sent")
        async with site.worker(grace_s=30):
            first.signal(signal.SIGTERM)
            assert await first.ended() == 0
            assert (await site.settled(run)).waiting_for is Waiting.CHECK
    assert site.paths == ["/sent"]
