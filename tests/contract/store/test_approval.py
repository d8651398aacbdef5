"""Approval requests, groups, and answers that race: whoever asks, in whatever order, one decision is made."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from catalog import decision
from catalog.approver import find_people
from catalog.decision import Answerer, Decision, Refusal
from store.record import (
    ApprovalRequest,
    Card,
    GroupMember,
    Identity,
    Person,
    RequestState,
    Role,
    RunState,
    Shows,
    Verdict,
)
from store.sql.store import SqlStore
from tests.contract.store.world import CONVERSATION, NOON, PERSON, World, message

PEOPLE = [
    Person(id=f"usr_p{number}", name=f"P{number}", time_zone="UTC", locale="en", role=Role.MEMBER, created_at=NOON)
    for number in range(6)
]


async def add_people(world: World) -> list[str]:
    async with world.store.begin() as records:
        for one in PEOPLE:
            await records.people.add(
                one, Identity(surface="web", external_id=f"{one.name}@Example.com", person_id=one.id)
            )
    return [one.id for one in PEOPLE]


async def add_request(world: World, **values: object) -> ApprovalRequest:
    run = await world.add_run(state=RunState.WAITING, due_at=None)
    fields = {
        "id": "apr_1",
        "run_id": run.id,
        "step_id": "ask",
        "item": -1,
        "number": 1,
        "requester_id": PERSON.id,
        "prompt": "Pay?",
        "fields": {"amount": 5},
        "editable": ["amount"],
        "digest": decision.request_digest("apr_1", "Pay?", {"amount": 5}),
        "approvers": [PERSON.id],
        "quorum": 1,
        "state": RequestState.OPEN,
        "created_at": NOON,
    }
    request = ApprovalRequest(**(fields | values))  # type: ignore[arg-type]  # fields by name
    async with world.store.begin() as records:
        assert await records.approval_requests.add(request)
    return request


async def vote(
    store: SqlStore, request: ApprovalRequest, person: Person, verdict: Verdict, *, digest: str = ""
) -> Decision:
    by = Answerer(person=person, surface="web", at=NOON)
    async with store.begin() as records:
        return await decision.vote(records, request.id, by=by, digest=digest or request.digest, verdict=verdict)


async def test_a_request_comes_back_as_it_was_written(world: World) -> None:
    request = await add_request(
        world,
        handed_over={"usr_a": "usr_b"},
        escalate_to=["usr_c"],
        excluded=["usr_1", "usr_2"],
        remind_at=NOON + timedelta(hours=1),
        expires_at=NOON + timedelta(hours=2),
    )
    async with world.store.begin() as records:
        assert await records.approval_requests.get("apr_1") == request
        assert await records.approval_requests.of_step(request.run_id, "ask", item=-1, number=1) == request
        assert not await records.approval_requests.add(replace(request, id="apr_2")), "this go has asked already"
        assert await records.approval_requests.get("apr_2") is None
        assert await records.approval_requests.lock("apr_none") is None
        assert await records.gallery.approval_requests(["apr_1", "apr_none"]) == {"apr_1": request}


async def test_it_is_saved_by_compare_and_set_while_it_is_open(world: World) -> None:
    request = await add_request(world)
    async with world.store.begin() as records:
        assert await records.approval_requests.save(replace(request, approvers=["usr_x"]))
        assert not await records.approval_requests.save(request), "its revision is another now"
        now = await records.approval_requests.get("apr_1")
        assert now == replace(request, approvers=["usr_x"], revision=1)
        assert await records.approval_requests.save(replace(now, state=RequestState.REJECTED, decided_at=NOON))
        assert not await records.approval_requests.save(replace(now, revision=2)), "it is decided"


async def test_the_open_ones_of_a_conversation_and_of_a_run_are_found(world: World) -> None:
    request = await add_request(world)
    async with world.store.begin() as records:
        assert await records.approval_requests.open_in(CONVERSATION.id) == []
        for number in range(2):
            shown = await records.conversations.append(message(id=f"msg_{number}"))
            await records.cards.add(
                Card(
                    subject=Shows.APPROVAL,
                    subject_id="apr_1",
                    surface="web",
                    conversation_id=CONVERSATION.id,
                    message_id=shown.id,
                )
            )
        assert await records.approval_requests.open_in(CONVERSATION.id) == [request]
        assert await records.approval_requests.open_in("cnv_other") == []
        assert await records.approval_requests.open_of_run(request.run_id) == [request]
        assert await records.approval_requests.open_for(request.approvers[0]) == [request]
        assert await records.approval_requests.open_for("usr_nobody") == []
        await records.approval_requests.save(replace(request, state=RequestState.EXPIRED))
        assert await records.approval_requests.open_in(CONVERSATION.id) == []
        assert await records.approval_requests.open_of_run(request.run_id) == []
        assert await records.approval_requests.open_for(request.approvers[0]) == []


async def test_of_many_yeses_at_once_the_quorum_is_counted_exactly(world: World) -> None:
    """Each sees the others' votes: none is counted twice, none is lost, and the run hears of one decision."""
    ids = await add_people(world)
    request = await add_request(world, approvers=ids, quorum=4)
    decided = await asyncio.gather(*(vote(world.store, request, one, Verdict.YES) for one in PEOPLE))
    taken = [one for one in decided if one.refusal is None]
    assert len(taken) == 4
    assert [one.refusal for one in decided if one.refusal] == [Refusal.OVER] * 2
    async with world.store.begin() as records:
        now = await records.approval_requests.get("apr_1")
        assert now is not None
        assert now.state is RequestState.APPROVED
        assert len(await records.proposals.approvals("apr_1")) == 4
        assert len(await records.runs.signals(request.run_id)) == 1


@pytest.mark.parametrize("_again", range(3))
async def test_of_a_yes_and_a_no_at_once_one_wins_and_the_other_learns_who(world: World, _again: int) -> None:
    ids = await add_people(world)
    request = await add_request(world, approvers=ids)
    verdicts = [Verdict.YES, Verdict.NO] * 3
    decided = await asyncio.gather(
        *(vote(world.store, request, one, verdict) for one, verdict in zip(PEOPLE, verdicts, strict=True))
    )
    [winner] = [number for number, one in enumerate(decided) if one.refusal is None]
    assert all(one.refusal is Refusal.OVER for number, one in enumerate(decided) if number != winner)
    states = {(one.request.state, one.request.decided_by) for one in decided if one.request}
    expected = RequestState.APPROVED if verdicts[winner] is Verdict.YES else RequestState.REJECTED
    assert states == {(expected, PEOPLE[winner].id)}


async def test_one_person_who_presses_often_has_one_vote(world: World) -> None:
    ids = await add_people(world)
    request = await add_request(world, approvers=ids, quorum=2)
    decided = await asyncio.gather(*(vote(world.store, request, PEOPLE[0], Verdict.YES) for _ in range(5)))
    assert sorted(one.refusal or "" for one in decided) == ["", *[Refusal.TWICE] * 4]
    async with world.store.begin() as records:
        assert len(await records.proposals.approvals("apr_1")) == 1


async def test_an_edit_and_a_yes_at_once_never_approve_what_was_not_shown(world: World) -> None:
    ids = await add_people(world)
    request = await add_request(world, approvers=ids)

    async def edit() -> Decision:
        by = Answerer(person=PEOPLE[0], surface="web", at=NOON)
        async with world.store.begin() as records:
            return await decision.edit(records, "apr_1", by=by, digest=request.digest, fields={"amount": 9})

    edited, voted = await asyncio.gather(edit(), vote(world.store, request, PEOPLE[1], Verdict.YES))
    assert {edited.refusal, voted.refusal} in ({None, Refusal.CHANGED}, {None, Refusal.OVER})
    async with world.store.begin() as records:
        now = await records.approval_requests.get("apr_1")
    assert now is not None
    was_edited = edited.refusal is None
    assert now.fields == ({"amount": 9} if was_edited else {"amount": 5})
    assert now.state is (RequestState.OPEN if was_edited else RequestState.APPROVED)


@pytest.mark.parametrize("digest", ["", "x" * 12, "short"])
async def test_a_yes_to_anything_else_is_none(world: World, digest: str) -> None:
    request = await add_request(world)
    shown = digest or request.digest[:11]
    assert (await vote(world.store, request, PERSON, Verdict.YES, digest=shown)).refusal is Refusal.CHANGED


async def test_a_decision_about_a_run_that_is_over_closes_the_request(world: World) -> None:
    request = await add_request(world)
    ended = await world.add_run(id="run_over", state=RunState.CANCELLED, due_at=None)
    other = await add_request(world, id="apr_2", run_id=ended.id, digest="e" * 64)
    assert (await vote(world.store, other, PERSON, Verdict.YES)).refusal is Refusal.OVER
    async with world.store.begin() as records:
        closed = await records.approval_requests.get("apr_2")
    assert closed is not None
    assert closed.state is RequestState.CANCELLED
    assert (await vote(world.store, request, PERSON, Verdict.YES)).refusal is None


_PROCESS = """
import asyncio, sys
from catalog import decision
from catalog.decision import Answerer
from store.record import Verdict
from store.sql.store import SqlStore

async def answer(store, person_id, verdict):
    async with store.begin() as records:
        person = await records.people.get(person_id)
        request = await records.approval_requests.get("apr_1")
        by = Answerer(person=person, surface="web", at=request.created_at)
        decided = await decision.vote(records, "apr_1", by=by, digest=request.digest, verdict=Verdict(verdict))
    print(person_id, decided.refusal or "counts", decided.request.state, flush=True)

async def main(url, *answers):
    store = await SqlStore.open(url, fsync=False)
    print("ready", flush=True)
    sys.stdin.readline()
    await asyncio.gather(*(answer(store, *one.split("=")) for one in answers))
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def _answers(url: str, *of_processes: Sequence[str]) -> list[list[str]]:
    """What several processes print that answer at one moment: who, whether it counts, the request's state."""
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROCESS, url, *answers, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        for answers in of_processes
    ]
    for one in started:
        assert one.stdout is not None
        assert await one.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*(one.communicate(b"\n") for one in started))
    assert [one.returncode for one in started] == [0] * len(started)
    return [line.split() for output, _ in outputs for line in output.decode().splitlines()]


async def test_answers_from_two_processes_make_one_decision(world: World, url: str) -> None:
    ids = await add_people(world)
    request = await add_request(world, approvers=ids, quorum=2)
    said = await _answers(url, [f"{ids[0]}=yes", f"{ids[1]}=yes"], [f"{ids[2]}=yes", f"{ids[3]}=no"])
    assert len(said) == 4
    async with world.store.begin() as records:
        now = await records.approval_requests.get("apr_1")
        given = await records.proposals.approvals("apr_1")
        assert len(await records.runs.signals(request.run_id)) == 1
    assert now is not None
    counting = [one for one in said if one[1] == "counts"]
    assert len(counting) == len(given)
    yes = sum(one.verdict is Verdict.YES for one in given)
    assert (now.state, yes) in [(RequestState.APPROVED, 2), (RequestState.REJECTED, 0), (RequestState.REJECTED, 1)]
    assert sum(one[2] == now.state.value for one in counting) == 1, "the decision was made once"


async def test_groups_are_there_as_long_as_somebody_is_in_them(world: World) -> None:
    ids = await add_people(world)
    member = GroupMember(group="finance", person_id=ids[1], added_at=NOON)
    async with world.store.begin() as records:
        assert await records.groups.add(member)
        assert not await records.groups.add(member)
        assert await records.groups.add(replace(member, person_id=ids[0], added_at=NOON + timedelta(seconds=1)))
        assert [one.name for one in await records.groups.members("finance")] == ["P1", "P0"]
        assert await records.groups.names() == ["finance"]
        assert await records.groups.remove("finance", ids[1])
        assert not await records.groups.remove("finance", ids[1])
        assert await records.groups.remove("finance", ids[0])
        assert await records.groups.names() == []


async def test_people_are_found_by_id_name_or_account(world: World) -> None:
    await add_people(world)
    async with world.store.begin() as records:
        assert [one.id for one in await records.people.everyone()] == [PERSON.id, *(one.id for one in PEOPLE)]
        for said in ("usr_p2", "p2", " P2 ", "@P2", "p2@example.COM"):
            assert [one.id for one in await find_people(records, said)] == ["usr_p2"], said
        assert await find_people(records, "nobody") == []
        assert [one.id for one in await find_people(records, "ZOË")] == [PERSON.id], "letters of any language"


async def test_what_was_asked_goes_with_the_details_of_an_old_run_and_who_decided_stays(world: World) -> None:
    ended = await world.add_run(id="run_old", state=RunState.FAILED, due_at=None, ended_at=NOON)
    request = await add_request(world, run_id=ended.id, state=RequestState.APPROVED, decided_by=PERSON.id)
    async with world.store.begin() as records:
        assert await records.retention.prune_runs(before=NOON + timedelta(days=1), at=NOON, limit=10) == 1
        kept = await records.approval_requests.get("apr_1")
    assert kept == replace(request, prompt="", fields={}, editable=[])
