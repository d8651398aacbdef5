"""What somebody typed, as people read it: Discord sends mentions as ids. Reads only what the message itself brings."""

from __future__ import annotations

import re
from collections.abc import Mapping

import discord

from bot.surface.mention import mention

_MENTION = re.compile(r"<(@!?|@&|#|a?:\w+:)(\d+)>")


def mentioned(message: discord.Message, me: int) -> dict[str, str]:
    """The people who are mentioned besides the bot, by their id."""
    others = [user for user in message.mentions if user.id != me]
    return {str(user.id): mention(user.global_name or user.name, str(user.id)) for user in others}


def typed(message: discord.Message, me: int, own_role: int, people: Mapping[str, str]) -> str:
    """Without the mention of the bot; other people, roles and channels by their names. What was passed on stands below."""
    names = {f"@{user}": spelling for user, spelling in people.items()}
    names |= {f"@&{role.id}": f"@{role.name}" for role in message.role_mentions}
    names |= {f"#{channel.id}": f"#{channel.name}" for channel in message.channel_mentions}

    def name(found: re.Match[str]) -> str:
        kind, id_ = found[1].replace("!", ""), found[2]
        return kind.removeprefix("a") if ":" in kind else names.get(f"{kind}{id_}", found[0])

    wish = re.sub(rf"[^\S\n]*<@(?:!?{me}|&{own_role})>[,:]?[^\S\n]*", " ", message.content)
    passed_on = [one.content for one in message.message_snapshots]
    return "\n".join(text for one in (wish, *passed_on) if (text := _MENTION.sub(name, one).strip()))
