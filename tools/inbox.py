"""A received e-mail as steps and triggers see it. Reads no mailbox."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from tools.outbound import ReceivedMail

_LONGEST_TEXT = 100_000


class Message(BaseModel):
    """One e-mail. `date` is ISO 8601; `text` is the plain text; `attachments` are names, or paths when saved."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    id: str
    from_: str = Field(alias="from")
    to: list[str]
    subject: str
    date: str
    text: str
    attachments: list[str]


def message_of(mail: ReceivedMail, attachments: Sequence[str] | None = None) -> Message:
    """Return a message as JSON; `attachments` are the paths where they were saved, none: their names are told."""
    return Message(
        id=mail.uid,
        from_=mail.sender,
        to=list(mail.to),
        subject=mail.subject,
        date=mail.date,
        text=mail.text[:_LONGEST_TEXT],
        attachments=[each.name for each in mail.attachments] if attachments is None else list(attachments),
    )
