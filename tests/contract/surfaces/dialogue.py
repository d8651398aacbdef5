"""Plays scripted dialogues through an outside surface: people write to Errand alone, and what is checked is what stands there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import assert_never

from agent.inbound import Press, Submit, Text
from agent.reply import Reply
from bot.surface.arrival import Pressed, Said, Submitted, What
from catalog.expression import Expressions
from store.record import Identity, Role
from store.vault import Vault
from tests.contract.agent.test_dialogues import ACCOUNTS, COUNTED
from tests.contract.surfaces.lab import SURFACE, SurfaceLab
from tests.dialogue_runner import Player, ScriptedDialogue
from tests.fakes.step_context import MemoryDatabase, MemoryFiles, MemoryHttp, MemoryMailBox, MemoryModel
from tests.transcript import Transcript
from worker.engine import Engine
from worker.outside import announce
from worker.ports import World
from worker.service import make_desk

Shown = Callable[[str], list[Reply]]
Hand = Callable[[str, What], Awaitable[object]]


class SurfaceCast:
    """Several people, each alone with Errand on the surface, and a worker that works when somebody looks.

    `hand` lets somebody do something there; `shown` is what stands there now, read as parts.
    """

    def __init__(self, lab: SurfaceLab, *, hand: Hand, shown: Shown) -> None:
        self._lab = lab
        self._hand = hand
        self._shown = shown
        desk = make_desk(
            store=lab.store,
            queue=lab.talk.queue,
            events=lab.bus,
            clock=lab.clock,
            registry=lab.talk.knowledge.step_types,
            vault=Vault([f"{'A' * 43}="]),
            world=World(
                http=MemoryHttp(),
                mail=MemoryMailBox(),
                database=MemoryDatabase(),
                files=MemoryFiles(),
                model=MemoryModel(),
            ),
        )
        self._engine = Engine(desk=desk, expressions=Expressions(), lease_s=15.0)

    async def send(self, content: Text | Press | Submit, by: str) -> list[Reply]:
        """What is new there afterwards."""
        before = len(self._shown(_user(by)))
        await self._hand(_user(by), _what(content))
        await self._settle()
        return self._shown(_user(by))[before:]

    async def look(self, by: str, later_s: float) -> list[Reply]:
        """All that stands there, after so long, and after the workers worked."""
        self._lab.clock.move(later_s)
        async with self._lab.store.begin() as records:
            due = await records.runs.due(self._lab.clock.now())
        for one in due:
            await self._engine.advance(one.id)
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
    for person, role in {"Ana": "member", **dialogue.people}.items():
        if person != "Ana":
            await lab.talk.add_person(f"usr_{person.lower()}", person, Role(role), "UTC")
        account = Identity(surface=surface, external_id=account_of(person.lower()), person_id=f"usr_{person.lower()}")
        async with lab.store.begin() as records:
            await records.people.link(account)
    cast = SurfaceCast(lab, hand=hand, shown=shown)
    for account_name in dialogue.accounts:
        await cast.send(Submit(action=f"connect:{account_name}", fields=dict(ACCOUNTS[account_name])), "")

    async def count(kind: str) -> int:
        return int(str(lab.talk.rows(COUNTED[kind])[0][0]))

    player = Player(send=cast.send, look=cast.look, count=count)
    await player.play(dialogue)
    return player.transcripts


def _user(by: str) -> str:
    return by.lower() or "ana"


def _what(content: Text | Press | Submit) -> What:
    match content:
        case Text(text=text):
            return Said(text=text)
        case Press(action=action):
            return Pressed(action=action)
        case Submit(action=action, fields=fields):
            return Submitted(action=action, fields=fields)
        case _:
            assert_never(content)
