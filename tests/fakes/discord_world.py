"""What a Discord knows: users, servers, channels, messages, interactions. Holds; moves nothing."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.discord_lint import walk

Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000
TEXT, DM, THREAD = 0, 1, 11
ALL = (1 << 50) - 1
VIEW = 1 << 10
_numbers = itertools.count()


def snowflake() -> str:
    """Ids say when they were made: the library reads an interaction's age from its id."""
    return str(((int(time.time() * 1000) - EPOCH_MS) << 22) | (next(_numbers) & 0x3FFFFF))


def iso(id_: str) -> str:
    return datetime.fromtimestamp(((int(id_) >> 22) + EPOCH_MS) / 1000, UTC).isoformat()


@dataclass
class User:
    id: str
    name: str
    locale: str = "en-US"
    is_bot: bool = False

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "username": self.name.lower(),
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.is_bot,
        }


@dataclass
class Channel:
    id: str
    kind: int
    name: str = ""
    guild_id: str | None = None
    parent_id: str | None = None
    user_id: str = ""
    hidden_from: set[str] = field(default_factory=set)
    """Users who cannot see it, as overwrites of permissions."""
    is_archived: bool = False
    is_locked: bool = False
    is_shut: bool = False
    """The bot may not write there."""

    def as_json(self, users: dict[str, User]) -> Json:
        made: Json = {"id": self.id, "type": self.kind, "last_message_id": None}
        if self.kind == DM:
            return made | {"recipients": [users[self.user_id].as_json()]}
        denied = [{"id": user, "type": 1, "allow": "0", "deny": str(VIEW)} for user in sorted(self.hidden_from)]
        made |= {
            "guild_id": self.guild_id,
            "name": self.name,
            "parent_id": self.parent_id,
            "position": 0,
            "permission_overwrites": denied,
            "nsfw": False,
            "topic": None,
            "permissions": str(ALL),
        }
        if self.kind == THREAD:
            made |= {
                "owner_id": "1",
                "message_count": 0,
                "member_count": 1,
                "thread_metadata": {
                    "archived": self.is_archived,
                    "auto_archive_duration": 1440,
                    "archive_timestamp": iso(self.id),
                    "locked": self.is_locked,
                },
            }
        return made


@dataclass
class Message:
    """`versions` are all that it has shown; `seen_by` is whose ephemeral message it is."""

    id: str
    channel_id: str
    author: User
    versions: list[Json]
    nonce: str | None = None
    seen_by: str = ""
    webhook_id: str | None = None
    is_deleted: bool = False

    @property
    def now(self) -> Json:
        return self.versions[-1]

    def as_json(self, users: dict[str, User]) -> Json:
        now = self.now
        mentioned = [users[one] for one in now.get("mentions", []) if one in users]
        made: Json = {
            "id": self.id,
            "channel_id": self.channel_id,
            "author": self.author.as_json(),
            "content": now.get("content") or "",
            "timestamp": iso(self.id),
            "edited_timestamp": now.get("edited_timestamp"),
            "tts": False,
            "mention_everyone": False,
            "mentions": [user.as_json() for user in mentioned],
            "mention_roles": now.get("mention_roles", []),
            "attachments": now.get("attachments", []),
            "embeds": now.get("embeds") or [],
            "pinned": False,
            "type": 0,
            "flags": now.get("flags", 0),
            "components": now.get("components") or [],
        }
        if reference := now.get("message_reference"):
            made |= {"type": 19, "message_reference": {"channel_id": self.channel_id} | reference}
        if passed_on := now.get("message_snapshots"):
            reference = {"type": 1, "message_id": "1", "channel_id": "1"}
            made |= {"message_reference": reference, "message_snapshots": passed_on}
        return made | ({"webhook_id": self.webhook_id} if self.webhook_id else {})


@dataclass
class FakeInteraction:
    """One press, command or form, and what became of it. `answer` is the first response."""

    id: str
    token: str
    kind: int
    user: User
    channel: Channel
    began: float
    message: Message | None = None
    answer: Json | None = None
    errors: list[int] = field(default_factory=list)
    acknowledged_ms: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    is_answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def modal(self) -> Json:
        assert self.answer is not None, "there was no answer"
        assert self.answer["type"] == 9, f"no form was opened, but type {self.answer['type']}"
        return dict(self.answer["data"])

    @property
    def private(self) -> list[Message]:
        found = [*self.followups, *([self.original] if self.original else [])]
        return [one for one in found if one.seen_by]


class World:
    """One server with the channels #ops and #finance, a few users, and the bot."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, Message] = {}
        self.interactions: dict[str, FakeInteraction] = {}
        self.commands: list[Json] = []
        self.thread_members: dict[str, set[str]] = {}
        self.bot = self.add_user("Errand", is_bot=True)
        self.guild_id = snowflake()
        self.bot_role = snowflake()
        self.members = {self.bot.id}
        self.ops = self.add_channel("ops")
        self.finance = self.add_channel("finance")

    def add_user(self, name: str, *, locale: str = "en-US", is_bot: bool = False, is_member: bool = True) -> User:
        user = User(snowflake(), name, locale, is_bot)
        self.users[user.id] = user
        if is_member and not is_bot:
            self.members.add(user.id)
        return user

    def add_channel(self, name: str) -> Channel:
        channel = Channel(snowflake(), TEXT, name, self.guild_id)
        self.channels[channel.id] = channel
        return channel

    def dm(self, user_id: str) -> Channel:
        for channel in self.channels.values():
            if channel.kind == DM and channel.user_id == user_id:
                return channel
        channel = Channel(snowflake(), DM, user_id=user_id)
        self.channels[channel.id] = channel
        return channel

    def in_channel(self, channel_id: str) -> list[Message]:
        """What all who read there see, oldest first."""
        return [
            one
            for one in self.messages.values()
            if one.channel_id == channel_id and not one.seen_by and not one.is_deleted
        ]

    def add_message(self, channel_id: str, author: User, content: Json, **more: Any) -> Message:
        message = Message(snowflake(), channel_id, author, [numbered(content)], **more)
        self.messages[message.id] = message
        return message

    def member(self, user_id: str) -> Json:
        roles = [self.bot_role] if user_id == self.bot.id else []
        return {
            "user": self.users[user_id].as_json(),
            "roles": roles,
            "joined_at": iso(self.guild_id),
            "deaf": False,
            "mute": False,
            "flags": 0,
            "nick": None,
        }

    def guild(self) -> Json:
        def role(id_: str, name: str, **more: Any) -> Json:
            colours = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
            base: Json = {"id": id_, "name": name, "color": 0, "colors": colours, "hoist": False, "position": 0}
            return (
                base | {"permissions": str(ALL & ~(1 << 3)), "managed": False, "mentionable": False, "flags": 0} | more
            )

        tags = {"bot_id": self.bot.id}
        return {
            "id": self.guild_id,
            "name": "Acme",
            "owner_id": "1",
            "roles": [role(self.guild_id, "@everyone"), role(self.bot_role, "Errand", managed=True, tags=tags)],
            "channels": [one.as_json(self.users) for one in self.channels.values() if one.kind == TEXT],
            "threads": [one.as_json(self.users) for one in self.channels.values() if one.kind == THREAD],
            "members": [self.member(self.bot.id)],
            "member_count": len(self.members),
            "emojis": [],
            "features": [],
            "system_channel_id": self.ops.id,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "premium_tier": 0,
            "nsfw_level": 0,
            "preferred_locale": "en-US",
            "afk_timeout": 0,
            "system_channel_flags": 0,
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "stickers": [],
        }

    def interaction(self, kind: int, user: User, channel: Channel, message: Message | None = None) -> FakeInteraction:
        made = FakeInteraction(snowflake(), secrets.token_urlsafe(24), kind, user, channel, time.monotonic(), message)
        self.interactions[made.token] = made
        return made


def numbered(content: Json) -> Json:
    """Discord gives an id to each component that has none."""
    components = content.get("components") or []
    taken = {one["id"] for one in walk(components) if "id" in one}
    free = (number for number in itertools.count(1) if number not in taken)
    for one in walk(components):
        one.setdefault("id", next(free))
    return content
