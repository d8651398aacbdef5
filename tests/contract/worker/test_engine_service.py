"""Runs whose service does not answer: they wait without having begun, say so, and hammer nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest

from catalog.expression import Expressions
from core.clock import SystemClock
from core.errors import RejectedError, UnavailableError
from core.rate import Rate
from store.record import AttemptState, Run, RunState, Waiting
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab, until
from tests.fakes.clock import FixedClock
from tests.fakes.http_service import Answer, HttpService
from tools.connector import Connector, load_connectors
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.registry import StepRegistry, load_steps
from worker.attempt import Done, Failed
from worker.gate import Health, Hold, Service, Why, health_of, service_of
from worker.service import WorkerService
from worker.wake.bus import RedisBus
from worker.wake.gate import RedisGate
from worker.wake.queue import ArqQueue

ANSWERS, BROKEN = Answer(json={"ok": True}), Answer(status=503)


@dataclass
class ScriptedGate:
    """Holds back as the test says, and keeps what it was asked and told."""

    holds: list[Hold | None] = field(default_factory=list)
    entered: list[tuple[str, str]] = field(default_factory=list)
    left: list[Health] = field(default_factory=list)

    async def enter(self, service: Service, *, ticket: str, timeout_s: float) -> Hold | None:
        assert timeout_s > 0
        self.entered.append((service.key, ticket))
        return self.holds.pop(0) if self.holds else None

    async def leave(self, service: Service, health: Health) -> None:
        assert service.key == self.entered[-1][0]
        self.left.append(health)


@pytest.fixture
async def shop() -> AsyncIterator[HttpService]:
    async with HttpService() as made:
        yield made


@pytest.fixture
async def http(shop: HttpService) -> AsyncIterator[AioHttp]:
    made = AioHttp(AddressGuard([shop.host]), timeout_s=5, limit_bytes=1000)
    yield made
    await made.close()


@pytest.fixture
def calling(lab: Lab, http: AioHttp) -> Lab:
    lab.more, lab.http = list(load_steps()), http
    return lab


def get(url: str, **changes: object) -> dict[str, object]:
    return {
        "id": "get",
        "uses": "http.request",
        "with": {"url": url},
        "retry": {"attempts": 8, "first_delay_s": 1},
        **changes,
    }


async def test_an_attempt_that_is_held_back_has_not_begun(calling: Lab, shop: HttpService, clock: FixedClock) -> None:
    calling.gate = gate = ScriptedGate([Hold(wait_s=40, why=Why.DOWN), Hold(wait_s=20, why=Why.LIMIT)])
    engine = calling.engine()
    run = await calling.ran(get(shop.route("/api", ANSWERS)), engine=engine)
    assert (run.state, run.waiting_for) == (RunState.WAITING, Waiting.SERVICE)
    assert run.due_at == clock.now() + timedelta(seconds=40)
    (attempt,) = await calling.attempts(run)
    assert attempt.state is AttemptState.WAITING
    assert attempt.output == {"waiting_for": "service", "prompt": shop.host, "why": "down"}
    assert shop.requests == []

    clock.move(40)
    await engine.advance(run.id)
    assert (await calling.run(run.id)).due_at == clock.now() + timedelta(seconds=20)
    clock.move(20)
    await engine.advance(run.id)
    assert (await calling.run(run.id)).state is RunState.SUCCEEDED
    (attempt,) = await calling.attempts(run)
    assert (attempt.number, attempt.state) == (1, AttemptState.SUCCEEDED), "waiting used up no try"
    assert len(shop.requests) == 1
    assert len(set(gate.entered)) == 1, "one service, one ticket"
    assert gate.left == [Health(is_well=True)]


async def test_a_moment_is_waited_for_in_place(calling: Lab, shop: HttpService) -> None:
    calling.gate = ScriptedGate([Hold(wait_s=2, why=Why.LIMIT)] * 3)
    assert (await calling.ran(get(shop.route("/api", ANSWERS)))).state is RunState.SUCCEEDED
    assert len(shop.requests) == 1


async def test_a_rehearsal_and_what_stays_here_ask_no_gate(calling: Lab, shop: HttpService) -> None:
    calling.gate = gate = ScriptedGate()
    run = await calling.queued(await calling.workflow(get(shop.route("/api", ANSWERS))), is_rehearsal=True)
    await calling.engine().advance(run.id)
    assert (await calling.run(run.id)).state is RunState.SUCCEEDED
    await calling.ran({"id": "a"})
    assert gate.entered == []


async def test_only_what_speaks_of_the_services_health_is_told_as_such(calling: Lab, shop: HttpService) -> None:
    calling.gate = gate = ScriptedGate()
    once = {"attempts": 1}
    for status in (200, 404, 422, 401, 500, 502):
        await calling.ran(get(shop.route(f"/{status}", Answer(status=status)), retry=once))
    await calling.ran(get(shop.route("/slow", Answer(status=429, headers={"Retry-After": "70"})), retry=once))
    await calling.ran(get(shop.route("/drop", Answer(drop="before")), retry=once))
    assert [health.is_well for health in gate.left] == [True, True, True, True, False, False, False, False]
    assert gate.left[6].pause_s == 70
    assert health_of(Failed(error=UnavailableError("the database"), is_ours=True)).is_well is None


def test_a_service_is_a_connection_or_a_host() -> None:
    steps, connectors = StepRegistry(load_steps()), load_connectors()

    def found(uses: str, connections: dict[str, str], **params: object) -> Service | None:
        step_type = steps.find(uses)
        assert step_type is not None
        return service_of(
            step_type, step_type.params.model_validate(params), connections=connections, connectors=connectors
        )

    url = "https://me@API.example.com:8443/a?b"
    plain = Service(key="host:api.example.com:8443", name="api.example.com:8443")
    assert found("http.request", {}, url=url) == plain
    assert found("rss.read", {}, url=url) == plain
    assert found("http.api_request", {"http": "con_1"}, url=url) == Service(key="connection:con_1", name=plain.name)
    mail = {"to": ["a@x.io"], "subject": "s"}
    assert found("email.send", {"smtp": "con_2"}, **mail) == Service(
        key="connection:con_2", name="E-mail (sending)", rate=Rate(30, 60)
    )
    assert found("email.send", {}, **mail) is None
    assert found("web.watch", {}, url=url, mode="status") is None, "a site that is down is its result"
    assert found("web.watch", {}, url=url) == plain
    assert found("http.request", {}, url="//[") is None


def test_a_connectors_rate_is_checked_when_it_is_read() -> None:
    with pytest.raises(ValueError, match="50/minute"):
        Connector.model_validate(
            {"name": "x", "title": "Xyz", "summary": "A service of note.", "fields": {}, "rate": "often"}
        )


async def test_a_refusal_is_not_a_sign_of_illness() -> None:
    assert health_of(Failed(error=RejectedError())).is_well
    assert health_of(Done(output={})).is_well


async def test_a_service_that_is_down_is_left_alone_and_all_runs_end_well(
    calling: Lab, shop: HttpService, redis_url: str, clock: FixedClock
) -> None:
    """Two workers, thirty runs, ten minutes without an answer."""
    gates = [RedisGate(redis_url, clock, Random(each), failures=3, open_s=30, longest_s=120) for each in range(2)]
    engines = []
    for gate in gates:
        calling.gate = gate
        engines.append(calling.engine())
    workflow = await calling.workflow(get(shop.route("/api", BROKEN)))
    runs = [await calling.queued(workflow) for _ in range(30)]
    began, turns = clock.now(), 0
    while clock.now() < began + timedelta(minutes=10):
        turns += 1
        for number, due in enumerate(await _due(calling)):
            await engines[(number + turns) % 2].advance(due)
        states = Counter([(await calling.run(run.id)).waiting_for for run in runs])
        assert states[Waiting.SERVICE] >= 29, "who tries may wait for its next try"
        await _until_next(calling, clock)
    assert len(shop.requests) <= 3 + 7, "three to find out, then one after 30, 60 and each further 120 s"

    shop.route("/api", ANSWERS)
    while not all([(await calling.run(run.id)).state.is_final for run in runs]):
        for due in await _due(calling):
            await engines[0].advance(due)
        await _until_next(calling, clock)
    assert {(await calling.run(run.id)).state for run in runs} == {RunState.SUCCEEDED}
    for gate in gates:
        await gate.close()


async def _due(lab: Lab) -> list[str]:
    async with lab.store.begin() as records:
        return [run.id for run in await records.runs.due(lab.clock.now())]


async def _until_next(lab: Lab, clock: FixedClock) -> None:
    async with lab.store.begin() as records:
        at = await records.runs.next_due_at()
    if at is not None and at > clock.now():
        clock.move((at - clock.now()).total_seconds())


async def test_two_whole_workers_get_through_an_outage(
    store: SqlStore, redis_url: str, shop: HttpService, http: AioHttp
) -> None:
    """On the real clock: what hits the service while it is down is bounded, and every run ends well."""
    clock = SystemClock()
    address, runs_made = shop.route("/api", BROKEN), 20
    async with AsyncExitStack() as stack:
        queue, bus = ArqQueue(redis_url, clock), RedisBus(redis_url, clock)
        stack.push_async_callback(queue.close)
        stack.push_async_callback(bus.close)
        lab = await Lab(store, clock, queue=queue, events=bus).settle()
        lab.more, lab.http = list(load_steps()), http
        for each in range(2):
            lab.gate = gate = RedisGate(redis_url, clock, Random(each), failures=3, open_s=0.2, longest_s=0.4)
            stack.push_async_callback(gate.close)
            worker = WorkerService(
                desk=lab.desk(), expressions=Expressions(), redis_url=redis_url, sweep_s=0.2, poll_s=0.1
            )
            await worker.start()
            stack.push_async_callback(worker.stop, 1)
        workflow = await lab.workflow(get(address, retry={"attempts": 10, "first_delay_s": 0.05}))
        runs: list[Run] = []
        for _ in range(runs_made):
            runs.append(await lab.queued(workflow))
            await queue.wake(runs[-1])
        await until(lambda: len(shop.requests) >= 3)
        await asyncio.sleep(1.0)
        assert len(shop.requests) <= 2 * runs_made + 6, "those on their way when it went down, and one try at a time"
        shop.route("/api", ANSWERS)

        async def over() -> bool:
            return all([(await lab.run(run.id)).state.is_final for run in runs])

        await until(over, timeout_s=20)
        assert {(await lab.run(run.id)).state for run in runs} == {RunState.SUCCEEDED}
