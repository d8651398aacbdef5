"""An outside surface within the process: keeps what is posted to it as a vendor would, and fails as vendors do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from agent.reply import Part
from bot.surface.arrival import Handed
from bot.surface.port import Content, Fetched, Health, Ingress, Limits, Profile, TooLargeError, Writer
from bot.surface.services import Opener, SurfaceServices
from core.clock import Clock
from core.errors import (
    ClosedError,
    GoneError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
    UnavailableError,
)
from core.settings import Settings
from store.record import Place

Fault = Literal["limited", "away", "lost answer", "lost request", "refused", "bug"]
RETRY_AFTER_S = 7.0


@dataclass
class Posted:
    """One message as it stands in a channel; `versions` are all contents that it had."""

    id: str
    place: Place
    key: str
    versions: list[Content]

    @property
    def content(self) -> Content:
        return self.versions[-1]

    @property
    def parts(self) -> Sequence[Part]:
        return self.content.parts


@dataclass
class RecordingSurface:
    """`faults` are taken one for each call; `calls` counts them all. Channels are known by their names."""

    clock: Clock
    name: str = "recording"
    limits: Limits = field(default_factory=Limits)
    channels: dict[str, str] = field(default_factory=lambda: {"#ops": "C1", "#finance": "C2"})
    members: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    profiles: dict[str, Profile] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """What further channels are called, by id."""
    closed: set[str] = field(default_factory=set)
    """Channels that were archived."""
    shut: set[str] = field(default_factory=set)
    """Channels, and talks with users, into which Errand may not write."""
    messages: dict[str, Posted] = field(default_factory=dict)
    messages_of_others: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notices: list[tuple[Place, str, Content]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    ingress: Sequence[Ingress] = ()
    writer: Writer | None = None
    services: SurfaceServices | None = None
    _ids: count[int] = field(default_factory=lambda: count(1))

    @property
    def opener(self) -> Opener:
        @asynccontextmanager
        async def open_surface(_: Settings, services: SurfaceServices) -> AsyncIterator[RecordingSurface]:
            self.services = services
            yield self

        return open_surface

    def in_channel(self, channel: str) -> list[Posted]:
        """What stands in a channel, in the order in which it came."""
        return [one for one in self.messages.values() if one.place.channel == self._channel(channel)]

    async def post(self, place: Place, content: Content, *, key: str, is_repeat: bool) -> str:
        self.calls.append("post")
        if is_repeat and (there := [one for one in self.messages.values() if one.key == key]):
            there[0].versions.append(content)
            return there[0].id
        fault = self._fault()
        if place.channel in self.closed:
            raise ClosedError
        if place.channel in self.shut:
            raise NotAllowedError
        if not place.is_direct and self._channel(place.channel) is None:
            raise NotFoundError(f"There is no channel {place.channel}.")
        channel = self._channel(place.channel) or place.channel
        there_now = Place(surface=place.surface, channel=channel, thread=place.thread, team=place.team)
        posted = Posted(id=f"m{next(self._ids)}", place=there_now, key=key, versions=[content])
        self.messages[posted.id] = posted
        if fault == "lost answer":
            raise TimedOutError
        return posted.id

    async def update(self, place: Place, external_id: str, content: Content, *, key: str) -> str:
        self.calls.append("update")
        fault = self._fault()
        if place.channel in self.closed:
            raise ClosedError
        if place.channel in self.shut:
            raise NotAllowedError
        if external_id not in self.messages:
            raise GoneError("The message is gone.")
        self.messages[external_id].versions.append(content)
        if fault == "lost answer":
            raise TimedOutError
        return external_id

    async def notify(self, place: Place, user: str, content: Content) -> None:
        self.calls.append("notify")
        self._fault()
        self.notices.append((place, user, content))

    async def profile(self, account: str) -> Profile:
        self._fault()
        return self.profiles.get(account, Profile(name=account))

    async def find_channel(self, name: str, *, team: str = "") -> str | None:
        return self.channels.get(name)

    async def channel_name(self, place: Place) -> str:
        known = {channel: name for name, channel in self.channels.items()} | self.names
        return known.get(place.channel, "")

    async def earlier(self, place: Place) -> Sequence[str]:
        self._fault()
        return self.threads[place.thread]

    async def said(self, place: Place, message: str) -> str:
        return self.messages_of_others.get(message, "")

    async def has_member(self, place: Place, account: str) -> bool:
        return account in self.members[place.channel]

    async def fetch_file(self, file: Handed, *, limit_bytes: int) -> Fetched:
        self.calls.append("fetch_file")
        self._fault()
        if file.id not in self.files:
            raise NotFoundError("The file is gone.")
        if len(self.files[file.id]) > limit_bytes:
            raise TooLargeError
        return Fetched(name=file.name, content=self.files[file.id])

    def health(self) -> Health:
        return Health(is_connected=True, silent_s=0.0)

    def _channel(self, channel: str) -> str | None:
        if channel in self.channels.values() or channel.startswith("@"):
            return channel
        return self.channels.get(channel)

    def _fault(self) -> Fault | None:
        """Raise what makes a call fail before anything happened; return what makes it fail after."""
        fault = self.faults.pop(0) if self.faults else None
        match fault:
            case "limited":
                raise RateLimitedError(retry_after_s=RETRY_AFTER_S)
            case "away":
                raise UnavailableError
            case "lost request":
                raise TimedOutError
            case "refused":
                raise RejectedError("It is too long.")
            case "bug":
                raise ValueError("the adapter broke")
            case _:
                return fault
