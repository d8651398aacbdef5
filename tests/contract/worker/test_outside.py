"""What steps say on outside surfaces: posts into channels and to people, questions where approvers are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from store.record import Conversation, Identity, Posting, RequestState, Run, RunState
from tests.contract.worker.lab import CONVERSATION, PERSON, Lab, LabParams
from tests.contract.worker.test_approval import asked, goes_on
from tools.step import StepContext
from worker.outside import announce


async def serve(lab: Lab, *surfaces: str) -> None:
    async with lab.store.begin() as records:
        for surface in surfaces:
            await announce(records, surface, at=lab.clock.now())


async def link(lab: Lab, person_id: str, surface: str, account: str) -> None:
    async with lab.store.begin() as records:
        await records.people.link(Identity(surface=surface, external_id=account, person_id=person_id))


async def postings(lab: Lab, surface: str, lane: str) -> list[Posting]:
    async with lab.store.begin() as records:
        return await records.postings.due(surface, lane, now=lab.clock.now(), limit=10)


async def post(lab: Lab, to: str) -> Run:
    async def say(_params: LabParams, context: StepContext) -> None:
        first = await context.chat.post("Hello", destination=to, key="k")
        assert await context.chat.post("Hello", destination=to, key="k") == first

    lab.on("say", say)
    return await lab.ran({"id": "a", "with": {"do": "say"}})


@pytest.mark.parametrize(
    ("to", "lane"),
    [
        ("#ops", "/#ops"),
        ("slack:#ops", "/#ops"),
        ("slack:C17", "/C17"),
        ("@Ben", "T1/@U2"),
        ("slack:@Ben", "T1/@U2"),
    ],
)
async def test_a_step_posts_into_a_channel_or_to_a_person_once(any_lab: Lab, to: str, lane: str) -> None:
    lab = any_lab
    await serve(lab, "slack")
    await lab.add_person("Ben")
    await link(lab, "usr_ben", "slack", "T1/U2")
    run = await post(lab, to)
    assert run.state is RunState.SUCCEEDED, run.failure
    assert len(await postings(lab, "slack", lane)) == 1


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("#ops", "discord or slack"),
        ("slack:@Nobody", "is nobody called @Nobody"),
        ("@Ben", "may be on"),
        ("slack:@Ben", "@Ben is not known on slack"),
        ("slack:", "cannot be reached"),
        ("slack:#", "cannot be reached"),
        ("teams:#ops", "cannot be reached"),
        ("nowhere", "may be on"),
        ("slack", "may be on"),
    ],
)
async def test_where_nobody_knows_what_is_meant_nothing_is_posted(lab: Lab, to: str, why: str) -> None:
    await serve(lab, "slack", "discord")
    await lab.add_person("Ben")
    run = await post(lab, to)
    assert run.failure is not None
    assert run.failure.cause == "rejected"
    assert why in run.failure.message


async def test_a_surface_of_which_nothing_was_heard_for_days_is_not_there(lab: Lab) -> None:
    await serve(lab, "slack")
    lab.clock.move(2 * 86_400)
    run = await post(lab, "#ops")
    assert run.failure is not None
    assert "cannot be reached" in run.failure.message


async def test_that_a_channel_is_not_there_is_the_step_s_failure(lab: Lab) -> None:
    await serve(lab, "slack")
    sleep = lab.clock.sleep

    async def refused(delay_s: float) -> None:
        """Meanwhile the surface says no."""
        for one in await postings(lab, "slack", "/#gone"):
            async with lab.store.begin() as records:
                settled = replace(one, problem="There is no #gone.", due_at=None)
                await records.postings.settle(settled, seen=one.due_at)
        await sleep(delay_s)

    lab.clock.sleep = refused  # type: ignore[method-assign]
    run = await post(lab, "#gone")
    assert run.failure is not None
    assert "There is no #gone." in run.failure.message


async def shown(lab: Lab, person_id: str) -> list[Conversation]:
    async with lab.store.begin() as records:
        return await records.conversations.of_person(person_id)


async def test_who_is_on_a_surface_is_asked_there_alone(any_lab: Lab) -> None:
    """Not in some channel where they spoke last."""
    lab = any_lab
    await serve(lab, "slack")
    await lab.add_person("Ben")
    await lab.add_person("Cleo")
    await link(lab, "usr_ben", "slack", "T1/U2")
    run = await asked(lab, approvers=["Ben", "Cleo"], quorum=2)
    assert [(one.surface, one.external_id) for one in await shown(lab, "usr_ben")] == [("slack", "T1/@U2/")]
    assert [one.surface for one in await shown(lab, "usr_cleo")] == ["web"]
    await goes_on(lab, run)
    assert len(await postings(lab, "slack", "T1/@U2")) == 1


async def test_whoever_spoke_last_in_a_channel_is_not_asked_there(lab: Lab) -> None:
    await lab.add_person("Ben")
    async with lab.store.begin() as records:
        home = await records.conversations.get(CONVERSATION)
        assert home is not None
        channel = replace(home, id="cnv_ops", surface="slack", external_id="T1/C1/17.1", person_id="usr_ben")
        await records.conversations.add(channel)
    await asked(lab, approvers=["Ben"])
    assert sorted(one.surface for one in await shown(lab, "usr_ben")) == ["slack", "web"]
    assert await postings(lab, "slack", "T1/C1") == []


async def test_an_approval_is_shown_in_a_channel_too_when_the_step_says_so(lab: Lab) -> None:
    await serve(lab, "slack")
    run = await asked(lab, show_in="#finance")
    await goes_on(lab, run)
    assert len(await postings(lab, "slack", "/#finance")) == 1
    assert (await lab.request(run)).state is RequestState.OPEN


async def test_an_approval_that_can_be_shown_in_no_such_channel_says_so(lab: Lab) -> None:
    run = await asked(lab, show_in="#finance")
    assert run.failure is not None
    assert "#finance" in run.failure.message


async def test_an_account_of_somebody_who_turned_out_to_be_another_is_still_theirs(lab: Lab) -> None:
    """A run that began before may go on with what was approved."""
    await lab.add_person("Ben")
    async with lab.store.begin() as records:
        await records.people.merge(PERSON, into="usr_ben")
        found: Any = await records.people.get(PERSON)
    assert found.id == "usr_ben"
    run = await lab.ran({"id": "a", "with": {"say": "fine"}})
    assert run.state is RunState.SUCCEEDED
