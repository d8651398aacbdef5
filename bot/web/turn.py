"""Turns of the web surface: one at work for each delivery, finished even when the line breaks, errors made answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from agent.inbound import Inbound
from agent.reply import Reply

Outcome = list[Reply] | Exception


class Turns:
    """Takes turns. A delivery that comes again while its turn is under way gets that turn's outcome."""

    def __init__(self, handle: Callable[[Inbound], Awaitable[list[Reply]]]) -> None:
        self._handle = handle
        self._under_way: dict[str, asyncio.Task[Outcome]] = {}

    async def take(self, inbound: Inbound) -> list[Reply]:
        """Return the replies. Raises what the turn raised."""
        key = inbound.delivery_id
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._attempt(inbound))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Shielded: a browser that goes away mid-turn must not leave half a turn.
        outcome = await asyncio.shield(task)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def drain(self) -> None:
        """Wait for the turns under way (clean shutdown)."""
        await asyncio.gather(*self._under_way.values())

    async def _attempt(self, inbound: Inbound) -> Outcome:
        try:
            return await self._handle(inbound)
        except Exception as error:  # noqa: BLE001  # the surface's turn: whoever waits raises it, or nobody does
            return error
