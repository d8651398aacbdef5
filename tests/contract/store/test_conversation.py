"""The conversation store, on each database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import StaleError, StoreError
from store.record import Author, Delivery, Shows, reference
from store.sql.store import SqlStore
from tests.contract.store.world import CONVERSATION, LATER, NOON, World, message


async def test_a_conversation_is_found_by_id_and_by_its_name_on_the_surface(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.conversations.get("cnv_1") == CONVERSATION
        assert await records.conversations.by_external("web", "tab-1") == CONVERSATION
        assert await records.conversations.get("cnv_0") is None
        assert await records.conversations.by_external("slack", "tab-1") is None


async def test_conversations_of_a_person_come_newest_first(world: World) -> None:
    async with world.store.begin() as records:
        for hour in (2, 1, 3):
            await records.conversations.add(
                replace(CONVERSATION, id=f"cnv_h{hour}", external_id=f"{hour}", updated_at=NOON + timedelta(hours=hour))
            )
        found = await records.conversations.of_person("usr_1", limit=3)
    assert [each.id for each in found] == ["cnv_h3", "cnv_h2", "cnv_h1"]


async def test_saving_raises_the_revision(world: World) -> None:
    async with world.store.begin() as records:
        await records.conversations.save(
            replace(CONVERSATION, title="Erinnerung", state={"missing": ["when"]}, updated_at=LATER)
        )
    async with world.store.begin() as records:
        found = await records.conversations.get("cnv_1")
    assert found == replace(CONVERSATION, title="Erinnerung", state={"missing": ["when"]}, updated_at=LATER, revision=1)


async def test_of_two_turns_that_save_at_once_one_is_stale(world: World) -> None:
    everybody_has_read = asyncio.Barrier(5)

    async def turn(title: str) -> str:
        async with world.store.begin() as records:
            found = await records.conversations.get("cnv_1")
            assert found is not None
            await everybody_has_read.wait()
            await records.conversations.save(replace(found, title=title))
        return title

    outcomes = await asyncio.gather(*(turn(str(number)) for number in range(5)), return_exceptions=True)
    winners = [each for each in outcomes if isinstance(each, str)]
    assert len(winners) == 1
    assert all(isinstance(each, StaleError) for each in outcomes if each not in winners)
    async with world.store.begin() as records:
        found = await records.conversations.get("cnv_1")
    assert found is not None
    assert (found.title, found.revision) == (winners[0], 1)


async def test_messages_are_numbered_from_one(world: World) -> None:
    async with world.store.begin() as records:
        first = await records.conversations.append(message("one", author=Author.PERSON, person_id="usr_1"))
        second = await records.conversations.append(message("two", parts=[reference(Shows.RUN, "run_1")]))
        assert [first.seq, second.seq] == [1, 2]
    async with world.store.begin() as records:
        assert await records.conversations.messages("cnv_1") == [first, second]
        assert await records.conversations.message(second.id) == second
        assert await records.conversations.message("msg_0") is None


async def test_the_newest_messages_come_oldest_first(world: World) -> None:
    async with world.store.begin() as records:
        for number in range(1, 11):
            await records.conversations.append(message(str(number)))
        newest = await records.conversations.messages("cnv_1", limit=3)
        after = await records.conversations.messages("cnv_1", after=8)
        some_after = await records.conversations.messages("cnv_1", after=2, limit=2)
    assert [each.seq for each in newest] == [8, 9, 10]
    assert [each.seq for each in after] == [9, 10]
    assert [each.seq for each in some_after] == [9, 10]


async def test_an_appended_message_makes_the_conversation_new(world: World) -> None:
    async with world.store.begin() as records:
        await records.conversations.append(message(at=LATER))
        found = await records.conversations.get("cnv_1")
    assert found is not None
    assert found.updated_at == LATER
    assert found.revision == 0


async def test_concurrent_appends_get_numbers_without_gap_or_double(url: str, world: World) -> None:
    """Two stores on one database stand for two processes."""
    other = await SqlStore.open(url)

    async def append(store: SqlStore) -> int:
        async with store.begin() as records:
            return (await records.conversations.append(message())).seq

    assert isinstance(world.store, SqlStore)
    numbers = await asyncio.gather(*(append(store) for store in (world.store, other) for _ in range(15)))
    await other.close()
    assert sorted(numbers) == list(range(1, 31))


async def test_a_message_of_a_conversation_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(StoreError, match="cnv_9"):
        async with world.store.begin() as records:
            await records.conversations.append(message(conversation_id="cnv_9"))


async def test_a_delivery_is_known_the_second_time(world: World) -> None:
    first = Delivery(
        surface="slack", delivery_id="Ev1", conversation_id="cnv_1", message_ids=["msg_1", "msg_2"], at=NOON
    )
    async with world.store.begin() as records:
        assert await records.conversations.delivery("slack", "Ev1") is None
        assert await records.conversations.add_delivery(first)
        assert not await records.conversations.add_delivery(replace(first, message_ids=["msg_3"]))
        assert await records.conversations.delivery("slack", "Ev1") == first


async def test_of_deliveries_at_once_one_is_new(world: World) -> None:
    async def deliver(number: int) -> bool:
        async with world.store.begin() as records:
            return await records.conversations.add_delivery(
                Delivery(
                    surface="slack", delivery_id="Ev1", conversation_id="cnv_1", message_ids=[str(number)], at=NOON
                )
            )

    assert sum(await asyncio.gather(*(deliver(number) for number in range(8)))) == 1


async def test_a_conversation_is_named_once(world: World) -> None:
    async with world.store.begin() as records:
        await records.conversations.add(replace(CONVERSATION, id="cnv_2", external_id="2", title=""))
        await records.conversations.name("cnv_2", "Pay the laptops")
        await records.conversations.name("cnv_2", "Something else")
        found = await records.conversations.get("cnv_2")
    assert found is not None
    assert (found.title, found.revision) == ("Pay the laptops", CONVERSATION.revision)


async def test_what_was_said_is_new_until_it_was_seen(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.conversations.unseen("usr_1") == set()
        for number in (1, 2):
            await records.conversations.append(message(str(number)))
        assert await records.conversations.see("cnv_1", 1)
        assert await records.conversations.unseen("usr_1") == {"cnv_1"}
        assert await records.conversations.see("cnv_1", 2)
        assert await records.conversations.unseen("usr_1") == set()
        assert not await records.conversations.see("cnv_1", 1), "seeing never goes back"
        assert not await records.conversations.see("cnv_1", 9), "nor ahead of the log"
        await records.conversations.append(message("3"))
        assert await records.conversations.unseen("usr_1") == {"cnv_1"}
        assert await records.conversations.unseen("usr_0") == set()


async def test_owners_are_looked_up_together(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.conversations.owners(["cnv_1", "cnv_0"]) == {"cnv_1": "usr_1"}
