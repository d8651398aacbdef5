"""The JSON that travels over the HTTP interface and the stream. Unknown fields are errors; nothing here decides."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import PurePosixPath
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from agent.inbound import HandedFile, Press, Submit, Text
from agent.phrases import languages
from agent.reply import Part, Reply
from core.errors import InvalidValueError
from store.record import Role, RunState

TEXT_LIMIT = 100_000
MOST_FILES = 10
"""As many as Slack and Discord let be attached to one message."""


def storable(text: str) -> str:
    """Drop what no database keeps: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _storable_json(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable_json(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable_json(item) for key, item in value.items()}
    return value


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_time_zone(name: str) -> bool:
    """Whether this is an IANA name that this machine knows."""
    return name in _time_zones()


def _time_zone(name: str) -> str:
    if not is_time_zone(name):
        raise InvalidValueError("There is no such time zone.", advice="Take an IANA name such as Europe/Berlin.")
    return name


def _language(tag: str) -> str:
    if tag not in languages():
        raise InvalidValueError("Errand does not speak that language.", advice=f"Take one of {', '.join(languages())}.")
    return tag


StorableText = Annotated[str, AfterValidator(storable)]
StorableJson = Annotated[JsonValue, AfterValidator(_storable_json)]
ActionId = Annotated[StorableText, Field(min_length=1, max_length=2_000)]
FilePath = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400), AfterValidator(storable)
]
DeliveryId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class Body(BaseModel):
    """What every body has in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FilledForm(Body):
    """A submitted form: the action id that the form carried and its fields, raw."""

    action: ActionId
    fields: dict[StorableText, StorableJson] = {}


class Said(Body):
    """What a person sends: exactly one of text, action and form. Files, by their paths in the files folder, come with a
    text, which may then be left out. A repetition with the same `cid` changes nothing.
    """

    text: Annotated[StorableText, Field(max_length=TEXT_LIMIT)] | None = None
    files: Annotated[list[FilePath], Field(max_length=MOST_FILES)] = []
    action: ActionId | None = None
    form: FilledForm | None = None
    cid: DeliveryId | None = None

    @property
    def is_message(self) -> bool:
        """Whether something is said, be it with a file alone."""
        return self.text is not None or bool(self.files)

    @model_validator(mode="after")
    def _exactly_one(self) -> Said:
        if sum((self.is_message, self.action is not None, self.form is not None)) != 1:
            raise ValueError("give exactly one of text (files may come with it, or alone), action and form")
        return self

    def content(self) -> Text | Press | Submit:
        if self.action is not None:
            return Press(action=self.action)
        if self.form is not None:
            return Submit(action=self.form.action, fields=dict(self.form.fields))
        files = (HandedFile(name=PurePosixPath(path).name, path=path) for path in dict.fromkeys(self.files))
        return Text(text=self.text or "", files=tuple(files))


class SentFrame(Said):
    """What a client sends over the stream. `cid` comes back in the acknowledgement."""

    cid: DeliveryId


class Replies(Body):
    """Errand's answers to one turn."""

    replies: list[Reply]


class ShownMessage(Body):
    """One entry of the log, as it is shown now."""

    message_id: str
    seq: int
    author: Literal["person", "errand"]
    at: datetime
    parts: list[Part]


class Messages(Body):
    messages: list[ShownMessage]


class ShownConversation(Body):
    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    is_new: bool = Field(default=False, description="Something was said in it that its person has not seen.")
    surface: str = Field(default="web", description="Where it is held; words are for there, buttons work here too.")
    link: str = Field(default="", description="Its address on another surface.")


class ShownAccount(Body):
    """One way in which the person is known to Errand."""

    surface: str
    account: str


class Accounts(Body):
    accounts: list[ShownAccount]


class Conversations(Body):
    """Newest first."""

    conversations: list[ShownConversation]


class Seen(Body):
    """How far a conversation was seen: the greatest `seq` that was on screen."""

    seq: Annotated[int, Field(ge=0, lt=2**31)]


class Me(Body):
    id: str
    name: str
    time_zone: str
    locale: str
    role: Role


class MeChange(Body):
    """Only what is given changes. `locale` is one of the languages that Errand speaks."""

    name: Annotated[StorableText, Field(min_length=1, max_length=80)] | None = None
    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None
    locale: Annotated[str, AfterValidator(_language)] | None = None


class ShownTemplate(Body):
    """Something Errand can do, with sentences to ask for it."""

    id: str
    title: str
    summary: str
    category: str
    services: list[str]
    asks: list[str]


class Templates(Body):
    templates: list[ShownTemplate]


class StoredFile(Body):
    """A file in the files folder; `path` is what steps call it."""

    path: str


class FileList(Body):
    files: list[StoredFile]


class Problem(Body):
    """What went wrong and what the person can do; `reference` finds it in the log when it is Errand's own fault."""

    message: str
    advice: str = ""
    reference: str = ""


class RunStatus(Body):
    """A run that a webhook started, as it is recorded. `status_url` tells how it goes on."""

    run_id: str
    state: RunState
    result: str | None = None
    error: Problem | None = None
    status_url: str


class Failure(Body):
    """The body of every answer that is not a success."""

    error: Problem
