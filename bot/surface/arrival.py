"""What arrives from an outside surface, free of that surface's own types: who did what, where. It is kept as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from store.record import Place, account_of


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Handed(_Model):
    """A file that somebody handed in, as the surface tells of it; it is fetched later, with `Surface.fetch_file`.

    `size` is in bytes. Empty and 0: the surface did not say.
    """

    id: str
    name: str = ""
    size: int = 0
    media_type: str = ""
    url: str = ""


class Said(_Model):
    """A message. `is_addressed`: it was meant for Errand, because it is alone with Errand there, or mentioned it; the
    mention itself is no part of the text. All others are sent too, where Errand can see them: they may start automations.
    `files` were attached to it.
    """

    kind: Literal["said"] = "said"
    text: str
    is_addressed: bool = True
    files: tuple[Handed, ...] = Field(default=(), exclude_if=lambda files: not files)


class Pressed(_Model):
    """A button: `action` is an action id that a part carried."""

    kind: Literal["pressed"] = "pressed"
    action: str


class Submitted(_Model):
    """A filled form: `action` is the form's. `files` were handed in at fields, which `fields` then lacks."""

    kind: Literal["submitted"] = "submitted"
    action: str
    fields: dict[str, JsonValue] = {}
    files: dict[str, Handed] = {}


class Reacted(_Model):
    """A reaction was added to a message. `emoji` is its name without colons, or the character itself; `message` is the
    surface's id of the message and `text` what it says, where that is known.
    """

    kind: Literal["reacted"] = "reacted"
    emoji: str
    message: str
    text: str = ""


class Joined(_Model):
    """Somebody came into the channel."""

    kind: Literal["joined"] = "joined"


class Picked(_Model):
    """A shortcut was picked from a menu; `text` is that of the message on which, if it was on one."""

    kind: Literal["picked"] = "picked"
    shortcut: str
    text: str = ""


What = Annotated[Said | Pressed | Submitted | Reacted | Joined | Picked, Field(discriminator="kind")]


class Arrival(_Model):
    """One thing that happened. `delivery_id` is the surface's own id of it, the same when it comes again.

    `channel`, `thread` and `team` are those of `store.record.Place`; talk with one user alone has the channel `@<user>`.
    The thread is the one in which the answer belongs: for a message that begins one, the thread that it begins.
    `locale` is the user's language, where the delivery itself says it.
    """

    surface: str = Field(min_length=1, max_length=40)
    delivery_id: str = Field(min_length=1, max_length=300)
    user: str = Field(min_length=1, max_length=100)
    channel: str = Field(min_length=1, max_length=200)
    thread: str = Field(default="", max_length=200)
    team: str = Field(default="", max_length=100)
    locale: str = Field(default="", max_length=40)
    what: What

    @property
    def place(self) -> Place:
        return Place(surface=self.surface, channel=self.channel, thread=self.thread, team=self.team)

    @property
    def account(self) -> str:
        """The `external_id` of the user's identity."""
        return account_of(self.team, self.user)
