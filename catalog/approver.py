"""Finds the people whom an approval step names: persons, groups, roles. Asks nobody."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import RejectedError
from store.port import Records
from store.record import Person, Role
from tools.approval import Asked

_NAMED = 5


def group_name(said: str) -> str:
    """The one spelling of a group's name."""
    return " ".join(said.split()).casefold()


async def find_people(records: Records, said: str) -> list[Person]:
    """Those whom an id, a name, an account or an e-mail address means; several when it is ambiguous."""
    wanted = said.strip().removeprefix("@")
    by_id = await records.people.get(wanted)
    if by_id is not None:
        return [by_id]
    named = [one for one in await records.people.everyone() if one.name.casefold() == wanted.casefold()]
    return named or await records.people.by_account(wanted)


async def people_asked(records: Records, asked: Sequence[Asked]) -> list[Person]:
    """All who are named, each once, in order. Raises RejectedError that says who is not known."""
    found: dict[str, Person] = {}
    for one in asked:
        found |= {person.id: person for person in await _people(records, one)}
    return list(found.values())


def check_quorum(people: Sequence[Person], quorum: int, left_out: Sequence[Person]) -> None:
    """Raises RejectedError when so many cannot say yes. `left_out` were named, and may not answer."""
    if len(people) >= quorum:
        return
    names = ", ".join(one.name for one in people[:_NAMED])
    there = f"only {len(people)} may answer ({names})" if people else "nobody may answer"
    askers = " and ".join(one.name for one in left_out)
    why = f"; {askers} asked for it and may not" if askers else ""
    need = f"{quorum} yeses are" if quorum > 1 else "A yes is"
    raise RejectedError(f"{need} needed, but {there}{why}.", advice="Name more people, or ask for fewer yeses.")


async def _people(records: Records, asked: Asked) -> list[Person]:
    if asked.kind == "role":
        role = Role(asked.name)
        return [one for one in await records.people.everyone() if one.role is role]
    if asked.kind == "group":
        members = await records.groups.members(group_name(asked.name))
        if not members:
            raise RejectedError(
                f"Nobody is in the group “{asked.name}”.",
                advice=f"An owner can say “add Ana to the group {asked.name}”.",
            )
        return members
    people = await find_people(records, asked.name)
    if not people:
        raise RejectedError(f"I know nobody called “{asked.name}”.", advice="Use the name that they have here.")
    if len(people) > 1:
        raise RejectedError(
            f"There are {len(people)} people called “{asked.name}”.", advice="Use their account or id instead."
        )
    return people
