"""What an outside surface may use of Errand: where it hands over what arrives, and what it may read. It gets no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from agent.reply import FormPart, Part, Reply
from agent.starting import Startable
from bot.surface.arrival import Arrival
from bot.surface.port import Surface
from core.clock import Clock
from core.settings import Settings
from store.port import Store
from store.record import Person


class Accepted(Protocol):
    """An arrival that is durable. `is_new` is false for one that was there before: it is in hand."""

    @property
    def is_new(self) -> bool: ...

    async def replies(self, *, within_s: float) -> list[Reply] | None:
        """What was answered, when that is known here in time: a form can then be opened at once. The answer itself is posted
        anyway.
        """
        ...


class Intake(Protocol):
    """Where an adapter hands over what arrives."""

    async def accept(self, arrival: Arrival, *, hold_s: float = 0.0) -> Accepted:
        """Return when it is durable: only then may it be acknowledged. Raises StoreError when it cannot be.

        One that is held is dealt with when it is moved, or when so much time is over and nobody moved it.
        """
        ...

    async def move(self, arrival: Arrival) -> None:
        """Deal with one that is held, in this place, which was not known before. Raises StoreError."""
        ...


class Shown(Protocol):
    """What an adapter may read: always as the user with this account sees it, who may be nobody yet."""

    async def person(self, account: str) -> Person | None: ...

    async def form(self, account: str, message_id: str) -> FormPart | None:
        """The form in a message as it is now; none when it is closed, or not theirs to fill."""
        ...

    async def startables(self, account: str) -> Sequence[Startable]:
        """What they may start by its name (`agent.starting`)."""
        ...

    async def start_form(
        self, account: str, template_id: str, fields: Mapping[str, JsonValue] | None = None
    ) -> FormPart | None:
        """What a template asks for, and what is wrong with what was filled in; none when there is no such template."""
        ...

    async def home(self, account: str, *, page: int, turn: Callable[[int], str]) -> Sequence[Part]:
        """What concerns them now (`agent.home`); nothing for nobody."""
        ...

    async def parts(self, account: str, message_id: str) -> Sequence[Part]:
        """All that a message shows now, to them where they are alone with Errand, else to all who read along."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceServices:
    """What the composition root hands to an adapter. `public_url` is where the web panel is, for links;
    `stop_writing` ends the answer that is being written in a conversation.
    """

    intake: Intake
    shown: Shown
    store: Store
    clock: Clock
    public_url: Callable[[], str]
    stop_writing: Callable[[str], Awaitable[None]]


Opener = Callable[[Settings, SurfaceServices], AbstractAsyncContextManager[Surface]]
"""`bot.surfaces.<name>.open_surface`: connects in the background, so that a vendor that is away holds up no start, and tries
again for ever; at the end takes in nothing more, and hands over what it has taken. Raises ConfigError.
"""
