"""How the journal gathers callers into commits, and what it tells them when a commit fails. No database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import TypeVar, cast

import pytest
from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects import sqlite

from core.errors import StoreError
from store.record import AttemptState, StepAttempt
from store.sql.batch import Claim, Entry, Outcome, Record, Writer
from store.sql.database import RefusedError, Transaction
from store.sql.journal import SqlJournal

T = TypeVar("T")
NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)


class NotingWriter(Writer):
    """Notes the runs of each commit instead of writing them."""

    def __init__(self) -> None:
        super().__init__(sqlite.dialect())
        self.commits: list[list[str]] = []

    def write(self, connection: Connection, entries: Sequence[Entry]) -> list[Outcome]:
        self.commits.append([each.run_id if isinstance(each, Claim) else min(each.run_ids) for each in entries])
        return [None for _ in entries]


class ScriptedDatabase:
    """Raises the errors that a test has laid down, one for each commit, and refuses a run that is poison."""

    def __init__(self, writer: NotingWriter) -> None:
        self._writer = writer
        self.dialect: Dialect = sqlite.dialect()
        self.errors: list[Exception] = []
        self.poison: str | None = None

    @property
    def commits(self) -> list[list[str]]:
        return self._writer.commits

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        raise AssertionError("the journal's batches are written by run")

    async def run(self, work: Callable[[Connection], T]) -> T:
        await asyncio.sleep(0)
        result = work(cast(Connection, None))
        if self.errors:
            raise self.errors.pop(0)
        if self.poison in self.commits[-1]:
            raise RefusedError("poison")
        return result

    async def close(self) -> None:
        return


@pytest.fixture
def writer() -> NotingWriter:
    return NotingWriter()


@pytest.fixture
def database(writer: NotingWriter) -> ScriptedDatabase:
    return ScriptedDatabase(writer)


@pytest.fixture
def journal(database: ScriptedDatabase, writer: NotingWriter) -> SqlJournal:
    made = SqlJournal(database)
    made._writer = writer
    return made


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
    database: ScriptedDatabase, journal: SqlJournal
) -> None:
    first = asyncio.create_task(record(journal, "run_0"))
    while not journal._flusher:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, *(record(journal, f"run_{number}") for number in range(1, 50)))
    assert [len(names) for names in database.commits] == [1, 49]


async def test_fifty_callers_at_once_share_one_commit(database: ScriptedDatabase, journal: SqlJournal) -> None:
    await asyncio.gather(*(record(journal, f"run_{number}") for number in range(50)))
    assert [len(names) for names in database.commits] == [50]


async def test_a_commit_has_a_largest_size(database: ScriptedDatabase, journal: SqlJournal) -> None:
    await asyncio.gather(*(record(journal, f"run_{number}") for number in range(450)))
    assert [len(names) for names in database.commits] == [200, 200, 50]


async def test_what_is_refused_fails_its_caller_only(database: ScriptedDatabase, journal: SqlJournal) -> None:
    """After a refused batch each record is written alone."""
    database.poison = "run_1"
    outcomes = await asyncio.gather(*(record(journal, f"run_{number}") for number in range(3)), return_exceptions=True)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], RefusedError)
    assert outcomes[2] is None
    assert database.commits == [["run_0", "run_1", "run_2"], ["run_0"], ["run_1"], ["run_2"]]


async def test_a_lost_connection_is_tried_again_once(database: ScriptedDatabase, journal: SqlJournal) -> None:
    database.errors = [StoreError("gone")]
    await asyncio.gather(record(journal, "run_0"), record(journal, "run_1"))
    assert database.commits == [["run_0", "run_1"]] * 2


async def test_a_database_that_stays_away_fails_everybody_soon_and_the_next_are_served(
    database: ScriptedDatabase, journal: SqlJournal
) -> None:
    database.errors = [StoreError("gone"), StoreError("gone")]
    outcomes = await asyncio.gather(*(record(journal, f"run_{number}") for number in range(9)), return_exceptions=True)
    assert all(isinstance(each, StoreError) for each in outcomes)
    assert len(database.commits) == 2
    await record(journal, "run_0")
    assert len(database.commits) == 3


async def test_a_bug_reaches_those_who_wait(database: ScriptedDatabase, journal: SqlJournal) -> None:
    """Nobody hangs for ever, and the journal goes on."""
    database.errors = [ZeroDivisionError("bug")]
    with pytest.raises(ZeroDivisionError):
        await record(journal, "run_0")
    await record(journal, "run_0")


async def test_who_was_cancelled_before_its_turn_has_nothing_written(
    database: ScriptedDatabase, journal: SqlJournal
) -> None:
    tasks = [asyncio.create_task(record(journal, f"run_{number}")) for number in range(3)]
    while len(journal._waiting) < 3:
        await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert database.commits == [["run_0", "run_2"]]


async def test_closing_waits_for_what_is_pending(database: ScriptedDatabase, journal: SqlJournal) -> None:
    task = asyncio.create_task(record(journal, "run_0"))
    while not journal._waiting:
        await asyncio.sleep(0)
    await journal.close()
    assert database.commits == [["run_0"]]
    await task


def test_a_record_knows_which_runs_it_needs(journal: SqlJournal) -> None:
    entry = journal._writer.record("a", None, [])
    assert entry == Record(owner="a", run_ids=frozenset(), attempts=[], runs=[], gives_back=None)
