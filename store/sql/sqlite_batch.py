"""Writes what waits in the journal on SQLite: all kinds in one transaction, one change of thread for a whole batch.

Two columns of `runs` serve the journal alone. `activity` counts claims and signals: when it is 1 after a claim, nothing else
is recorded of the run and nothing needs to be read. `nudged_at` is when somebody last wanted the run to go on (a signal, a
cancellation); a claim takes notice of it and clears it, and a run that begins to wait without having noticed is due at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from sqlalchemy import BindParameter, Connection, Executable, and_, bindparam, case, func, null, or_, select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import Insert, Update

from core.errors import StaleError, StoreError
from store.port import Claimed
from store.record import Run, RunState, Signal, StepAttempt
from store.sql.database import Database
from store.sql.entry import (
    ATTEMPT_KEY,
    CHANGED,
    LOST,
    Addition,
    Claim,
    Entry,
    Outcome,
    Record,
    Row,
    first_of_each,
)
from store.sql.mapping import RecordTable, insert_new, upsert
from store.sql.run import ATTEMPTS, ATTEMPTS_ORDER, RUNS, SIGNALS, SIGNALS_ORDER
from store.sql.table import runs, signals, step_attempts

H = TypeVar("H", StepAttempt, Signal)


class Prepared:
    """A statement compiled once, and the values of a record turned into its parameters.

    Spares what SQLAlchemy would do again for each row of each batch.
    """

    def __init__(self, statement: Insert | Update, dialect: Dialect, names: Sequence[str] | None = None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=None if names is None else list(names))
        assert isinstance(compiled.positiontup, list)
        self.sql = str(compiled)
        processors = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        self._parameters = [(name, processors[name]) for name in compiled.positiontup]

    def row(self, values: Mapping[str, object]) -> Row:
        """Raises StoreError for a value that the column cannot hold."""
        try:
            return tuple(process(values[name]) if process else values[name] for name, process in self._parameters)
        except (TypeError, ValueError) as error:
            raise StoreError(f"The record holds a value that cannot be stored: {error}") from error


class SqliteBatches:
    """Implements `store.sql.entry.Batches`."""

    is_one_lane = True

    def __init__(self, database: Database) -> None:
        self._database = database
        dialect = database.dialect
        upserted = upsert(step_attempts, ATTEMPT_KEY, ATTEMPTS.names, is_postgres=False)
        self._attempt = Prepared(upserted, dialect, ATTEMPTS.names)
        self._run = Prepared(_update_run(), dialect)
        self._added = insert_new(runs, ("fire_key",), is_postgres=False).returning(runs.c.id)

    def record(self, owner: str, run: Run | None, attempts: Sequence[StepAttempt]) -> Record:
        """Encode what a caller wants to write. Raises StoreError when it cannot be stored."""
        ids = {attempt.run_id for attempt in attempts}
        return Record(
            owner=owner,
            run_ids=frozenset(ids if run is None else ids | {run.id}),
            attempts=[self._attempt.row(ATTEMPTS.values(attempt)) for attempt in attempts],
            runs=[] if run is None else [self._run.row(_run_values(run))],
            gives_back=run.id if run is not None and run.state is not RunState.RUNNING else None,
        )

    async def write(self, entries: Sequence[Entry]) -> list[Outcome]:
        return await self._database.run(partial(self._write, entries))

    def _write(self, entries: Sequence[Entry], connection: Connection) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        additions = {index: entry.run for index, entry in enumerate(entries) if isinstance(entry, Addition)}
        if additions:
            outcomes.update(_add(connection, self._added, additions))
        records = {index: entry for index, entry in enumerate(entries) if isinstance(entry, Record)}
        if records:
            outcomes.update(self._write_records(connection, records))
        claims = {index: entry for index, entry in enumerate(entries) if isinstance(entry, Claim)}
        if claims:
            outcomes.update(_take(connection, claims))
        return [outcomes.get(index) for index in range(len(entries))]

    def _write_records(self, connection: Connection, records: Mapping[int, Record]) -> dict[int, Outcome]:
        holders = _holders(connection, frozenset().union(*(entry.run_ids for entry in records.values())))
        stale: dict[int, Outcome] = {}
        attempts: list[Row] = []
        changed: list[Row] = []
        for index, entry in records.items():
            if any(holders.get(run_id) != entry.owner for run_id in entry.run_ids):
                stale[index] = StaleError(LOST)
                continue
            attempts += entry.attempts
            changed += entry.runs
            if entry.gives_back is not None:
                del holders[entry.gives_back]
        if attempts:
            connection.exec_driver_sql(self._attempt.sql, attempts)
        if changed:
            connection.exec_driver_sql(self._run.sql, changed)
        return stale


def _add(connection: Connection, statement: Executable, added: Mapping[int, Run]) -> dict[int, Outcome]:
    """Add each run once; of several with one `fire_key` the first."""
    first = {run.fire_key or run.id: index for index, run in reversed(list(added.items()))}
    rows = [RUNS.values(added[index]) for index in sorted(first.values())]
    new = {str(row[0]) for row in connection.execute(statement, rows)}
    return {index: run.id in new and first[run.fire_key or run.id] == index for index, run in added.items()}


def _update_run() -> Update:
    """See `_run_values`."""
    is_held = bindparam("is_held", type_=runs.c.is_rehearsal.type)
    is_waiting = bindparam("is_waiting", type_=runs.c.is_rehearsal.type)
    due_at = bindparam("due_at", type_=runs.c.due_at.type)
    return (
        runs.update()
        .where(runs.c.id == bindparam("run_id"))
        .values(
            {name: bindparam(name, type_=runs.c[name].type) for name in CHANGED}
            | {
                "due_at": case((is_waiting, func.coalesce(runs.c.nudged_at, due_at)), else_=due_at),
                "lease_owner": case((is_held, runs.c.lease_owner), else_=null()),
                "lease_until": case((is_held, runs.c.lease_until), else_=null()),
            }
        )
    )


def _run_values(run: Run) -> dict[str, object]:
    return {
        **{name: getattr(run, name) for name in CHANGED},
        "run_id": run.id,
        "due_at": run.due_at,
        "is_held": run.state is RunState.RUNNING,
        "is_waiting": run.state is RunState.WAITING,
    }


def _holders(connection: Connection, run_ids: Iterable[str]) -> dict[str, str | None]:
    """Return who holds each run."""
    return {str(row.id): row.lease_owner for row in connection.execute(_HOLDERS, {"run_ids": list(run_ids)})}


def _take(connection: Connection, claims: Mapping[int, Claim]) -> dict[int, Outcome]:
    """Give each run to the first who asks. Claims of one owner are as late as the latest of them."""
    places = list(claims)
    first = {run_id: places[place] for run_id, place in first_of_each(list(claims.values())).items()}
    taken: list[tuple[Run, int]] = []
    for owner in dict.fromkeys(claims[index].owner for index in first.values()):
        taken += _take_for(connection, [claims[index] for index in first.values() if claims[index].owner == owner])
    known = [run.id for run, activity in taken if activity > 1]
    attempts = _by_run(connection, known, _ATTEMPTS, ATTEMPTS)
    told = _by_run(connection, known, _SIGNALS, SIGNALS)
    return {
        first[run.id]: Claimed(
            run=run, attempts=attempts.get(run.id, []), signals=told.get(run.id, []), is_new=activity == 1
        )
        for run, activity in taken
    }


def _take_for(connection: Connection, claims: Sequence[Claim]) -> list[tuple[Run, int]]:
    parameters = {
        "run_ids": [claim.run_id for claim in claims],
        "owner": claims[0].owner,
        "now": max(claim.now for claim in claims),
        "until": max(claim.until for claim in claims),
    }
    return [(RUNS.record(row), int(row[-1])) for row in connection.execute(_CLAIM, parameters)]


def _by_run(
    connection: Connection, run_ids: Sequence[str], statement: Executable, table: RecordTable[H]
) -> dict[str, list[H]]:
    found: dict[str, list[H]] = {}
    for row in connection.execute(statement, {"run_ids": run_ids}) if run_ids else ():
        record = table.record(row)
        found.setdefault(record.run_id, []).append(record)
    return found


_IDS: BindParameter[str] = bindparam("run_ids", expanding=True)
_NOW = bindparam("now", type_=runs.c.due_at.type)
_HOLDERS = select(runs.c.id, runs.c.lease_owner).where(runs.c.id.in_(_IDS))
_ATTEMPTS = ATTEMPTS.select.where(step_attempts.c.run_id.in_(_IDS)).order_by(*ATTEMPTS_ORDER)
_SIGNALS = SIGNALS.select.where(signals.c.run_id.in_(_IDS)).order_by(*SIGNALS_ORDER)
_IS_CLAIMABLE = or_(
    runs.c.state == RunState.QUEUED,
    and_(runs.c.state == RunState.WAITING, runs.c.due_at <= _NOW),
    and_(runs.c.state == RunState.RUNNING, or_(runs.c.lease_until.is_(None), runs.c.lease_until <= _NOW)),
)
_FREE = select(runs.c.id).where(runs.c.id.in_(_IDS), _IS_CLAIMABLE)
_CLAIM = (
    runs.update()
    .where(runs.c.id.in_(_FREE))
    .values(
        state=RunState.RUNNING,
        started_at=func.coalesce(runs.c.started_at, _NOW),
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        activity=runs.c.activity + 1,
        nudged_at=None,
    )
    .returning(*(runs.c[name] for name in RUNS.names), runs.c.activity)
)
