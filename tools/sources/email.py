"""New e-mails in a folder of the connected IMAP account. Marks, moves and deletes nothing.

A mailbox whose server has counted it anew (RFC 3501, 2.3.1.1) is taken as it is then: its old mail is not new again.
"""

from __future__ import annotations

from pydantic import Field, JsonValue

from tools.inbox import Message, message_of
from tools.outbound import MailSearch
from tools.source import Look, SourceContext, SourceType, new_item
from tools.step import StepParams

_AT_ONCE = 20
"""Messages are fetched whole, so fewer at once than other items."""
_EMPTY = "0-0"


class Params(StepParams):
    """`sender`, `recipient` and `subject` match a part."""

    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    sender: str | None = None
    recipient: str | None = None
    subject: str | None = None


async def look(params: Params, cursor: JsonValue, context: SourceContext) -> Look:
    if context.is_first:
        return Look(items=[], cursor=await _newest(params, context))
    account = await context.accounts.get("imap")
    last = cursor if isinstance(cursor, str) else _EMPTY
    limit = min(_AT_ONCE, context.limit)
    query = MailSearch(
        folder=params.folder,
        sender=params.sender,
        recipient=params.recipient,
        subject=params.subject,
        limit=limit,
        after=last,
    )
    found = [*reversed(await context.mail.search(query, account))]
    if found and last != _EMPTY and _validity(found[-1].uid) != _validity(last):
        return Look(items=[], cursor=await _newest(params, context))
    items = [new_item(mail.uid, message_of(mail).model_dump(mode="json", by_alias=True)) for mail in found]
    return Look(items=items, cursor=found[-1].uid if found else last, has_more=len(found) >= limit)


async def _newest(params: Params, context: SourceContext) -> str:
    account = await context.accounts.get("imap")
    found = await context.mail.search(MailSearch(folder=params.folder, limit=1), account)
    return found[0].uid if found else _EMPTY


def _validity(uid: str) -> str:
    return uid.partition("-")[0]


def _summarize(params: Params) -> str:
    which = [
        "new e-mail",
        *([f"from {params.sender}"] if params.sender else []),
        *([f"to {params.recipient}"] if params.recipient else []),
        *([f"about “{params.subject}”"] if params.subject else []),
    ]
    return f"{' '.join(which)} in {params.folder}"


SOURCES = (
    SourceType(
        name="email.new_messages",
        title="New e-mails",
        description="Gives each new e-mail of a folder once, all or those of a sender, recipient or subject.",
        params=Params,
        item=Message,
        sample={
            "id": "7-11",
            "from": "ann@example.com",
            "to": ["you@example.com"],
            "subject": "Sample subject",
            "date": "2026-12-02T09:00:00+00:00",
            "text": "A sample message.",
            "attachments": [],
        },
        summarize=_summarize,
        look=look,
        connector="imap",
        needs_network=True,
    ),
)
