"""What somebody typed, as people read it: Discord sends mentions as ids. Reads only what the message itself brings."""

from __future__ import annotations

import re

import discord

_MENTION = re.compile(r"<(@!?|@&|#|a?:\w+:)(\d+)>")


def typed(message: discord.Message, me: int, own_role: int) -> str:
    """Without the mention of the bot; other people, roles and channels by their names."""
    names = {f"@{user.id}": f"@{user.display_name}" for user in message.mentions}
    names |= {f"@&{role.id}": f"@{role.name}" for role in message.role_mentions}
    names |= {f"#{channel.id}": f"#{channel.name}" for channel in message.channel_mentions}

    def name(found: re.Match[str]) -> str:
        kind, id_ = found[1].replace("!", ""), found[2]
        if (kind == "@" and int(id_) == me) or (kind == "@&" and int(id_) == own_role):
            return ""
        return kind.removeprefix("a") if ":" in kind else names.get(f"{kind}{id_}", found[0])

    return _MENTION.sub(name, message.content).strip()
