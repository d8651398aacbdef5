"""Plays scripted dialogues through an outside surface: people write to Errand alone, and what is checked is what stands there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import assert_never

from agent.inbound import Press, Submit, Text
from agent.reply import Reply
from bot.surface.arrival import Handed, Pressed, Said, Submitted, What
from store.record import Identity
from tests.contract.surfaces.lab import SURFACE, SurfaceLab
from tests.dialogue_runner import ScriptedDialogue
from tests.dialogue_stage import gather_people, perform
from tests.transcript import Transcript
from worker.outside import announce

Shown = Callable[[str], list[Reply]]
Hand = Callable[[str, What], Awaitable[object]]


class SurfaceCast:
    """Several people, each alone with Errand on the surface, and workers that work when somebody looks.

    `hand` lets somebody do something there; `shown` is what stands there now, read as parts.
    """

    def __init__(self, lab: SurfaceLab, *, hand: Hand, shown: Shown) -> None:
        self._lab = lab
        self._hand = hand
        self._shown = shown

    async def send(self, content: Text | Press | Submit, by: str) -> list[Reply]:
        """What is new there afterwards."""
        before = len(self._shown(_user(by)))
        await self._hand(_user(by), _what(content))
        await self._settle()
        return self._shown(_user(by))[before:]

    async def look(self, by: str, later_s: float) -> list[Reply]:
        """All that stands there, after so long, and after the workers worked."""
        await self._lab.workers.work(later_s)
        await self._settle()
        return self._shown(_user(by))

    async def _settle(self) -> None:
        await self._lab.settle()
        await self._lab.heard()
        await self._lab.show()


def _of_recording(user: str) -> str:
    return f"T1/{user}"


async def play(
    dialogue: ScriptedDialogue,
    lab: SurfaceLab,
    *,
    hand: Hand,
    shown: Shown,
    surface: str = SURFACE,
    account_of: Callable[[str], str] = _of_recording,
) -> list[Transcript]:
    """Returns what each turn was answered with."""
    async with lab.store.begin() as records:
        await announce(records, surface, at=lab.clock.now())
    for name in await gather_people(dialogue, lab.talk):
        user = name.lower()
        account = Identity(surface=surface, external_id=account_of(user), person_id=f"usr_{user}")
        async with lab.store.begin() as records:
            await records.people.link(account)
    cast = SurfaceCast(lab, hand=hand, shown=shown)
    played = await perform(dialogue, lab.talk, send=cast.send, look=cast.look)
    for external_id, problem in lab.talk.rows("SELECT external_id, problem FROM postings"):
        assert external_id, f"a message was not posted: {problem}"
    return played


def _user(by: str) -> str:
    return by.lower() or "ana"


def _what(content: Text | Press | Submit) -> What:
    match content:
        case Text(text=text, files=files):
            return Said(text=text, files=tuple(Handed(id=one.name, name=one.name) for one in files))
        case Press(action=action):
            return Pressed(action=action)
        case Submit(action=action, fields=fields):
            return Submitted(action=action, fields=fields)
        case _:
            assert_never(content)
