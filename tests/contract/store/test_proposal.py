"""The proposal store, on each database."""

from __future__ import annotations

import asyncio

from store.record import Approval, Proposal, ProposalState, Verdict
from tests.contract.store.world import LATER, NOON, World

PROPOSAL = Proposal(
    id="prp_1",
    conversation_id="cnv_1",
    person_id="usr_1",
    digest="a" * 64,
    content={"params": {"text": "stretch"}},
    shown={"origin": {"text": "message"}},
    state=ProposalState.OPEN,
    created_at=NOON,
)


def approval(number: int, verdict: Verdict, digest: str = "a" * 64) -> Approval:
    return Approval(
        id=f"apv_{number}",
        subject_id="prp_1",
        digest=digest,
        verdict=verdict,
        person_id="usr_1",
        surface="web",
        at=LATER if number > 1 else NOON,
    )


async def test_a_proposal_is_kept_as_it_is(world: World) -> None:
    async with world.store.begin() as records:
        await records.proposals.add(PROPOSAL)
    async with world.store.begin() as records:
        assert await records.proposals.get("prp_1") == PROPOSAL
        assert await records.proposals.get("prp_0") is None


async def test_a_proposal_moves_from_the_expected_state_only(world: World) -> None:
    async with world.store.begin() as records:
        await records.proposals.add(PROPOSAL)
        move = records.proposals.move
        assert await move("prp_1", expected=ProposalState.OPEN, to=ProposalState.SUPERSEDED)
        assert not await move("prp_1", expected=ProposalState.OPEN, to=ProposalState.APPROVED)
        assert not await move("prp_0", expected=ProposalState.OPEN, to=ProposalState.APPROVED)
        found = await records.proposals.get("prp_1")
    assert found is not None
    assert found.state is ProposalState.SUPERSEDED


async def test_of_many_yes_at_once_one_counts(world: World) -> None:
    """A double click, in two browsers, on two processes."""
    async with world.store.begin() as records:
        await records.proposals.add(PROPOSAL)

    async def click() -> bool:
        async with world.store.begin() as records:
            return await records.proposals.move("prp_1", expected=ProposalState.OPEN, to=ProposalState.APPROVED)

    assert sum(await asyncio.gather(*(click() for _ in range(8)))) == 1


async def test_only_a_yes_to_exactly_this_digest_is_a_yes(world: World) -> None:
    async with world.store.begin() as records:
        await records.proposals.add_approval(approval(2, Verdict.NO, "b" * 64))
        assert not await records.proposals.has_yes("a" * 64)
        assert not await records.proposals.has_yes("b" * 64)
        await records.proposals.add_approval(approval(1, Verdict.YES))
        assert await records.proposals.has_yes("a" * 64)
        assert not await records.proposals.has_yes("b" * 64)
        assert not await records.proposals.has_yes("a" * 63)
        found = await records.proposals.approvals("prp_1")
    assert [each.id for each in found] == ["apv_1", "apv_2"]
    assert found[0] == approval(1, Verdict.YES)
