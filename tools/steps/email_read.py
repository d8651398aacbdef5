"""Read e-mails from the connected IMAP account, newest first. Marks, moves and deletes nothing."""

from __future__ import annotations

import re

from pydantic import Field

from core.canonical import digest
from tools.inbox import Message, message_of
from tools.outbound import MailSearch, ReceivedMail
from tools.seen import Remembered, recall, remember
from tools.step import Effect, StepContext, StepParams, StepResult, StepType

_UNFIT = re.compile(r"[^\w.()\[\] -]+")
_LONGEST_NAME = 100


class Params(StepParams):
    """Which messages. `sender`, `recipient` and `subject` match a part.

    `only_new` leaves out what an earlier run of this workflow returned; at its first run all is new.
    """

    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    unseen: bool = False
    sender: str | None = None
    recipient: str | None = None
    subject: str | None = None
    limit: int = Field(default=20, ge=1, le=100)
    only_new: bool = False
    save_attachments_to: str | None = Field(default=None, description="A folder in the files folder.")


class Result(StepResult):
    messages: list[Message]
    count: int


async def run(params: Params, context: StepContext) -> Result:
    account = await context.accounts.get("imap")
    asked = {"user": account.get("username", ""), "host": account.get("host", ""), **params.model_dump(mode="json")}
    if params.recipient is None:
        del asked["recipient"]  # as it was named before there were recipients: what is known stays known
    name = f"last:{digest(asked)[:24]}"
    last: str | None = None
    if params.only_new:
        last = await recall(context.memory, name, context.idempotency_key, Remembered[str])
    query = MailSearch(
        folder=params.folder,
        unseen=params.unseen,
        sender=params.sender,
        recipient=params.recipient,
        subject=params.subject,
        limit=params.limit,
        after=last,
    )
    found = await context.mail.search(query, account)
    messages = [await _message(mail, params.save_attachments_to, context) for mail in found]
    if params.only_new and found:
        newest = Remembered[str](key=context.idempotency_key, before=last, now=found[0].uid)
        await remember(context.memory, name, newest)
    return Result(messages=messages, count=len(messages))


async def _message(mail: ReceivedMail, folder: str | None, context: StepContext) -> Message:
    if folder is None:
        return message_of(mail)
    paths = []
    for position, attachment in enumerate(mail.attachments, start=1):
        # Named after the message, so that a repetition writes the same files and no two messages share one.
        path = f"{folder.rstrip('/')}/{_fit(mail.uid)}-{position}-{_fit(attachment.name)}".lstrip("/")
        await context.files.write(path, attachment.content)
        paths.append(path)
    return message_of(mail, paths)


def _fit(name: str) -> str:
    """Return a name that cannot leave its folder, from one that a stranger chose."""
    return _UNFIT.sub("_", name).strip(". ")[-_LONGEST_NAME:] or "unnamed"


def _summarize(params: Params) -> str:
    which = [
        *(["new" if params.only_new else "unread"] if params.only_new or params.unseen else []),
        "e-mails",
        *([f"from {params.sender}"] if params.sender else []),
        *([f"to {params.recipient}"] if params.recipient else []),
        *([f"about “{params.subject}”"] if params.subject else []),
    ]
    return f"Read {' '.join(which)} in {params.folder}"


STEPS = (
    StepType(
        name="email.read",
        title="Read e-mails",
        description="Reads e-mails of a folder by IMAP, all or only the new ones, and can save their attachments.",
        params=Params,
        result=Result,
        effect=Effect.READ,
        run=run,
        summarize=_summarize,
        connector="imap",
        needs_network=True,
    ),
)
