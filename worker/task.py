"""Ends tasks for certain. Knows nothing of what they do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

_ASKED_AGAIN_S = 0.5


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks and return when all have ended, whatever they raise.

    Asks again from time to time: a cancellation that meets a timeout of redis-py (it looks for unread data with a timeout
    of zero whenever it takes a connection) is taken for that timeout, and the task goes on.
    """
    asked = set(tasks)
    left = {task for task in asked if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_ASKED_AGAIN_S)
    for task in asked:
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains that it was not
