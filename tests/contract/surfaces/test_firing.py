"""What happens in a channel starts the automations that wait for it: one run for one happening, for who can read there."""

from __future__ import annotations

from typing import Any

import pytest

from bot.surface.arrival import Joined, Picked, Reacted, Said, What
from catalog.proposal import ProposalContent
from catalog.workflow import Workflow
from core.ids import new_id
from store.record import (
    Approval,
    Identity,
    JsonObject,
    Proposal,
    ProposalState,
    TriggerKind,
    TriggerRecord,
    Verdict,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)
from tests.contract.surfaces.lab import SURFACE, SurfaceLab
from tools.registry import load_steps

FIRE = {"channel": "#ops", "contains": "fire"}


@pytest.fixture(autouse=True)
async def _real_sources(lab: SurfaceLab) -> None:
    object.__setattr__(lab.host.inbox._firing, "registry", load_steps())
    lab.surface.members["C1"].add("T1/U9")
    async with lab.store.begin() as records:
        await records.people.link(Identity(surface=SURFACE, external_id="T1/U9", person_id="usr_ana"))


async def listen(lab: SurfaceLab, uses: str, with_: dict[str, Any], *, is_approved: bool = True) -> WorkflowRecord:
    """Ana waits for that."""
    now = lab.clock.now()
    definition = Workflow.model_validate(
        {
            "title": "When it happens",
            "steps": [{"id": "post", "uses": "chat.post", "with": {"text": "It happened"}}],
            "trigger": {"allowed": ["event"], "source": {"uses": uses, "with": with_}},
        }
    )
    workflow = WorkflowRecord(
        id=new_id("wfl"),
        name="When it happens",
        person_id="usr_ana",
        conversation_id="cnv_1",
        template_id=None,
        state=WorkflowState.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
    )
    content = ProposalContent(
        workflow_id=workflow.id, version=1, template_id=None, workflow=definition, params={}, trigger="event"
    )
    frozen = content.model_dump(mode="json", by_alias=True)
    async with lab.store.begin() as records:
        version = WorkflowVersion(
            workflow_id=workflow.id, version=1, digest=content.digest(), content=frozen, created_at=now
        )
        await records.workflows.add(workflow, version)
        await records.triggers.add(
            TriggerRecord(
                id=new_id("trg"),
                workflow_id=workflow.id,
                kind=TriggerKind.EVENT,
                config={},
                is_active=True,
                created_at=now,
            )
        )
        if is_approved:
            await approve(records, content.digest(), frozen, now)
    return workflow


async def approve(records: Any, digest: str, content: JsonObject, now: Any) -> None:
    proposal = Proposal(
        id=new_id("prp"),
        conversation_id="cnv_1",
        person_id="usr_ana",
        digest=digest,
        content=content,
        shown={},
        state=ProposalState.APPROVED,
        created_at=now,
    )
    await records.proposals.add(proposal)
    await records.proposals.add_approval(
        Approval(
            id=new_id("apv"),
            subject_id=proposal.id,
            digest=digest,
            verdict=Verdict.YES,
            person_id="usr_ana",
            surface="web",
            at=now,
        )
    )


async def happens(lab: SurfaceLab, what: What, **where: str) -> list[JsonObject]:
    """Let it happen; returns the items of all runs."""
    await lab.arrive(what, **where)
    await lab.host.inbox.work_due()
    async with lab.store.begin() as records:
        runs = [await records.runs.get(str(row[0])) for row in lab.talk.rows("SELECT id FROM runs ORDER BY created_at")]
    return [run.input["item"] for run in runs if run is not None]  # type: ignore[misc]  # JSON


OVERHEARD = Said(text="There is a fire", is_addressed=False)


async def test_a_message_in_a_channel_starts_one_run(lab: SurfaceLab) -> None:
    await listen(lab, "chat.message", FIRE)
    items = await happens(lab, OVERHEARD, delivery="Ev9")
    assert items == [
        {"text": "There is a fire", "by": "U1", "surface": SURFACE, "channel": "C1", "channel_name": "#ops"}
    ]
    assert lab.talk.queue.woken
    assert len(await happens(lab, OVERHEARD, delivery="Ev9")) == 1
    await lab.second().host.inbox._firing.fire(await _arrival(lab, "Ev9"))
    assert lab.talk.count("runs") == 1
    assert len(await happens(lab, OVERHEARD)) == 2


async def test_the_name_of_the_channel_is_always_there(lab: SurfaceLab) -> None:
    """Also where the person said its id, or any channel; one that has none is left without."""
    for channel in ("C1", "any"):
        await listen(lab, "chat.message", {"channel": channel})
    assert [one["channel_name"] for one in await happens(lab, OVERHEARD)] == ["#ops", "#ops"]
    lab.surface.channels.clear()
    assert [one["channel_name"] for one in await happens(lab, OVERHEARD)][2:] == ["", ""]


async def test_of_several_channels_of_one_name_each_is_meant_in_which_they_can_read(lab: SurfaceLab) -> None:
    await listen(lab, "chat.message", FIRE)
    lab.surface.names = {"C2": "#ops"}
    assert len(await happens(lab, OVERHEARD, channel="C2")) == 0
    lab.surface.members["C2"].add("T1/U9")
    assert [one["channel"] for one in await happens(lab, OVERHEARD, channel="C2")] == ["C2"]


async def _arrival(lab: SurfaceLab, delivery: str) -> Any:
    from bot.surface.arrival import Arrival

    return Arrival.model_validate((await lab.entry(delivery)).payload)


@pytest.mark.parametrize(
    ("uses", "with_", "what", "is_meant"),
    [
        ("chat.message", {"channel": "any", "keyword": "go"}, Said(text="Go!", is_addressed=False), True),
        ("chat.message", {"channel": "C1", "keyword": "go"}, Said(text="go", is_addressed=False), True),
        ("chat.message", {"channel": "#finance", "keyword": "go"}, Said(text="go", is_addressed=False), False),
        ("chat.message", {"channel": "#gone", "keyword": "go"}, Said(text="go", is_addressed=False), False),
        ("chat.message", {"keyword": "go"}, Said(text="go", is_addressed=False), False),
        ("chat.message", {"channel": "any", "keyword": "go", "surface": "slack"}, Said(text="go"), False),
        ("chat.reaction", {"emoji": "eyes"}, Reacted(emoji="eyes", message="1.2"), True),
        ("chat.reaction", {"emoji": ":eyes:", "surface": SURFACE}, Reacted(emoji="eyes", message="1.2"), True),
        ("chat.reaction", {}, Reacted(emoji="🎉", message="1.2"), True),
        ("chat.reaction", {"emoji": "eyes"}, Reacted(emoji="tada", message="1.2"), False),
        ("chat.member_joined", {"channel": "#ops"}, Joined(), True),
        ("chat.member_joined", {"channel": "#finance"}, Joined(), False),
        ("chat.shortcut", {"name": "Save"}, Picked(shortcut="save", text="note"), True),
        ("chat.shortcut", {"name": "Save"}, Picked(shortcut="other"), False),
        ("chat.reaction", {}, Joined(), False),
    ],
)
async def test_what_is_waited_for(
    lab: SurfaceLab, uses: str, with_: dict[str, Any], what: What, is_meant: bool
) -> None:
    await listen(lab, uses, with_)
    assert len(await happens(lab, what)) == int(is_meant)


async def test_a_message_that_is_meant_for_errand_starts_what_waits_for_it_in_the_channel_too(lab: SurfaceLab) -> None:
    await listen(lab, "chat.message", FIRE)
    assert len(await happens(lab, Said(text="a fire"))) == 1


async def test_nothing_starts_for_somebody_who_cannot_read_there(lab: SurfaceLab) -> None:
    lab.surface.members["C1"].clear()
    await listen(lab, "chat.message", FIRE)
    assert await happens(lab, OVERHEARD) == []


async def test_nothing_starts_that_nobody_approved_or_that_is_paused(lab: SurfaceLab) -> None:
    await listen(lab, "chat.message", FIRE, is_approved=False)
    paused = await listen(lab, "chat.message", FIRE)
    async with lab.store.begin() as records:
        await records.workflows.set_state(paused.id, WorkflowState.PAUSED, at=lab.clock.now())
    assert await happens(lab, OVERHEARD) == []


async def test_what_is_said_alone_with_errand_starts_nothing_that_waits_in_channels(lab: SurfaceLab) -> None:
    await listen(lab, "chat.message", {"channel": "any", "contains": "fire"})
    assert await happens(lab, Said(text="a fire"), channel="@U1", thread="") == []


async def test_a_reaction_brings_what_the_message_says(lab: SurfaceLab) -> None:
    await listen(lab, "chat.reaction", {"emoji": "bug"})
    lab.surface.messages_of_others["1.2"] = "the build is red"
    await lab.arrive(Reacted(emoji="bug", message="1.2"))
    await lab.settle()
    [row] = lab.talk.rows("SELECT input FROM runs")
    assert '"text": "the build is red"' in str(row[0]).replace('":"', '": "')
