"""What a transaction promises, on each database."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import JsonValue

from core.errors import ConfigError, StoreError
from store.record import WorkflowState
from store.sql.store import SqlStore
from tests.contract.store.world import CONVERSATION, NOON, SOON, World, attempt, message


async def test_an_error_undoes_everything(world: World) -> None:
    async def break_off() -> None:
        async with world.store.begin() as records:
            await records.conversations.append(message())
            await records.workflows.set_state("wfl_1", WorkflowState.DELETED, at=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    async with world.store.begin() as records:
        assert await records.conversations.messages("cnv_1") == []
        found = await records.workflows.get("wfl_1")
    assert found is not None
    assert found.state is WorkflowState.ACTIVE


async def test_others_do_not_see_what_is_not_committed(world: World) -> None:
    """And they need not wait for it: readers go on while somebody writes."""
    async with world.store.begin() as writing:
        await writing.conversations.append(message())
        async with world.store.begin() as reading:
            assert await reading.conversations.messages("cnv_1") == []
        assert len(await writing.conversations.messages("cnv_1")) == 1
    async with world.store.begin() as records:
        assert len(await records.conversations.messages("cnv_1")) == 1


async def test_a_cancelled_transaction_undoes_everything_and_lets_others_go_on(world: World) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with world.store.begin() as records:
            await records.conversations.append(message())
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with world.store.begin() as records:
        assert (await records.conversations.append(message())).seq == 1


async def test_cancelling_in_the_middle_of_statements_breaks_nothing(world: World) -> None:
    """Tasks are cancelled at arbitrary moments; after that the store works and numbers have no gap."""

    async def append() -> None:
        async with world.store.begin() as records:
            await records.conversations.append(message())

    for turns in range(30):
        task = asyncio.create_task(append())
        await asyncio.sleep(turns * 0.0003)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with world.store.begin() as records:
        await records.conversations.append(message())
        found = await records.conversations.messages("cnv_1")
    assert [each.seq for each in found] == list(range(1, len(found) + 1))


async def test_many_writers_at_once_all_succeed(url: str, world: World) -> None:
    """No `database is locked`: neither within a process nor between two of them."""
    other = await SqlStore.open(url)
    assert isinstance(world.store, SqlStore)

    async def write(store: SqlStore, number: int) -> None:
        async with store.begin() as records:
            await records.memory.put("scope", f"{id(store)}-{number}", number, at=NOON)

    await asyncio.gather(*(write(store, number) for number in range(25) for store in (world.store, other)))
    async with other.begin() as records:
        assert await records.memory.get("scope", f"{id(world.store)}-24") == 24
    await other.close()


async def test_times_come_back_aware_in_utc_to_the_microsecond(world: World) -> None:
    there = datetime(2026, 7, 1, 0, 30, 15, 999999, tzinfo=timezone(timedelta(hours=9)))
    long_ago = datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)
    async with world.store.begin() as records:
        await records.conversations.add(
            replace(CONVERSATION, id="cnv_2", external_id="2", created_at=there, updated_at=long_ago)
        )
        found = await records.conversations.get("cnv_2")
    assert found is not None
    assert (found.created_at, found.updated_at) == (there, long_ago)
    assert found.created_at.tzinfo is UTC
    assert found.updated_at.tzinfo is UTC


async def test_a_time_without_zone_is_refused(world: World) -> None:
    with pytest.raises(StoreError, match="no time zone"):
        async with world.store.begin() as records:
            await records.workflows.set_state("wfl_1", WorkflowState.PAUSED, at=NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    "value",
    [
        {"schlüssel": {"nested": [{"☃": "🧘🏽‍♀️"}, [], {}, None]}},
        ["\x00 nul", "line\nbreak", "quote\"'\\", "<b>${{ params.x }}</b>", "\u200bzero\u202e"],
        2**63 - 1,
        -0.1,
        True,
        "",
        {"z": 1, "a": 2},
        "x" * 200_000,
    ],
)
async def test_json_comes_back_as_it_was(world: World, value: JsonValue) -> None:
    made = await world.add_run()
    await world.store.journal.claim(made.id, owner="a", now=NOON, until=SOON)
    kept = attempt(made.id, output=value, input=[value])
    await world.store.journal.record(owner="a", attempts=[kept])
    async with world.store.begin() as records:
        await records.memory.put("scope", "key", value, at=NOON)
        found = await records.memory.get("scope", "key")
        assert await records.runs.attempts(made.id) == [kept]
    assert found == value
    if isinstance(value, dict):
        assert isinstance(found, dict)
        assert list(found) == list(value), "the order of keys is kept"


async def test_text_that_no_database_takes_is_made_readable(world: World) -> None:
    """A title may come straight from what somebody pasted: NUL and half an emoji must not fail the turn."""
    async with world.store.begin() as records:
        await records.workflows.rename("wfl_1", "a\x00b \ud83d c", at=NOON)
        found = await records.workflows.get("wfl_1")
        await records.conversations.append(message("half \ud83d"))
        kept = await records.conversations.messages("cnv_1")
    assert found is not None
    assert found.name == "a\ufffdb \ufffd c"
    assert kept[0].parts == [{"kind": "text", "text": "half \ufffd"}]


async def test_a_database_that_cannot_be_reached_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used now"):
        await SqlStore.open("postgresql://nobody@127.0.0.1:9/none")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreError, match="cannot be used now"):
        await SqlStore.open(f"sqlite:///{tmp_path / 'folder.db'}")
    (tmp_path / "text.db").write_text("this is not a database, but it is long enough to look like one " * 20)
    with pytest.raises(StoreError, match="not a database"):
        await SqlStore.open(f"sqlite:///{tmp_path / 'text.db'}")


async def test_a_database_that_the_server_does_not_have_is_a_store_error(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="none_"):
        await SqlStore.open(postgres_url.replace("/test_", "/none_"))


async def test_a_closed_store_says_so(sqlite_url: str) -> None:
    store = await SqlStore.open(sqlite_url)
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        async with store.begin() as records:
            await records.people.count()


async def test_another_kind_of_database_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="mysql"):
        await SqlStore.open("mysql://localhost/errand")


CRASH = """
import asyncio, os, sys
from store.sql.store import SqlStore
from tests.contract.store.world import NOON, SOON, attempt

async def main():
    store = await SqlStore.open(sys.argv[1])
    await store.journal.claim(sys.argv[2], owner="a", now=NOON, until=SOON)
    number = 0
    while True:
        number += 1
        await store.journal.record(owner="a", attempts=[attempt(sys.argv[2], number=number)])
        os.write(1, b"%d\\n" % number)  # said only when it is durable
        if number == int(sys.argv[3]):
            os._exit(7)

asyncio.run(main())
"""


async def test_what_was_recorded_survives_a_process_that_ends_at_once(url: str, world: World) -> None:
    made = await world.add_run()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CRASH, url, made.id, "20", stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    said, _ = await process.communicate()
    assert process.returncode == 7
    assert said.split()[-1] == b"20"
    async with world.store.begin() as records:
        assert [each.number for each in await records.runs.attempts(made.id)] == list(range(1, 21))


async def test_what_was_recorded_survives_kill_9(url: str, world: World) -> None:
    """All that was said to be durable is there, and at most one more."""
    made = await world.add_run()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CRASH, url, made.id, "-1", stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert process.stdout is not None
    for _ in range(25):
        last = await process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    rest = (await process.stdout.read()).split()
    await process.wait()
    said = int(rest[-1] if rest else last)
    async with world.store.begin() as records:
        numbers = [each.number for each in await records.runs.attempts(made.id)]
    assert numbers in (list(range(1, said + 1)), list(range(1, said + 2)))
