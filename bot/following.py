"""Follows the event bus for as long as a process lives. Knows nothing of what events are about."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from core.clock import Clock
from core.errors import ErrandError
from store.port import Event, EventBus

_AGAIN_S = 1.0


async def follow(
    bus: EventBus, clock: Clock, note: Callable[[Event], None], *, begun: Callable[[], None] = lambda: None
) -> None:
    """Hand each event to `note` until cancelled; when the bus breaks, follow it again.

    `begun` is called each time that it is followed: events may have been missed before.
    """
    while True:
        with suppress(ErrandError):
            async with bus.subscribe() as events:
                begun()
                async for event in events:
                    note(event)
        await clock.sleep(_AGAIN_S)
