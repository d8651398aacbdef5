"""Two people who turn out to be one: what was theirs stays reachable, and no vote counts twice."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ForeignKey

from store.record import (
    Approval,
    ApprovalRequest,
    Connection,
    GroupMember,
    Identity,
    JsonObject,
    RequestState,
    Role,
    Verdict,
)
from store.sql import shelf_table, surface_table  # all tables register
from store.sql.merge import MOVED, MOVED_ONCE
from store.sql.metadata import metadata
from store.sql.table import messages, people, signals
from tests.contract.store.world import CONVERSATION, LATER, NOON, PERSON, VERSION, WORKFLOW, World, run

BEN = replace(PERSON, id="usr_2", name="Ben", role=Role.MEMBER)
ONE = Identity(surface="slack", external_id="T1/U1", person_id="usr_2")

AS_IT_WAS = {messages.c.person_id, signals.c.person_id}
"""Who did it at the time."""


def request(request_id: str, **changes: object) -> ApprovalRequest:
    made = ApprovalRequest(
        id=request_id,
        run_id="run_1",
        step_id=request_id,
        item=-1,
        number=1,
        requester_id="usr_1",
        prompt="Pay?",
        fields={},
        editable=[],
        digest="d",
        approvers=["usr_1", "usr_2", "usr_3"],
        quorum=2,
        state=RequestState.OPEN,
        created_at=NOON,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # by name


async def settle(world: World) -> None:
    async with world.store.begin() as records:
        await records.people.add(BEN, ONE)
        await records.people.add(
            replace(BEN, id="usr_3", name="Cleo"), Identity(surface="web", external_id="cleo", person_id="usr_3")
        )
        await records.conversations.add(replace(CONVERSATION, id="cnv_2", external_id="2", person_id="usr_2"))
        await records.workflows.add(
            replace(WORKFLOW, id="wfl_2", person_id="usr_2", conversation_id="cnv_2"),
            replace(VERSION, workflow_id="wfl_2"),
        )
        await records.runs.add(run(id="run_1", workflow_id="wfl_2", person_id="usr_2", conversation_id="cnv_2"))
        public: JsonObject = {"host": "mail"}
        await records.connections.save(
            Connection(
                id="con_1",
                person_id="usr_2",
                connector="smtp",
                name="Mail",
                public=public,
                secret=b"sealed",
                created_at=NOON,
                updated_at=NOON,
            )
        )
        for group, person_id in (("finance", "usr_1"), ("finance", "usr_2"), ("legal", "usr_2")):
            await records.groups.add(GroupMember(group=group, person_id=person_id, added_at=NOON))


async def merge(world: World, absorbed: str = "usr_2", into: str = "usr_1") -> None:
    async with world.store.begin() as records:
        await records.people.merge(absorbed, into=into)


async def test_what_belonged_to_the_one_belongs_to_the_other(world: World) -> None:
    await settle(world)
    await merge(world)
    async with world.store.begin() as records:
        assert {one.id for one in await records.conversations.of_person("usr_1")} == {"cnv_1", "cnv_2"}
        assert {one.id for one in await records.workflows.of_person("usr_1")} == {"wfl_1", "wfl_2"}
        assert await records.workflows.of_person("usr_2") == []
        assert (await records.connections.find("usr_1", "smtp") or PERSON).id == "con_1"
        moved = await records.runs.get("run_1")
        assert moved is not None
        assert moved.person_id == "usr_1"
        assert [one.id for one in await records.groups.members("finance")] == ["usr_1"]
        assert [one.id for one in await records.groups.members("legal")] == ["usr_1"]


async def test_the_one_s_id_and_accounts_mean_the_other(world: World) -> None:
    """What still names them, such as a session or something under way, goes on."""
    await settle(world)
    await merge(world)
    async with world.store.begin() as records:
        assert await records.people.get("usr_2") == PERSON
        assert await records.people.by_identity("slack", "T1/U1") == PERSON
        assert await records.people.accounts("usr_1") == [
            replace(ONE, person_id="usr_1"),
            Identity(surface="web", external_id="zoe", person_id="usr_1"),
        ]
        assert await records.people.accounts("usr_2") == []
        assert [one.id for one in await records.people.everyone()] == ["usr_1", "usr_3"]
        assert await records.people.count() == 2
        assert (await records.gallery.people(["usr_2", "usr_3"]))["usr_2"] == PERSON


async def test_who_was_merged_before_goes_along(world: World) -> None:
    await settle(world)
    await merge(world)
    await merge(world, "usr_1", "usr_3")
    async with world.store.begin() as records:
        for person_id in ("usr_1", "usr_2", "usr_3"):
            found = await records.people.get(person_id)
            assert found is not None
            assert found.id == "usr_3"


async def test_of_two_votes_of_one_person_one_counts_and_four_eyes_stay_four(world: World) -> None:
    await settle(world)
    given = request("apr_1", excluded=["usr_2"], handed_over={"usr_2": "usr_3"}, escalate_to=["usr_2"])
    decided = request("apr_2", state=RequestState.APPROVED, decided_at=LATER)
    async with world.store.begin() as records:
        await records.approval_requests.add(given)
        await records.approval_requests.add(decided)
        for number, person_id in enumerate(("usr_1", "usr_2")):
            await records.proposals.add_approval(
                Approval(
                    id=f"apv_{number}",
                    subject_id="apr_1",
                    digest="d",
                    verdict=Verdict.YES,
                    person_id=person_id,
                    surface="web",
                    at=NOON,
                )
            )
    await merge(world)
    async with world.store.begin() as records:
        found = await records.approval_requests.get("apr_1")
        assert found is not None
        assert found.approvers == ["usr_1", "usr_3"]
        assert (found.excluded, found.escalate_to, found.handed_over) == (["usr_1"], ["usr_1"], {"usr_1": "usr_3"})
        assert found.revision == given.revision + 1
        assert await records.approval_requests.get("apr_2") == decided
        assert {one.person_id for one in await records.proposals.approvals("apr_1")} == {"usr_1"}


def test_every_column_that_names_a_person_is_moved_or_left_on_purpose() -> None:
    """A new table cannot be forgotten."""
    assert shelf_table.saved_templates.metadata is surface_table.inbox.metadata is metadata
    named = {
        column
        for table in metadata.tables.values()
        for column in table.columns
        if any(isinstance(key, ForeignKey) and key.column is people.c.id for key in column.foreign_keys)
    }
    assert len(named) > 8
    assert named - AS_IT_WAS <= {*MOVED, *MOVED_ONCE}
