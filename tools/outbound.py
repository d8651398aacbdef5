"""The ports through which a step reaches the world. Step types use only these; nothing else opens a socket or a file.

Each port has a real implementation and one for rehearsals, which records the exact request instead of sending it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from pydantic import JsonValue

Confirm = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """An answer, whole. `url` is the one after redirects; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""

    @property
    def text(self) -> str:
        """The body as text, in the charset of the content type, undecodable bytes replaced."""
        charset = self.headers.get("content-type", "").lower().partition("charset=")[2].split(";")[0].strip(' "')
        try:
            return self.body.decode(charset or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request. `sample` is the answer that a rehearsal pretends to get.

    `confirm` is awaited at the last moment before anything is sent; what it raises stops the request. `service` says whose interface it is. `secret_headers` carry credentials: they are redacted, and not sent on to another
    origin. With `once`, a line that breaks after the request went out raises OutcomeUnknownError, so that nobody
    repeats it blindly.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_s: float | None = None
    service: str = "http"
    secret_headers: frozenset[str] = frozenset()
    once: bool = False
    confirm: Confirm | None = None
    sample: HttpResponse = field(default_factory=lambda: HttpResponse(status=200))


class Http(Protocol):
    """The one outbound HTTP client."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return any answer that arrived whole, whatever its status.

        Raises BlockedError (guard), UnavailableError, TimedOutError, RejectedError (too large, bad address),
        OutcomeUnknownError (see `HttpRequest.once`).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    name: str
    content: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message to send. The sender is the connected account's address. `confirm` as in `HttpRequest`."""

    to: Sequence[str]
    subject: str
    text: str
    html: str | None = None
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    reply_to: str | None = None
    attachments: Sequence[Attachment] = ()
    message_id: str | None = None
    confirm: Confirm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """A message in a folder. `uid` names it there for good; `date` is ISO 8601."""

    uid: str
    sender: str
    to: Sequence[str]
    subject: str
    date: str
    text: str
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSearch:
    """Which messages. `after` is a `ReceivedMail.uid`: only what arrived later, and of that the oldest `limit`."""

    folder: str = "INBOX"
    unseen: bool = False
    sender: str | None = None
    recipient: str | None = None
    subject: str | None = None
    limit: int = 20
    after: str | None = None


class MailBox(Protocol):
    """Sends by SMTP and reads by IMAP. `account` is a connection's fields (`tools/connectors/smtp.yaml`, `imap.yaml`)."""

    async def send(self, mail: Mail, account: Mapping[str, str]) -> str:
        """Return the Message-ID. Raises the step errors; OutcomeUnknownError when the line broke after the data."""
        ...

    async def search(self, query: MailSearch, account: Mapping[str, str]) -> list[ReceivedMail]:
        """Newest first; marks nothing as read."""
        ...


class Database(Protocol):
    """Runs one SQL statement with bound parameters on the database of a connection."""

    async def query(
        self, statement: str, parameters: Mapping[str, JsonValue], account: Mapping[str, str], *, limit: int
    ) -> tuple[list[dict[str, JsonValue]], int]:
        """Return (rows as JSON objects, number of affected rows)."""
        ...


class Files(Protocol):
    """Files inside the files folder. Paths are relative; anything that leads outside raises BlockedError."""

    async def read(self, path: str) -> bytes: ...

    async def write(self, path: str, content: bytes, *, append: bool = False) -> None: ...

    async def exists(self, path: str) -> bool: ...

    async def names(self, pattern: str = "**/*") -> list[str]: ...

    async def modified_at(self, path: str) -> datetime:
        """When the file was written to last."""
        ...


class Chat(Protocol):
    """Posts into a conversation or channel as Errand."""

    async def post(self, text: str, *, destination: str | None = None, key: str) -> str:
        """Return the message id. `destination` none: the conversation that the run belongs to; else `#channel`,
        `@person` or `surface:id`. `key` makes a repetition harmless. Raises RejectedError for an unknown destination.
        """
        ...


class Model(Protocol):
    """A language model."""

    async def generate(self, prompt: str, *, system: str = "", limit_tokens: int = 800) -> str:
        """Raises RejectedError when no model is set, and the retryable step errors."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLine:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUse:
    """What one answer cost, in tokens: the prompt's and the answer's. Estimated where the service does not say."""

    prompt: int = 0
    answer: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Structured:
    """What a model answered within a schema. Without a value, `problem` says what came instead; `is_refusal`: it said no."""

    use: TokenUse
    value: dict[str, JsonValue] | None = None
    problem: str = ""
    is_refusal: bool = False


class TalkModel(Protocol):
    """A language model as the conversation asks it. Both raise the step errors, TimedOutError after `timeout_s`."""

    @property
    def name(self) -> str: ...

    async def structured(
        self,
        lines: Sequence[PromptLine],
        *,
        schema: Mapping[str, JsonValue],
        limit_tokens: int,
        timeout_s: float,
    ) -> Structured:
        """An answer within a JSON schema, which has a `title` and a `description`. It is not validated here."""
        ...

    def stream(
        self, lines: Sequence[PromptLine], *, limit_tokens: int, timeout_s: float
    ) -> AsyncIterator[str | TokenUse]:
        """The answer's text piece by piece, and at the end what it cost."""
        ...


class Memory(Protocol):
    """What one step of one workflow remembers from run to run."""

    async def get(self, key: str) -> JsonValue: ...

    async def put(self, key: str, value: JsonValue) -> None: ...


class Accounts(Protocol):
    """The connected accounts that this run may use (those in its approved proposal, no others)."""

    async def get(self, connector: str) -> Mapping[str, str]:
        """All fields, decrypted. Raises ConnectionNeededError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildOutcome:
    """How a child run ended: its state's word and its rendered result or failure's message."""

    state: str
    text: str


class Children(Protocol):
    """Starts other saved workflows of the same person."""

    async def start(self, workflow: str, values: Mapping[str, JsonValue], *, key: str) -> str:
        """Start by id or name, once for each key; returns the run's id. Raises RejectedError when there is none,
        or when the child is nested too deep.
        """
        ...

    async def outcome(self, run_id: str) -> ChildOutcome | None:
        """None while it goes on."""
        ...
