"""Edits by text and by form: a new version, a new digest, the old card void, what changed marked."""

from __future__ import annotations

import pytest

from agent.command import Confirm, Edit, SetSchedule, SetValue, Start
from agent.reply import FormPart, TextPart
from catalog.schedule import Schedule
from tests.fakes.talk import ScriptedInterpreter, Talk

DAILY = Schedule(rrule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0", timezone="Europe/Berlin")
LATER = Schedule(rrule="FREQ=DAILY;BYHOUR=10;BYMINUTE=30;BYSECOND=0", timezone="Europe/Berlin")
NOTE = Start(template_id="files.note", values={"mode": "short", "stamp": True, "at": "09:00"})
SAY_DAILY = Start(template_id="chat.say", values={"message": "hi"}, schedule=DAILY)


async def test_an_edit_makes_a_new_version_and_voids_the_old_card(talk: Talk) -> None:
    await talk.say("note", NOTE)
    before = talk.card
    await talk.say("make it long", SetValue(name="mode", value="long"))
    assert talk.card.digest != before.digest
    assert {one.name: one.is_changed for one in talk.card.values} == {"mode": True, "stamp": False, "at": False}
    assert talk.rows("SELECT state FROM proposals ORDER BY id") == [("superseded",), ("open",)]
    assert talk.rows("SELECT version FROM workflow_versions ORDER BY version") == [(1,), (2,)]
    assert talk.count("workflows") == 1
    await talk.press("Run")
    assert talk.rows("SELECT version, digest FROM runs") == [(2, talk.rows("SELECT digest FROM approvals")[0][0])]


async def test_an_edit_that_changes_nothing_keeps_the_card(talk: Talk) -> None:
    await talk.say("note", NOTE)
    before = talk.card
    await talk.say("short", SetValue(name="mode", value="short"))
    assert talk.card.proposal_id == before.proposal_id
    assert "changes nothing" in talk.said


async def test_an_edit_that_does_not_fit_keeps_the_card(talk: Talk) -> None:
    await talk.say("note", NOTE)
    await talk.say("medium", SetValue(name="mode", value="medium"))
    assert talk.parts(TextPart)[0].tone == "error"
    await talk.say("yes", Confirm())
    assert talk.count("runs") == 1


async def test_the_form_holds_every_value_and_the_schedule(talk: Talk) -> None:
    await talk.say("daily", SAY_DAILY)
    await talk.press("Edit")
    form = talk.only(FormPart)
    assert [(one.name, one.input, one.value) for one in form.fields] == [
        ("message", "textarea", "hi"),
        ("schedule", "text", "every day at 09:00"),
    ]


async def test_a_filled_form_makes_a_new_card(talk: Talk) -> None:
    await talk.say("note", NOTE)
    await talk.press("Edit")
    await talk.submit(mode="long", tag="home")
    assert {one.name: (one.value, one.source, one.is_changed) for one in talk.card.values} == {
        "mode": ("long", "edit", True),
        "stamp": ("yes", "message", False),
        "at": ("09:00", "message", False),
        "tag": ("home", "edit", True),
    }


async def test_what_does_not_fit_is_said_at_its_field_and_what_was_typed_is_kept(talk: Talk) -> None:
    await talk.say("note", NOTE)
    yes = talk.button("Run")
    await talk.press("Edit")
    await talk.submit(mode="medium", at="25:99", stamp=None)
    fields = {one.name: one for one in talk.only(FormPart).fields}
    assert fields["mode"].error
    assert fields["at"].error
    assert fields["at"].value == "25:99"
    assert fields["stamp"].error == "Please fill this in."
    await talk.press_id(yes)
    assert talk.count("runs") == 1


async def test_the_time_can_be_changed_in_the_form(talk: Talk) -> None:
    await talk.say("daily", SAY_DAILY)
    await talk.press("Edit")
    await talk.submit(schedule="rrule FREQ=DAILY;BYHOUR=10;BYMINUTE=30;BYSECOND=0")
    assert talk.card.schedule is not None
    assert talk.card.schedule.words == "every day at 10:30"
    assert "changed" in talk.card.trigger_text


@pytest.mark.parametrize(
    ("typed", "problem"), [("whenever", "cannot read a time"), ("at 2020-01-01T00:00+00:00", "already passed")]
)
async def test_a_time_that_cannot_be_is_said_at_the_field(talk: Talk, typed: str, problem: str) -> None:
    await talk.say("daily", SAY_DAILY)
    await talk.press("Edit")
    await talk.submit(schedule=typed)
    assert problem in talk.only(FormPart).fields[-1].error


async def test_an_emptied_time_makes_it_run_by_hand(talk: Talk) -> None:
    await talk.say("daily", SAY_DAILY)
    await talk.press("Edit")
    await talk.submit(schedule="")
    assert talk.card.schedule is None
    assert talk.card.actions[0].label == "Run"


async def test_a_form_of_an_answered_card_changes_nothing(talk: Talk) -> None:
    await talk.say("note", NOTE)
    yes = talk.button("Run")
    await talk.press("Edit")
    form = talk.only(FormPart)
    await talk.press_id(yes)
    await talk.say("edit", Edit(proposal_id=form.action.partition(":")[2]))
    assert "already approved" in talk.said
    assert talk.count("workflow_versions") == 1
    closed = [part for reply in await talk.history() for part in reply.parts if isinstance(part, FormPart)]
    assert closed == []


async def test_edit_without_a_card_is_answered(talk: Talk) -> None:
    await talk.say("edit", Edit())
    assert "nothing open" in talk.said


async def test_an_open_card_can_be_edited_when_the_state_was_lost(talk: Talk) -> None:
    """The records hold everything that matters."""
    await talk.say("note", NOTE)
    edit = talk.button("Edit")
    async with talk.store.begin() as records:
        conversation = await records.conversations.get("cnv_1")
        assert conversation is not None
        conversation.state.clear()
        conversation.state["tasks"] = "nonsense"
        await records.conversations.save(conversation)
    await talk.press_id(edit)
    await talk.submit(mode="long")
    assert [one.value for one in talk.card.values] == ["long", "yes", "09:00"]
    assert talk.count("workflows") == 1


async def test_the_time_of_a_card_is_changed_by_text(talk: Talk) -> None:
    await talk.say("daily", SAY_DAILY)
    await talk.say("make it 10:30", SetSchedule(schedule=LATER))
    interpreter = talk.interpreter
    assert isinstance(interpreter, ScriptedInterpreter)
    assert interpreter.views[-1].schedule == DAILY
    assert talk.card.schedule is not None
    assert talk.card.schedule.words == "every day at 10:30"


async def test_a_saved_automation_is_replaced_only_by_a_yes_to_the_new_card(talk: Talk) -> None:
    await talk.say("daily", SAY_DAILY)
    await talk.press("Schedule it")
    await talk.say("make it 10:30", SetSchedule(schedule=LATER))
    interpreter = talk.interpreter
    assert isinstance(interpreter, ScriptedInterpreter)
    assert interpreter.views[-1].schedule == DAILY
    assert any("Replaces “Post a message: hi”" in one for one in talk.card.warnings)
    assert talk.rows("SELECT count(*) FROM triggers WHERE is_active") == [(1,)]
    await talk.press("Schedule it")
    assert sorted(talk.rows("SELECT state FROM workflows")) == [("active",), ("deleted",)]
    assert talk.rows("SELECT json_extract(config, '$.rrule') FROM triggers WHERE is_active") == [(LATER.rrule,)]
