"""A step context whose ports all stay in memory, for tests of step types. Pass real ports to replace any of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, tzinfo
from typing import Any

from pydantic import JsonValue

from core.errors import BlockedError, ConnectionNeededError, RejectedError
from tests.fakes.clock import FixedClock
from tools.approval import ApprovalStatus, Question
from tools.outbound import ChildOutcome, HttpRequest, HttpResponse, Mail, MailSearch, ReceivedMail
from tools.step import StepContext


@dataclass
class MemoryHttp:
    """Gives the scripted answers in turn, the last one again and again; an exception among them is raised."""

    answers: list[HttpResponse | Exception] = field(default_factory=list)
    sent: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0] if self.answers else request.sample
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class MemoryMailBox:
    """Keeps what is sent; finds what was put into `inbox`."""

    sent: list[Mail] = field(default_factory=list)
    inbox: list[ReceivedMail] = field(default_factory=list)
    searches: list[MailSearch] = field(default_factory=list)

    async def send(self, mail: Mail, account: Mapping[str, str]) -> str:
        self.sent.append(mail)
        return mail.message_id or f"<{len(self.sent)}@errand.test>"

    async def search(self, query: MailSearch, account: Mapping[str, str]) -> list[ReceivedMail]:
        self.searches.append(query)
        return self.inbox[: query.limit]


@dataclass
class MemoryDatabase:
    rows: list[dict[str, JsonValue]] = field(default_factory=list)
    affected: int = 0
    statements: list[tuple[str, Mapping[str, JsonValue]]] = field(default_factory=list)

    async def query(
        self, statement: str, parameters: Mapping[str, JsonValue], account: Mapping[str, str], *, limit: int
    ) -> tuple[list[dict[str, JsonValue]], int]:
        self.statements.append((statement, parameters))
        return self.rows[:limit], self.affected


@dataclass
class MemoryFiles:
    contents: dict[str, bytes] = field(default_factory=dict)
    written_at: dict[str, datetime] = field(default_factory=dict)

    async def modified_at(self, path: str) -> datetime:
        return self.written_at.get(path, datetime(2026, 1, 1, tzinfo=UTC))

    async def read(self, path: str) -> bytes:
        self._check(path)
        if path not in self.contents:
            raise RejectedError(f"There is no file {path}.")
        return self.contents[path]

    async def write(self, path: str, content: bytes, *, append: bool = False) -> None:
        self._check(path)
        self.contents[path] = (self.contents.get(path, b"") if append else b"") + content

    async def exists(self, path: str) -> bool:
        self._check(path)
        return path in self.contents

    async def names(self, pattern: str = "**/*") -> list[str]:
        return sorted(name for name in self.contents if fnmatch.fnmatch(name, pattern.replace("**/", "*")))

    def _check(self, path: str) -> None:
        if path.startswith("/") or ".." in path.split("/"):
            raise BlockedError(f"{path} leads outside the files folder.")


@dataclass
class MemoryChat:
    posts: list[tuple[str | None, str, str]] = field(default_factory=list)
    """(destination, text, key), one for each key."""

    async def post(self, text: str, *, destination: str | None = None, key: str) -> str:
        for position, post in enumerate(self.posts):
            if post[2] == key:
                return f"msg_{position + 1}"
        self.posts.append((destination, text, key))
        return f"msg_{len(self.posts)}"


@dataclass
class MemoryModel:
    answer: str = "A text."
    prompts: list[tuple[str, str, int]] = field(default_factory=list)

    async def generate(self, prompt: str, *, system: str = "", limit_tokens: int = 800) -> str:
        self.prompts.append((prompt, system, limit_tokens))
        return self.answer


@dataclass
class StepMemory:
    values: dict[str, JsonValue] = field(default_factory=dict)

    async def get(self, key: str) -> JsonValue:
        return self.values.get(key)

    async def put(self, key: str, value: JsonValue) -> None:
        self.values[key] = value


@dataclass
class MemoryAccounts:
    accounts: dict[str, Mapping[str, str]] = field(default_factory=dict)

    async def get(self, connector: str) -> Mapping[str, str]:
        if connector not in self.accounts:
            raise ConnectionNeededError(f"No {connector} account is connected.", connector=connector)
        return self.accounts[connector]


@dataclass
class MemoryChildren:
    outcomes: dict[str, ChildOutcome] = field(default_factory=dict)
    started: list[tuple[str, Mapping[str, JsonValue], str]] = field(default_factory=list)

    async def start(self, workflow: str, values: Mapping[str, JsonValue], *, key: str) -> str:
        keys: Sequence[str] = [known for _, _, known in self.started]
        if key not in keys:
            self.started.append((workflow, values, key))
        return f"run_of_{key}"

    async def outcome(self, run_id: str) -> ChildOutcome | None:
        return self.outcomes.get(run_id)


@dataclass
class MemoryApprovals:
    """Gives the scripted statuses in turn, the last one again and again."""

    statuses: list[ApprovalStatus] = field(default_factory=lambda: [ApprovalStatus(outcome="open")])
    asked: list[Question] = field(default_factory=list)

    async def ask(self, question: Question) -> ApprovalStatus:
        self.asked.append(question)
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


def make_context(
    *, key: str = "key-1", clock: FixedClock | None = None, zone: tzinfo = UTC, **ports: Any
) -> StepContext:
    """Return a context; each of its ports not given is an empty one from above."""
    clock = clock or FixedClock()
    unknown = set(ports) - {known.name for known in fields(StepContext)}
    assert not unknown, f"a step context has no {unknown}"
    return StepContext(
        **{
            "run_id": "run_1",
            "step_id": "step",
            "idempotency_key": key,
            "started_at": clock.now(),
            "zone": zone,
            "clock": clock,
            "http": MemoryHttp(),
            "mail": MemoryMailBox(),
            "database": MemoryDatabase(),
            "files": MemoryFiles(),
            "chat": MemoryChat(),
            "model": MemoryModel(),
            "memory": StepMemory(),
            "accounts": MemoryAccounts(),
            "children": MemoryChildren(),
            "approvals": MemoryApprovals(),
            **ports,
        }
    )
