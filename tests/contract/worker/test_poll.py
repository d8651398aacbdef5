"""Polls: each new item starts one run, whoever else looks and whatever breaks in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pydantic import JsonValue

from catalog.expression import Expressions
from catalog.schedule import Schedule
from core.errors import ConnectionNeededError, RateLimitedError, StoreError, UnavailableError
from core.ids import new_id
from store.port import Records
from store.record import Priority, Run, Shows, TriggerKind, TriggerRecord, WorkflowRecord, WorkflowState, reference
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab, until
from tests.contract.worker.test_engine_service import ScriptedGate
from tests.fakes.clock import FixedClock
from tools.source import Look, NewItem, SourceContext, SourceType, look_for_unknown
from tools.step import StepParams
from worker.gate import Health, Hold, Why
from worker.poll import CLAIM, Poller

EVERY_HOUR = Schedule(cron="0 * * * *", timezone="Europe/Berlin")


class ShelfParams(StepParams):
    shelf: str = "main"


@dataclass
class Shelf:
    """A source whose items a test puts there, newest last; an error among `troubles` is raised by the next look."""

    items: list[str] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    looks: int = 0
    gate: asyncio.Event | None = None
    address: str = ""

    async def look(self, params: ShelfParams, cursor: JsonValue, context: SourceContext) -> Look:
        self.looks += 1
        there = list(self.items)
        if self.gate is not None:
            await self.gate.wait()
        if self.troubles:
            raise self.troubles.pop(0)
        found = [NewItem(id=each, value={"name": each, "shelf": params.shelf}) for each in there]
        return look_for_unknown(found, cursor, context)

    def source(self) -> SourceType[ShelfParams]:
        return SourceType(
            name="lab.shelf",
            title="A shelf",
            description="What a test puts there.",
            params=ShelfParams,
            item=None,
            sample={"name": "sample"},
            summarize=lambda params: f"new thing on {params.shelf}",
            look=self.look,
            address=lambda _: self.address,
        )


@dataclass
class Watch:
    """An approved workflow that says the name of each new item, and its trigger."""

    lab: Lab
    shelf: Shelf
    workflow: WorkflowRecord
    record: TriggerRecord

    def poller(self, lab: Lab | None = None) -> Poller:
        return Poller(desk=(lab or self.lab).desk(), expressions=Expressions(), sweep_s=5, pause_after=3)

    async def look(self, clock: FixedClock, hours: float = 1) -> list[JsonValue]:
        """Let its time come; returns the names of the items that a run was added for."""
        clock.move(hours * 3600)
        return names(await self.poller().look_due())

    async def trigger(self) -> TriggerRecord:
        return await self.lab.trigger(self.record)


def names(runs: list[Run]) -> list[JsonValue]:
    return [run.input["item"]["name"] for run in runs]  # type: ignore[index,call-overload]


async def watch(lab: Lab, *there: str, existing: str = "skip", state: WorkflowState = WorkflowState.ACTIVE) -> Watch:
    shelf = Shelf(items=list(there))
    lab.sources = [shelf.source()]
    every: JsonValue = EVERY_HOUR.model_dump(mode="json")
    workflow = await lab.workflow(
        {"id": "a", "with": {"say": "${{ trigger.item.name }} of ${{ trigger.item.shelf }}"}},
        params={"shelf": "top"},
        source={"uses": "lab.shelf", "with": {"shelf": "${{ params.shelf }}"}, "every": every, "existing": existing},
        state=state,
    )
    record = TriggerRecord(
        id=new_id("trg"),
        workflow_id=workflow.id,
        kind=TriggerKind.POLL,
        config=EVERY_HOUR.model_dump(mode="json"),
        is_active=True,
        created_at=lab.clock.now(),
        next_at=lab.clock.now(),
    )
    return Watch(lab, shelf, workflow, await lab.add_trigger(record))


async def test_nothing_old_fires_and_each_new_item_fires_once(any_lab: Lab, clock: FixedClock) -> None:
    watched = await watch(any_lab, "old", "older")
    assert await watched.look(clock, 0) == []
    assert await watched.look(clock) == []
    watched.shelf.items.append("new")
    [run] = await watched.poller().look_due() if clock.move(3600) is None else []
    assert names([run]) == ["new"]
    assert (run.trigger_id, run.priority) == (watched.record.id, Priority.SCHEDULED)
    assert any_lab.recorded.woken == [run.id]
    assert await watched.look(clock) == []
    await any_lab.engine().advance(run.id)
    assert any_lab.said == ["new of top"]


async def test_what_is_there_already_can_be_asked_for(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab, "one", "two", existing="take")
    assert await watched.look(clock, 0) == ["one", "two"]
    assert await watched.look(clock) == []


async def test_items_that_move_or_vanish_for_a_while_are_not_new(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab, "a", "b")
    await watched.look(clock, 0)
    for items in (["b", "a"], [], ["b"], ["a", "b", "a"]):
        watched.shelf.items = items
        assert await watched.look(clock) == []
    watched.shelf.items = ["c", "b", "a"]
    assert await watched.look(clock) == ["c"]


async def test_very_many_items_come_in_parts_and_none_is_lost(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab)
    await watched.look(clock, 0)
    watched.shelf.items = [str(number) for number in range(250)]
    first = await watched.poller().look_due() if clock.move(3600) is None else []
    assert [len(first), {run.priority for run in first}] == [100, {Priority.BULK}]
    trigger = await watched.trigger()
    assert trigger.next_at == clock.now() + timedelta(seconds=60), "the rest does not wait for the hour"
    rest = [*await watched.look(clock, 1 / 60), *await watched.look(clock, 1 / 60)]
    assert [*names(first), *rest] == watched.shelf.items
    assert await watched.look(clock) == []


async def test_pollers_of_many_processes_take_each_item_once(any_url: str, clock: FixedClock) -> None:
    """Each with connections of its own; two sources, three looks."""
    stores = [await SqlStore.open(any_url, fsync=False) for _ in range(4)]
    labs = [Lab(each, clock) for each in stores]
    await labs[0].settle()
    watches = [await watch(labs[0], "old"), await watch(labs[0], "old")]
    shelf = watches[1].shelf
    for lab in labs:
        lab.sources = labs[0].sources
    counts = []
    for number in range(4):
        taken = await asyncio.gather(*(watches[0].poller(lab).look_due() for lab in labs))
        counts.append(sum(map(len, taken)))
        shelf.items += [f"{number}.{each}" for each in range(3)]
        clock.move(3600)
    assert counts == [0, 6, 6, 6]
    assert shelf.looks == 8, "each source was looked at once each time"
    for each in stores:
        await each.close()


async def test_a_poller_that_dies_in_the_middle_leaves_no_gap(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab, "old")
    await watched.look(clock, 0)
    watched.shelf.items.append("new")
    clock.move(3600)
    watched.shelf.gate = asyncio.Event()
    dying = asyncio.create_task(watched.poller().look_due())
    await until(lambda: watched.shelf.looks == 2)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    watched.shelf.gate = None
    assert names(await watched.poller().look_due()) == [], "the claim still holds"
    clock.move(CLAIM.total_seconds())
    assert names(await watched.poller().look_due()) == ["new"]


class Faulty:
    """A store whose transactions break at their end while `is_broken`: nothing of them was kept."""

    def __init__(self, store: SqlStore) -> None:
        self.journal = store.journal
        self.close = store.close
        self.is_broken = False
        self._store = store

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Records]:
        async with self._store.begin() as records:
            yield records
            if self.is_broken:
                raise StoreError("The database is away.")


async def test_what_could_not_be_written_down_is_taken_again_once(any_store: SqlStore, clock: FixedClock) -> None:
    faulty = Faulty(any_store)
    lab = await Lab(faulty, clock).settle()
    watched = await watch(lab, "old")
    await watched.look(clock, 0)
    watched.shelf.items.append("new")
    clock.move(3600)
    watched.shelf.gate = asyncio.Event()
    looking = asyncio.create_task(watched.poller().look_due())
    await until(lambda: watched.shelf.looks == 2)
    faulty.is_broken = True
    watched.shelf.gate.set()
    assert await looking == []
    faulty.is_broken = False
    assert await lab.runs(watched.workflow) == []
    clock.move(CLAIM.total_seconds())
    assert names(await watched.poller().look_due()) == ["new"]
    assert len(await lab.runs(watched.workflow)) == 1


async def test_a_look_that_took_too_long_writes_nothing_over_a_later_one(any_lab: Lab, clock: FixedClock) -> None:
    watched = await watch(any_lab, "old")
    await watched.look(clock, 0)
    watched.shelf.items.append("first")
    clock.move(3600)
    watched.shelf.gate = asyncio.Event()
    slow = asyncio.create_task(watched.poller().look_due())
    await until(lambda: watched.shelf.looks == 2)
    gate, watched.shelf.gate = watched.shelf.gate, None
    watched.shelf.items.append("second")
    clock.move(CLAIM.total_seconds())
    assert names(await watched.poller().look_due()) == ["first", "second"]
    after = await watched.trigger()
    gate.set()
    assert await slow == []
    assert await watched.trigger() == after
    assert await watched.look(clock) == []


async def test_failures_leave_the_cursor_and_are_patient(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab, "old")
    await watched.look(clock, 0)
    before = await watched.trigger()
    watched.shelf.items.append("new")
    watched.shelf.troubles = [UnavailableError("No answer."), RateLimitedError("Slow down.", retry_after_s=7200)]
    assert await watched.look(clock) == []
    failed = await watched.trigger()
    assert (failed.failures, failed.cursor) == (1, before.cursor)
    assert failed.problem is not None
    assert failed.problem.startswith("No answer.")
    assert await watched.look(clock) == []
    assert (await watched.trigger()).next_at == clock.now() + timedelta(hours=2), "as the service asks"
    assert await watched.look(clock, 2) == ["new"]
    healed = await watched.trigger()
    assert (healed.failures, healed.problem) == (0, None)


async def test_many_failures_in_a_row_pause_it_with_one_message(any_lab: Lab, clock: FixedClock) -> None:
    lab = any_lab
    watched = await watch(lab, "old")
    watched.shelf.troubles = [ConnectionNeededError("Wrong password.", connector="imap") for _ in range(9)]
    for _ in range(5):
        await watched.look(clock)
    assert watched.shelf.looks == 3
    trigger = await watched.trigger()
    assert (trigger.is_active, trigger.next_at, trigger.failures) == (False, None, 3)
    assert await lab.state_of(watched.workflow) is WorkflowState.PAUSED
    [message] = await lab.messages()
    assert message.parts == [reference(Shows.WORKFLOW, watched.workflow.id)]


async def test_a_bug_in_a_source_is_a_failure_like_others(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab)
    watched.shelf.troubles = [KeyError("oops")]
    assert await watched.look(clock, 0) == []
    trigger = await watched.trigger()
    assert trigger.failures == 1
    assert trigger.problem is not None
    assert "reference" in trigger.problem


async def test_a_source_that_is_not_installed_any_more_says_so(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab)
    lab.sources = []
    assert await watched.look(clock, 0) == []
    assert "not installed" in str((await watched.trigger()).problem)


@pytest.mark.parametrize("state", [WorkflowState.PAUSED, WorkflowState.DELETED])
async def test_what_is_not_active_is_not_looked_at(lab: Lab, clock: FixedClock, state: WorkflowState) -> None:
    watched = await watch(lab, "a", state=state)
    assert await watched.look(clock, 0) == []
    assert watched.shelf.looks == 0
    assert not (await watched.trigger()).is_active


async def test_a_pause_in_the_middle_of_a_look_holds(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab, "old")
    await watched.look(clock, 0)
    watched.shelf.items.append("new")
    clock.move(3600)
    watched.shelf.gate = asyncio.Event()
    looking = asyncio.create_task(watched.poller().look_due())
    await until(lambda: watched.shelf.looks == 2)
    async with lab.store.begin() as records:
        await records.triggers.save(replace(await watched.trigger(), is_active=False, next_at=None))
    watched.shelf.gate.set()
    assert await looking == []
    assert await lab.runs(watched.workflow) == []


async def test_the_poller_hears_of_changes_and_a_slow_source_holds_up_no_other(store: SqlStore) -> None:
    """On the real clock."""
    from core.clock import SystemClock

    lab = await Lab(store, SystemClock()).settle()
    slow = await watch(lab)
    slow.shelf.gate = asyncio.Event()
    poller = Poller(desk=lab.desk(), expressions=Expressions(), sweep_s=60, pause_after=3)
    running = asyncio.create_task(poller.run())
    await until(lambda: slow.shelf.looks == 1)
    quick = await watch(lab, "there", existing="take")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    poller = Poller(desk=lab.desk(), expressions=Expressions(), sweep_s=60, pause_after=3)
    running = asyncio.create_task(poller.run())
    poller.look_again()
    await until(lambda: len(lab.recorded.woken) == 1, timeout_s=5)
    assert len(await lab.runs(quick.workflow)) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_service_that_is_down_is_not_looked_at_and_that_is_no_failure(lab: Lab, clock: FixedClock) -> None:
    """The same gate that steps ask, by the same key; what came of a look is told to it."""
    watched = await watch(lab, existing="take")
    watched.shelf.address, watched.shelf.items = "https://me@Shop.example:8443/list", ["one"]
    lab.gate = gate = ScriptedGate(holds=[Hold(wait_s=90, why=Why.DOWN)])
    assert await watched.look(clock, 0) == []
    held = await watched.trigger()
    assert (watched.shelf.looks, held.failures, held.problem, held.cursor) == (0, 0, None, None)
    assert held.next_at == clock.now() + timedelta(seconds=90)
    assert gate.left == []
    watched.shelf.troubles = [UnavailableError("Away.", retry_after_s=7), ConnectionNeededError("x", connector="imap")]
    await watched.look(clock)
    await watched.look(clock)
    assert await watched.look(clock) == ["one"]
    assert set(gate.entered) == {("host:shop.example:8443", watched.record.id)}
    assert gate.left == [Health(is_well=False, pause_s=7), Health(is_well=True), Health(is_well=True)]


async def test_what_stays_on_this_machine_asks_no_gate(lab: Lab, clock: FixedClock) -> None:
    watched = await watch(lab, "one", existing="take")
    lab.gate = gate = ScriptedGate(holds=[Hold(wait_s=90, why=Why.DOWN)])
    assert await watched.look(clock, 0) == ["one"]
    assert gate.entered == []
