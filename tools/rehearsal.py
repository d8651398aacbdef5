"""The ports of a rehearsal: they record exactly what would be sent, and send nothing. Decide nothing about runs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, MutableSequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qs

from pydantic import JsonValue

from core.canonical import decode
from core.errors import ConnectionNeededError
from tools.approval import ApprovalStatus, Question
from tools.connector import Connector
from tools.outbound import (
    Accounts,
    Attachment,
    ChildOutcome,
    Files,
    HttpRequest,
    HttpResponse,
    Mail,
    MailSearch,
    Memory,
    ReceivedMail,
)
from tools.redact import Redactor, trim
from tools.sample import sample_row
from tools.step import StepContext

_LIMIT_BODY = 100_000
_SAMPLE_MAIL = ReceivedMail(
    uid="1-1",
    sender="sender@example.com",
    to=["you@example.com"],
    subject="Sample message",
    date="2026-12-02T09:00:00+00:00",
    text="A sample message.",
    attachments=[Attachment(name="sample.txt", content=b"sample", media_type="text/plain")],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One request as it would have left the machine, secrets redacted and the body decoded."""

    service: str
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: JsonValue = None

    def as_json(self) -> dict[str, JsonValue]:
        return asdict(self)


Requests = MutableSequence[Recorded]


class RecordingHttp:
    """Answers every request with its sample."""

    def __init__(self, requests: Requests, redactor: Redactor) -> None:
        self._requests = requests
        self._redactor = redactor

    async def send(self, request: HttpRequest) -> HttpResponse:
        self._requests.append(
            Recorded(
                service=request.service,
                method=request.method,
                url=self._redactor.text(request.url),
                headers=self._redactor.headers(request.headers, request.secret_headers),
                body=trim(self._redactor.value(_decoded(request)), _LIMIT_BODY),
            )
        )
        return request.sample


class RecordingMailBox:
    """Takes every mail, and finds one sample mail."""

    def __init__(self, requests: Requests, redactor: Redactor) -> None:
        self._requests = requests
        self._redactor = redactor

    async def send(self, mail: Mail, account: Mapping[str, str]) -> str:
        body: dict[str, JsonValue] = {"to": list(mail.to), "subject": mail.subject, "text": mail.text}
        more: dict[str, JsonValue] = {
            "cc": list(mail.cc),
            "bcc": list(mail.bcc),
            "html": mail.html,
            "reply_to": mail.reply_to,
        }
        body |= {name: value for name, value in more.items() if value}
        body["attachments"] = [attachment.name for attachment in mail.attachments]
        headers = {"From": account.get("sender", "")} | ({"Message-ID": mail.message_id} if mail.message_id else {})
        self._record("SMTP", account, headers, body)
        return mail.message_id or "<rehearsal@errand.invalid>"

    async def search(self, query: MailSearch, account: Mapping[str, str]) -> list[ReceivedMail]:
        self._record("IMAP", account, {}, asdict(query))
        return [
            replace(
                _SAMPLE_MAIL, sender=query.sender or _SAMPLE_MAIL.sender, subject=query.subject or _SAMPLE_MAIL.subject
            )
        ]

    def _record(self, method: str, account: Mapping[str, str], headers: dict[str, str], body: JsonValue) -> None:
        url = f"{method.lower()}://{account.get('host', '')}:{account.get('port', '')}"
        body = trim(self._redactor.value(body), _LIMIT_BODY)
        self._requests.append(
            Recorded(service="email", method=method, url=url, headers=self._redactor.headers(headers), body=body)
        )


class RecordingDatabase:
    """Gives one sample row, with the columns that the statement names, where a statement would give rows."""

    def __init__(self, requests: Requests, redactor: Redactor) -> None:
        self._requests = requests
        self._redactor = redactor

    async def query(
        self, statement: str, parameters: Mapping[str, JsonValue], account: Mapping[str, str], *, limit: int
    ) -> tuple[list[dict[str, JsonValue]], int]:
        url = re.sub(r"[?#].*", "", self._redactor.text(account.get("url", "")))
        sent = self._redactor.value(dict(parameters))
        body: JsonValue = {"statement": statement, "parameters": sent, "limit": limit}
        self._requests.append(Recorded(service="sql", method="SQL", url=url, body=body))
        row = sample_row(statement)
        return ([row], 0) if row else ([], 1)


class RecordingChat:
    def __init__(self, requests: Requests, redactor: Redactor) -> None:
        self._requests = requests
        self._redactor = redactor

    async def post(self, text: str, *, destination: str | None = None, key: str) -> str:
        url = f"chat:{destination or 'here'}"
        body: JsonValue = {"text": self._redactor.text(text)}
        self._requests.append(Recorded(service="chat", method="POST", url=url, body=body))
        return f"rehearsal-{key}"


class RecordingModel:
    """Writes a text that says that it is none."""

    def __init__(self, requests: Requests, redactor: Redactor) -> None:
        self._requests = requests
        self._redactor = redactor

    async def generate(self, prompt: str, *, system: str = "", limit_tokens: int = 800) -> str:
        body: dict[str, JsonValue] = {"system": system, "prompt": prompt, "limit_tokens": limit_tokens}
        self._requests.append(
            Recorded(service="model", method="POST", url="model:generate", body=self._redactor.value(body))
        )
        return "(Here stands what the language model writes.)"


class RecordingChildren:
    """Starts nothing; every child has ended well at once."""

    def __init__(self, requests: Requests, redactor: Redactor) -> None:
        self._requests = requests
        self._redactor = redactor

    async def start(self, workflow: str, values: Mapping[str, JsonValue], *, key: str) -> str:
        body = self._redactor.value(dict(values))
        self._requests.append(Recorded(service="errand", method="START", url=f"workflow:{workflow}", body=body))
        return f"rehearsal-{key}"

    async def outcome(self, run_id: str) -> ChildOutcome | None:  # noqa: ARG002  the port's form
        return ChildOutcome(state="succeeded", text="(The result of the other workflow.)")


class GivenApprovals:
    """Asks nobody: whatever is asked is approved as it is."""

    async def ask(self, question: Question) -> ApprovalStatus:
        return ApprovalStatus(outcome="approved", by="a rehearsal", fields=question.fields)


class OverlayFiles:
    """Reads the real files, and keeps what is written to itself: later steps of the rehearsal see it, the disk does not."""

    def __init__(self, real: Files) -> None:
        self._real = real
        self._written: dict[str, bytes] = {}

    async def read(self, path: str) -> bytes:
        if (name := await self._name(path)) in self._written:
            return self._written[name]
        return await self._real.read(path)

    async def write(self, path: str, content: bytes, *, append: bool = False) -> None:
        before = await self.read(path) if append and await self.exists(path) else b""
        self._written[await self._name(path)] = before + content

    async def exists(self, path: str) -> bool:
        return await self._name(path) in self._written or await self._real.exists(path)

    async def names(self, pattern: str = "**/*") -> list[str]:
        accepts = _pattern("/".join(part for part in pattern.split("/") if part not in ("", ".")))
        written = (name for name in self._written if accepts.fullmatch(name))
        return sorted({*await self._real.names(pattern), *written})

    async def modified_at(self, path: str) -> datetime:
        """Of a real file: what this rehearsal wrote has no time of its own."""
        return await self._real.modified_at(path)

    async def _name(self, path: str) -> str:
        """Return one spelling for one file. The real files refuse what leads outside."""
        await self._real.exists(path)
        return "/".join(part for part in unicodedata.normalize("NFC", path.strip()).split("/") if part not in ("", "."))


def _pattern(glob: str) -> re.Pattern[str]:
    """Return the expression of e.g. `reports/*.csv` or `**/*.pdf`."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts))


class OverlayMemory:
    """Sees what is remembered, and forgets what it is given when the rehearsal ends."""

    def __init__(self, real: Memory) -> None:
        self._real = real
        self._written: dict[str, JsonValue] = {}

    async def get(self, key: str) -> JsonValue:
        return self._written[key] if key in self._written else await self._real.get(key)

    async def put(self, key: str, value: JsonValue) -> None:
        self._written[key] = value


class PlaceholderAccounts:
    """Gives the public fields of a connected account and `«field»` for its secrets, or for all of it when there is none."""

    def __init__(self, real: Accounts, connectors: Mapping[str, Connector]) -> None:
        self._real = real
        self._connectors = connectors

    async def get(self, connector: str) -> Mapping[str, str]:
        known = self._connectors.get(connector)
        if known is None:
            raise ConnectionNeededError(f"There is no service called {connector}.", connector=connector)
        try:
            account = await self._real.get(connector)
        except ConnectionNeededError:
            account = {name: field.default for name, field in known.fields.items() if field.default is not None}
        shown = {name: account.get(name, "") for name, field in known.fields.items() if not field.secret}
        shown = {name: value or f"«{name}»" for name, value in shown.items()}
        hidden = {name: f"«{name}»" for name, field in known.fields.items() if field.secret}
        if connector == "sql" and "url" in account:  # which database is worth showing, its password is not
            hidden["url"] = _without_password(account["url"])
        return {**shown, **hidden}


def _without_password(url: str) -> str:
    """Return a database's address without password and options, where secrets may stand."""
    return re.sub(r"(?<=://)([^/@:]*):.*@", r"\1:«password»@", url.partition("?")[0])


def _decoded(request: HttpRequest) -> JsonValue:
    """Return a body as JSON, fields or text; of other bytes only how many they are."""
    if not request.body:
        return None
    kind = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "").lower()
    try:
        if "json" in kind:
            return decode(request.body)
        text = request.body.decode()
    except ValueError:
        return {"bytes": len(request.body)}
    if "x-www-form-urlencoded" in kind:
        fields = parse_qs(text, keep_blank_values=True)
        return {name: values[0] if len(values) == 1 else list[JsonValue](values) for name, values in fields.items()}
    return text


def rehearse(
    context: StepContext,
    requests: Requests,
    *,
    redactor: Redactor,
    connectors: Mapping[str, Connector],
    files: OverlayFiles,
) -> StepContext:
    """Return a context like the given one from which nothing leaves. `files` is one overlay for all steps of a run."""
    return replace(
        context,
        http=RecordingHttp(requests, redactor),
        mail=RecordingMailBox(requests, redactor),
        database=RecordingDatabase(requests, redactor),
        files=files,
        chat=RecordingChat(requests, redactor),
        model=RecordingModel(requests, redactor),
        memory=OverlayMemory(context.memory),
        accounts=PlaceholderAccounts(context.accounts, connectors),
        children=RecordingChildren(requests, redactor),
        approvals=GivenApprovals(),
    )
