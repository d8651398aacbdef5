"""Send an e-mail from the connected SMTP account. Knows nothing of SMTP itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from tools.step import StepParams, StepResult


def _addresses(value: object) -> object:
    """Take "a@x.io, Ann <b@x.io>; c@x.io" as the list that it means."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.replace(";", ",").replace("\n", ",").split(",") if part.strip()]


Addresses = Annotated[list[str], BeforeValidator(_addresses)]


class Params(StepParams):
    """A message. Addresses are a list or a text with commas; `attachments` are paths in the files folder."""

    to: Addresses = Field(min_length=1, max_length=200)
    cc: Addresses = []
    bcc: Addresses = []
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
