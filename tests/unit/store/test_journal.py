"""How the journal gathers callers into commits, and what it tells them when a commit fails. No database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import pytest

from core.errors import StoreError
from store.record import AttemptState, Run, StepAttempt
from store.sql.database import Database, RefusedError
from store.sql.entry import Entry, Outcome, Record
from store.sql.journal import SqlJournal

NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)


class ScriptedBatches:
    """Notes the runs of each batch instead of writing them; raises the errors that a test has laid down, one for each
    batch, and refuses a run that is poison.
    """

    is_one_lane = True

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.errors: list[Exception] = []
        self.poison: str | None = None

    def record(self, owner: str, run: Run | None, attempts: Sequence[StepAttempt]) -> Record:
        assert run is None
        ids = frozenset(attempt.run_id for attempt in attempts)
        return Record(owner=owner, run_ids=ids, attempts=[], runs=[], gives_back=None)

    async def write(self, entries: Sequence[Entry]) -> list[Outcome]:
        await asyncio.sleep(0)
        self.commits.append([min(each.run_ids) for each in entries if isinstance(each, Record)])
        if self.errors:
            raise self.errors.pop(0)
        if self.poison in self.commits[-1]:
            raise RefusedError("poison")
        return [None for _ in entries]


@pytest.fixture
def batches() -> ScriptedBatches:
    return ScriptedBatches()


@pytest.fixture
def journal(batches: ScriptedBatches) -> SqlJournal:
    return SqlJournal(cast(Database, None), batches)


async def record(journal: SqlJournal, run_id: str) -> None:
    attempt = StepAttempt(
        run_id=run_id,
        step_id="get",
        item=-1,
        number=1,
        state=AttemptState.STARTED,
        idempotency_key="k",
        started_at=NOON,
    )
    await journal.record(owner="a", attempts=[attempt])


async def test_the_first_caller_is_flushed_at_once_and_the_others_share_the_next_commit(
    batches: ScriptedBatches, journal: SqlJournal
) -> None:
    first = asyncio.create_task(record(journal, "run_0"))
    while not journal._records._flusher:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, *(record(journal, f"run_{number}") for number in range(1, 50)))
    assert [len(names) for names in batches.commits] == [1, 49]


async def test_fifty_callers_at_once_share_one_commit(batches: ScriptedBatches, journal: SqlJournal) -> None:
    await asyncio.gather(*(record(journal, f"run_{number}") for number in range(50)))
    assert [len(names) for names in batches.commits] == [50]


async def test_a_commit_has_a_largest_size(batches: ScriptedBatches, journal: SqlJournal) -> None:
    await asyncio.gather(*(record(journal, f"run_{number}") for number in range(450)))
    assert [len(names) for names in batches.commits] == [200, 200, 50]


async def test_what_is_refused_fails_its_caller_only(batches: ScriptedBatches, journal: SqlJournal) -> None:
    """After a refused batch each record is written alone."""
    batches.poison = "run_1"
    outcomes = await asyncio.gather(*(record(journal, f"run_{number}") for number in range(3)), return_exceptions=True)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], RefusedError)
    assert outcomes[2] is None
    assert batches.commits == [["run_0", "run_1", "run_2"], ["run_0"], ["run_1"], ["run_2"]]


async def test_a_lost_connection_is_tried_again_once(batches: ScriptedBatches, journal: SqlJournal) -> None:
    batches.errors = [StoreError("gone")]
    await asyncio.gather(record(journal, "run_0"), record(journal, "run_1"))
    assert batches.commits == [["run_0", "run_1"]] * 2


async def test_a_database_that_stays_away_fails_everybody_soon_and_the_next_are_served(
    batches: ScriptedBatches, journal: SqlJournal
) -> None:
    batches.errors = [StoreError("gone"), StoreError("gone")]
    outcomes = await asyncio.gather(*(record(journal, f"run_{number}") for number in range(9)), return_exceptions=True)
    assert all(isinstance(each, StoreError) for each in outcomes)
    assert len(batches.commits) == 2
    await record(journal, "run_0")
    assert len(batches.commits) == 3


async def test_a_bug_reaches_those_who_wait(batches: ScriptedBatches, journal: SqlJournal) -> None:
    """Nobody hangs for ever, and the journal goes on."""
    batches.errors = [ZeroDivisionError("bug")]
    with pytest.raises(ZeroDivisionError):
        await record(journal, "run_0")
    await record(journal, "run_0")


async def test_who_was_cancelled_before_its_turn_has_nothing_written(
    batches: ScriptedBatches, journal: SqlJournal
) -> None:
    tasks = [asyncio.create_task(record(journal, f"run_{number}")) for number in range(3)]
    while len(journal._records._waiting) < 3:
        await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert batches.commits == [["run_0", "run_2"]]


async def test_closing_waits_for_what_is_pending(batches: ScriptedBatches, journal: SqlJournal) -> None:
    task = asyncio.create_task(record(journal, "run_0"))
    while not journal._records._waiting:
        await asyncio.sleep(0)
    await journal.close()
    assert batches.commits == [["run_0"]]
    await task
