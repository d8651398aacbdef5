"""What a run must have left behind, told from the steps that succeeded, and what is really there. Knows no template."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import PurePosixPath
from typing import Any

from catalog.workflow import Template
from store.record import StepAttempt
from tests.contract.templates.office import Ended, Office
from tools.statement import effect_of
from tools.step import Effect

WRITING = ("csv.write", "excel.write", "pdf.create", "file.write")
LOOKING = ("web.watch", "rss.read")
MAGIC = {".pdf": b"%PDF-", ".xlsx": b"PK\x03\x04"}


class Left:
    """The traces of one run. `people_before` is the size of the database's table before it."""

    def __init__(self, office: Office, template: Template, ended: Ended, people_before: int) -> None:
        self._office = office
        self._ended = ended
        self._uses = {step.id: step.uses for step in template.steps}
        self._people_before = people_before

    async def check(self) -> int:
        """Hold everything that was to happen against what did; returns how much happened."""
        posts = await self._expected_posts()
        assert await self._office.posts() == posts
        elsewhere = await self._check_elsewhere()
        expected = sorted((sorted(_recipients(one)), one["subject"], _names(one)) for one in self._inputs("email.send"))
        assert sorted(self._sent()) == expected
        self._check_requests()
        files = self._check_files()
        self._check_mailbox()
        return len(posts) + elsewhere + len(expected) + len(self._office.web.seen) + len(files) + self._check_database()

    def _of(self, *kinds: str) -> list[StepAttempt]:
        return [one for one in self._ended.done() if self._uses[one.step_id] in kinds]

    def _inputs(self, *kinds: str) -> list[Mapping[str, Any]]:
        return [_mapping(one.input) for one in self._of(*kinds)]

    async def _expected_posts(self) -> list[str]:
        """In order of the attempts; where a step ran another workflow, that one's posts."""
        texts: list[str] = []
        for attempt in self._of("chat.post", "flow.run_workflow"):
            if self._uses[attempt.step_id] == "chat.post":
                texts += [] if _mapping(attempt.input).get("to") else [_mapping(attempt.input)["text"]]
            else:
                child = await self._office.look(_mapping(attempt.output)["run_id"])
                texts += [_mapping(one.input)["text"] for one in child.done()]
        return texts

    async def _check_elsewhere(self) -> int:
        """What goes into channels of outside surfaces."""
        sent = [one for one in self._inputs("chat.post") if one.get("to")]
        for one in sent:
            assert one["text"] in await self._office.posts_to(one["to"])
        return len(sent)

    def _sent(self) -> list[tuple[list[str], str, list[str]]]:
        mails = [(mail.recipients, mail.message) for mail in self._office.smtp.mails]
        return [
            (
                sorted(recipients),
                str(message["Subject"]),
                [str(part.get_filename()) for part in message.iter_attachments()],
            )
            for recipients, message in mails
            if _has_text(message)
        ]

    def _check_requests(self) -> None:
        asked = [("GET", one["url"]) for one in self._inputs(*LOOKING)]
        asked += [(one["method"], one["url"]) for one in self._inputs("http.request")]
        assert sorted(self._office.web.seen) == sorted(asked)
        bodies = [one["json"] for one in self._inputs("http.request") if "json" in one]
        assert [request.json for request in self._office.web.service.requests if _is_json(request.headers)] == bodies

    def _check_files(self) -> Mapping[str, bytes]:
        written = {_mapping(one.output)["path"]: one for one in self._of(*WRITING)}
        saved = [name for one in self._of("email.read") for name in _saved(one)]
        files = self._office.contents()
        assert set(files) == {*written, *saved}
        for name, content in files.items():
            assert content
            assert content.startswith(MAGIC.get(PurePosixPath(name).suffix, b""))
        for name, attempt in written.items():
            if self._uses[attempt.step_id] == "csv.write":
                rows = list(csv.DictReader(io.StringIO(files[name].decode())))
                assert len(rows) == _mapping(attempt.output)["count"] > 0
        return files

    def _check_database(self) -> int:
        queries = self._of("sql.query")
        changes = [one for one in queries if effect_of(_mapping(one.input)["statement"]) is not Effect.READ]
        assert len(self._office.people()) - self._people_before == len(changes)
        for one in queries:
            if one not in changes:
                assert _mapping(one.output)["count"] == 1, "the table has one row"
        return len(changes)

    def _check_mailbox(self) -> None:
        """Read, and left as it was."""
        assert any("SEARCH" in one for one in self._office.imap.commands) is bool(self._of("email.read"))
        assert not self._office.imap.seen


def _mapping(value: object) -> Mapping[str, Any]:
    assert isinstance(value, dict)
    return value


def _recipients(sent: Mapping[str, Any]) -> Sequence[str]:
    return [sent["to"].strip()] if isinstance(sent["to"], str) else sent["to"]


def _names(sent: Mapping[str, Any]) -> list[str]:
    return [PurePosixPath(path).name for path in sent.get("attachments", [])]


def _has_text(message: EmailMessage) -> bool:
    body = message.get_body()
    assert body is not None
    return bool(body.get_content().strip())


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/json")


def _saved(attempt: StepAttempt) -> list[str]:
    if not _mapping(attempt.input).get("save_attachments_to"):
        return []
    return [name for message in _mapping(attempt.output)["messages"] for name in message["attachments"]]
