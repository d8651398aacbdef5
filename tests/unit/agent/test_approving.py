"""Law 1: nothing runs without a yes to exactly what was shown; late, stale, double and foreign clicks are answered."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from agent.command import Confirm, Decline, SetValue, Start
from agent.reply import ProposalCard
from catalog.schedule import Schedule
from store.record import Role, TriggerKind
from tests.fakes.clock import FixedClock
from tests.fakes.talk import Talk

HELLO = Start(template_id="chat.say", values={"message": "hello"})
DAILY = Schedule(rrule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0", timezone="Europe/Berlin")


async def test_a_yes_starts_exactly_what_the_card_showed(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    card = talk.card
    await talk.press("Run")
    assert talk.run.state == "queued"
    assert talk.rows("SELECT id, digest, is_rehearsal FROM runs") == [(talk.run.run_id, card.digest, 0)]
    assert talk.rows("SELECT subject_id, digest, verdict, person_id FROM approvals") == [
        (card.proposal_id, card.digest, "yes", "usr_ana")
    ]
    assert talk.rows("SELECT state FROM workflows") == [("active",)]
    assert talk.queue.woken == [talk.run.run_id]
    assert ("approve",) in talk.rows("SELECT verb FROM audit_events")
    assert (await talk.state()).tasks == []


async def test_a_typed_yes_means_the_card_shown_last(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    await talk.say("yes", Confirm())
    assert talk.run.state == "queued"
    assert talk.count("runs") == 1


async def test_a_yes_to_nothing_starts_nothing(talk: Talk) -> None:
    await talk.say("yes", Confirm())
    assert "nothing waiting for a yes" in talk.said
    assert talk.count("runs") == 0


async def test_a_yes_while_something_is_missing_asks_for_it(talk: Talk) -> None:
    await talk.say("note", Start(template_id="files.note"))
    await talk.say("yes", Confirm())
    assert "one thing is missing" in talk.said
    assert "Short or long?" in talk.said
    assert talk.count("runs") == 0


async def test_a_double_click_starts_one_run(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    action = talk.button("Run")
    await talk.press_id(action)
    await talk.press_id(action)
    assert "already approved" in talk.said
    assert talk.count("runs") == 1


async def test_a_button_of_a_card_that_was_replaced_is_answered_not_obeyed(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    old = talk.button("Run")
    await talk.say("say bye", SetValue(name="message", value="bye"))
    new = talk.card
    await talk.press_id(old)
    assert "out of date" in talk.said
    assert talk.card.proposal_id == new.proposal_id
    assert talk.count("runs") == 0


async def test_a_yes_with_another_digest_is_no_yes(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    card = talk.card
    for digest in ("0" * 12, "", card.digest[:11], card.digest[:13]):
        await talk.press_id(f"approve:{card.proposal_id}:{digest}")
        assert talk.count("runs") == 0
    await talk.press_id(f"approve:{card.proposal_id}:{card.digest[:12]}")
    assert talk.count("runs") == 1


async def test_a_typed_yes_does_not_count_when_the_card_changed_behind_it(talk: Talk) -> None:
    """The state remembers the digest that was shown; a record that differs is not what the yes was for."""
    await talk.say("post hello", HELLO)
    async with talk.store.begin() as records:
        proposal = await records.proposals.get(talk.card.proposal_id)
        conversation = await records.conversations.get("cnv_1")
        assert proposal is not None
        assert conversation is not None
        task = conversation.state["tasks"][0]  # type: ignore[index]
        task["digest"] = "f" * 64  # type: ignore[index,call-overload]
        await records.conversations.save(conversation)
    await talk.say("yes", Confirm())
    assert "out of date" in talk.said
    assert talk.count("runs") == 0


async def test_a_tampered_proposal_cannot_be_approved(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    action = talk.button("Run")
    with sqlite3.connect(talk.path) as connection:
        connection.execute("UPDATE proposals SET content = replace(content, 'hello', 'pwned')")
    connection.close()
    await talk.press_id(action)
    assert talk.count("runs") == 0


async def test_only_the_person_of_the_conversation_or_an_owner_says_yes(talk: Talk) -> None:
    await talk.add_person("usr_bob", "Bob", Role.MEMBER)
    await talk.add_person("usr_boss", "Boss", Role.OWNER)
    await talk.say("post hello", HELLO)
    action = talk.button("Run")
    await talk.press_id(action, by="usr_bob")
    assert "Only the person" in talk.said
    await talk.say("yes", Confirm(), by="usr_bob")
    assert talk.count("runs") == 0
    await talk.press_id(action, by="usr_boss")
    assert talk.rows("SELECT person_id FROM approvals") == [("usr_boss",)]
    assert talk.rows("SELECT person_id, started_by FROM runs") == [("usr_ana", "usr_boss")]


async def test_a_stranger_cannot_decline_either(talk: Talk) -> None:
    await talk.add_person("usr_bob", "Bob", Role.MEMBER)
    await talk.say("post hello", HELLO)
    await talk.press_id(talk.button("Cancel"), by="usr_bob")
    assert talk.rows("SELECT state FROM proposals") == [("open",)]


async def test_a_card_of_another_conversation_is_not_known_here(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    action = talk.button("Run")
    await talk.add_conversation("cnv_2", "usr_ana")
    with sqlite3.connect(talk.path) as connection:
        connection.execute("UPDATE proposals SET conversation_id = 'cnv_2'")
    connection.close()
    await talk.press_id(action)
    assert "cannot find that card" in talk.said
    assert talk.count("runs") == 0


async def test_a_no_drops_the_card_and_a_late_yes_is_answered(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    yes = talk.button("Run")
    await talk.press("Cancel")
    assert "will not do that" in talk.said
    await talk.press_id(yes)
    assert "dropped" in talk.said
    assert talk.count("runs") == 0
    assert talk.rows("SELECT verdict FROM approvals") == [("no",)]


async def test_a_typed_no_drops_the_card(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    await talk.say("no", Decline())
    assert talk.rows("SELECT state FROM proposals") == [("declined",)]
    assert (await talk.state()).tasks == []


async def test_a_schedule_is_saved_with_its_next_time_and_runs_nothing_now(talk: Talk) -> None:
    await talk.say("post daily", Start(template_id="chat.say", values={"message": "hi"}, schedule=DAILY))
    await talk.press("Schedule it")
    assert talk.workflow.state == "active"
    assert talk.workflow.schedule is not None
    assert "tomorrow at 09:00" in talk.said
    assert talk.count("runs") == 0
    assert talk.rows("SELECT kind, is_active FROM triggers") == [("schedule", 1)]
    async with talk.store.begin() as records:
        next_at = await records.triggers.next_at(TriggerKind.SCHEDULE)
    assert next_at is not None
    assert next_at.isoformat() == "2026-12-03T08:00:00+00:00"
    assert talk.queue.scheduler_wakes == 1


async def test_a_webhook_shows_its_address_and_how_to_try_it(talk: Talk) -> None:
    await talk.say("relay", Start(template_id="webhook.relay"))
    assert any("address" in one for one in talk.card.warnings)
    await talk.press("Switch it on")
    ((secret,),) = talk.rows("SELECT secret FROM triggers")
    assert f"curl -X POST 'http://127.0.0.1:8300/hooks/{secret}'" in talk.said
    assert str(secret) in talk.workflow.trigger_text


async def test_a_moment_that_passed_while_the_card_waited_is_asked_again(talk: Talk, clock: FixedClock) -> None:
    soon = Schedule(at=clock.now() + timedelta(minutes=1), timezone="Europe/Berlin")
    await talk.say("post soon", Start(template_id="chat.say", values={"message": "hi"}, schedule=soon))
    action = talk.button("Schedule it")
    clock.move(120)
    await talk.press_id(action)
    assert "has passed" in talk.said
    assert "When should it run?" in talk.said
    assert talk.count("approvals") == 0


async def test_the_old_card_shows_what_became_of_it(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    await talk.say("say bye", SetValue(name="message", value="bye"))
    await talk.press("Run")
    cards = [part for reply in await talk.history() for part in reply.parts if isinstance(part, ProposalCard)]
    assert [card.state for card in cards] == ["superseded", "approved"]
    assert all(card.actions == [] for card in cards)
    shown = {event.message_id for event in talk.bus.events}
    assert {reply.message_id for reply in await talk.history()} <= shown


async def test_a_rehearsal_asks_for_no_yes_and_leaves_the_card_open(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    yes = talk.button("Run")
    await talk.press("Rehearse")
    assert talk.run.is_rehearsal
    assert talk.rows("SELECT is_rehearsal FROM runs") == [(1,)]
    assert talk.rows("SELECT state FROM workflows") == [("draft",)]
    assert talk.count("approvals") == 0
    await talk.press_id(yes)
    assert talk.rows("SELECT is_rehearsal FROM runs ORDER BY id") == [(1,), (0,)]
