"""The right to write is handed on in order, and those who go first do."""

from __future__ import annotations

import asyncio

from store.sql.sqlite import _Turn


async def waiters(turn: _Turn, order: list[str], *names: str) -> list[asyncio.Task[None]]:
    """They come one after the other; whose name is upper case goes first."""

    async def take(name: str) -> None:
        await turn.take(goes_first=name.isupper())
        order.append(name)
        turn.give()

    tasks = [asyncio.create_task(take(name)) for name in names]
    await asyncio.sleep(0)
    return tasks


async def test_who_waited_longest_is_next_but_for_those_who_go_first() -> None:
    turn, order = _Turn(), list[str]()
    await turn.take(goes_first=False)
    tasks = await waiters(turn, order, "a", "b", "X", "c", "Y")
    assert order == []
    turn.give()
    await asyncio.gather(*tasks)
    assert order == ["X", "Y", "a", "b", "c"]


async def test_who_gave_up_is_passed_over_and_the_turn_is_free_again() -> None:
    turn, order = _Turn(), list[str]()
    await turn.take(goes_first=False)
    first, *others = await waiters(turn, order, "a", "b")
    first.cancel()
    turn.give()
    await asyncio.gather(first, *others, return_exceptions=True)
    assert order == ["b"]
    await turn.take(goes_first=False)


async def test_who_gives_up_at_the_moment_it_came_hands_it_on() -> None:
    turn, order = _Turn(), list[str]()
    await turn.take(goes_first=False)
    first, *others = await waiters(turn, order, "a", "b")
    turn.give()
    first.cancel()
    await asyncio.gather(first, *others, return_exceptions=True)
    assert order == ["b"]
