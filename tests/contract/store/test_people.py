"""The people store, on each database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import StoreError
from store.record import Identity, Role
from tests.contract.store.world import CONVERSATION, IDENTITY, PERSON, World


async def test_a_person_is_found_by_id_and_by_identity(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.people.get("usr_1") == PERSON
        assert await records.people.by_identity("web", "zoe") == PERSON
        assert await records.people.count() == 1


async def test_who_is_not_there_is_none(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.people.get("usr_0") is None
        assert await records.people.by_identity("slack", "zoe") is None


async def test_a_person_can_have_several_identities(world: World) -> None:
    async with world.store.begin() as records:
        await records.people.link(Identity(surface="slack", external_id="U1", person_id="usr_1"))
        assert await records.people.by_identity("slack", "U1") == PERSON
        assert await records.people.count() == 1


async def test_linking_moves_an_identity_to_another_person(world: World) -> None:
    other = replace(PERSON, id="usr_2", name="Ada", role=Role.MEMBER)
    async with world.store.begin() as records:
        await records.people.add(other, Identity(surface="slack", external_id="U2", person_id="usr_2"))
        await records.people.link(Identity(surface="slack", external_id="U2", person_id="usr_1"))
        assert await records.people.by_identity("slack", "U2") == PERSON


async def test_saving_changes_a_person(world: World) -> None:
    changed = replace(PERSON, time_zone="Asia/Tokyo", locale="ja", role=Role.MEMBER, name="Zoë B.")
    async with world.store.begin() as records:
        await records.people.save(changed)
    async with world.store.begin() as records:
        assert await records.people.get("usr_1") == changed


async def test_a_person_that_is_not_there_cannot_be_saved(world: World) -> None:
    with pytest.raises(StoreError, match="usr_9"):
        async with world.store.begin() as records:
            await records.people.save(replace(PERSON, id="usr_9"))


async def test_two_people_cannot_have_the_same_identity(world: World) -> None:
    """And the second person is not added either."""
    with pytest.raises(StoreError, match="exists already"):
        async with world.store.begin() as records:
            await records.people.add(replace(PERSON, id="usr_2"), replace(IDENTITY, person_id="usr_2"))
    async with world.store.begin() as records:
        assert await records.people.count() == 1


async def test_what_belongs_to_nobody_is_refused(world: World) -> None:
    """Foreign keys are on, on SQLite too."""
    with pytest.raises(StoreError, match="belongs to one that does not exist"):
        async with world.store.begin() as records:
            await records.conversations.add(replace(CONVERSATION, id="cnv_2", external_id="x", person_id="usr_9"))


async def test_an_account_within_a_team_is_found_by_its_user(world: World) -> None:
    async with world.store.begin() as records:
        await records.people.link(Identity(surface="slack", external_id="T1/U_7", person_id=PERSON.id))
        assert await records.people.by_account("u_7") == [PERSON]
        assert await records.people.by_account("T1/U_7") == [PERSON]
        for other in ("U17", "_7", "%", "T1", "T1/", ""):
            assert await records.people.by_account(other) == [], other
