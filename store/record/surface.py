"""What comes from and goes to outside surfaces: places, the inbox of what arrived, the postings of what is shown there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, unquote

from store.record.json import JsonObject

READS_THE_LOG = frozenset({"web", "terminal", "rehearsal"})
"""Surfaces that read a conversation's log themselves. To all others, the outside ones, each message is posted."""

_DIRECT = "@"
_SAFE = "@#:.-_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on an outside surface people talk: one thread, or a channel as a whole when `thread` is empty.

    `channel` is the vendor's id of it, or `@` and a user's id for the talk with that user alone, or `#` and a name that the
    surface has yet to look up. `team` is the workspace where ids of channels hold in one only, else empty.
    """

    surface: str
    channel: str
    thread: str = ""
    team: str = ""

    @property
    def key(self) -> str:
        """The `external_id` of its conversation."""
        return f"{self.lane}/{quote(self.thread, safe=_SAFE)}"

    @property
    def lane(self) -> str:
        """What is posted into one channel keeps its order: the name of that channel's lane."""
        return f"{quote(self.team, safe=_SAFE)}/{quote(self.channel, safe=_SAFE)}"

    @property
    def is_direct(self) -> bool:
        """Whether nobody but one person reads there."""
        return self.channel.startswith(_DIRECT)

    @classmethod
    def parse(cls, surface: str, key: str) -> Place:
        """Read a `key` back."""
        team, channel, thread = (unquote(part) for part in key.split("/"))
        return cls(surface=surface, channel=channel, thread=thread, team=team)

    @classmethod
    def direct(cls, surface: str, account: str) -> Place:
        """The talk with one user alone; `account` is an identity's `external_id` (see `account_of`)."""
        team, _, user = account.rpartition("/")
        return cls(surface=surface, channel=f"{_DIRECT}{user}", team=team)


def account_of(team: str, user: str) -> str:
    """The `external_id` of the identity of a user."""
    return f"{team}/{user}" if team else user


class EntryState(StrEnum):
    NEW = "new"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """Something that arrived from an outside surface, kept before its arrival was acknowledged.

    `delivery_id` is the surface's own id of it; entries of one `place` are taken in the order of `position`, which the
    store assigns. `attempts` counts how often one was taken; it is due (again) at `due_at`.
    """

    surface: str
    delivery_id: str
    place: str
    payload: JsonObject
    received_at: datetime
    due_at: datetime
    state: EntryState = EntryState.NEW
    attempts: int = 0
    problem: str = ""
    lease_owner: str | None = None
    lease_until: datetime | None = None
    position: int = 0


GONE = "gone"
"""The external id of what somebody deleted: they want it gone, so it is never shown there again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """How a message of the log is shown on an outside surface; the store makes it with the message.

    `external_id` is the surface's own, empty until it is known to be there. `shown` is the digest of what was shown last.
    It is to be looked at when `due_at` has come, none: when somebody touches it. `attempts` counts tries that were begun
    since the last that succeeded; `problem` says why none ever will.
    """

    message_id: str
    conversation_id: str
    surface: str
    lane: str
    created_at: datetime
    due_at: datetime | None
    external_id: str = ""
    shown: str = ""
    shown_at: datetime | None = None
    attempts: int = 0
    problem: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much waits, and since when the oldest."""

    count: int = 0
    since: datetime | None = None
