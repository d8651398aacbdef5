"""Approval steps from the question to the answer: whom they ask, what is due when nobody answers, restarts in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from catalog import decision
from catalog.decision import Answerer, Refusal
from store.record import (
    AttemptState,
    AuditEvent,
    GroupMember,
    Message,
    RequestState,
    Role,
    Run,
    RunState,
    Shows,
    Verdict,
    Waiting,
    reference,
)
from tests.contract.worker.lab import CONVERSATION, PERSON, Lab
from tests.fakes.clock import FixedClock
from tools.registry import load_steps

HOUR_S = 3600


async def asked(lab: Lab, changes: dict[str, Any] | None = None, /, **options: Any) -> Run:
    """A run, with these fields, that waits at an approval step and then says what came of it."""
    lab.more = list(load_steps())
    workflow = await lab.workflow(
        {"id": "ask", "uses": "flow.approval", "with": {"prompt": "Pay?", **options}},
        {"id": "then", "with": {"say": "${{ steps.ask }}"}},
    )
    return await goes_on(lab, await lab.queued(workflow, **changes or {}))


async def goes_on(lab: Lab, run: Run) -> Run:
    """Let a new worker look at it, as after a restart."""
    await lab.engine().advance(run.id)
    return await lab.run(run.id)


async def shown_to(lab: Lab, person_id: str) -> list[Message]:
    async with lab.store.begin() as records:
        conversations = await records.conversations.of_person(person_id)
        return [one for place in conversations for one in await records.conversations.messages(place.id)]


async def audited(lab: Lab, run: Run) -> list[AuditEvent]:
    async with lab.store.begin() as records:
        return await records.audit.of_subject((await lab.request(run)).id)


async def test_each_who_is_asked_is_shown_it_in_a_conversation_of_their_own(any_lab: Lab) -> None:
    lab = any_lab
    for name in ("Ben", "Cleo"):
        await lab.add_person(name)
    run = await asked(lab, approvers=["Ben", "cleo@example.com"], quorum=2)
    assert (run.state, run.waiting_for, run.lease_owner) == (RunState.WAITING, Waiting.APPROVAL, None)
    request = await lab.request(run)
    card = [reference(Shows.APPROVAL, request.id)]
    for person_id in (PERSON, "usr_ben", "usr_cleo"):
        assert [message.parts for message in await shown_to(lab, person_id)] == [card]
    async with lab.store.begin() as records:
        [made] = await records.conversations.of_person("usr_ben")
        assert len(await records.cards.of_subject(Shows.APPROVAL, request.id)) == 3
    assert made.title == "In the lab"
    await goes_on(lab, run)
    assert len(await shown_to(lab, "usr_ben")) == 1, "looking again says nothing twice"


async def test_as_many_yeses_as_the_quorum_let_it_go_on(any_lab: Lab) -> None:
    lab = any_lab
    for name in ("Ben", "Cleo", "Dan"):
        await lab.add_person(name)
    async with lab.store.begin() as records:
        for name in ("usr_ben", "usr_cleo", "usr_dan"):
            await records.groups.add(GroupMember(group="finance", person_id=name, added_at=lab.clock.now()))
    run = await asked(lab, approvers=[{"group": "Finance"}], quorum=2)
    assert (await lab.answer(run)).refusal is Refusal.NOT_ASKED, "the owner is not in the group"
    assert (await lab.answer(run, by="usr_ben")).refusal is None
    assert (await lab.answer(run, by="usr_ben")).refusal is Refusal.TWICE
    assert (await goes_on(lab, run)).state is RunState.WAITING
    assert (await lab.answer(run, by="usr_cleo", comment="fine")).refusal is None
    late = await lab.answer(run, Verdict.NO, by="usr_dan")
    assert late.refusal is Refusal.OVER
    assert late.request is not None
    assert (late.request.state, late.request.decided_by) == (RequestState.APPROVED, "usr_cleo")
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED
    [said] = lab.said
    assert said == {
        "approved": True,
        "outcome": "approved",
        "by": "Ben and Cleo",
        "comment": "fine",
        "escalated": False,
        "fields": {},
    }


async def test_one_no_decides_and_stops_the_run(lab: Lab) -> None:
    await lab.add_person("Ben")
    run = await asked(lab, approvers=["Ben", {"role": "owner"}], quorum=2)
    await lab.answer(run)
    await lab.answer(run, Verdict.NO, by="usr_ben", comment="too expensive")
    run = await goes_on(lab, run)
    assert run.failure is not None
    assert run.failure.message == "Ben said no: too expensive"
    assert not lab.calls


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"approvers": ["Ben", "Ada"], "quorum": 2, "four_eyes": True},
            "2 yeses are needed, but only 1 may answer (Ben)",
        ),
        ({"approvers": ["Ada"], "four_eyes": True}, "nobody may answer; Ada asked for it and may not"),
        ({"approvers": ["Zoe"]}, "I know nobody called “Zoe”"),
        ({"approvers": [{"group": "finance"}]}, "Nobody is in the group “finance”"),
        ({"approvers": ["Ben", "usr_ben"], "quorum": 2}, "only 1 may answer"),
        ({"escalate": {"after": 60, "to": ["Zoe"]}}, "I know nobody called “Zoe”"),
    ],
)
async def test_who_cannot_be_asked_is_said_plainly(lab: Lab, options: dict[str, Any], message: str) -> None:
    await lab.add_person("Ben")
    run = await asked(lab, **options)
    assert run.failure is not None
    assert message in run.failure.message
    assert run.failure.advice


async def test_four_eyes_leave_out_who_asked_for_it(lab: Lab) -> None:
    await lab.add_person("Ben", Role.OWNER)
    run = await asked(lab, approvers=[{"role": "owner"}], four_eyes=True)
    assert (await lab.answer(run)).refusal is Refusal.NOT_ASKED
    assert (await lab.answer(run, by="usr_ben")).refusal is None
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED


async def test_four_eyes_leave_out_who_started_it_too(any_lab: Lab) -> None:
    """Neither who owns the workflow nor who pressed Run may answer, nor get a part handed over."""
    lab = any_lab
    for name in ("Ben", "Cleo", "Dan"):
        await lab.add_person(name, Role.OWNER)
    run = await asked(lab, {"started_by": "usr_ben"}, approvers=[{"role": "owner"}], four_eyes=True)
    request = await lab.request(run)
    assert (request.requester_id, request.excluded) == ("usr_ben", [PERSON, "usr_ben"])
    assert set(request.approvers) == {"usr_cleo", "usr_dan"}
    assert (await lab.answer(run, by="usr_ben")).refusal is Refusal.NOT_ASKED
    for name in (PERSON, "usr_ben"):
        assert await hands_over(lab, run, "usr_cleo", name) is Refusal.REQUESTER
    assert (await lab.answer(run, by="usr_dan")).refusal is None
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED
    again = await replayed(lab, run, run.input, started_by="usr_dan")
    assert again.waiting_for is Waiting.APPROVAL, "who repeats it does not bring their own yes"
    assert "usr_dan" not in (await lab.request(again)).approvers


async def test_a_child_is_started_by_who_started_its_parent(lab: Lab) -> None:
    lab.more = list(load_steps())
    child = await lab.workflow({"id": "one"}, name="Child")
    parent = await lab.workflow({"id": "call", "uses": "flow.run_workflow", "with": {"workflow": "Child"}})
    run = await lab.queued(parent, started_by="usr_ben")
    await lab.engine().advance(run.id)
    [started] = await lab.runs(child)
    assert started.started_by == "usr_ben"


async def test_it_reminds_asks_further_people_and_ends_each_once(any_lab: Lab, clock: FixedClock) -> None:
    """With a new worker each time, as if it had been restarted in between."""
    lab = any_lab
    for name in ("Ben", "Cleo", "Dan"):
        await lab.add_person(name)
    run = await asked(
        lab,
        approvers=["Ben", "Cleo"],
        quorum=2,
        remind_after="1h",
        escalate={"after": "2h", "to": ["Dan", "Ben"]},
        expires_after="3h",
        on_expiry="continue",
    )
    start = clock.now()
    assert run.due_at is not None
    assert (run.due_at - start).total_seconds() == HOUR_S
    await lab.answer(run, by="usr_ben")
    clock.move(HOUR_S)
    run = await goes_on(lab, run)
    assert run.due_at is not None
    assert (run.due_at - start).total_seconds() == 2 * HOUR_S
    assert [len(await shown_to(lab, who)) for who in ("usr_ben", "usr_cleo", "usr_dan")] == [1, 2, 0]
    clock.move(HOUR_S)
    run = await goes_on(lab, run)
    assert [len(await shown_to(lab, who)) for who in ("usr_ben", "usr_cleo", "usr_dan")] == [1, 2, 1]
    assert (await lab.request(run)).approvers == ["usr_ben", "usr_cleo", "usr_dan"]
    clock.move(HOUR_S)
    run = await goes_on(lab, run)
    assert run.state is RunState.SUCCEEDED
    [said] = lab.said
    assert isinstance(said, dict)
    assert (said["outcome"], said["approved"], said["escalated"]) == ("expired", False, True)
    assert [event.verb for event in await audited(lab, run)] == [
        "approval-asked",
        "approval-yes",
        "approval-escalated",
        "approval-expired",
    ]
    assert (await lab.answer(run, by="usr_dan")).refusal is Refusal.OVER


async def test_further_people_count(lab: Lab, clock: FixedClock) -> None:
    await lab.add_person("Ben")
    run = await asked(lab, escalate={"after": 60, "to": ["Ben"]})
    assert (await lab.answer(run, by="usr_ben")).refusal is Refusal.NOT_ASKED
    clock.move(60)
    await goes_on(lab, run)
    await lab.answer(run, by="usr_ben")
    await goes_on(lab, run)
    [said] = lab.said
    assert isinstance(said, dict)
    assert (said["by"], said["escalated"]) == ("Ben", True)


async def test_nobody_in_time_stops_the_run_unless_it_says_otherwise(lab: Lab, clock: FixedClock) -> None:
    run = await asked(lab, expires_after=60, remind_after=30)
    clock.move(60)
    run = await goes_on(lab, run)
    assert run.failure is not None
    assert run.failure.message == "Nobody decided in time."
    assert len(await lab.messages()) == 1, "there is no reminder of what is over"


async def test_a_yes_after_the_time_is_late_even_when_no_worker_has_looked(lab: Lab, clock: FixedClock) -> None:
    run = await asked(lab, expires_after=60, on_expiry="continue")
    clock.move(61)
    late = await lab.answer(run)
    assert late.refusal is Refusal.OVER
    assert (await lab.request(run)).state is RequestState.EXPIRED
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED
    [said] = lab.said
    assert isinstance(said, dict)
    assert said["outcome"] == "expired"


async def test_a_part_that_is_handed_over_is_shown_to_who_has_it_now(lab: Lab) -> None:
    for name in ("Ben", "Cleo"):
        await lab.add_person(name)
    run = await asked(lab, approvers=["Ben"])
    await hands_over(lab, run, "usr_ben", "usr_cleo")
    await goes_on(lab, run)
    assert len(await shown_to(lab, "usr_cleo")) == 1
    assert (await lab.answer(run, by="usr_ben")).refusal is Refusal.NOT_ASKED
    await lab.answer(run, by="usr_cleo")
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED
    assert "approval-hand-over" in [event.verb for event in await audited(lab, run)]


async def test_handing_over_gets_nobody_a_second_part_and_four_eyes_stay_four(lab: Lab) -> None:
    for name in ("Ben", "Cleo"):
        await lab.add_person(name)
    run = await asked(lab, approvers=["Ben", "Cleo"], quorum=2, four_eyes=True)
    assert await hands_over(lab, run, "usr_ben", PERSON) is Refusal.REQUESTER
    assert await hands_over(lab, run, "usr_ben", "usr_cleo") is Refusal.ASKED_TOO
    assert await hands_over(lab, run, "usr_ben", "usr_ben") is Refusal.SELF
    await lab.add_person("Dan")
    await lab.answer(run, by="usr_ben")
    assert await hands_over(lab, run, "usr_ben", "usr_dan") is Refusal.TWICE
    assert await hands_over(lab, run, PERSON, "usr_dan") is Refusal.NOT_ASKED


async def hands_over(lab: Lab, run: Run, giver: str, heir: str) -> Refusal | None:
    request = await lab.request(run)
    async with lab.store.begin() as records:
        by, to = await records.people.get(giver), await records.people.get(heir)
        assert by is not None
        assert to is not None
        answerer = Answerer(person=by, surface="web", at=lab.clock.now())
        return (await decision.hand_over(records, request.id, by=answerer, to=to)).refusal


async def test_an_edit_voids_yeses_and_later_steps_get_what_was_approved(any_lab: Lab) -> None:
    lab = any_lab
    await lab.add_person("Ben")
    run = await asked(
        lab, approvers=["Ben", "Ada"], quorum=2, fields={"amount": 500, "to": "ACME"}, editable=["amount"]
    )
    first = await lab.request(run)
    await lab.answer(run, by="usr_ben")
    assert await edits(lab, run, {"to": "Evil"}) is Refusal.FIXED
    assert await edits(lab, run, {"amount": 500}) is Refusal.SAME
    assert await edits(lab, run, {"amount": 450}) is None
    assert (await lab.request(run)).digest != first.digest
    assert (await lab.answer(run, digest=first.digest[:12])).refusal is Refusal.CHANGED
    await lab.answer(run)
    assert (await goes_on(lab, run)).state is RunState.WAITING, "Ben's yes was to another amount"
    await lab.answer(run, by="usr_ben")
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED
    [said] = lab.said
    assert isinstance(said, dict)
    assert said["fields"] == {"amount": 450, "to": "ACME"}
    [event] = [one for one in await audited(lab, run) if one.verb == "approval-edit"]
    assert (event.detail["before"], event.detail["after"]) == ({"amount": 500}, {"amount": 450})


async def edits(lab: Lab, run: Run, fields: dict[str, Any]) -> Refusal | None:
    request = await lab.request(run)
    async with lab.store.begin() as records:
        person = await records.people.get(PERSON)
        assert person is not None
        answerer = Answerer(person=person, surface="web", at=lab.clock.now())
        changed = await decision.edit(records, request.id, by=answerer, digest=request.digest, fields=fields)
    return changed.refusal


async def test_a_run_that_is_stopped_asks_nobody_any_more(lab: Lab) -> None:
    run = await asked(lab)
    await lab.cancel(run)
    assert (await goes_on(lab, run)).state is RunState.CANCELLED
    assert (await lab.request(run)).state is RequestState.CANCELLED
    assert (await lab.answer(run)).refusal is Refusal.OVER


async def test_a_run_that_is_tried_again_after_a_no_asks_again(lab: Lab) -> None:
    run = await asked(lab)
    first = await lab.request(run)
    await lab.answer(run, Verdict.NO)
    await goes_on(lab, run)
    async with lab.store.begin() as records:
        assert await records.runs.requeue(run.id, at=lab.clock.now())
    assert (await goes_on(lab, run)).state is RunState.WAITING
    assert (await lab.request(run)).id != first.id
    assert (await lab.answer(run)).refusal is None
    ended = await goes_on(lab, run)
    assert ended.failure is None, ended.failure
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED


async def test_a_replay_keeps_a_yes_to_exactly_the_same(any_lab: Lab) -> None:
    lab = any_lab
    await lab.add_person("Ben")
    run = await asked(lab, approvers=["Ben"], fields={"to": "${{ trigger.to | default('') }}"})
    await lab.answer(run, by="usr_ben")
    await goes_on(lab, run)
    again = await replayed(lab, run, run.input)
    assert again.state is RunState.SUCCEEDED
    kept = await lab.request(again)
    assert (kept.state, kept.decided_by, kept.kept_of) == (
        RequestState.APPROVED,
        "usr_ben",
        (await lab.request(run)).id,
    )
    [attempt] = await lab.attempts(again, "ask")
    assert isinstance(attempt.output, dict)
    assert attempt.output["by"] == "Ben"
    assert len(await shown_to(lab, "usr_ben")) == 1, "nobody is asked again"


async def test_a_replay_with_another_input_asks_again(lab: Lab) -> None:
    run = await asked(lab, fields={"to": "${{ trigger.to | default('') }}"})
    await lab.answer(run)
    await goes_on(lab, run)
    again = await replayed(lab, run, {"to": "somebody else"})
    assert (again.state, again.waiting_for) == (RunState.WAITING, Waiting.APPROVAL)


async def test_a_replay_asks_again_what_was_refused(lab: Lab) -> None:
    run = await asked(lab)
    await lab.answer(run, Verdict.NO)
    await goes_on(lab, run)
    assert (await replayed(lab, run, run.input)).waiting_for is Waiting.APPROVAL


async def replayed(lab: Lab, run: Run, given: dict[str, Any], **changes: Any) -> Run:
    """The same version once more, as a run of its own."""
    async with lab.store.begin() as records:
        workflow = await records.workflows.get(run.workflow_id)
    assert workflow is not None
    return await goes_on(lab, await lab.queued(workflow, replay_of=run.id, input=given, **changes))


async def test_a_worker_that_dies_while_asking_leaves_one_question(lab: Lab, clock: FixedClock) -> None:
    """The attempt that it left is repeated; this go of the step has asked already."""
    run = await asked(lab)
    until = clock.now() + timedelta(seconds=15)
    await lab.tell(run, "ask", "approval-news:1")
    claimed = await lab.store.journal.claim(run.id, owner="dying", now=clock.now(), until=until)
    assert claimed is not None
    begun = replace(claimed.attempts[0], state=AttemptState.STARTED, output={"effect": "idempotent"})
    await lab.store.journal.record(owner="dying", attempts=[begun])
    clock.move(16)
    assert (await goes_on(lab, run)).state is RunState.WAITING
    assert [attempt.number for attempt in await lab.attempts(run, "ask")] == [1, 2]
    async with lab.store.begin() as records:
        assert len(await records.approval_requests.open_of_run(run.id)) == 1
    assert len(await lab.messages()) == 1
    await lab.answer(run)
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED


async def test_items_of_a_list_are_asked_about_one_by_one(lab: Lab) -> None:
    lab.more = list(load_steps())
    run = await lab.ran(
        {
            "id": "ask",
            "uses": "flow.approval",
            "for_each": [1, 2],
            "with": {"prompt": "Pay ${{ item }}?", "on_no": "continue"},
        },
        {"id": "then", "with": {"say": "${{ steps.ask['items'] | map(attribute='outcome') | join(' ') }}"}},
    )
    async with lab.store.begin() as records:
        found = await records.approval_requests.open_of_run(run.id)
        first, second = sorted(found, key=lambda one: one.item)
        person = await records.people.get(PERSON)
        assert person is not None
        by = Answerer(person=person, surface="web", at=lab.clock.now())
        await decision.vote(records, second.id, by=by, digest=second.digest, verdict=Verdict.NO)
    assert (await goes_on(lab, run)).state is RunState.WAITING
    async with lab.store.begin() as records:
        await decision.vote(records, first.id, by=by, digest=first.digest, verdict=Verdict.YES)
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED
    assert lab.said == ["approved rejected"]


async def test_a_rehearsal_asks_nobody_and_takes_it_as_approved(lab: Lab) -> None:
    lab.more = list(load_steps())
    step = {"id": "ask", "uses": "flow.approval", "with": {"prompt": "?", "approvers": ["Zoe"], "fields": {"a": 1}}}
    workflow = await lab.workflow(step, {"id": "then", "with": {"say": "${{ steps.ask.fields.a }}"}})
    run = await lab.queued(workflow, is_rehearsal=True)
    assert (await goes_on(lab, run)).state is RunState.SUCCEEDED
    assert lab.said == [1]
    async with lab.store.begin() as records:
        assert not await records.approval_requests.open_in(CONVERSATION)
