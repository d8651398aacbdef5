"""Where what comes from and goes to outside surfaces is kept until it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from store.record import Backlog, InboxEntry, Posting


class InboxStore(Protocol):
    async def add(self, entries: Sequence[InboxEntry]) -> list[bool]:
        """For each whether it was new: the same `surface` and `delivery_id` are kept once."""
        ...

    async def get(self, surface: str, delivery_id: str) -> InboxEntry | None: ...

    async def move(self, entry: InboxEntry) -> bool:
        """Give one that nobody has taken yet the place, payload and due time of this; false when it was taken."""
        ...

    async def take(
        self, surfaces: Collection[str], owner: str, *, now: datetime, until: datetime, limit: int
    ) -> list[InboxEntry]:
        """Lease the oldest open entry of each place on these surfaces, where it is due and nobody holds it; longest waiting
        first.

        So at most one of a place is in work at any time. Each has its `attempts` raised by one.
        """
        ...

    async def renew(self, entry: InboxEntry, *, until: datetime) -> bool:
        """Prolong the lease under which it was taken. False when it has passed to another, or is settled."""
        ...

    async def settle(self, entry: InboxEntry) -> bool:
        """Save state, `due_at` and problem, and give the lease back. False when it has passed to another."""
        ...

    async def backlog(self) -> dict[str, Backlog]:
        """What is neither done nor failed, by surface."""
        ...

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Remove settled entries that came before; returns how many."""
        ...


class PostingStore(Protocol):
    """Postings are made by `ConversationStore.append`, in its transaction, for messages of Errand's to outside surfaces."""

    async def get(self, message_id: str) -> Posting | None: ...

    async def by_external(self, surface: str, lane: str, external_id: str) -> Posting | None: ...

    async def touch(self, message_ids: Collection[str], *, at: datetime) -> int:
        """These may look different now: they are due. Those that failed for good, or are not there, are left out."""
        ...

    async def lanes(self, surfaces: Collection[str], *, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Surface and lane where something is due and nobody works, longest waiting first."""
        ...

    async def claim(self, surface: str, lane: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Become the only one who posts into this lane; false when another is, or when it is to rest.

        Who holds it already gets it again.
        """
        ...

    async def renew(self, surface: str, lane: str, owner: str, *, until: datetime) -> bool:
        """Prolong one's claim, also one that has run out; false when the lane has passed to another since."""
        ...

    async def release(self, surface: str, lane: str, owner: str, *, rest_until: datetime) -> None:
        """Give it back; nobody works in it before `rest_until`."""
        ...

    async def due(self, surface: str, lane: str, *, now: datetime, limit: int) -> list[Posting]:
        """What is due in a lane: what is not there yet before changes, oldest first."""
        ...

    async def begin(self, message_id: str) -> None:
        """A try begins: `attempts` is raised by one."""
        ...

    async def settle(self, posting: Posting, *, seen: datetime | None) -> None:
        """Save all but `due_at`, and that unless somebody touched it since it was `seen`."""
        ...

    async def backlog(self) -> dict[str, Backlog]:
        """What is not yet posted and has not failed, by surface."""
        ...

    async def count_given_up(self, since: datetime) -> dict[str, int]:
        """By surface how many of the messages made since then cannot be shown as they are; not those that somebody deleted."""
        ...

    async def given_up(self, since: datetime, *, limit: int) -> list[Posting]:
        """The newest of those first; each says its problem."""
        ...
