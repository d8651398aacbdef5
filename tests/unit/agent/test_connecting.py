"""Accounts: asked for when needed, filled in by form only, sealed, never seen again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.command import Connect, Disconnect, Start, Tell, Topic
from agent.inbound import Submit
from agent.reply import FormPart, ListPart
from store.record import RunState, Waiting
from tests.fakes.talk import Talk

SECRET = "hunter2-very-secret"
ACCOUNT = {
    "host": "smtp.example.com",
    "port": "587",
    "username": "ana",
    "password": SECRET,
    "sender": "ana@example.com",
}
MAIL = Start(template_id="mail.send", values={"to": "bob@example.com", "subject": "Hi"})


async def test_an_account_is_asked_for_before_the_card(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    await talk.say("mail bob", MAIL)
    assert talk.count("proposals") == 0
    assert talk.only(FormPart).action == "connect:smtp"
    assert {one.name: one.input for one in talk.only(FormPart).fields}["password"] == "password"
    await talk.submit(**ACCOUNT)
    assert talk.card.connections == ["E-mail (sending): ana@example.com"]
    assert SECRET not in talk.dump()
    assert SECRET not in caplog.text
    assert SECRET not in str(await talk.history())


async def test_the_sealed_account_holds_what_was_filled_in(talk: Talk) -> None:
    await talk.say("connect", Connect(connector="smtp"))
    await talk.submit(**ACCOUNT)
    async with talk.store.begin() as records:
        account = await records.connections.find("usr_ana", "smtp")
    assert account is not None
    assert account.public["host"] == "smtp.example.com"
    assert SECRET not in str(account.public)
    assert talk.knowledge.sealer.open(account.secret) == {"password": SECRET}  # type: ignore[attr-defined]


async def test_a_secret_in_a_form_that_does_not_fit_is_not_shown_again(talk: Talk) -> None:
    await talk.say("connect", Connect(connector="smtp"))
    await talk.submit(**ACCOUNT | {"port": "many", "sender": "nobody"})
    fields = {one.name: one for one in talk.only(FormPart).fields}
    assert fields["port"].error
    assert fields["sender"].error
    assert fields["host"].value == "smtp.example.com"
    assert fields["password"].value is None
    assert talk.count("connections") == 0
    assert SECRET not in talk.dump()


async def test_a_card_uses_the_account_that_the_yes_was_given_to(talk: Talk) -> None:
    await talk.say("connect", Connect(connector="smtp"))
    await talk.submit(**ACCOUNT)
    await talk.say("mail bob", MAIL)
    action = talk.button("Run")
    await talk.say("disconnect", Disconnect(connector="smtp"))
    await talk.press_id(action)
    assert "no longer connected" in talk.said
    assert talk.only(FormPart).action == "connect:smtp"
    assert talk.count("runs") == 0
    assert talk.count("approvals") == 0


async def test_a_replaced_account_keeps_its_id_so_that_approved_automations_go_on(talk: Talk) -> None:
    await talk.say("connect", Connect(connector="smtp"))
    await talk.submit(**ACCOUNT)
    before = talk.rows("SELECT id FROM connections")
    await talk.say("connect", Connect(connector="smtp"))
    await talk.submit(**ACCOUNT | {"password": "another"})
    assert talk.rows("SELECT id FROM connections") == before


async def test_disconnecting_deletes_the_secret(talk: Talk) -> None:
    await talk.say("connect", Connect(connector="smtp"))
    await talk.submit(**ACCOUNT)
    await talk.say("disconnect", Disconnect(connector="smtp"))
    assert talk.count("connections") == 0
    await talk.say("disconnect", Disconnect(connector="smtp"))
    assert "nothing to disconnect" in talk.said


async def test_all_accounts_are_listed_with_what_can_be_done(talk: Talk) -> None:
    await talk.say("connections", Tell(topic=Topic.CONNECTIONS))
    items = talk.only(ListPart).items
    assert len(items) == len(talk.knowledge.connectors)
    assert all(item.actions[0].label == "Connect" for item in items)


async def test_an_unknown_connector_is_answered(talk: Talk) -> None:
    await talk.say("connect myspace", Connect(connector="my*space*"))
    assert "my\\*space\\*" in talk.said
    await talk.send(Submit(action="connect:nothing", fields={"password": SECRET}))
    assert SECRET not in talk.dump()


async def test_runs_that_wait_for_an_account_are_woken_when_it_is_connected(talk: Talk) -> None:
    await talk.say("post", Start(template_id="chat.say", values={"message": "hi"}))
    await talk.press("Run")
    run_id = talk.run.run_id
    now = talk.knowledge.clock.now()
    claimed = await talk.store.journal.claim(run_id, owner="w", now=now, until=now)
    assert claimed is not None
    waiting = replace(claimed.run, state=RunState.WAITING, waiting_for=Waiting.CONNECTION, due_at=None)
    await talk.store.journal.record(owner="w", run=waiting)
    talk.queue.woken.clear()
    await talk.say("connect", Connect(connector="smtp"))
    await talk.submit(**ACCOUNT)
    assert talk.queue.woken == [run_id]
