"""SQL on real databases: values stay data, reading changes nothing, and nothing leads to what is not meant."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import (
    BlockedError,
    ConnectionNeededError,
    OutcomeUnknownError,
    RejectedError,
    TimedOutError,
    UnavailableError,
)
from tests.fakes.run_step import run_step
from tests.fakes.step_context import MemoryAccounts, make_context
from tests.fakes.tcp_relay import TcpRelay
from tools.guard import AddressGuard
from tools.sql import SqlDatabase

SQLITE = {"url": "sqlite:///shop.db"}
GUARD = AddressGuard(["127.0.0.1"])


async def loopback(host: str, port: int) -> Sequence[str]:
    return await GUARD.resolve(host, port)


@pytest.fixture
def database(folder: Path) -> SqlDatabase:
    folder.mkdir()
    with sqlite3.connect(folder / "shop.db") as shop:
        shop.executescript(
            "create table item (name text primary key, price real); insert into item values ('tea', 3.5);"
        )
    shop.close()
    return SqlDatabase(folder, loopback)


@pytest.fixture
async def relay(empty_postgres_url: str) -> AsyncIterator[TcpRelay]:
    async with TcpRelay(unix_socket(empty_postgres_url)) as relay:
        yield relay


@pytest.fixture
def postgres_account(relay: TcpRelay, empty_postgres_url: str) -> dict[str, str]:
    return account(relay, empty_postgres_url)


def unix_socket(url: str) -> Path:
    parts = urlsplit(url)
    return Path(parse_qs(parts.query)["host"][0]) / f".s.PGSQL.{parts.port or 5432}"


def account(relay: TcpRelay, url: str) -> dict[str, str]:
    name = urlsplit(url).path.strip("/")
    return {"url": f"postgres://postgres:hidden-password@127.0.0.1:{relay.port}/{name}"}


async def test_the_step_gives_rows_and_says_when_there_are_more(database: SqlDatabase) -> None:
    context = make_context(database=database, accounts=MemoryAccounts({"sql": SQLITE}))
    await run_step("sql.query", context, statement="insert into item values ('cup', 9)")
    result = await run_step("sql.query", context, statement="select * from item order by name", limit=1)
    assert (result.rows, result.columns) == ([{"name": "cup", "price": 9.0}], ["name", "price"])
    assert (result.count, result.affected, result.is_cut) == (1, 0, True)
    with pytest.raises(ConnectionNeededError):
        await run_step("sql.query", make_context(database=database), statement="select 1")


async def test_values_are_bound_and_never_read_as_sql(database: SqlDatabase) -> None:
    hostile = "x'); drop table item; --"
    _, affected = await database.query(
        "insert into item (name, price) values (:name, :price)",
        {"name": hostile, "price": 1, "other": 2},
        SQLITE,
        limit=10,
    )
    assert affected == 1
    rows, _ = await database.query("select name from item where name = :name", {"name": hostile}, SQLITE, limit=10)
    assert rows == [{"name": hostile}]


async def test_a_colon_in_a_text_is_no_parameter_and_lists_are_json(database: SqlDatabase) -> None:
    rows, _ = await database.query("select ' :x' as a, :list as b", {"list": [1, {"c": None}]}, SQLITE, limit=10)
    assert rows == [{"a": " :x", "b": '[1,{"c":null}]'}]


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("selec 1", "syntax error"),
        ("select * from none_such", "no such table"),
        ("insert into item values ('tea', 1)", "UNIQUE"),
        ("select :missing", "missing"),
        ("select 1; drop table item", "Only one"),
        ("", "no SQL statement"),
    ],
)
async def test_what_the_database_refuses_is_said(database: SqlDatabase, statement: str, word: str) -> None:
    with pytest.raises(RejectedError, match=word):
        await database.query(statement, {}, SQLITE, limit=10)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///../outside.db",
        "sqlite:////etc/passwd",
        "sqlite:///file:shop.db?uri=true",
        "sqlite:///link.db",
        "sqlite+pysqlite:///../outside.db",
    ],
)
async def test_an_sqlite_database_outside_the_folder_is_refused(database: SqlDatabase, folder: Path, url: str) -> None:
    sqlite3.connect(folder.parent / "outside.db").close()
    (folder / "link.db").symlink_to(folder.parent / "outside.db")
    with pytest.raises((BlockedError, ConnectionNeededError)):
        await database.query("select 1", {}, {"url": url}, limit=1)


@pytest.mark.parametrize(
    "statement",
    [
        "attach database '../outside.db' as o",
        "vacuum into '../copy.db'",
        "pragma query_only = off",
        "/* x */ ATTACH 'a' AS b",
    ],
)
async def test_no_statement_reaches_another_file(database: SqlDatabase, folder: Path, statement: str) -> None:
    with pytest.raises(BlockedError, match="is not allowed"):
        await database.query(statement, {}, SQLITE, limit=1)
    assert [place.name for place in folder.parent.iterdir()] == ["files"]


async def test_a_missing_database_is_said_for_reading_and_made_for_writing(database: SqlDatabase, folder: Path) -> None:
    new = {"url": "sqlite:///new/notes.db"}
    with pytest.raises(RejectedError, match=r"no database file new/notes\.db"):
        await database.query("select 1", {}, new, limit=1)
    await database.query("create table note (text)", {}, new, limit=1)
    assert (folder / "new/notes.db").exists()


async def test_a_statement_that_never_ends_is_stopped(folder: Path, database: SqlDatabase) -> None:
    hasty = SqlDatabase(folder, loopback, timeout_s=0.5)
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    with pytest.raises(TimedOutError):
        await hasty.query(endless, {}, SQLITE, limit=1)


async def test_a_large_answer_is_taken_up_to_the_limit_only(database: SqlDatabase) -> None:
    many = "with recursive n(i) as (select 1 union all select i + 1 from n limit 100000000) select i, i from n"
    rows, _ = await database.query(many, {}, SQLITE, limit=3)
    assert rows == [{"i": 1, "i_2": 1}, {"i": 2, "i_2": 2}, {"i": 3, "i_2": 3}]


@pytest.mark.parametrize(
    ("url", "error", "word"),
    [
        ("not a url", ConnectionNeededError, "not an SQLAlchemy URL"),
        ("", ConnectionNeededError, "not an SQLAlchemy URL"),
        ("nosuchdb://user:hidden@127.0.0.1/x", ConnectionNeededError, "No driver for nosuchdb"),
        ("oracle+cx_oracle://user:hidden@127.0.0.1/x", ConnectionNeededError, "No driver for oracle"),
        ("postgresql:///x", ConnectionNeededError, "names no host"),
        ("postgresql://user:hidden@127.0.0.1/x?host=/var/run", ConnectionNeededError, "may not have host"),
        ("postgresql://user:hidden@10.1.2.3/x", BlockedError, "private"),
        ("postgresql://user:hidden@169.254.169.254/x", BlockedError, "metadata"),
        ("mysql+pymysql://user:hidden@192.168.1.1/x", BlockedError, "private"),
        ("postgresql://user:hidden@127.0.0.1:1/x", UnavailableError, "cannot be reached"),
    ],
)
async def test_addresses_that_lead_nowhere_are_said_without_the_password(
    database: SqlDatabase, url: str, error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=word) as caught:
        await database.query("select 1", {}, {"url": url}, limit=1)
    assert "hidden" not in str(caught.value)


async def test_postgresql_takes_values_and_gives_json(database: SqlDatabase, postgres_account: dict[str, str]) -> None:
    await database.query(
        "create table thing (id int primary key, made timestamptz, price numeric(8, 2), raw bytea, tags text[])",
        {},
        postgres_account,
        limit=1,
    )
    rows, affected = await database.query(
        "insert into thing values (:id, cast(:made as text)::timestamptz, :price, '\\xff', array['a']) returning *",
        {"id": 1, "made": "2026-12-03T09:30:00Z", "price": 12.5},
        postgres_account,
        limit=10,
    )
    assert rows[0]["made"] in ("2026-12-03T09:30:00+00:00", "2026-12-03T09:30:00Z")
    assert (rows[0]["price"], rows[0]["raw"], rows[0]["tags"], affected) == (12.5, "/w==", ["a"], 1)
    kept, _ = await database.query("select count(*) as n from thing", {}, postgres_account, limit=10)
    assert kept == [{"n": 1}]


async def test_a_function_that_changes_something_cannot_hide_in_a_select(
    database: SqlDatabase, postgres_account: dict[str, str]
) -> None:
    await database.query("create sequence counter", {}, postgres_account, limit=1)
    with pytest.raises(RejectedError, match="read-only"):
        await database.query("select nextval('counter')", {}, postgres_account, limit=1)


@pytest.mark.parametrize(
    ("statement", "parameters", "error", "word"),
    [
        ("select * from nothing", {}, RejectedError, "does not exist"),
        ("select 1 / :zero", {"zero": 0}, RejectedError, "division by zero"),
        ("select cast(:text as int)", {"text": "abc"}, RejectedError, "refuses the statement"),
        ("select pg_sleep(30)", {}, TimedOutError, "in time"),
    ],
)
async def test_what_postgresql_says_is_passed_on(
    postgres_account: dict[str, str], *, statement: str, parameters: Any, error: Any, word: str
) -> None:
    with pytest.raises(error, match=word) as caught:
        await SqlDatabase(Path("unused"), loopback, timeout_s=1.0).query(
            statement, parameters, postgres_account, limit=1
        )
    assert "hidden-password" not in str(caught.value)


@pytest.mark.parametrize("wrong", ["nobody:x@127.0.0.1:{port}/postgres", "postgres:x@127.0.0.1:{port}/nothing"])
async def test_a_wrong_login_asks_for_another_connection(database: SqlDatabase, relay: TcpRelay, wrong: str) -> None:
    with pytest.raises(ConnectionNeededError, match="refuses the login"):
        await database.query("select 1", {}, {"url": "postgresql://" + wrong.format(port=relay.port)}, limit=1)


async def test_a_line_lost_while_keeping_a_change_leaves_the_outcome_unknown(
    database: SqlDatabase, empty_postgres_url: str
) -> None:
    async with TcpRelay(unix_socket(empty_postgres_url), cut_after=b"COMMIT;") as relay:
        with pytest.raises(OutcomeUnknownError):
            await database.query("create table t (a int)", {}, account(relay, empty_postgres_url), limit=1)


async def test_a_line_lost_before_that_is_only_unavailable(database: SqlDatabase, empty_postgres_url: str) -> None:
    async with TcpRelay(unix_socket(empty_postgres_url), cut_after=b"create table") as relay:
        with pytest.raises(UnavailableError):
            await database.query("create table t (a int)", {}, account(relay, empty_postgres_url), limit=1)


async def test_a_driver_without_async_runs_in_a_thread(
    database: SqlDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same path as MySQL's or Oracle's drivers take, here with SQLite's own."""
    monkeypatch.setattr("tools.sql._ASYNC_DRIVERS", {})
    _, affected = await database.query("update item set price = :price", {"price": 4}, SQLITE, limit=10)
    rows, _ = await database.query("select * from item", {}, SQLITE, limit=10)
    assert (affected, rows) == (1, [{"name": "tea", "price": 4.0}])
    with pytest.raises(RejectedError, match="no such table"):
        await database.query("delete from none_such", {}, SQLITE, limit=10)
