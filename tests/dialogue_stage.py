"""Where a dialogue is played: who is there, which accounts are connected before it begins, and what is counted at its end."""

from __future__ import annotations

from pydantic import JsonValue

from agent.inbound import Submit
from store.record import Role
from tests.dialogue_runner import Look, Player, ScriptedDialogue, Send
from tests.fakes.talk import Talk
from tests.transcript import Transcript

_ACCOUNTS: dict[str, dict[str, JsonValue]] = {
    "smtp": {"host": "smtp.example.com", "port": "587", "security": "starttls", "sender": "ana@example.com"},
    "imap": {"host": "imap.example.com", "port": "993", "security": "tls", "username": "ana", "password": "secret"},
}
_COUNTED = {
    "runs": "SELECT count(*) FROM runs WHERE NOT is_rehearsal",
    "rehearsals": "SELECT count(*) FROM runs WHERE is_rehearsal",
    "approvals": "SELECT count(*) FROM approvals WHERE verdict = 'yes'",
    "schedules": "SELECT count(*) FROM triggers WHERE kind = 'schedule' AND is_active",
    "polls": "SELECT count(*) FROM triggers WHERE kind = 'poll' AND is_active",
    "webhooks": "SELECT count(*) FROM triggers WHERE kind = 'webhook' AND is_active",
}


async def gather_people(dialogue: ScriptedDialogue, talk: Talk) -> list[str]:
    """Those who are there, by name; who begins is there already."""
    for name, role in dialogue.people.items():
        await talk.add_person(f"usr_{name.lower()}", name, Role(role), "UTC")
    return ["Ana", *dialogue.people]


async def perform(dialogue: ScriptedDialogue, talk: Talk, *, send: Send, look: Look) -> list[Transcript]:
    """Play it. Returns what each turn was answered with."""
    for account in dialogue.accounts:
        await send(Submit(action=f"connect:{account}", fields=dict(_ACCOUNTS[account])), "")

    async def count(kind: str) -> int:
        return int(str(talk.rows(_COUNTED[kind])[0][0]))

    player = Player(send=send, look=look, count=count)
    await player.play(dialogue)
    assert "hunter2" not in talk.dump(), "a password is nowhere but sealed"
    return player.transcripts
