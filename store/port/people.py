"""Where people, their groups and their credentials are kept."""

from __future__ import annotations

from typing import Protocol

from store.record import Connection, GroupMember, Identity, Person


class PersonStore(Protocol):
    async def add(self, person: Person, identity: Identity) -> None: ...

    async def get(self, person_id: str) -> Person | None: ...

    async def by_identity(self, surface: str, external_id: str) -> Person | None: ...

    async def link(self, identity: Identity) -> None:
        """Add, or give it to this person when it was another's."""
        ...

    async def accounts(self, person_id: str) -> list[Identity]:
        """By surface and name."""
        ...

    async def merge(self, absorbed_id: str, *, into: str) -> None:
        """Two people turn out to be one: all that was the one's is the other's, and the one's id means the other."""
        ...

    async def save(self, person: Person) -> None: ...

    async def count(self) -> int: ...

    async def everyone(self) -> list[Person]:
        """In order of arrival."""
        ...

    async def by_account(self, external_id: str) -> list[Person]:
        """Who has an account of this name, in any case of letters, on any surface; within its team the user is enough."""
        ...


class GroupStore(Protocol):
    """Named groups of people. A group is there as long as somebody is in it."""

    async def add(self, member: GroupMember) -> bool:
        """False when they are in it already."""
        ...

    async def remove(self, group: str, person_id: str) -> bool:
        """False when they are not in it."""
        ...

    async def members(self, group: str) -> list[Person]:
        """In the order in which they were added."""
        ...

    async def names(self) -> list[str]:
        """Sorted."""
        ...


class ConnectionStore(Protocol):
    async def save(self, connection: Connection) -> None:
        """Add, or replace the one with the same id."""
        ...

    async def get(self, connection_id: str) -> Connection | None: ...

    async def of_person(self, person_id: str) -> list[Connection]: ...

    async def find(self, person_id: str, connector: str) -> Connection | None:
        """The newest of this connector."""
        ...

    async def delete(self, connection_id: str) -> None: ...

    async def everyone(self) -> list[Connection]:
        """All of them; for key rotation."""
        ...
