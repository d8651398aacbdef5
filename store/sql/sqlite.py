"""SQLite behind `store.sql.database`: one file in WAL mode, readers at any time, one writer at a time.

Statements run in a few threads, so that the disk never holds up the event loop: one change of thread for a statement, and
one for a whole batch of the journal. Reads see what is committed; the first write of a transaction waits for its turn in
this process and then takes SQLite's own write lock, so that `database is locked` comes up only when another process
keeps the lock for longer than `_BUSY_S`.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, Executable, create_engine, event
from sqlalchemy.engine import URL, Dialect

from core.errors import StoreError
from store.sql.database import Parameters, Rows, Transaction, store_errors

T = TypeVar("T")

_BUSY_S = 10.0
_TURN_S = 30.0
_THREADS = 4
_KEPT = 20
"""Connections that stay open: as many as a busy process uses at the same time."""


class SqliteDatabase:
    """One file, which is made when it does not exist. Without `fsync` a power cut may lose the newest commits."""

    def __init__(self, url: URL, *, fsync: bool = True) -> None:
        self._engine = _engine(url, fsync=fsync)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store")
        self._turn = _Turn()
        self._is_closed = False

    @property
    def dialect(self) -> Dialect:
        return self._engine.dialect

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Call `work` in a thread. A cancelled caller still waits for it: a connection serves one thread at a time."""
        if self._is_closed:
            raise StoreError("The database is closed.")
        future = self._threads.submit(work)
        try:
            with store_errors():
                return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            await _settled(future)
            raise

    async def take_turn(self, *, goes_first: bool = False) -> None:
        """Become the one writer of this process."""
        try:
            async with asyncio.timeout(_TURN_S):
                await self._turn.take(goes_first=goes_first)
        except TimeoutError:
            raise StoreError(
                f"The database is busy: another transaction has been writing for {_TURN_S:.0f} s."
            ) from None

    def give_turn(self) -> None:
        self._turn.give()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        transaction = _SqliteTransaction(self, self._engine)
        try:
            yield transaction
            await transaction.commit()
        finally:
            await transaction.close()

    async def run(self, work: Callable[[Connection], T]) -> T:
        def whole() -> T:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                result = work(connection)
                connection.commit()
                return result

        await self.take_turn()
        try:
            return await self.in_thread(whole)
        finally:
            self.give_turn()

    async def close(self) -> None:
        if not self._is_closed:
            await self.in_thread(self._engine.dispose)
            self._is_closed = True
            self._threads.shutdown()


class _Turn:
    """The right to write. It is handed on to whoever has waited longest: first among those that go first."""

    def __init__(self) -> None:
        self._is_taken = False
        self._first: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    async def take(self, *, goes_first: bool) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        waiting = asyncio.get_running_loop().create_future()
        (self._first if goes_first else self._others).append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():  # it came at the same moment
                self.give()
            raise

    def give(self) -> None:
        for waiting in (self._first, self._others):
            while waiting:
                if not (next_one := waiting.popleft()).done():
                    next_one.set_result(None)
                    return
        self._is_taken = False


class _SqliteTransaction:
    """Takes a connection at its first statement and the writer's turn at its first write."""

    is_postgres = False

    def __init__(self, database: SqliteDatabase, engine: Engine) -> None:
        self._database = database
        self._engine = engine
        self._connection: Connection | None = None
        self._is_writing = False

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows:
        return await self._database.in_thread(lambda: self._connected().execute(statement, parameters).all())

    async def write(self, statement: Executable, parameters: Parameters = None) -> int:
        await self._start_writing()
        return await self._database.in_thread(lambda: self._locked().execute(statement, parameters).rowcount)

    async def write_returning(
        self, statement: Executable, parameters: Parameters = None, *, goes_first: bool = False
    ) -> Rows:
        await self._start_writing(goes_first=goes_first)
        return await self._database.in_thread(lambda: self._locked().execute(statement, parameters).all())

    async def commit(self) -> None:
        if self._is_writing and self._connection is not None:
            await self._database.in_thread(self._connection.commit)

    async def close(self) -> None:
        """Give back what was taken; undoes what was not committed."""
        try:
            if self._connection is not None and self._connection.connection.in_transaction:
                await self._database.in_thread(self._connection.close)
            elif self._connection is not None:
                self._connection.close()  # nothing is to be undone: this touches no disk
        finally:
            self._connection = None
            if self._is_writing:
                self._is_writing = False
                self._database.give_turn()

    async def _start_writing(self, *, goes_first: bool = False) -> None:
        if not self._is_writing:
            await self._database.take_turn(goes_first=goes_first)
            self._is_writing = True

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _locked(self) -> Connection:
        connection = self._connected()
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        return connection


async def _settled(future: Future[T]) -> None:
    """Wait until the thread has done with it, whatever becomes of the task that waits."""
    settled = asyncio.Event()
    loop = asyncio.get_running_loop()
    future.add_done_callback(lambda _: loop.call_soon_threadsafe(settled.set))
    while not settled.is_set():
        with suppress(asyncio.CancelledError):
            await settled.wait()


def _engine(url: URL, *, fsync: bool) -> Engine:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        # Never waits for a connection: a thread that waited would keep those who hold one from going on.
        max_overflow=-1,
        pool_size=_KEPT,
        # The driver must not begin transactions on its own: reads need none, and writers begin IMMEDIATE.
        connect_args={
            "isolation_level": None,
            "check_same_thread": False,
            "timeout": _BUSY_S,
            "cached_statements": 256,
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")

    return engine
