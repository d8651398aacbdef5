"""Read e-mails from the connected IMAP account, newest first. Marks, moves and deletes nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tools.step import StepParams, StepResult


class Params(StepParams):
    """Which messages. `sender` and `subject` match a part; `only_new` leaves out what an earlier run returned."""

    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    unseen: bool = False
    sender: str | None = None
    subject: str | None = None
    limit: int = Field(default=20, ge=1, le=100)
    only_new: bool = False
    save_attachments_to: str | None = Field(default=None, description="A folder in the files folder.")


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


class Result(StepResult):
    messages: list[Message]
    count: int
