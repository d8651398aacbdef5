"""The fake bites: what Discord would not take is a violation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.discord_lint import V2, lint_commands, lint_message, lint_modal
from tests.fakes.discord_server import TOKEN, DiscordServer

NONE = {"parse": []}
TEXT = {"type": 10, "content": "hi"}


def button(label: str = "Run", custom_id: str = "e:a:x:1") -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": label, "custom_id": custom_id}


WRONG_MESSAGES: list[dict[str, Any]] = [
    {"content": "hi"},
    {"content": "", "allowed_mentions": NONE},
    {"content": "x" * 2001, "allowed_mentions": NONE},
    {"embeds": [{"description": "x" * 4097}], "allowed_mentions": NONE},
    {"embeds": [{"description": "x" * 3500}, {"description": "x" * 3500}], "allowed_mentions": NONE},
    {"embeds": [{"fields": [{"name": "", "value": "x"}]}], "allowed_mentions": NONE},
    {"embeds": [{"fields": [{"name": "a", "value": "x"}] * 26}], "allowed_mentions": NONE},
    {"content": "hi", "components": [{"type": 1, "components": [button()]}] * 6, "allowed_mentions": NONE},
    {"content": "hi", "components": [TEXT], "flags": V2, "allowed_mentions": NONE},
    {"components": [], "flags": V2, "allowed_mentions": NONE},
    {"components": [TEXT] * 41, "flags": V2, "allowed_mentions": NONE},
    {"components": [{"type": 10, "content": "x" * 4001}], "flags": V2, "allowed_mentions": NONE},
    {"components": [{"type": 10, "content": " "}], "flags": V2, "allowed_mentions": NONE},
    {"components": [button()], "flags": V2, "allowed_mentions": NONE},
    {"components": [{"type": 17, "components": []}], "flags": V2, "allowed_mentions": NONE},
    {"components": [{"type": 1, "components": [button(), button()]}], "flags": V2, "allowed_mentions": NONE},
    {"components": [{"type": 1, "components": [button("x" * 81)]}], "flags": V2, "allowed_mentions": NONE},
    {"components": [{"type": 1, "components": [button(custom_id="x" * 101)]}], "flags": V2, "allowed_mentions": NONE},
    {"components": [TEXT | {"id": 5}, TEXT | {"id": 5}], "flags": V2, "allowed_mentions": NONE},
    {
        "components": [{"type": 1, "components": [{"type": 3, "custom_id": "x", "options": []}]}],
        "flags": V2,
        "allowed_mentions": NONE,
    },
]


@pytest.mark.parametrize("message", WRONG_MESSAGES)
def test_a_wrong_message_is_known(message: dict[str, Any]) -> None:
    assert lint_message(message)


def test_a_right_message_is_known() -> None:
    right = {"components": [TEXT, {"type": 1, "components": [button()]}], "flags": V2, "allowed_mentions": NONE}
    assert lint_message(right) == []
    assert lint_message({"content": "hi", "allowed_mentions": NONE}) == []


def test_a_wrong_form_is_known() -> None:
    field = {"type": 18, "label": "To", "component": {"type": 4, "custom_id": "to", "style": 1}}
    assert lint_modal({"title": "Form", "custom_id": "x", "components": [field]}) == []
    assert lint_modal({"title": "x" * 46, "custom_id": "x", "components": [field]})
    assert lint_modal({"title": "Form", "custom_id": "x", "components": [field] * 2})
    assert lint_modal({"title": "Form", "custom_id": "x", "components": []})
    assert lint_modal({"title": "Form", "custom_id": "x", "components": [field | {"label": "x" * 46}]})
    assert lint_modal({"title": "Form", "custom_id": "x", "components": [{"type": 1, "components": []}]})


def test_wrong_commands_are_known() -> None:
    assert lint_commands([{"name": "run", "description": "Run it"}]) == []
    assert lint_commands([{"name": "Run it", "description": "Run it"}])
    assert lint_commands([{"name": "run", "description": ""}])
    options = [{"name": "a", "description": "a"}, {"name": "b", "description": "b", "required": True}]
    assert lint_commands([{"name": "run", "description": "Run it", "options": options}])


@pytest.fixture
async def strict() -> AsyncIterator[DiscordServer]:
    async with DiscordServer.open(ack_s=0.2, token_s=0.4) as opened:
        yield opened


async def answer(
    server: DiscordServer, body: dict[str, Any], *, token: str, id_: str, **headers: str
) -> tuple[int, int]:
    async with aiohttp.ClientSession() as session:
        url = f"{server.url}/interactions/{id_}/{token}/callback"
        async with session.post(url, json=body, headers=headers) as response:
            said = await response.json() if response.status != 204 else {}
            return response.status, said.get("code", 0)


async def test_a_late_answer_and_a_second_one_are_refused(strict: DiscordServer) -> None:
    ana = strict.world.add_user("Ana")
    late = strict.world.interaction(3, ana, strict.world.dm(ana.id))
    await asyncio.sleep(0.25)
    assert await answer(strict, {"type": 6}, token=late.token, id_=late.id) == (404, 10062)
    now = strict.world.interaction(3, ana, strict.world.dm(ana.id))
    assert (await answer(strict, {"type": 6}, token=now.token, id_=now.id))[0] == 204
    assert await answer(strict, {"type": 6}, token=now.token, id_=now.id) == (400, 40060)
    assert strict.violations == []


async def test_no_answer_at_all_is_a_violation(strict: DiscordServer) -> None:
    ana = strict.world.add_user("Ana")
    strict.gateway.sessions["x"] = session = type("S", (), {})()  # somebody is connected who does nothing
    session.id, session.intents, session.log, session.socket, session.is_alive = "x", (1 << 32) - 1, [], object(), False
    interaction = strict.world.interaction(3, ana, strict.world.dm(ana.id))
    await strict.deliver(interaction, {"custom_id": "x", "component_type": 2})
    assert len(strict.violations) == 1


async def test_a_form_is_no_answer_to_a_form_and_the_bots_token_no_part_of_one(strict: DiscordServer) -> None:
    ana = strict.world.add_user("Ana")
    submit = strict.world.interaction(5, ana, strict.world.dm(ana.id))
    assert (await answer(strict, {"type": 9, "data": {}}, token=submit.token, id_=submit.id))[0] == 400
    await answer(strict, {"type": 6}, token=submit.token, id_=submit.id, Authorization=f"Bot {TOKEN}")
    assert len(strict.violations) == 1


async def test_a_token_of_an_interaction_ends(strict: DiscordServer) -> None:
    ana = strict.world.add_user("Ana")
    interaction = strict.world.interaction(3, ana, strict.world.dm(ana.id))
    await answer(strict, {"type": 6}, token=interaction.token, id_=interaction.id)
    await asyncio.sleep(0.45)
    async with aiohttp.ClientSession() as session:
        url = f"{strict.url}/webhooks/{strict.world.bot.id}/{interaction.token}"
        async with session.post(url, json={"components": [TEXT], "flags": V2, "allowed_mentions": NONE}) as response:
            assert response.status == 401


async def test_a_message_keeps_its_kind_and_its_author(strict: DiscordServer) -> None:
    ana, ops = strict.world.add_user("Ana"), strict.world.ops
    theirs = strict.world.add_message(ops.id, ana, {"content": "mine"})
    own = strict.world.add_message(ops.id, strict.world.bot, {"components": [dict(TEXT)], "flags": V2})
    headers = {"Authorization": f"Bot {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for message, body, status in (
            (theirs, {"content": "x", "allowed_mentions": NONE}, 403),
            (own, {"content": "x", "allowed_mentions": NONE}, 400),
            (own, {"components": [TEXT], "allowed_mentions": NONE}, 200),
        ):
            url = f"{strict.url}/channels/{ops.id}/messages/{message.id}"
            async with session.patch(url, json=body) as response:
                assert response.status == status
                assert response.headers["Content-Type"] == "application/json"
        async with session.get(f"{strict.url}/no/such/route?token={TOKEN}") as response:
            assert response.status == 404
    assert len(strict.violations) == 2
