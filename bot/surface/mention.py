"""What all surfaces hold of mentions: how people are written who are mentioned, and until when one may be added."""

from __future__ import annotations

import re
from collections.abc import Mapping

from catalog.approver import find_people
from store.port import Store
from store.record import account_of

LATE_MENTION_S = 3600.0
"""So long after a message was sent Errand may be mentioned in it by an edit. What had been heard is not heard again."""
_ONE_WORD = re.compile(r"\w[\w.-]*")


def mention(name: str, user: str) -> str:
    """A person so that it finds them again (`catalog.approver`): by their name where that is one word, else by the surface's
    own id of the user.
    """
    return f"@{name if _ONE_WORD.fullmatch(name) else user}"


async def told_apart(store: Store, surface: str, team: str, spelled: Mapping[str, str]) -> dict[str, str]:
    """The same by user, with a name only where that means nobody else to Errand: whoever is called like another is not asked
    in their stead. What is no person stays as it is. Raises StoreError.
    """
    found = dict(spelled)
    async with store.begin() as records:
        for user in [one for one, spelling in spelled.items() if spelling.startswith("@")]:
            person = await records.people.by_identity(surface, account_of(team, user))
            if await find_people(records, found[user]) != ([person] if person else []):
                found[user] = f"@{user}"
    return found
