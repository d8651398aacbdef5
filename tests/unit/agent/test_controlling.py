"""What people do to saved automations and to runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.command import AnswerCheck, Confirm, ControlRun, ControlWorkflow, Decline, Start, Tell, Topic
from agent.reply import ChoicesPart, ListPart, WorkflowCard
from catalog.schedule import Schedule
from store.record import AttemptState, Failure, Role, RunState, StepAttempt, TriggerKind, Waiting
from tests.fakes.clock import FixedClock
from tests.fakes.talk import Talk

DAILY = Schedule(rrule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0", timezone="Europe/Berlin")


async def _save(talk: Talk, message: str = "hi", catch_up: str = "once") -> str:
    schedule = DAILY.model_copy(update={"catch_up": catch_up})
    await talk.say("daily", Start(template_id="chat.say", values={"message": message}, schedule=schedule))
    await talk.press("Schedule it")
    return talk.workflow.workflow_id


async def _run(talk: Talk) -> str:
    await talk.say("post", Start(template_id="chat.say", values={"message": "hi"}))
    await talk.press("Run")
    return talk.run.run_id


async def put(
    talk: Talk, run_id: str, state: RunState, waiting: Waiting | None = None, *, step_id: str = "post"
) -> None:
    """As a worker would leave it: the run in this state, its step waiting or failed."""
    now = talk.knowledge.clock.now()
    claimed = await talk.store.journal.claim(run_id, owner="w", now=now, until=now)
    assert claimed is not None
    failure = Failure(cause="rejected", message="No <b>such</b> place.", advice="Name another.", step_id=step_id)
    failed = state is RunState.FAILED
    attempt = StepAttempt(
        run_id=run_id,
        step_id=step_id,
        item=-1,
        number=len(claimed.attempts) + 1,
        state=AttemptState.FAILED if failed else AttemptState.WAITING,
        idempotency_key="k",
        started_at=now,
        ended_at=now if failed else None,
        output={"waiting_for": waiting.value, "prompt": "Really?"} if waiting else None,
        failure=failure if failed else None,
    )
    run = replace(
        claimed.run,
        state=state,
        waiting_for=waiting,
        due_at=None,
        failure=failure if failed else None,
        ended_at=now if state.is_final else None,
    )
    await talk.store.journal.record(owner="w", run=run, attempts=[attempt])


async def test_pausing_stops_its_trigger_and_resuming_starts_it_again(talk: Talk) -> None:
    await _save(talk)
    await talk.press("Pause")
    assert talk.workflow.state == "paused"
    assert talk.rows("SELECT is_active, next_at FROM triggers") == [(0, None)]
    await talk.press("Resume")
    assert talk.workflow.state == "active"
    async with talk.store.begin() as records:
        assert await records.triggers.next_at(TriggerKind.SCHEDULE) == datetime(2026, 12, 3, 8, tzinfo=UTC)
    assert talk.queue.scheduler_wakes == 3


@pytest.mark.parametrize(
    ("catch_up", "next_at"),
    [("once", (2026, 12, 12, 8)), ("skip", (2026, 12, 12, 8)), ("all", (2026, 12, 3, 8))],
)
async def test_resuming_fires_what_the_pause_left_out_only_where_all_is_caught_up(
    talk: Talk, clock: FixedClock, catch_up: str, next_at: tuple[int, ...]
) -> None:
    await _save(talk, catch_up=catch_up)
    await talk.press("Pause")
    clock.move(9.5 * 86_400)
    await talk.press("Resume")
    async with talk.store.begin() as records:
        assert await records.triggers.next_at(TriggerKind.SCHEDULE) == datetime(*next_at, tzinfo=UTC)  # type: ignore[misc]


@pytest.mark.parametrize(("failures", "catch_up", "cursor"), [(0, "once", None), (5, "once", ["a"]), (0, "all", ["a"])])
async def test_what_came_during_a_pause_is_new_only_where_nobody_wanted_the_pause(
    talk: Talk, failures: int, catch_up: str, cursor: object
) -> None:
    await _save(talk, catch_up=catch_up)
    await talk.press("Pause")
    async with talk.store.begin() as records:
        [trigger] = await records.triggers.of_workflow(talk.workflow.workflow_id)
        stopped = replace(trigger, kind=TriggerKind.POLL, cursor=["a"], failures=failures, problem="No answer.")
        await records.triggers.save(stopped)
    card = (await talk.history())[-1].parts[-1]
    assert isinstance(card, WorkflowCard)
    assert card.problem == ("Paused by itself after 5 failures in a row: No answer." if failures else "")
    await talk.press("Resume")
    assert talk.workflow.problem == ""
    async with talk.store.begin() as records:
        resumed = await records.triggers.get(trigger.id)
    assert resumed is not None
    assert (resumed.cursor, resumed.failures, resumed.problem) == (cursor, 0, None)
    assert resumed.next_at == talk.knowledge.clock.now(), "it looks at once"


async def test_a_run_by_hand_does_not_move_the_schedule(talk: Talk) -> None:
    await _save(talk)
    before = talk.rows("SELECT next_at, last_at FROM triggers")
    await talk.press("Run now")
    assert talk.count("runs") == 1
    assert talk.rows("SELECT next_at, last_at FROM triggers") == before


async def test_deleting_by_text_asks_once_more(talk: Talk) -> None:
    await _save(talk)
    await talk.say("delete it", ControlWorkflow(verb="delete"))
    assert "Delete “Post a message: hi”?" in talk.said
    assert talk.rows("SELECT state FROM workflows") == [("active",)]
    await talk.say("yes", Confirm())
    assert talk.rows("SELECT state FROM workflows") == [("deleted",)]
    assert talk.rows("SELECT is_active FROM triggers") == [(0,)]


async def test_a_no_keeps_what_was_to_be_deleted(talk: Talk) -> None:
    await _save(talk)
    await talk.say("delete it", ControlWorkflow(verb="delete"))
    await talk.say("no", Decline())
    await talk.say("yes", Confirm())
    assert talk.rows("SELECT state FROM workflows") == [("active",)]


async def test_a_later_yes_deletes_nothing(talk: Talk) -> None:
    await _save(talk)
    await talk.say("delete it", ControlWorkflow(verb="delete"))
    await talk.say("list", Tell(topic=Topic.WORKFLOWS))
    await talk.say("yes", Confirm())
    assert talk.rows("SELECT state FROM workflows") == [("active",)]


async def test_the_delete_button_asks_before_it_is_sent_and_can_be_undone(talk: Talk) -> None:
    await _save(talk)
    delete = next(one for one in talk.workflow.actions if one.label == "Delete")
    assert "hi" in delete.confirm
    await talk.press_id(delete.id)
    assert "deleted" in talk.said
    await talk.press("Undo")
    assert talk.workflow.state == "active"
    assert talk.rows("SELECT is_active FROM triggers") == [(1,)]


async def test_deleting_stops_what_runs(talk: Talk) -> None:
    workflow_id = await _save(talk)
    await talk.press("Run now")
    await talk.press_id(f"delete:{workflow_id}")
    assert talk.rows("SELECT is_cancelling FROM runs") == [(1,)]


async def test_run_now_runs_the_approved_version(talk: Talk) -> None:
    await _save(talk)
    await talk.press("Run now")
    assert talk.run.state == "queued"
    assert talk.rows("SELECT digest FROM runs") == talk.rows("SELECT digest FROM approvals")


async def test_a_draft_cannot_be_run_shown_or_deleted_by_its_id(talk: Talk) -> None:
    await talk.say("post", Start(template_id="chat.say", values={"message": "hi"}))
    ((workflow_id,),) = talk.rows("SELECT id FROM workflows")
    for verb in ("run-now", "show-workflow", "delete", "pause", "resume"):
        await talk.press_id(f"{verb}:{workflow_id}")
        assert "cannot find that automation" in talk.said
    assert talk.count("runs") == 0


async def test_a_version_without_a_yes_is_not_run(talk: Talk) -> None:
    workflow_id = await _save(talk)
    async with talk.store.begin() as records:
        version = await records.workflows.version(workflow_id, 1)
        assert version is not None
        await records.workflows.add_version(replace(version, version=2, digest="0" * 64), at=version.created_at)
    await talk.press_id(f"run-now:{workflow_id}")
    assert "no yes yet" in talk.said
    assert talk.count("runs") == 0


async def test_an_automation_is_found_by_what_people_call_it(talk: Talk) -> None:
    await _save(talk, "water the plants")
    await _save(talk, "feed the cat")
    await talk.say("pause the plants", ControlWorkflow(verb="pause", name="water the plants"))
    assert "water the plants” is paused" in talk.said
    assert sorted(talk.rows("SELECT name, state FROM workflows")) == [
        ("Post a message: feed the cat", "active"),
        ("Post a message: water the plants", "paused"),
    ]


async def test_an_automation_is_found_by_its_kind_and_content(talk: Talk) -> None:
    await _save(talk, "water the plants")
    await _save(talk, "E-mail the boss")
    await talk.say("pause the email post", ControlWorkflow(verb="pause", name="email message"))
    assert "E-mail the boss” is paused" in talk.said


async def test_a_name_that_may_mean_several_is_asked_about(talk: Talk) -> None:
    await _save(talk, "water the plants")
    await _save(talk, "water the lawn")
    await talk.say("pause water", ControlWorkflow(verb="pause", name="post a message: water the"))
    assert len(talk.only(ChoicesPart).choices) == 2
    assert {state for (state,) in talk.rows("SELECT state FROM workflows")} == {"active"}


async def test_an_unknown_name_lists_what_there_is(talk: Talk) -> None:
    await _save(talk)
    await talk.say("pause", ControlWorkflow(verb="pause", name="zzzz [x](http://evil)"))
    assert "zzzz \\[x\\](http://evil)" in talk.said
    assert talk.only(ChoicesPart).choices[0].label == "Post a message: hi"


@pytest.mark.parametrize("verb", ["pause", "resume", "delete", "run", "show"])
async def test_without_any_automation_that_is_said(talk: Talk, verb: str) -> None:
    await talk.say("x", ControlWorkflow(verb=verb))  # type: ignore[arg-type]  # one of its verbs
    assert "no automations yet" in talk.said


async def test_two_automations_of_the_same_kind_get_different_names(talk: Talk) -> None:
    await _save(talk)
    await _save(talk)
    assert talk.rows("SELECT name FROM workflows ORDER BY id") == [
        ("Post a message: hi",),
        ("Post a message: hi (2)",),
    ]


async def test_a_stranger_controls_nothing(talk: Talk) -> None:
    await talk.add_person("usr_bob", "Bob", Role.MEMBER)
    workflow_id = await _save(talk)
    run_id = await _run(talk)
    for action in (f"pause:{workflow_id}", f"delete:{workflow_id}", f"run-now:{workflow_id}", f"cancel-run:{run_id}"):
        await talk.press_id(action, by="usr_bob")
        assert "Only the person" in talk.said
    assert talk.rows("SELECT count(*) FROM runs") == [(1,)]
    assert ("active",) in talk.rows("SELECT state FROM workflows")


async def test_a_run_is_cancelled_once(talk: Talk) -> None:
    run_id = await _run(talk)
    await talk.press("Stop")
    assert talk.rows("SELECT is_cancelling FROM runs") == [(1,)]
    await put(talk, run_id, RunState.CANCELLED)
    await talk.press_id(f"cancel-run:{run_id}")
    assert "over already" in talk.said


async def test_a_failed_run_is_retried_once(talk: Talk) -> None:
    run_id = await _run(talk)
    await put(talk, run_id, RunState.FAILED)
    await talk.say("show", ControlRun(verb="show"))
    assert talk.run.error == "Post a message: No <b>such</b> place."
    assert talk.run.advice == "Name another."
    retry = talk.button("Retry")
    await talk.press_id(retry)
    assert talk.run.state == "queued"
    await talk.press_id(retry)
    assert "Only a failed or stopped run" in talk.said


async def test_a_check_takes_the_first_answer_only(talk: Talk) -> None:
    run_id = await _run(talk)
    await put(talk, run_id, RunState.WAITING, Waiting.CHECK)
    await talk.say("show", ControlRun(verb="show"))
    happened, again = talk.button("It happened"), talk.button("Do it again")
    await talk.press_id(happened)
    assert "It is not done again" in talk.said
    await talk.press_id(again)
    assert "answered already" in talk.said
    assert talk.rows("SELECT step_id, json_extract(payload, '$.answer') FROM signals") == [("post", "done")]


async def test_an_answer_about_a_step_is_no_yes_to_the_workflow(talk: Talk) -> None:
    run_id = await _run(talk)
    await put(talk, run_id, RunState.WAITING, Waiting.CHECK)
    await talk.say("yes", AnswerCheck(answer="done"))
    ((digest,),) = talk.rows(f"SELECT digest FROM approvals WHERE subject_id = '{run_id}'")
    assert talk.rows(f"SELECT count(*) FROM runs WHERE digest = '{digest}'") == [(0,)]


async def test_a_step_cannot_be_answered_before_it_asks(talk: Talk) -> None:
    run_id = await _run(talk)
    await talk.press_id(f"check-done:{run_id}:post:-1:1")
    assert "not waiting" in talk.said
    await put(talk, run_id, RunState.WAITING, Waiting.CHECK)
    await talk.press_id(f"check-done:{run_id}:another:-1:1")
    assert talk.count("signals") == 0


@pytest.mark.parametrize(
    ("label", "answer"), [("It happened", "done"), ("Do it again", "retry"), ("Stop the run", "stop")]
)
async def test_what_may_have_happened_is_asked_and_told(talk: Talk, label: str, answer: str) -> None:
    run_id = await _run(talk)
    await put(talk, run_id, RunState.WAITING, Waiting.CHECK)
    await talk.say("show", ControlRun(verb="show"))
    assert "may have happened" in talk.run.state_text
    await talk.press(label)
    assert talk.rows("SELECT json_extract(payload, '$.answer') FROM signals") == [(answer,)]
    ((name,),) = talk.rows("SELECT name FROM signals")
    assert str(name).partition(":")[0] == "check"


@pytest.mark.parametrize("verb", ["cancel", "retry", "show"])
async def test_without_a_fitting_run_that_is_said(talk: Talk, verb: str) -> None:
    await talk.say("x", ControlRun(verb=verb))  # type: ignore[arg-type]  # one of its verbs
    assert talk.said
    await talk.press_id("cancel-run:run_nothing")
    assert "cannot find that run" in talk.said


async def test_what_runs_by_hand_only_is_listed_so_and_offers_no_pause(talk: Talk) -> None:
    await _run(talk)
    await talk.say("list", Tell(topic=Topic.WORKFLOWS))
    [item] = talk.only(ListPart).items
    assert item.detail == "Runs when you ask"
    assert [action.label for action in item.actions] == ["Show", "Run now", "Edit", "History"]


async def test_automations_are_listed_by_the_names_they_got(talk: Talk) -> None:
    await _save(talk)
    await talk.say("list", Tell(topic=Topic.WORKFLOWS))
    assert [(item.title, item.detail) for item in talk.only(ListPart).items] == [
        ("Post a message: hi", "Active · every day at 09:00")
    ]
    await talk.press("Pause")
    assert talk.workflow.state == "paused"


async def test_a_yes_to_a_question_is_never_for_the_card_below_it(talk: Talk) -> None:
    await _save(talk)
    await talk.say("post", Start(template_id="chat.say", values={"message": "new"}))
    await talk.say("delete the old one", ControlWorkflow(verb="delete", name="Post a message: hi"))
    await talk.say("yes", Confirm())
    assert talk.rows("SELECT state FROM proposals ORDER BY created_at") == [("approved",), ("open",)]
    assert talk.count("runs") == 0
