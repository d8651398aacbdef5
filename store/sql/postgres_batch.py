"""Writes what waits in the journal on PostgreSQL: each batch is one statement, which is one round trip and one commit.

Rows travel as one array for each column and are taken apart by `unnest`. The two columns of `runs` that serve the journal
alone are explained in `store.sql.sqlite_batch`; what is claimed, kept and given back is the same there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Executable, Table, bindparam
from sqlalchemy.engine import Dialect

from core.errors import StaleError, StoreError
from store.port import Claimed
from store.record import Run, RunState, Signal, StepAttempt
from store.sql.database import Rows
from store.sql.entry import ATTEMPT_KEY, CHANGED, LOST, Addition, Claim, Entry, Outcome, Record, Row, first_of_each
from store.sql.mapping import RecordTable
from store.sql.postgres import PostgresDatabase
from store.sql.run import ATTEMPTS, ATTEMPTS_ORDER, RUNS, SIGNALS, SIGNALS_ORDER
from store.sql.table import runs, signals, step_attempts

_FLOAT = 701
"""PostgreSQL's number of `float8`: the only kind of number here whose reading depends on it."""

H = TypeVar("H", StepAttempt, Signal)


class _Columns:
    """Some columns of a table as arrays, and values as they are put into them. JSON goes there as text."""

    def __init__(self, table: Table, names: Sequence[str], dialect: Dialect) -> None:
        self.names = tuple(names)
        types = [table.c[name].type.dialect_impl(dialect) for name in names]
        kinds = [each.compile(dialect=dialect) for each in types]
        self._is_json = [kind == "JSON" for kind in kinds]
        self._arrays = ["text[]" if kind == "JSON" else f"{kind}[]" for kind in kinds]
        self._encode = [kind.bind_processor(dialect) for kind in types]
        self._decode = [kind.result_processor(dialect, _FLOAT) for kind in types]

    def row(self, values: Mapping[str, object]) -> Row:
        """Raises StoreError for a value that the column cannot hold."""
        try:
            return tuple(
                encode(values[name]) if encode else values[name]
                for name, encode in zip(self.names, self._encode, strict=True)
            )
        except (TypeError, ValueError) as error:
            raise StoreError(f"The record holds a value that cannot be stored: {error}") from error

    def read(self, row: Sequence[Any]) -> list[Any]:
        return [decode(value) if decode else value for value, decode in zip(row, self._decode, strict=False)]

    def arrays(self, first: int) -> str:
        """The arguments of `unnest`: parameters from this number on."""
        return ", ".join(f"${first + place}::{array}" for place, array in enumerate(self._arrays))

    def values(self, alias: str) -> str:
        """The columns of what was taken apart, as the table has them."""
        return ", ".join(
            f"{alias}.{name}::json" if is_json else f"{alias}.{name}"
            for name, is_json in zip(self.names, self._is_json, strict=True)
        )


class PostgresBatches:
    """Implements `store.sql.entry.Batches`. Each kind has a lane, so that claims and records commit side by side."""

    is_one_lane = False

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        dialect = database.dialect
        self._run = _Columns(runs, RUNS.names, dialect)
        self._attempt = _Columns(step_attempts, ATTEMPTS.names, dialect)
        self._change = _Columns(runs, ("id", "due_at", *CHANGED), dialect)
        self._add_sql = _add_sql(self._run)
        self._claim_sql = _claim_sql(self._run)
        self._record_sql = _record_sql(self._attempt, self._change)

    def record(self, owner: str, run: Run | None, attempts: Sequence[StepAttempt]) -> Record:
        ids = {attempt.run_id for attempt in attempts}
        return Record(
            owner=owner,
            run_ids=frozenset(ids if run is None else ids | {run.id}),
            attempts=[self._attempt.row(ATTEMPTS.values(attempt)) for attempt in attempts],
            runs=[] if run is None else [self._change.row(RUNS.values(run))],
            gives_back=run.id if run is not None and run.state is not RunState.RUNNING else None,
        )

    async def write(self, entries: Sequence[Entry]) -> list[Outcome]:
        if additions := [entry.run for entry in entries if isinstance(entry, Addition)]:
            return await self._add(additions)
        if claims := [entry for entry in entries if isinstance(entry, Claim)]:
            return await self._take(claims)
        return await self._write_records([entry for entry in entries if isinstance(entry, Record)])

    async def _add(self, additions: Sequence[Run]) -> list[Outcome]:
        """Add each run once; of several with one `fire_key` the first."""
        first: dict[str, int] = {}
        for index, run in enumerate(additions):
            first.setdefault(run.fire_key or run.id, index)
        rows = [self._run.row(RUNS.values(additions[index])) for index in first.values()]
        new = {row[0] for row in await self._database.fetch(self._add_sql, *_across(rows))}
        return [run.id in new and first[run.fire_key or run.id] == index for index, run in enumerate(additions)]

    async def _take(self, claims: Sequence[Claim]) -> list[Outcome]:
        """Give each run to the first who asks. Claims of one owner are as late as the latest of them."""
        outcomes: list[Outcome] = [None] * len(claims)
        first = first_of_each(claims)
        for owner in dict.fromkeys(claims[index].owner for index in first.values()):
            own = [claims[index] for index in first.values() if claims[index].owner == owner]
            now, until = max(claim.now for claim in own), max(claim.until for claim in own)
            taken = await self._database.fetch(self._claim_sql, [claim.run_id for claim in own], now, owner, until)
            found = [(RUNS.record(self._run.read(row)), int(row[-1])) for row in taken]
            known = [run.id for run, activity in found if activity > 1]
            attempts, told = await self._recorded(known) if known else ({}, {})
            for run, activity in found:
                outcomes[first[run.id]] = Claimed(
                    run=run, attempts=attempts.get(run.id, []), signals=told.get(run.id, []), is_new=activity == 1
                )
        return outcomes

    async def _recorded(self, run_ids: list[str]) -> tuple[dict[str, list[StepAttempt]], dict[str, list[Signal]]]:
        """What is recorded of runs that this worker holds by now."""
        async with self._database.begin() as transaction:
            attempts = await transaction.read(_ATTEMPTS, {"run_ids": run_ids})
            told = await transaction.read(_SIGNALS, {"run_ids": run_ids})
        return _by_run(attempts, ATTEMPTS), _by_run(told, SIGNALS)

    async def _write_records(self, records: Sequence[Record]) -> list[Outcome]:
        """Write all; what one statement cannot hold, because it is about the same run, comes in the next one."""
        outcomes: list[Outcome] = [None] * len(records)
        turns: dict[str, int] = {}
        waves: list[list[int]] = []
        for index, entry in enumerate(records):
            turn = max(turns.get(run_id, 0) for run_id in entry.run_ids)
            turns.update(dict.fromkeys(entry.run_ids, turn + 1))
            waves.extend([[]] if turn == len(waves) else [])
            waves[turn].append(index)
        for wave in waves:
            written = await self._write_wave([(index, records[index]) for index in wave])
            for index in set(wave) - written:
                outcomes[index] = StaleError(LOST)
        return outcomes

    async def _write_wave(self, wave: Sequence[tuple[int, Record]]) -> set[int]:
        """Return which entries were written: those whose owner holds all their runs."""
        wanted = [(index, run_id, entry.owner) for index, entry in wave for run_id in entry.run_ids]
        attempts = [(index, *row) for index, entry in wave for row in entry.attempts]
        changes = [(index, *row) for index, entry in wave for row in entry.runs]
        rows = await self._database.fetch(
            self._record_sql,
            *_across(wanted, 3),
            *_across(attempts, len(self._attempt.names) + 1),
            *_across(changes, len(self._change.names) + 1),
        )
        return {row[0] for row in rows}


def _across(rows: Sequence[Row], columns: int = 0) -> list[Sequence[object]]:
    """Rows as columns; of no rows, so many empty columns."""
    return list(zip(*rows, strict=True)) if rows else [()] * columns


def _by_run(rows: Rows, table: RecordTable[H]) -> dict[str, list[H]]:
    found: dict[str, list[H]] = {}
    for row in rows:
        record = table.record(row)
        found.setdefault(record.run_id, []).append(record)
    return found


def _add_sql(run: _Columns) -> str:
    names = ", ".join(run.names)
    return (
        f"INSERT INTO runs ({names}) SELECT {run.values('new')} FROM unnest({run.arrays(1)}) AS new({names})"  # noqa: S608  names of columns
        " ON CONFLICT (fire_key) DO NOTHING RETURNING id"
    )


def _claim_sql(run: _Columns) -> str:
    """Who locks a row at this moment claims it, or wakes a worker when done: nobody waits, so nobody deadlocks."""
    return f"""
WITH free AS (
    SELECT id FROM runs WHERE id = ANY($1::varchar[]) AND (
        state = '{RunState.QUEUED}'
        OR (state = '{RunState.WAITING}' AND due_at <= $2::timestamptz)
        OR (state = '{RunState.RUNNING}' AND (lease_until IS NULL OR lease_until <= $2))
    ) FOR UPDATE SKIP LOCKED
)
UPDATE runs SET state = '{RunState.RUNNING}', started_at = coalesce(started_at, $2), lease_owner = $3::varchar,
    lease_until = $4::timestamptz, activity = activity + 1, nudged_at = NULL
FROM free WHERE runs.id = free.id
RETURNING {", ".join(f"runs.{name}" for name in run.names)}, runs.activity
"""  # noqa: S608  names of columns and states


def _record_sql(attempt: _Columns, change: _Columns) -> str:
    """Entries are numbered. One is allowed when its owner holds all its runs, which stay locked, always in the same
    order, until the statement is committed; the answer is which were allowed.
    """
    attempts, changes = 4, 4 + 1 + len(attempt.names)
    kept = ", ".join(f"{name} = excluded.{name}" for name in attempt.names if name not in ATTEMPT_KEY)
    changed = ", ".join(
        f"{name} = {value}"
        for name, value in zip(change.names, change.values("new").split(", "), strict=True)
        if name in CHANGED
    )
    is_held = f"new.state = '{RunState.RUNNING}'"
    return f"""
WITH wanted AS (
    SELECT * FROM unnest($1::int[], $2::varchar[], $3::varchar[]) AS wanted(entry, run_id, owner)
), held AS (
    SELECT id, lease_owner FROM runs WHERE id = ANY($2) ORDER BY id FOR UPDATE
), allowed AS (
    SELECT entry FROM wanted LEFT JOIN held ON held.id = wanted.run_id
    GROUP BY entry HAVING bool_and(held.lease_owner IS NOT DISTINCT FROM wanted.owner)
), tried AS (
    INSERT INTO step_attempts ({", ".join(attempt.names)})
    SELECT {attempt.values("new")}
    FROM unnest(${attempts}::int[], {attempt.arrays(attempts + 1)})
        WITH ORDINALITY AS new(entry, {", ".join(attempt.names)}, place)
    JOIN allowed USING (entry) ORDER BY place
    ON CONFLICT ({", ".join(ATTEMPT_KEY)}) DO UPDATE SET {kept}
), changed AS (
    UPDATE runs SET {changed},
        due_at = CASE WHEN new.state = '{RunState.WAITING}' THEN coalesce(runs.nudged_at, new.due_at) ELSE new.due_at END,
        lease_owner = CASE WHEN {is_held} THEN runs.lease_owner END,
        lease_until = CASE WHEN {is_held} THEN runs.lease_until END
    FROM unnest(${changes}::int[], {change.arrays(changes + 1)}) AS new(entry, {", ".join(change.names)})
    JOIN allowed USING (entry) WHERE runs.id = new.id
)
SELECT entry FROM allowed
"""  # noqa: S608  names of columns and states


_IDS: BindParameter[str] = bindparam("run_ids", expanding=True)
_ATTEMPTS: Executable = ATTEMPTS.select.where(step_attempts.c.run_id.in_(_IDS)).order_by(*ATTEMPTS_ORDER)
_SIGNALS: Executable = SIGNALS.select.where(signals.c.run_id.in_(_IDS)).order_by(*SIGNALS_ORDER)
