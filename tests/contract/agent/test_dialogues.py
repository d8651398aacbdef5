"""Every scripted conversation, with the real turn, catalog, interpreter and store."""

from __future__ import annotations

import pytest

from agent.inbound import Submit
from tests.dialogue_runner import Player, read_dialogues
from tests.fakes.talk import Talk

DIALOGUES = read_dialogues()

ACCOUNTS = {
    "smtp": {"host": "smtp.example.com", "port": "587", "security": "starttls", "sender": "ana@example.com"},
}

COUNTED = {
    "runs": "SELECT count(*) FROM runs WHERE NOT is_rehearsal",
    "rehearsals": "SELECT count(*) FROM runs WHERE is_rehearsal",
    "approvals": "SELECT count(*) FROM approvals WHERE verdict = 'yes'",
    "schedules": "SELECT count(*) FROM triggers WHERE kind = 'schedule' AND is_active",
    "webhooks": "SELECT count(*) FROM triggers WHERE kind = 'webhook' AND is_active",
}


def test_there_are_dialogues() -> None:
    assert len(DIALOGUES) >= 10


@pytest.mark.parametrize("name", DIALOGUES)
async def test_the_conversation_goes_as_written(name: str, talk: Talk) -> None:
    dialogue = DIALOGUES[name]
    for account in dialogue.accounts:
        await talk.send(Submit(action=f"connect:{account}", fields=dict(ACCOUNTS[account])))

    async def count(kind: str) -> int:
        return int(str(talk.rows(COUNTED[kind])[0][0]))

    await Player(send=talk.send, count=count).play(dialogue)
    assert "hunter2" not in talk.dump()
