"""Send an e-mail from the connected SMTP account. Knows nothing of SMTP itself."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BeforeValidator, Field

from core.canonical import digest
from tools.outbound import Attachment, Mail
from tools.step import Effect, Risk, StepContext, StepParams, StepResult, StepType

_MANY = 20
_SHOWN = 3


def _addresses(value: object) -> object:
    """Take "a@x.io, Ann <b@x.io>; c@x.io" as the list that it means."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.replace(";", ",").replace("\n", ",").split(",") if part.strip()]


Addresses = Annotated[list[str], BeforeValidator(_addresses)]


class Params(StepParams):
    """A message. Addresses are a list or a text with commas; `attachments` are paths in the files folder."""

    to: Addresses = Field(min_length=1, max_length=200)
    cc: Addresses = Field(default=[], max_length=200)
    bcc: Addresses = Field(default=[], max_length=200)
    subject: str = Field(max_length=998)
    body: str = Field(default="", description="Plain text.")
    html: str | None = Field(default=None, description="The same as HTML, for readers that show it.")
    reply_to: str | None = None
    attachments: list[str] = Field(default=[], max_length=20)


class Result(StepResult):
    """The server took the message for every recipient."""

    message_id: str
    recipients: list[str]
    subject: str


async def run(params: Params, context: StepContext) -> Result:
    account = await context.accounts.get("smtp")
    # The same in every attempt: a receiver that gets it twice can tell.
    domain = account.get("sender", "").rpartition("@")[2].strip("> ") or "errand.invalid"
    mail = Mail(
        to=params.to,
        cc=params.cc,
        bcc=params.bcc,
        subject=params.subject,
        text=params.body,
        html=params.html,
        reply_to=params.reply_to,
        attachments=[await _attachment(path, context) for path in params.attachments],
        message_id=f"<{digest(context.idempotency_key)[:32]}@{domain}>",
    )
    message_id = await context.mail.send(mail, account)
    return Result(message_id=message_id, recipients=[*params.to, *params.cc, *params.bcc], subject=params.subject)


async def _attachment(path: str, context: StepContext) -> Attachment:
    media_type, encoding = mimetypes.guess_type(path)
    return Attachment(
        name=PurePosixPath(path).name,
        content=await context.files.read(path),
        media_type="application/octet-stream" if encoding or not media_type else media_type,
    )


def _risk(params: Params) -> Risk:
    return Risk.HIGH if len(params.to) + len(params.cc) + len(params.bcc) > _MANY else Risk.LOW


def _summarize(params: Params) -> str:
    recipients = [*params.to, *params.cc, *params.bcc]
    more = f" and {len(recipients) - _SHOWN} more" if len(recipients) > _SHOWN else ""
    files = f" with {', '.join(params.attachments)}" if params.attachments else ""
    return f"Send “{params.subject}” to {', '.join(recipients[:_SHOWN])}{more}{files}"


STEPS = (
    StepType(
        name="email.send",
        title="Send an e-mail",
        description="Sends an e-mail, with files if wanted, from the connected account.",
        params=Params,
        result=Result,
        effect=Effect.ONCE,
        run=run,
        summarize=_summarize,
        risk=_risk,
        connector="smtp",
        needs_network=True,
    ),
)
