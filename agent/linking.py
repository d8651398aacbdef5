"""Links accounts: somebody gets a one-time code in one place and types it in another, and the two people are one.

A code is shown to, and taken from, somebody who is alone with Errand. Only its hash is kept, for ten minutes, and it works
once. Whoever types one is told first with whom it makes them one. What they typed reaches no interpreter, and not the log.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

from agent.command import Link
from agent.reply import Choice
from agent.scene import Scene
from store.record import JsonObject, Person, Role

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else
_CODE = re.compile(rf"(?=.*\d)([{_ALPHABET}]{{4}})[-\s]?([{_ALPHABET}]{{4}})", re.IGNORECASE)
"""With a digit in it: “link data base” is none."""
_AROUND = " \t\n.!?,;:`*_“”\"'"
_AGE = timedelta(minutes=10)
_MOST_TRIES = 5
_CODES, _TRIES = "link-code", "link-tries"


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: frozenset[str]
    lead: list[str]


@dataclass(frozen=True, slots=True)
class Read:
    """A wish to link, and how it stands in the log."""

    command: Link
    line: str


@cache
def _words() -> _Words:
    return _Words.model_validate(yaml.safe_load(resources.files("agent").joinpath("linking.yaml").read_text("utf-8")))


def read(text: str) -> Read | None:
    """What a text says of linking; none when it says something else."""
    said = " ".join(text.strip(_AROUND).split())
    if said.casefold() in _words().ask:
        return Read(Link(), text)
    for lead in sorted(_words().lead, key=len, reverse=True):
        if said.casefold().startswith(f"{lead} "):
            rest = said[len(lead) :].strip(_AROUND)
            if found := _CODE.fullmatch(rest):
                return Read(Link(code="".join(found.groups()).upper()), f"{said[: len(lead)]} ••••-••••")
    return None


async def link(scene: Scene, command: Link) -> None:
    """Give a code, ask before one is used, or use it."""
    if scene.conversation.is_shared:
        if command.code:  # others have read it
            await scene.records.memory.take(_CODES, _hash(command.code))
        scene.error("link.only_alone")
    elif command.code:
        await _ask(scene, command.code)
    elif command.token:
        await _use(scene, command.token)
    else:
        await _give(scene)


async def _give(scene: Scene) -> None:
    code = _new_code()
    kept: JsonObject = {"person_id": scene.person.id, "until": (scene.now + _AGE).isoformat()}
    await scene.records.memory.put(_CODES, _hash(code), kept, at=scene.now)
    scene.say("link.code", code=f"{code[:4]}-{code[4:]}", minutes=int(_AGE.total_seconds() // 60))


def _new_code() -> str:
    while True:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        if _CODE.fullmatch(code):
            return code


async def _ask(scene: Scene, code: str) -> None:
    """Say with whom it makes them one: whoever got somebody to type a code would have all that is theirs."""
    if await _has_tried_enough(scene):
        scene.error("link.too_often")
        return
    other = await _giver(scene, await scene.records.memory.get(_CODES, _hash(code)))
    if other is None:
        await _count_try(scene)
        scene.error("link.wrong", say=scene.phrases.plain("panel.say_link"))
    elif other.id == scene.person.id:
        scene.say("link.same")
    else:
        yes = Choice(action=f"link:{_hash(code)}", label=scene.phrases.plain("link.button"))
        scene.offer("link.sure", [yes], name=other.name, accounts=await _accounts(scene, other))


async def _use(scene: Scene, token: str) -> None:
    other = await _giver(scene, await scene.records.memory.take(_CODES, token))
    if other is None:
        scene.error("link.wrong", say=scene.phrases.plain("panel.say_link"))
    elif other.id == scene.person.id:
        scene.say("link.same")
    else:
        kept, absorbed = _in_order(scene.person, other)
        await scene.records.people.merge(absorbed.id, into=kept.id)
        await scene.audit("person-linked", kept.id, absorbed=absorbed.id)
        scene.say("link.done", name=kept.name, accounts=await _accounts(scene, kept))


def _in_order(one: Person, other: Person) -> tuple[Person, Person]:
    """Who stays: an owner, else who was here first."""
    first, second = sorted(
        (one, other), key=lambda person: (person.role is not Role.OWNER, person.created_at, person.id)
    )
    return first, second


async def _giver(scene: Scene, kept: object) -> Person | None:
    if not isinstance(kept, dict) or datetime.fromisoformat(str(kept["until"])) <= scene.now:
        return None
    return await scene.records.people.get(str(kept["person_id"]))


async def _accounts(scene: Scene, person: Person) -> str:
    surfaces = [one.surface for one in await scene.records.people.accounts(person.id)]
    return ", ".join(name.capitalize() for name in dict.fromkeys(surfaces))


async def _has_tried_enough(scene: Scene) -> bool:
    kept = await scene.records.memory.get(_TRIES, scene.person.id)
    if not isinstance(kept, dict) or datetime.fromisoformat(str(kept["until"])) <= scene.now:
        return False
    return int(str(kept["count"])) >= _MOST_TRIES


async def _count_try(scene: Scene) -> None:
    kept = await scene.records.memory.get(_TRIES, scene.person.id)
    is_going_on = isinstance(kept, dict) and datetime.fromisoformat(str(kept["until"])) > scene.now
    count = int(str(kept["count"])) if isinstance(kept, dict) and is_going_on else 0
    counted: JsonObject = {"count": count + 1, "until": (scene.now + _AGE).isoformat()}
    await scene.records.memory.put(_TRIES, scene.person.id, counted, at=scene.now)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
