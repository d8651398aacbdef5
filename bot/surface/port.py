"""What an outside surface is to the rest of Errand. An adapter translates; it decides nothing,
keeps nothing that matters in memory, and never works before it has acknowledged.

Its calls raise what `core.errors` has for it, never a vendor's error: RateLimitedError with `retry_after_s`;
UnavailableError when nothing was sent; TimedOutError when it may have been; GoneError when somebody deleted the message, of
which nothing is left then; ClosedError when the channel is archived or locked; NotFoundError when it is not there at all;
RejectedError when it will never be taken as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agent.reply import Part
from bot.surface.arrival import Handed
from core.errors import RejectedError
from store.record import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often the surface may be called: the shortest time between two calls for one channel, and between two edits of one
    message. `working_s` bounds one call.
    """

    post_gap_s: float = 1.0
    edit_gap_s: float = 1.5
    working_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One message as it is to be shown now. `message_id` is the log's; `locale` and `zone` are those of who reads it.

    Texts are Markdown. What people wrote stands in it escaped, so that it means itself in Markdown; that it means nothing
    else in the surface's own markup either, such as a mention of everybody, is up to the adapter.
    """

    message_id: str
    parts: Sequence[Part]
    locale: str = "en"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a surface knows of a user. Empty: it does not say."""

    name: str
    time_zone: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`silent_s` counts from the last sign of life of the other side, none: there was none yet. `problem` is for operators.

    `ack_p95_ms` and `missed` are those of `bot.surface.vitals`.
    """

    is_connected: bool
    silent_s: float | None = None
    problem: str = ""
    ack_p95_ms: float | None = None
    missed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a vendor's server sent to one of the surface's own web addresses. Names of headers are lower case."""

    headers: Mapping[str, str]
    query: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress:
    """A web address that a vendor's server posts to, `/surfaces/<surface>/<path>`. The web surface bounds the body's size;
    who sent it is for `handle` to check, before it reads it.
    """

    path: str
    handle: Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file's content, and what it is called: a delivery may have told no name."""

    name: str
    content: bytes


class TooLargeError(RejectedError):
    """The file is larger than Errand takes in."""


class Writer(Protocol):
    """Shows texts that are not finished, to somebody alone, before the message is in the log. What it shows is adopted by that
    message's posting, and is `update`d then like any other.
    """

    async def write(self, place: Place, external_id: str, shown: str, text: str) -> str:
        """Show a text of which `shown` is there; return its id, which may change as the text grows. `external_id` is empty
        when nothing is there yet.
        """
        ...

    async def take_away(self, place: Place, external_id: str) -> None:
        """No message follows."""
        ...

    async def left_over(self, place: Place) -> Sequence[str]:
        """Ids of what stands there of ours and is no whole message."""
        ...


class Surface(Protocol):
    """One outside surface. Opened once; calls may come at any time after that, for different channels side by side."""

    @property
    def name(self) -> str: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def ingress(self) -> Sequence[Ingress]:
        """None for surfaces that are connected from here."""
        ...

    @property
    def writer(self) -> Writer | None:
        """None where texts are shown when they are finished."""
        ...

    async def post(self, place: Place, content: Content, *, key: str, is_repeat: bool) -> str:
        """Post and return the surface's id of it, in a form that `update` reads back: one message of ours may be several.

        `key` is the same for the same message; where the surface takes such a thing, it is passed on. With `is_repeat` an
        earlier call may have succeeded without our knowing: look for it first, and let it show what it is to show by now.
        """
        ...

    async def update(self, place: Place, external_id: str, content: Content, *, key: str) -> str:
        """Show it as it is now; return its id, which may have changed where one message has become more of them."""
        ...

    async def notify(self, place: Place, user: str, content: Content) -> None:
        """Show it to one user only, where they are, or alone with them. Best effort: it is never edited."""
        ...

    async def profile(self, account: str) -> Profile:
        """Of the user with this `external_id`."""
        ...

    async def find_channel(self, name: str, *, team: str = "") -> str | None:
        """The id of the channel that is called so (`#ops`), if Errand is in it. Raises RejectedError when there are several:
        nobody guesses into which of them something is posted.
        """
        ...

    async def channel_name(self, place: Place) -> str:
        """What people call the channel (`#ops`); empty where it has no name, or none that Errand may know."""
        ...

    async def earlier(self, place: Place) -> Sequence[str]:
        """What people said in this thread, oldest first, as far as the surface keeps it; Errand's own messages are left out."""
        ...

    async def said(self, place: Place, message: str) -> str:
        """What a message with this id says; empty where the surface cannot read it."""
        ...

    async def has_member(self, place: Place, account: str) -> bool:
        """Whether this user can read there."""
        ...

    async def fetch_file(self, file: Handed, *, limit_bytes: int) -> Fetched:
        """A file that was handed in. Raises TooLargeError; NotFoundError when it is gone; NotAllowedError when
        Errand may not read it.
        """
        ...

    def health(self) -> Health: ...
