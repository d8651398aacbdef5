"""Every source against what it looks at: nothing old, each new item once and in order, whatever moves, grows or breaks."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from core.errors import ConnectionNeededError, RejectedError, StepError, UnavailableError
from tests.fakes.clock import FixedClock
from tests.fakes.http_service import Answer, HttpService
from tests.fakes.imap import ImapServer
from tests.fakes.step_context import MemoryAccounts, MemoryDatabase, MemoryFiles, MemoryHttp, MemoryMailBox
from tools.files import FolderFiles
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.mail import SmtpImapMailBox
from tools.registry import StepRegistry, load_steps
from tools.source import Look, SourceContext
from tools.sql import SqlDatabase

REGISTRY: StepRegistry = load_steps()
GUARD = AddressGuard(["127.0.0.0/8"])


@dataclass
class Looking:
    """One source with its parameters; `look` goes on from the cursor of the look before."""

    name: str
    params: dict[str, Any]
    ports: dict[str, Any] = field(default_factory=dict)
    clock: FixedClock = field(default_factory=FixedClock)
    cursor: JsonValue = None

    async def look(self, *, limit: int = 100, existing: str = "skip") -> list[Any]:
        return [item.value for item in (await self.take(limit=limit, existing=existing)).items]

    async def take(self, *, limit: int = 100, existing: str = "skip") -> Look:
        source = REGISTRY.source(self.name)
        assert source is not None
        assert source.look is not None
        ports = {
            "http": MemoryHttp(),
            "mail": MemoryMailBox(),
            "database": MemoryDatabase(),
            "files": MemoryFiles(),
            "accounts": MemoryAccounts(),
            **self.ports,
        }
        is_first = self.cursor is None and existing == "skip"
        context = SourceContext(clock=self.clock, is_first=is_first, limit=limit, **ports)
        found = await source.look(source.params.model_validate(self.params), self.cursor, context)
        self.cursor = found.cursor
        if source.item is not None:
            for item in found.items:
                source.item.model_validate(item.value)
        return found


@pytest.fixture
async def service() -> AsyncIterator[HttpService]:
    async with HttpService() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[AioHttp]:
    client = AioHttp(GUARD, timeout_s=5.0, limit_bytes=10_000_000)
    yield client
    await client.close()


def test_the_sources_are_found_and_say_what_they_do() -> None:
    names = [source.name for source in REGISTRY.sources()]
    assert {"rss.new_items", "email.new_messages", "http.new_items", "sql.new_rows", "files.new_files"} <= set(names)
    for source in REGISTRY.sources():
        assert source.description.endswith(".")
        if source.item is not None:
            source.item.model_validate(source.sample)


class TestFeeds:
    @staticmethod
    def feed(*ids: str, edited: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        items = "".join(
            f"<item><guid>{each}</guid><title>{each}{edited}</title><link>/{each}</link></item>" for each in ids
        )
        body = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()
        return Answer(headers={"Content-Type": "application/rss+xml", **(headers or {})}, body=body)

    async def test_new_entries_oldest_first_and_edited_or_moved_ones_not(
        self, service: HttpService, http: AioHttp
    ) -> None:
        url = service.route(
            "/feed",
            self.feed("b", "a"),
            self.feed("b", "a"),
            self.feed("a", "b", edited=" (edited)"),
            self.feed("d", "a", "c", "b"),
            self.feed(),
            self.feed("d", "c"),
        )
        looking = Looking("rss.new_items", {"url": url}, {"http": http})
        found = [[item["title"] for item in await looking.look()] for _ in range(6)]
        assert found == [[], [], [], ["c", "d"], [], []]

    async def test_what_is_there_can_be_taken_too(self, service: HttpService, http: AioHttp) -> None:
        looking = Looking("rss.new_items", {"url": service.route("/feed", self.feed("b", "a"))}, {"http": http})
        assert [item["id"] for item in await looking.look(existing="take")] == ["a", "b"]

    async def test_a_huge_feed_comes_in_parts(self, service: HttpService, http: AioHttp) -> None:
        many = [str(number) for number in range(1500, 0, -1)]
        headers = {"ETag": '"1"'}
        url = service.route("/feed", self.feed("0"), self.feed(*many, "0", headers=headers))
        looking = Looking("rss.new_items", {"url": url}, {"http": http})
        await looking.look()
        taken: list[str] = []
        while (found := await looking.take()).items:
            taken += [str(item.value["id"]) for item in found.items]  # type: ignore[index,call-overload]
            assert len(found.items) <= 100
        assert taken == many[::-1]

    async def test_a_feed_that_has_not_changed_is_not_sent_again(self, service: HttpService, http: AioHttp) -> None:
        url = service.route("/feed", self.feed("a", headers={"ETag": '"7"'}), Answer(status=304), self.feed("b", "a"))
        looking = Looking("rss.new_items", {"url": url}, {"http": http})
        assert [await looking.look(), await looking.look()] == [[], []]
        assert service.requests[1].headers["if-none-match"] == '"7"'
        assert [item["id"] for item in await looking.look()] == ["b"]

    async def test_a_failure_is_said_and_changes_nothing(self, service: HttpService, http: AioHttp) -> None:
        url = service.route("/feed", self.feed("a"), Answer(status=503), Answer(body=b"<html>"), self.feed("b", "a"))
        looking = Looking("rss.new_items", {"url": url}, {"http": http})
        await looking.look()
        for error in (UnavailableError, RejectedError):
            with pytest.raises(error):
                await looking.look()
        assert [item["id"] for item in await looking.look()] == ["b"]


class TestMail:
    @pytest.fixture
    async def server(self) -> AsyncIterator[ImapServer]:
        async with ImapServer() as running:
            yield running

    @staticmethod
    def looking(server: ImapServer, **params: str) -> Looking:
        box = SmtpImapMailBox(GUARD, timeout_s=3.0, clock=FixedClock())
        ports = {"mail": box, "accounts": MemoryAccounts({"imap": server.account()})}
        return Looking("email.new_messages", params, ports)

    @staticmethod
    def letter(subject: str, sender: str = "bob@acme.io") -> bytes:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, "ann@acme.io", subject
        message["Date"] = "Wed, 02 Dec 2026 09:30:00 +0100"
        message.set_content("Hello.")
        return message.as_bytes()

    async def test_new_mail_oldest_first(self, server: ImapServer) -> None:
        server.add(self.letter("Old"))
        looking = self.looking(server)
        assert await looking.look() == []
        for subject in ("One", "Two"):
            server.add(self.letter(subject))
        found = await looking.look()
        assert [(item["subject"], item["from"]) for item in found] == [("One", "bob@acme.io"), ("Two", "bob@acme.io")]
        assert await looking.look() == []
        assert not any("STORE" in command for command in server.commands)

    async def test_a_mailbox_that_was_empty_loses_nothing(self, server: ImapServer) -> None:
        looking = self.looking(server)
        assert await looking.look() == []
        for number in range(50):
            server.add(self.letter(str(number)))
        found = [await looking.look() for _ in range(4)]
        assert [len(each) for each in found] == [20, 20, 10, 0]
        assert [item["subject"] for each in found for item in each] == [str(number) for number in range(50)]

    async def test_what_is_there_can_be_taken_too(self, server: ImapServer) -> None:
        server.add(self.letter("Old"))
        assert [item["subject"] for item in await self.looking(server).look(existing="take")] == ["Old"]

    async def test_a_mailbox_counted_anew_does_not_fire_its_old_mail(self, server: ImapServer) -> None:
        server.add(self.letter("Old"))
        looking = self.looking(server)
        await looking.look()
        server.validity = 8
        server.messages = {3: self.letter("Old"), 4: self.letter("Older")}
        assert await looking.look() == []
        server.add(self.letter("New"))
        assert [item["subject"] for item in await looking.look()] == ["New"]

    async def test_no_account_is_said(self) -> None:
        with pytest.raises(ConnectionNeededError):
            await Looking("email.new_messages", {}).look()


class TestJson:
    @staticmethod
    def orders(*ids: object, **more: object) -> Answer:
        return Answer(json={"data": {"orders": [{"id": each, **more} for each in ids]}})

    async def test_new_items_by_id(self, service: HttpService, http: AioHttp) -> None:
        url = service.route("/orders", self.orders(2, 1), self.orders(1, 2, state="paid"), self.orders(4, 3, 2, 1))
        looking = Looking("http.new_items", {"url": url, "items": "data.orders"}, {"http": http})
        assert [await looking.look(), await looking.look()] == [[], []]
        assert [item["id"] for item in await looking.look()] == [3, 4]

    async def test_a_list_of_texts_and_items_without_an_id(self, service: HttpService, http: AioHttp) -> None:
        url = service.route("/names", Answer(json=["Ada"]), Answer(json=["Ada", "Grace", {"name": "Edsger"}, None]))
        looking = Looking("http.new_items", {"url": url, "newest_first": False}, {"http": http})
        assert await looking.look() == []
        assert await looking.look() == ["Grace", {"name": "Edsger"}, None]
        assert await looking.look() == []

    async def test_an_item_that_is_very_large_is_shortened_not_lost(self, service: HttpService, http: AioHttp) -> None:
        big = {"id": 2, "text": "x" * 900_000}
        url = service.route("/a", Answer(json=[{"id": 1}]), Answer(json=[big, {"id": 1}]))
        looking = Looking("http.new_items", {"url": url}, {"http": http})
        await looking.look()
        [item] = await looking.look()
        assert item["id"] == 2
        assert len(item["text"]) < 200_000

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (Answer(body=b"<html>"), "did not answer with JSON"),
            (Answer(json={"data": {"items": []}}), "no list at data.orders; it has data"),
            (Answer(json=[]), "no list at data.orders"),
            (Answer(json={"data": {"orders": list(range(5001))}}), "at most 5,000"),
        ],
    )
    async def test_what_is_no_such_list_is_said(
        self, service: HttpService, http: AioHttp, answer: Answer, reason: str
    ) -> None:
        looking = Looking(
            "http.new_items", {"url": service.route("/x", answer), "items": "data.orders"}, {"http": http}
        )
        with pytest.raises(StepError, match=reason):
            await looking.look()


class TestRows:
    @pytest.fixture
    def shop(self, tmp_path: Path) -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "shop.db", isolation_level=None)

    @pytest.fixture
    def looking(self, tmp_path: Path, shop: sqlite3.Connection) -> Looking:
        shop.execute("create table orders (id integer primary key, who text)")
        database = SqlDatabase(tmp_path, GUARD.resolve)
        ports = {"database": database, "accounts": MemoryAccounts({"sql": {"url": "sqlite:///shop.db"}})}
        return Looking("sql.new_rows", {"table": "orders"}, ports)

    @staticmethod
    def add(shop: sqlite3.Connection, *ids: int) -> None:
        shop.executemany("insert into orders values (?, ?)", [(each, f"n{each}") for each in ids])

    @pytest.mark.parametrize("before", [0, 3, 450])
    async def test_new_rows_in_order_and_none_that_was_there(
        self, shop: sqlite3.Connection, looking: Looking, before: int
    ) -> None:
        self.add(shop, *range(before))
        assert await looking.look() == []
        self.add(shop, 1001, 1002)
        assert await looking.look() == [{"id": 1001, "who": "n1001"}, {"id": 1002, "who": "n1002"}]
        shop.execute("update orders set who = 'changed'")
        assert await looking.look() == []

    async def test_what_is_there_can_be_taken_too(self, shop: sqlite3.Connection, looking: Looking) -> None:
        self.add(shop, 1, 2)
        assert [row["id"] for row in await looking.look(existing="take")] == [1, 2]

    async def test_many_rows_come_in_parts(self, shop: sqlite3.Connection, looking: Looking) -> None:
        self.add(shop, *range(300))
        await looking.look()
        self.add(shop, *range(300, 1400))
        taken: list[int] = []
        while found := await looking.look():
            assert len(found) <= 100
            taken += [row["id"] for row in found]
        assert taken == list(range(300, 1400))
        assert len(str(looking.cursor)) < 10_000, "the cursor stays small"

    async def test_a_smaller_key_that_appears_later_is_found(self, shop: sqlite3.Connection, looking: Looking) -> None:
        """Its transaction was open while larger keys were committed."""
        self.add(shop, 1, 2, 5, 6)
        await looking.look()
        self.add(shop, 3, 7)
        assert [row["id"] for row in await looking.look()] == [3, 7]
        self.add(shop, 4)
        assert [row["id"] for row in await looking.look()] == [4]

    async def test_many_smaller_keys_that_appear_later_make_no_known_one_new(
        self, shop: sqlite3.Connection, looking: Looking
    ) -> None:
        self.add(shop, *range(1000, 1150))
        await looking.look()
        self.add(shop, *range(500))
        taken: list[int] = []
        while found := await looking.look():
            taken += [row["id"] for row in found]
        assert taken == list(range(500))
        self.add(shop, 2000)
        assert [row["id"] for row in await looking.look()] == [2000]

    async def test_rows_that_are_deleted_are_no_trouble(self, shop: sqlite3.Connection, looking: Looking) -> None:
        self.add(shop, *range(10))
        await looking.look()
        shop.execute("delete from orders where id > 3")
        assert await looking.look() == []
        self.add(shop, 20)
        assert [row["id"] for row in await looking.look()] == [20]

    @pytest.mark.parametrize(("field", "name"), [("table", "orders; drop table orders"), ("key", "id desc --")])
    async def test_a_name_is_a_name(self, looking: Looking, field: str, name: str) -> None:
        looking.params[field] = name
        with pytest.raises(ValueError, match="pattern"):
            await looking.look()

    async def test_a_table_or_column_that_there_is_not_is_said(self, looking: Looking) -> None:
        for change in ({"table": "nothing"}, {"table": "orders", "key": "number"}):
            looking.params = change
            with pytest.raises(StepError):
                await looking.look()


class TestFiles:
    @pytest.fixture
    def looking(self, tmp_path: Path) -> Looking:
        clock = FixedClock(datetime.now(UTC) + timedelta(minutes=1))
        return Looking(
            "files.new_files", {"pattern": "inbox/*.csv"}, {"files": FolderFiles(tmp_path, 1_000_000)}, clock=clock
        )

    async def test_new_files_that_fit(self, looking: Looking) -> None:
        files = looking.ports["files"]
        await files.write("inbox/old.csv", b"")
        assert await looking.look() == []
        for name in ("inbox/new.csv", "inbox/new.txt", "other.csv"):
            await files.write(name, b"a")
        [item] = await looking.look()
        assert (item["path"], item["name"], item["folder"]) == ("inbox/new.csv", "new.csv", "inbox")
        await files.write("inbox/new.csv", b"changed")
        assert await looking.look() == []

    async def test_a_file_that_comes_back_is_new_again(self, looking: Looking, tmp_path: Path) -> None:
        await looking.look()
        files = looking.ports["files"]
        first: list[str] = []
        for content in (b"1", b"22"):
            await files.write("inbox/a.csv", content)
            found = await looking.take()
            first += [item.id for item in found.items]
            (tmp_path / "inbox" / "a.csv").unlink()
            assert await looking.look() == []
        assert len(set(first)) == 2

    async def test_a_file_that_is_still_written_to_waits(self, looking: Looking, tmp_path: Path) -> None:
        await looking.look()
        await looking.ports["files"].write("inbox/a.csv", b"half")
        written = (looking.clock.now() - timedelta(seconds=1)).timestamp()
        os.utime(tmp_path / "inbox" / "a.csv", (written, written))
        found = await looking.take()
        assert (list(found.items), found.has_more) == ([], True)
        looking.clock.move(5)
        assert len(await looking.look()) == 1

    async def test_a_folder_that_fills_comes_in_parts(self, looking: Looking) -> None:
        await looking.look()
        for number in range(25):
            await looking.ports["files"].write(f"inbox/{number:02}.csv", b"")
        found = [await looking.look(limit=10) for _ in range(4)]
        assert [len(each) for each in found] == [10, 10, 5, 0]
