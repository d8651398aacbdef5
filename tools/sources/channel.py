"""What happens in channels of outside surfaces besides messages. It is handed over as it happens; nobody has to look."""

from __future__ import annotations

from pydantic import Field, JsonValue

from tools.channel import ChannelItem, ChannelParams, where
from tools.emoji import emoji_of
from tools.source import SourceType


class ReactionParams(ChannelParams):
    """`emoji` is its name, or the character itself; nothing: any."""

    emoji: str | None = Field(default=None, max_length=80)


class Reaction(ChannelItem):
    """`text` is that of the message, where it is known."""

    emoji: str
    text: str = ""


class Joining(ChannelItem):
    """Somebody came into a channel."""


class ShortcutParams(ChannelParams):
    """`name` is what the shortcut is called in the surface's menu."""

    name: str = Field(min_length=1, max_length=80)


class Shortcut(ChannelItem):
    """`text` is that of the message on which it was picked, if it was on one."""

    name: str
    text: str = ""


def _fits_reaction(params: ReactionParams, item: JsonValue) -> bool:
    return not params.emoji or emoji_of(Reaction.model_validate(item).emoji) == emoji_of(params.emoji)


def _fits_joining(_: ChannelParams, item: JsonValue) -> bool:
    return bool(Joining.model_validate(item).channel)


def _fits_shortcut(params: ShortcutParams, item: JsonValue) -> bool:
    return Shortcut.model_validate(item).name.casefold() == params.name.strip().casefold()


SOURCES = (
    SourceType(
        name="chat.reaction",
        title="Reactions in a channel",
        description="Gives each reaction that is added to a message in a channel, or only those with one emoji.",
        params=ReactionParams,
        item=Reaction,
        sample={
            "by": "Ada",
            "surface": "slack",
            "channel": "C1",
            "channel_name": "#ops",
            "emoji": "white_check_mark",
            "text": "Sample message",
        },
        summarize=lambda params: f"reaction {f'{params.emoji} ' if params.emoji else ''}in {where(params)}",
        look=None,
        fits=_fits_reaction,
    ),
    SourceType(
        name="chat.member_joined",
        title="People who join a channel",
        description="Gives each person who comes into a channel.",
        params=ChannelParams,
        item=Joining,
        sample={"by": "Ada", "surface": "slack", "channel": "C1", "channel_name": "#general"},
        summarize=lambda params: f"person who joins {where(params)}",
        look=None,
        fits=_fits_joining,
    ),
    SourceType(
        name="chat.shortcut",
        title="Shortcuts of a chat",
        description="Gives each use of a shortcut in the chat's own menu, with the text of the message it was used on.",
        params=ShortcutParams,
        item=Shortcut,
        sample={
            "by": "Ada",
            "surface": "slack",
            "channel": "C1",
            "channel_name": "#ops",
            "name": "Save",
            "text": "Sample message",
        },
        summarize=lambda params: f"use of the shortcut “{params.name}” in {where(params)}",
        look=None,
        fits=_fits_shortcut,
    ),
)
