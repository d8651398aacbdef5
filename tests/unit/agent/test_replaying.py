"""Runs once more: from where they ended, as a whole, with another input, and many at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.command import Confirm, ControlFailed, ControlRun, Replay
from agent.dead_letter import MOST_AT_ONCE
from agent.reply import ChoicesPart, FormPart, ListPart, ProposalCard
from core.ids import new_id
from store.record import AttemptState, Failure, Priority, Role, Run, RunState, WorkflowState
from tests.fakes.ended_run import DOWN, ended, tried
from tests.fakes.talk import Talk

FAILED = tried(1, AttemptState.FAILED, failure=DOWN)
LATE = Failure(cause="timed out", message="It was not done within 30 s.", step_id="mail")
HOOK = {"body": {"name": "Ana"}, "headers": {"authorization": "Bearer s3cr3t-one"}, "note": "hello"}


async def runs(talk: Talk) -> list[Run]:
    async with talk.store.begin() as records:
        return await records.runs.of_person("usr_ana", limit=500)


async def more_failed(talk: Talk, like: Run, number: int, failure: Failure) -> None:
    """Further failed runs of the same version."""
    async with talk.store.begin() as records:
        for _ in range(number):
            await records.runs.add(replace(like, id=new_id("run"), failure=failure))


async def test_a_stopped_run_goes_on_where_it_was(talk: Talk) -> None:
    run = await ended(talk, [tried(1, AttemptState.CANCELLED)], RunState.CANCELLED)
    await talk.say("show", ControlRun(verb="show"))
    await talk.press("Go on")
    assert "Trying again" in talk.said
    assert (await runs(talk))[0].state is RunState.QUEUED
    assert talk.queue.woken[-1] == run.id


async def test_a_whole_replay_is_a_new_run_of_what_was_approved(talk: Talk) -> None:
    original = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await talk.say("replay", Replay())
    assert "from the start" in talk.said
    again = (await runs(talk))[0]
    assert again.replay_of == original.id
    assert (again.version, again.digest, again.input) == (original.version, original.digest, original.input)
    assert again.id != original.id
    assert again.started_by == "usr_ana"
    assert talk.run.title == "Again: Send an e-mail: Hello"
    assert talk.count("approvals") == 1, "the yes that was given counts"


async def test_a_replay_that_is_going_on_is_shown_and_not_doubled(talk: Talk) -> None:
    original = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await talk.press_id(f"replay:{original.id}")
    await talk.press_id(f"replay:{original.id}")
    assert "nothing was started twice" in talk.said
    assert len(await runs(talk)) == 2


async def test_what_would_be_sent_again_is_said_first(talk: Talk) -> None:
    original = await ended(talk, [tried()], RunState.SUCCEEDED)
    await talk.press_id(f"replay:{original.id}")
    assert "This sends again:" in talk.said
    assert "Send “Hello” to bob@x.io" in talk.said.replace("\\", "")
    assert len(await runs(talk)) == 1
    assert [one.label for one in talk.only(ChoicesPart).choices] == ["Send it again", "No, thanks"]
    await talk.say("yes", Confirm())
    assert len(await runs(talk)) == 2


async def test_the_input_can_be_changed_and_what_is_hidden_in_it_stays(talk: Talk) -> None:
    original = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    talk.change(f"UPDATE runs SET input = '{json.dumps(HOOK)}'")
    await talk.press_id(f"trace-run:{original.id}")
    await talk.press("Change its input")
    shown = {field.name: field.value for field in talk.only(FormPart).fields}
    assert "s3cr3t" not in str(shown)
    await talk.submit(body='{"name": ')
    assert next(field.error for field in talk.only(FormPart).fields if field.name == "body").startswith("This is not")
    assert len(await runs(talk)) == 1
    await talk.submit(body='{"name": "Bob"}', note="bye")
    again = (await runs(talk))[0]
    assert again.input == {"body": {"name": "Bob"}, "headers": HOOK["headers"], "note": "bye"}
    assert again.digest == original.digest


async def test_other_values_are_a_new_card_with_a_yes_of_its_own(talk: Talk) -> None:
    original = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await talk.press_id(f"trace-run:{original.id}")
    await talk.press("Change its values")
    card = talk.only(ProposalCard)
    assert card.state == "open"
    assert {one.label: one.value for one in card.values}["Subject"] == "Hello"
    assert card.digest != original.digest
    assert len(await runs(talk)) == 1


@pytest.mark.parametrize("action", ["replay", "replay-sure", "replay-input", "rework", "retry-run"])
async def test_somebody_elses_run_is_not_repeated(talk: Talk, action: str) -> None:
    original = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await talk.add_person("usr_bob", "Bob", Role.MEMBER)
    await talk.press_id(f"{action}:{original.id}", by="usr_bob")
    assert "Only the person" in talk.said
    assert len(await runs(talk)) == 1


@pytest.mark.parametrize("action", ["replay", "replay-sure", "replay-input", "retry-run"])
async def test_what_was_pruned_or_deleted_is_not_repeated(talk: Talk, action: str) -> None:
    original = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    async with talk.store.begin() as records:
        later = talk.knowledge.clock.now() + timedelta(days=100)
        await records.workflows.set_state(original.workflow_id, WorkflowState.DELETED, at=later)
    await talk.press_id(f"{action}:{original.id}")
    assert "deleted" in talk.said
    async with talk.store.begin() as records:
        await records.workflows.set_state(original.workflow_id, WorkflowState.ACTIVE, at=later)
        assert await records.retention.prune_runs(before=later, at=later, limit=9) == 1
    await talk.press_id(f"{action}:{original.id}")
    assert "details were removed" in talk.said
    assert (await runs(talk))[0].state is RunState.FAILED
    await talk.press_id(f"show-run:{original.id}")
    assert "details were removed" in talk.run.state_text
    assert [one.label for one in talk.run.actions] == ["Details"]


async def test_failed_runs_are_listed_by_cause_with_what_can_be_done(talk: Talk) -> None:
    run = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await more_failed(talk, run, 2, LATE)
    await talk.say("what failed", ControlFailed(verb="list"))
    part = talk.only(ListPart)
    assert part.title == "3 failed runs"
    assert {item.title for item in part.items} == {"Send an e-mail: Hello", "Send an e-mail: Hello · 2 times"}
    one = next(item for item in part.items if item.title.endswith("Hello"))
    assert "Send an e-mail: unavailable · today at" in one.detail
    assert "smtp.x.io is down.\nTry later." in one.detail
    assert [action.label for action in one.actions] == ["Retry", "Show", "Dismiss"]
    assert [action.label for action in part.actions] == ["Retry everything"]


async def test_all_of_one_cause_are_tried_again_after_other_work(talk: Talk) -> None:
    run = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await more_failed(talk, run, 3, LATE)
    await talk.say("retry all because of timeout", ControlFailed(verb="retry", words="timeout"))
    assert "Trying 3 runs again" in talk.said
    found = await runs(talk)
    again = [one for one in found if one.state is RunState.QUEUED]
    assert len(again) == 3
    assert {one.priority for one in again} == {Priority.BULK}
    assert {one.id for one in again} <= set(talk.queue.woken)
    assert [item.title for item in talk.only(ListPart).items] == ["Send an e-mail: Hello"], "the list is as it is now"
    assert talk.rows("SELECT count(*) FROM audit_events WHERE verb = 'retry-all'") == [(1,)]


async def test_words_that_fit_no_cause_try_nothing_again(talk: Talk) -> None:
    await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await talk.say("retry all because of the moon", ControlFailed(verb="retry", words="moon phase"))
    assert "I find no failed runs" in talk.said
    assert (await runs(talk))[0].state is RunState.FAILED


async def test_one_press_takes_a_bounded_number(talk: Talk) -> None:
    run = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await more_failed(talk, run, MOST_AT_ONCE + 4, DOWN)
    await talk.say("what failed", ControlFailed(verb="list"))
    await talk.press(f"Retry all {MOST_AT_ONCE + 5}")
    assert f"Trying {MOST_AT_ONCE} runs" in talk.said
    assert "5 are left" in talk.said
    await talk.press("Retry all 5")
    assert "Trying 5 runs" in talk.said
    assert talk.only(ListPart).items == []


async def test_a_dismissed_group_leaves_the_list_and_is_kept_in_the_audit(talk: Talk) -> None:
    run = await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await talk.say("what failed", ControlFailed(verb="list"))
    await talk.press("Dismiss")
    assert "taken out of the list" in talk.said
    assert talk.only(ListPart).items == []
    assert talk.rows("SELECT count(*) FROM audit_events WHERE verb = 'dismiss'") == [(1,)]
    assert [one.id for one in await runs(talk)] == [run.id]
    await talk.say("what failed", ControlFailed(verb="list"))
    assert talk.only(ListPart).empty == "Nothing that failed is waiting for you."


async def test_a_group_that_is_gone_is_said_to_be_gone(talk: Talk) -> None:
    await ended(talk, [FAILED], RunState.FAILED, DOWN)
    await talk.press_id("retry-group:wfl_0.12345678")
    assert "I find no failed runs" in talk.said
