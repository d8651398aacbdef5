"""In a rehearsal each step ends as if it had worked, the exact request is on record, and nothing reaches any server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.errors import BlockedError, ConnectionNeededError, RejectedError
from tests.contract.tools_outbound.test_http_steps import STEPS, run
from tests.fakes.clock import FixedClock
from tests.fakes.http_service import Answer, HttpService
from tests.fakes.imap import ImapServer
from tests.fakes.smtp import SmtpServer
from tests.fakes.step_context import MemoryAccounts, MemoryChat, MemoryFiles, MemoryModel, StepMemory, make_context
from tools.connector import load_connectors
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.mail import SmtpImapMailBox
from tools.outbound import HttpRequest
from tools.redact import Redactor
from tools.rehearsal import OverlayFiles, OverlayMemory, PlaceholderAccounts, Recorded, RecordingHttp, rehearse
from tools.sample import sample_row
from tools.step import StepContext


class Stage:
    """A context of real ports that reach the fakes, and the same as a rehearsal."""

    def __init__(self, real: StepContext, service: HttpService, smtp: SmtpServer, imap: ImapServer) -> None:
        self.real, self.service, self.smtp, self.imap = real, service, smtp, imap
        self.requests: list[Recorded] = []
        self.context = rehearse(
            real,
            self.requests,
            redactor=Redactor(["sesame"]),
            connectors=load_connectors(),
            files=OverlayFiles(real.files),
        )

    async def run(self, name: str, **with_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the step's result and the one request that it made."""
        self.requests.clear()
        result = await run(name, self.context, **with_)
        [recorded] = self.requests
        return result, recorded.as_json()

    def assert_untouched(self) -> None:
        real = self.real
        assert not self.service.requests
        assert not self.smtp.commands
        assert not self.imap.commands
        assert isinstance(real.chat, MemoryChat)
        assert not real.chat.posts
        assert isinstance(real.memory, StepMemory)
        assert not real.memory.values
        assert isinstance(real.model, MemoryModel)
        assert not real.model.prompts
        assert isinstance(real.files, MemoryFiles)
        assert real.files.contents == {"a.txt": b"real"}


@pytest.fixture
async def stage(http: AioHttp, service: HttpService, guard: AddressGuard, clock: FixedClock) -> AsyncIterator[Stage]:
    async with SmtpServer(login=("bot", "sesame")) as smtp, ImapServer(login=("ann", "sesame")) as imap:
        service.route("/a", Answer(json={"real": True}))
        accounts = MemoryAccounts(
            {
                "smtp": smtp.account(),
                "imap": imap.account(),
                "http": {"base_url": service.url, "header": "X-Api-Key", "value": "sesame"},
                "sql": {"url": "postgresql://ann:p@ss:word@db.example/shop?sslpassword=x"},
            }
        )
        mail = SmtpImapMailBox(guard, timeout_s=3.0, clock=clock)
        files = MemoryFiles({"a.txt": b"real"})
        made = Stage(make_context(http=http, mail=mail, accounts=accounts, files=files), service, smtp, imap)
        yield made
        made.assert_untouched()


async def test_a_request_is_recorded_as_it_would_be_sent(stage: Stage) -> None:
    result, recorded = await stage.run(
        "http.request",
        method="POST",
        url=f"{stage.service.url}/a?token=abcdef",
        headers={"Authorization": "Bearer 12345678", "X-A": "the sesame"},
        json={"name": "x", "password": "hunter2", "note": "say sesame"},
        sample={"id": 5},
    )
    assert result["json"] == {"id": 5}
    assert recorded == {
        "service": "http",
        "method": "POST",
        "url": f"{stage.service.url}/a?token=•••",
        "headers": {
            "Authorization": "•••",
            "X-A": "the •••",
            "Content-Type": "application/json",
            "Idempotency-Key": "key-1",
        },
        "body": {"name": "x", "password": "•••", "note": "say •••"},
    }


@pytest.mark.parametrize(
    ("with_", "body"),
    [
        ({"form": {"a": "1", "b": ["2", "3"]}}, {"a": "1", "b": ["2", "3"]}),
        ({"text": "Grüße"}, "Grüße"),
        ({}, None),
        ({"json": None}, None),
    ],
)
async def test_bodies_are_decoded(stage: Stage, with_: dict[str, Any], body: object) -> None:
    _, recorded = await stage.run("http.request", method="PUT", url=f"{stage.service.url}/a", **with_)
    assert recorded["body"] == body


async def test_bytes_that_are_no_text_are_counted() -> None:
    requests: list[Recorded] = []
    await RecordingHttp(requests, Redactor()).send(HttpRequest(method="PUT", url="https://x.example", body=b"\xff\0"))
    assert requests[0].body == {"bytes": 2}


async def test_a_large_body_is_cut_and_says_so(stage: Stage) -> None:
    _, recorded = await stage.run("http.request", method="PUT", url=f"{stage.service.url}/a", text="x" * 300_000)
    assert len(recorded["body"]) < 110_000
    assert recorded["body"].endswith("more characters)")


async def test_the_key_of_an_account_is_never_shown(stage: Stage) -> None:
    _, recorded = await stage.run("http.api_request", url="a")
    assert recorded["url"] == f"{stage.service.url}/a"
    assert recorded["headers"] == {"X-Api-Key": "•••"}


async def test_an_email_is_recorded_with_its_text_and_the_names_of_its_files(stage: Stage) -> None:
    result, recorded = await stage.run(
        "email.send", to="team@acme.io", bcc="x@acme.io", subject="Notes", body="Hello sesame", attachments=["a.txt"]
    )
    assert recorded == {
        "service": "email",
        "method": "SMTP",
        "url": f"smtp://127.0.0.1:{stage.smtp.port}",
        "headers": {"From": "bot@acme.io", "Message-ID": result["message_id"]},
        "body": {
            "to": ["team@acme.io"],
            "bcc": ["x@acme.io"],
            "subject": "Notes",
            "text": "Hello •••",
            "attachments": ["a.txt"],
        },
    }


async def test_reading_email_finds_one_sample_that_fits(stage: Stage) -> None:
    result, recorded = await stage.run("email.read", sender="boss@acme.io", only_new=True, save_attachments_to="in")
    assert (result["count"], result["messages"][0]["from"]) == (1, "boss@acme.io")
    assert (recorded["method"], recorded["url"]) == ("IMAP", f"imap://127.0.0.1:{stage.imap.port}")
    assert recorded["body"]["sender"] == "boss@acme.io"
    saved = result["messages"][0]["attachments"][0]
    assert await stage.context.files.exists(saved), "later steps of the rehearsal find it"


@pytest.mark.parametrize(
    "with_",
    [
        {},
        {"mode": "status"},
        {"mode": "number"},
        {"css": ".price", "mode": "number"},
        {"jmespath": "a"},
        {"pattern": "x"},
    ],
)
async def test_watching_works_whatever_is_watched(stage: Stage, with_: dict[str, str]) -> None:
    result, recorded = await stage.run("web.watch", url=f"{stage.service.url}/a", **with_)
    assert (result["up"], result["first"]) == (True, True)
    assert recorded["method"] == "GET"
    assert (result["number"] is not None) == (with_.get("mode") == "number")


async def test_a_feed_has_one_sample_entry(stage: Stage) -> None:
    result, recorded = await stage.run("rss.read", url=f"{stage.service.url}/a", only_new=True)
    assert (result["count"], result["new_count"], recorded["method"]) == (1, 1, "GET")


async def test_posts_and_prompts_are_recorded(stage: Stage) -> None:
    _, post = await stage.run("chat.post", text="Hi sesame", to="#general")
    assert (post["service"], post["url"], post["body"]) == ("chat", "chat:#general", {"text": "Hi •••"})
    result, prompt = await stage.run("llm.generate", prompt="Write", data="x")
    assert result["text"]
    assert prompt["body"]["prompt"].startswith("Write\n\n<data-")


async def test_a_query_gives_one_row_with_its_columns(stage: Stage) -> None:
    account = await stage.context.accounts.get("sql")
    rows, affected = await stage.context.database.query("SELECT a, b FROM t WHERE c = :c", {"c": 1}, account, limit=5)
    assert (rows, affected) == ([{"a": 1, "b": 2}], 0)
    assert await stage.context.database.query("DELETE FROM t", {}, account, limit=5) == ([], 1)
    first = stage.requests[0].as_json()
    assert first["url"] == "postgresql://ann:•••@db.example/shop"
    assert first["body"] == {"statement": "SELECT a, b FROM t WHERE c = :c", "parameters": {"c": 1}, "limit": 5}


async def test_other_workflows_are_not_started_and_end_well(stage: Stage) -> None:
    run_id = await stage.context.children.start("Digest", {"a": 1}, key="k")
    outcome = await stage.context.children.outcome(run_id)
    assert outcome is not None
    assert outcome.state == "succeeded"
    assert stage.requests[0].url == "workflow:Digest"


class TestOverlay:
    async def test_what_is_written_is_seen_by_the_rehearsal_only(self) -> None:
        real = MemoryFiles({"a.txt": b"one", "logs/x.log": b""})
        files = OverlayFiles(real)
        await files.write("a.txt", b"+two", append=True)
        await files.write("./out//b.csv", b"1")
        assert await files.read("a.txt") == b"one+two"
        assert await files.read("out/b.csv") == b"1"
        assert await files.exists("out/b.csv")
        assert await files.names("out/*.csv") == ["out/b.csv"]
        assert await files.names("**/*") == ["a.txt", "logs/x.log", "out/b.csv"]
        assert await files.names("*.csv") == []
        assert real.contents == {"a.txt": b"one", "logs/x.log": b""}

    async def test_what_the_real_files_refuse_is_refused(self) -> None:
        files = OverlayFiles(MemoryFiles())
        with pytest.raises(BlockedError):
            await files.write("../x", b"")
        with pytest.raises(RejectedError):
            await files.read("none.txt")

    async def test_memory_is_forgotten(self) -> None:
        real = StepMemory({"a": 1})
        memory = OverlayMemory(real)
        await memory.put("a", 2)
        await memory.put("b", None)
        assert (await memory.get("a"), await memory.get("b"), await memory.get("c")) == (2, None, None)
        assert real.values == {"a": 1}


class TestAccounts:
    async def test_without_an_account_placeholders_stand_for_it(self) -> None:
        accounts = PlaceholderAccounts(MemoryAccounts(), load_connectors())
        account = await accounts.get("smtp")
        assert account["password"] == "«password»"
        assert (account["host"], account["port"], account["security"]) == ("«host»", "587", "starttls")
        assert (await accounts.get("sql"))["url"] == "«url»"

    async def test_secrets_of_a_real_account_are_placeholders_too(self) -> None:
        real = MemoryAccounts({"smtp": {"host": "mail.acme.io", "password": "sesame", "odd": "x"}})
        account = await PlaceholderAccounts(real, load_connectors()).get("smtp")
        assert (account["host"], account["password"]) == ("mail.acme.io", "«password»")
        assert "odd" not in account

    async def test_an_unknown_service_is_an_error(self) -> None:
        with pytest.raises(ConnectionNeededError):
            await PlaceholderAccounts(MemoryAccounts(), {}).get("nope")

    async def test_every_step_with_an_account_can_be_rehearsed_without_one(self, stage: Stage) -> None:
        """Nobody needs to connect anything to see what would happen."""
        bare = rehearse(
            make_context(),
            stage.requests,
            redactor=Redactor(),
            connectors=load_connectors(),
            files=OverlayFiles(MemoryFiles()),
        )
        given: dict[str, dict[str, Any]] = {
            "http.api_request": {"url": "things"},
            "email.send": {"to": "a@b.io", "subject": "S"},
            "email.read": {},
            "sql.query": {"statement": "select 1 as one"},
        }
        assert set(given) == {step_type.name for step_type in STEPS if step_type.connector}
        for name, with_ in given.items():
            stage.requests.clear()
            assert await run(name, bare, **with_)
            assert len(stage.requests) == 1, name


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        ("select * from t", ["id", "name"]),
        (
            'SELECT a.id, count(*), sum(x * 2) AS total, "Odd Name" FROM t -- , evil',
            ["id", "count", "total", "Odd Name"],
        ),
        ("with x as (select 1 as q, 2 as r) select q from x order by q", ["q"]),
        ("select distinct a /* , b */ from t", ["a"]),
        ("select (select max(a) from b) as top, 'x, y' as text", ["top", "text"]),
        ("insert into t (a, b) values (1, 2) returning id, a", ["id", "a"]),
        ("update t set a = 1", []),
        ("", []),
        ("select", []),
        (")))(((", []),
    ],
)
def test_the_columns_of_a_statement_are_guessed(statement: str, columns: list[str]) -> None:
    assert list(sample_row(statement)) == columns
