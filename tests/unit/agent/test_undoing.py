"""Changes are taken back truly, or it is said that they cannot be."""

from __future__ import annotations

from agent.command import ControlRun, ControlWorkflow, EditWorkflow, SetSchedule, SetValue, Start, Undo
from catalog.schedule import Schedule
from store.record import Role, RunState
from tests.fakes.talk import Talk
from tests.unit.agent.test_controlling import DAILY, put

NOON = Schedule(rrule="FREQ=DAILY;BYHOUR=12;BYMINUTE=0;BYSECOND=0", timezone="Europe/Berlin")


async def saved(talk: Talk, message: str = "hi") -> str:
    await talk.say("daily", Start(template_id="chat.say", values={"message": message}, schedule=DAILY))
    await talk.press("Schedule it")
    return talk.workflow.workflow_id


def state_of(talk: Talk, workflow_id: str) -> object:
    return talk.rows(f"SELECT state FROM workflows WHERE id = '{workflow_id}'")[0][0]  # an id of ours


def active_triggers(talk: Talk) -> list[tuple[object, ...]]:
    return talk.rows("SELECT workflow_id, next_at FROM triggers WHERE is_active")


async def test_a_deleted_automation_comes_back_with_its_next_time(talk: Talk) -> None:
    workflow_id = await saved(talk)
    before = active_triggers(talk)
    await talk.say("delete", ControlWorkflow(verb="delete", workflow_id=workflow_id))
    assert active_triggers(talk) == []
    await talk.say("undo", Undo())
    assert "is back" in talk.said
    assert (state_of(talk, workflow_id), active_triggers(talk)) == ("active", before)


async def test_one_that_was_paused_when_it_was_deleted_comes_back_paused(talk: Talk) -> None:
    workflow_id = await saved(talk)
    await talk.say("pause", ControlWorkflow(verb="pause", workflow_id=workflow_id))
    await talk.say("delete", ControlWorkflow(verb="delete", workflow_id=workflow_id))
    await talk.say("undo", Undo())
    assert (state_of(talk, workflow_id), active_triggers(talk)) == ("paused", [])
    await talk.say("undo", Undo())
    assert state_of(talk, workflow_id) == "active"


async def test_a_name_comes_back(talk: Talk) -> None:
    workflow_id = await saved(talk)
    await talk.say("rename", ControlWorkflow(verb="rename", workflow_id=workflow_id, to="Morning"))
    assert talk.workflow.title == "Morning"
    await talk.say("undo", Undo())
    assert talk.workflow.title == "Post a message: hi"


async def test_an_edit_is_undone_to_what_ran_before(talk: Talk) -> None:
    old = await saved(talk)
    await talk.say("at noon", EditWorkflow(change="at noon"))
    await talk.say("at noon", SetSchedule(schedule=NOON))
    await talk.press("Schedule it")
    new = talk.workflow.workflow_id
    assert [row[0] for row in active_triggers(talk)] == [new]
    await talk.say("undo", Undo())
    assert "as it was before the change" in talk.said
    assert [row[0] for row in active_triggers(talk)] == [old]
    assert (state_of(talk, old), state_of(talk, new)) == ("active", "deleted")


async def test_a_new_automation_is_switched_off_again(talk: Talk) -> None:
    workflow_id = await saved(talk)
    await talk.say("undo", Undo())
    assert (state_of(talk, workflow_id), active_triggers(talk)) == ("deleted", [])


async def test_what_is_on_the_card_goes_back_to_the_card_before_and_needs_a_new_yes(talk: Talk) -> None:
    await talk.say("say hi", Start(template_id="chat.say", values={"message": "hi"}))
    await talk.say("make it hello", SetValue(name="message", value="hello"))
    await talk.say("undo", Undo())
    assert {one.name: one.value for one in talk.card.values}["message"] == "hi"
    assert talk.card.state == "open"
    assert talk.count("approvals") == 0


async def test_an_answer_is_taken_back_and_asked_for_again(talk: Talk) -> None:
    await talk.say("mail", Start(template_id="mail.send"))
    asked = talk.said
    await talk.say("ana@example.com", SetValue(name="to", value=["ana@example.com"]))
    assert talk.said != asked
    await talk.say("undo", Undo())
    assert talk.said == asked


async def test_what_a_run_sent_is_not_claimed_to_be_undone(talk: Talk) -> None:
    await talk.say("say hi", Start(template_id="chat.say", values={"message": "hi"}))
    await talk.press("Run")
    run_id = talk.run.run_id
    await talk.say("undo", Undo())
    assert "still going on" in talk.said
    await put(talk, run_id, RunState.SUCCEEDED)
    await talk.say("undo", Undo())
    assert "Undone" not in talk.said
    assert talk.rows("SELECT state FROM runs") == [("succeeded",)]


async def test_with_nothing_done_that_is_said(talk: Talk) -> None:
    await talk.say("undo", Undo())
    assert "nothing to undo" in talk.said


async def test_somebody_else_undoes_nothing(talk: Talk) -> None:
    workflow_id = await saved(talk)
    await talk.add_person("usr_bob", "Bob", Role.MEMBER)
    await talk.say("undo", Undo(), by="usr_bob")
    assert "Ana's" in talk.said
    assert state_of(talk, workflow_id) == "active"


async def test_everything_is_stopped_at_once_and_automations_stay(talk: Talk) -> None:
    await saved(talk)
    for _ in range(2):
        await talk.say("say hi", Start(template_id="chat.say", values={"message": "hi"}))
        await talk.press("Run")
    await talk.say("stop everything", ControlRun(verb="cancel", is_all=True))
    assert "Stopping 2 runs" in talk.said
    assert "stay switched on (1)" in talk.said
    assert talk.rows("SELECT count(*) FROM runs WHERE is_cancelling") == [(2,)]
