"""Who owns an Errand: whoever first signs in where its operator is, on the web or in the terminal."""

from __future__ import annotations

from store.port import Records
from store.record import Role


async def role_of_newcomer(records: Records) -> Role:
    """Owner as long as there is none; people of outside surfaces never are."""
    has_owner = any(one.role is Role.OWNER for one in await records.people.everyone())
    return Role.MEMBER if has_owner else Role.OWNER
