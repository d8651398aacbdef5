"""What comes from and goes to outside surfaces is kept, taken in order, by one at a time, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from store.record import (
    GONE,
    Author,
    Backlog,
    Conversation,
    EntryState,
    InboxEntry,
    Message,
    Place,
    Posting,
    account_of,
)
from store.sql.store import SqlStore
from tests.contract.store.world import CONVERSATION, LATER, NOON, SOON, World

OPS = Place(surface="slack", channel="C1", thread="17.5", team="T1")
MINUTE = timedelta(minutes=1)


def entry(delivery_id: str, place: str = "a", **changes: object) -> InboxEntry:
    made = InboxEntry(
        surface="slack",
        delivery_id=delivery_id,
        place=place,
        payload={"text": f"Grüße {delivery_id}"},
        received_at=NOON,
        due_at=NOON,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # by name


async def take(
    store: SqlStore,
    owner: str = "one",
    *,
    surfaces: Sequence[str] = ("slack", "discord"),
    now: datetime = NOON,
    limit: int = 10,
) -> list[InboxEntry]:
    async with store.begin() as records:
        return await records.inbox.take(surfaces, owner, now=now, until=now + MINUTE, limit=limit)


async def put(store: SqlStore, *entries: InboxEntry) -> list[bool]:
    async with store.begin() as records:
        return await records.inbox.add(entries)


async def settle(store: SqlStore, one: InboxEntry) -> bool:
    async with store.begin() as records:
        return await records.inbox.settle(one)


@pytest.mark.parametrize(
    "place",
    [
        OPS,
        Place(surface="discord", channel="17"),
        Place(surface="slack", channel="@U1", team="T1"),
        Place(surface="x", channel="#a/b c", thread="?/&", team="ü/"),
    ],
)
def test_a_place_is_read_back_from_its_key(place: Place) -> None:
    assert Place.parse(place.surface, place.key) == place
    assert place.key.startswith(place.lane)


def test_an_account_names_the_talk_with_its_user_alone() -> None:
    assert Place.direct("slack", account_of("T1", "U1")) == Place(surface="slack", channel="@U1", team="T1")
    assert Place.direct("discord", account_of("", "42")) == Place(surface="discord", channel="@42")
    assert Place.direct("discord", "42").is_direct
    assert not OPS.is_direct


async def test_what_arrives_again_is_kept_once(store: SqlStore) -> None:
    assert await put(store, entry("1"), entry("1"), entry("2")) == [True, False, True]
    assert await put(store, entry("2"), entry("2", surface="discord")) == [False, True]
    assert [(one.surface, one.delivery_id) for one in await take(store)] == [("slack", "1"), ("discord", "2")]


async def test_entries_of_one_place_are_taken_in_order_one_at_a_time(store: SqlStore) -> None:
    await put(store, entry("1"), entry("2"), entry("3", "b"))
    first = await take(store)
    assert [one.delivery_id for one in first] == ["1", "3"]
    assert first[0].attempts == 1
    assert first[0].payload == {"text": "Grüße 1"}
    assert await take(store, "two") == []
    assert await settle(store, replace(first[0], state=EntryState.DONE))
    assert [one.delivery_id for one in await take(store, "two")] == ["2"]


async def test_entries_are_taken_for_the_surfaces_that_are_asked_for(store: SqlStore) -> None:
    await put(store, entry("1"), entry("2", surface="discord"))
    assert await take(store, surfaces=[]) == []
    assert [one.delivery_id for one in await take(store, surfaces=["discord"])] == ["2"]
    assert [one.delivery_id for one in await take(store, "two")] == ["1"]


async def test_an_entry_that_waits_for_its_next_try_holds_up_its_place_only(store: SqlStore) -> None:
    await put(store, entry("1"), entry("2"), entry("3", "b"))
    held = (await take(store, limit=1))[0]
    assert await settle(store, replace(held, due_at=LATER, problem="not yet"))
    assert [one.delivery_id for one in await take(store)] == ["3"]
    again = await take(store, now=LATER)
    assert [(one.delivery_id, one.attempts, one.problem) for one in again if one.place == "a"] == [("1", 2, "not yet")]


async def test_an_entry_that_nobody_has_taken_can_be_moved_to_another_place(store: SqlStore) -> None:
    await put(store, entry("1", due_at=LATER), entry("2"))
    assert await take(store) == [], "it holds up its place while its own is not known"
    moved = replace(entry("1", "b"), payload={"text": "there"})
    async with store.begin() as records:
        assert await records.inbox.move(moved)
    taken = await take(store)
    assert [(one.delivery_id, one.place) for one in taken] == [("1", "b"), ("2", "a")]
    assert taken[0].payload == {"text": "there"}
    async with store.begin() as records:
        assert not await records.inbox.move(entry("1", "c")), "it was taken"
        assert not await records.inbox.move(entry("3"))


async def test_what_failed_for_good_makes_room_for_the_next(store: SqlStore) -> None:
    await put(store, entry("1"), entry("2"))
    held = (await take(store))[0]
    assert await settle(store, replace(held, state=EntryState.FAILED, problem="poison"))
    assert [one.delivery_id for one in await take(store)] == ["2"]
    async with store.begin() as records:
        kept = await records.inbox.get("slack", "1")
    assert kept is not None
    assert (kept.state, kept.problem, kept.lease_owner) == (EntryState.FAILED, "poison", None)


async def test_the_entry_of_somebody_who_died_is_taken_by_another_who_alone_may_settle_it(store: SqlStore) -> None:
    await put(store, entry("1"))
    dead = (await take(store))[0]
    assert await take(store, "two", now=NOON + MINUTE - timedelta(seconds=1)) == []
    taken = (await take(store, "two", now=NOON + MINUTE))[0]
    assert not await settle(store, replace(dead, state=EntryState.DONE))
    assert await settle(store, replace(taken, state=EntryState.DONE))


async def test_a_lease_is_prolonged_until_another_has_the_entry(store: SqlStore) -> None:
    await put(store, entry("1"))
    held = (await take(store))[0]
    async with store.begin() as records:
        assert await records.inbox.renew(held, until=LATER + MINUTE)
    assert await take(store, "two", now=LATER) == []
    late = (await take(store, "two", now=LATER + MINUTE))[0]
    async with store.begin() as records:
        assert not await records.inbox.renew(held, until=LATER + 2 * MINUTE)
        assert await records.inbox.renew(late, until=LATER + 2 * MINUTE)
    assert await settle(store, replace(late, state=EntryState.DONE))
    async with store.begin() as records:
        assert not await records.inbox.renew(late, until=LATER + 3 * MINUTE), "settled"


async def test_a_lease_that_ran_out_is_not_settled_by_the_same_one_s_earlier_try(store: SqlStore) -> None:
    await put(store, entry("1"))
    early = (await take(store))[0]
    late = (await take(store, now=LATER))[0]
    assert not await settle(store, replace(early, state=EntryState.FAILED))
    assert await settle(store, replace(late, state=EntryState.DONE))


async def test_of_many_who_take_at_once_each_gets_others(store: SqlStore) -> None:
    await put(store, *(entry(str(number), str(number)) for number in range(30)))
    taken = await asyncio.gather(*(take(store, f"w{number}") for number in range(6)))
    ids = [one.delivery_id for each in taken for one in each]
    rest = [one.delivery_id for one in await take(store, "last", limit=100)]
    assert sorted(ids + rest) == sorted(str(number) for number in range(30))


async def test_many_at_once_are_kept_each_once_and_each_is_told(store: SqlStore) -> None:
    await put(store, entry("2"))
    told = await put(store, *(entry(one) for one in ("1", "1", "2", "3", "3")), entry("3", surface="discord"))
    assert told == [True, False, False, True, False, True]
    async with store.begin() as records:
        assert (await records.inbox.backlog())["slack"].count == 3
        assert await records.inbox.add([]) == []


async def test_each_surface_has_a_backlog_of_its_own(store: SqlStore) -> None:
    await put(store, entry("1"), entry("2", "b", received_at=SOON), entry("1", surface="discord", received_at=LATER))
    async with store.begin() as records:
        found = await records.inbox.backlog()
    assert found == {"slack": Backlog(count=2, since=NOON), "discord": Backlog(count=1, since=LATER)}


async def test_the_backlog_counts_what_is_open_and_old_settled_entries_go(store: SqlStore) -> None:
    await put(store, entry("1"), entry("2", "b", received_at=SOON))
    async with store.begin() as records:
        backlog = await records.inbox.backlog()
    assert backlog == {"slack": Backlog(count=2, since=NOON)}
    await settle(store, replace((await take(store, limit=1))[0], state=EntryState.DONE))
    async with store.begin() as records:
        assert await records.inbox.backlog() == {"slack": Backlog(count=1, since=SOON)}
        assert await records.inbox.prune(before=LATER, limit=10) == 1
        assert await records.inbox.get("slack", "1") is None
        assert await records.inbox.get("slack", "2") is not None


def conversation(number: int, place: Place = OPS) -> Conversation:
    return replace(CONVERSATION, id=f"cnv_{number}", surface=place.surface, external_id=place.key)


def message(number: int, conversation_id: str, **changes: object) -> Message:
    made = Message(
        id=f"msg_{number}",
        conversation_id=conversation_id,
        author=Author.ERRAND,
        parts=[{"kind": "text", "text": "hello"}],
        at=NOON,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # by name


@pytest.fixture
async def ops(world: World) -> SqlStore:
    """Three messages of Errand's in one thread of a channel."""
    store = world.store
    assert isinstance(store, SqlStore)
    async with store.begin() as records:
        await records.conversations.add(conversation(7))
        for number in (1, 2, 3):
            await records.conversations.append(message(number, "cnv_7"))
    return store


async def due(store: SqlStore, now: datetime = NOON, lane: str = OPS.lane) -> list[Posting]:
    async with store.begin() as records:
        return await records.postings.due("slack", lane, now=now, limit=10)


async def lanes(store: SqlStore, now: datetime = NOON) -> list[tuple[str, str]]:
    async with store.begin() as records:
        return await records.postings.lanes(["slack"], now=now, limit=10)


async def test_a_message_to_an_outside_surface_is_to_be_posted_there(ops: SqlStore) -> None:
    found = await due(ops)
    assert [(one.message_id, one.external_id, one.shown, one.attempts) for one in found] == [
        ("msg_1", "", "", 0),
        ("msg_2", "", "", 0),
        ("msg_3", "", "", 0),
    ]
    assert {(one.surface, one.lane, one.conversation_id) for one in found} == {("slack", "T1/C1", "cnv_7")}
    assert [one.position for one in found] == sorted({one.position for one in found})


async def test_what_people_write_and_what_the_web_shows_is_posted_nowhere(world: World) -> None:
    async with world.store.begin() as records:
        await records.conversations.add(conversation(7))
        await records.conversations.append(message(1, "cnv_7", author=Author.PERSON, person_id="usr_1"))
        await records.conversations.append(message(2, "cnv_1"))
        assert await records.postings.get("msg_1") is None
        assert await records.postings.get("msg_2") is None
        assert await records.postings.backlog() == {}


async def test_a_message_that_is_undone_is_not_posted(world: World) -> None:
    async with world.store.begin() as records:
        await records.conversations.add(conversation(7))
    with suppress(ZeroDivisionError):
        async with world.store.begin() as records:
            await records.conversations.append(message(1, "cnv_7"))
            raise ZeroDivisionError
    async with world.store.begin() as records:
        assert await records.postings.get("msg_1") is None


async def test_to_whom_a_message_is_said_is_kept(ops: SqlStore) -> None:
    async with ops.begin() as records:
        await records.conversations.append(message(9, "cnv_7", audience="usr_1"))
        kept = await records.conversations.message("msg_9")
    assert kept is not None
    assert kept.audience == "usr_1"


async def test_only_one_posts_into_a_channel_and_rests_afterwards(ops: SqlStore) -> None:
    async with ops.begin() as records:
        assert await records.postings.claim("slack", OPS.lane, "one", now=NOON, until=SOON)
        assert not await records.postings.claim("slack", OPS.lane, "two", now=NOON, until=SOON)
        assert await records.postings.claim("slack", OPS.lane, "one", now=NOON, until=LATER)
        assert await records.postings.claim("slack", "T1/C2", "two", now=NOON, until=SOON)
    assert await lanes(ops) == []
    async with ops.begin() as records:
        await records.postings.release("slack", OPS.lane, "two", rest_until=NOON)
    assert await lanes(ops) == []
    async with ops.begin() as records:
        await records.postings.release("slack", OPS.lane, "one", rest_until=SOON)
        assert not await records.postings.claim("slack", OPS.lane, "one", now=NOON, until=LATER)
    assert await lanes(ops) == []
    assert await lanes(ops, SOON) == [("slack", OPS.lane)]


async def test_of_many_who_claim_a_channel_at_once_one_has_it(ops: SqlStore) -> None:
    async def claim(owner: str) -> bool:
        async with ops.begin() as records:
            return await records.postings.claim("slack", OPS.lane, owner, now=NOON, until=SOON)

    assert sum(await asyncio.gather(*(claim(f"w{number}") for number in range(8)))) == 1


async def test_a_claim_on_a_channel_is_prolonged_until_another_has_it(ops: SqlStore) -> None:
    async with ops.begin() as records:
        assert await records.postings.claim("slack", OPS.lane, "one", now=NOON, until=SOON)
        assert await records.postings.renew("slack", OPS.lane, "one", until=LATER)
        assert not await records.postings.renew("slack", OPS.lane, "two", until=LATER)
        assert not await records.postings.claim("slack", OPS.lane, "two", now=SOON, until=LATER)
    async with ops.begin() as records:
        assert await records.postings.claim("slack", OPS.lane, "two", now=LATER, until=LATER + MINUTE)
        assert not await records.postings.renew("slack", OPS.lane, "one", until=LATER + MINUTE)
        await records.postings.release("slack", OPS.lane, "two", rest_until=LATER)
        assert not await records.postings.renew("slack", OPS.lane, "one", until=LATER + MINUTE), "given back since"


async def test_a_channel_whose_worker_died_is_free_after_its_lease(ops: SqlStore) -> None:
    async with ops.begin() as records:
        assert await records.postings.claim("slack", OPS.lane, "one", now=NOON, until=SOON)
    assert await lanes(ops, SOON) == [("slack", OPS.lane)]
    async with ops.begin() as records:
        assert await records.postings.claim("slack", OPS.lane, "two", now=SOON, until=LATER)


async def test_what_is_posted_is_due_again_when_it_is_touched(ops: SqlStore) -> None:
    first = (await due(ops))[0]
    async with ops.begin() as records:
        await records.postings.begin("msg_1")
        await records.postings.settle(
            replace(first, external_id="17.6", shown="abc", shown_at=SOON, due_at=None), seen=first.due_at
        )
        assert await records.postings.by_external("slack", OPS.lane, "17.6") == await records.postings.get("msg_1")
    assert [one.message_id for one in await due(ops, LATER)] == ["msg_2", "msg_3"]
    async with ops.begin() as records:
        assert await records.postings.touch(["msg_1", "msg_none"], at=LATER) == 1
        assert await records.postings.touch([], at=LATER) == 0
    found = await due(ops, LATER)
    assert [one.message_id for one in found] == ["msg_2", "msg_3", "msg_1"], "what is not there yet goes first"
    again = found[-1]
    assert (again.external_id, again.shown, again.shown_at, again.due_at) == ("17.6", "abc", SOON, LATER)


async def test_a_change_while_it_is_posted_is_not_forgotten(ops: SqlStore) -> None:
    first = (await due(ops))[0]
    async with ops.begin() as records:
        await records.postings.touch(["msg_1"], at=SOON)
        await records.postings.settle(replace(first, external_id="17.6", due_at=LATER), seen=first.due_at)
        kept = await records.postings.get("msg_1")
    assert kept is not None
    assert (kept.external_id, kept.due_at) == ("17.6", SOON)


async def test_a_try_is_counted_before_it_is_made(ops: SqlStore) -> None:
    async with ops.begin() as records:
        await records.postings.begin("msg_2")
        await records.postings.begin("msg_2")
    assert [one.attempts for one in await due(ops)] == [0, 2, 0]


async def test_what_can_never_be_posted_is_left_alone(ops: SqlStore) -> None:
    first = (await due(ops))[0]
    async with ops.begin() as records:
        assert (await records.postings.backlog())["slack"].count == 3
        await records.postings.settle(replace(first, problem="no such channel", due_at=None), seen=first.due_at)
        assert await records.postings.touch(["msg_1"], at=SOON) == 0
        assert (await records.postings.backlog())["slack"].count == 2
    assert [one.message_id for one in await due(ops, LATER)] == ["msg_2", "msg_3"]


async def test_what_was_given_up_is_counted_and_named_newest_first(ops: SqlStore) -> None:
    for posting, problem, external_id in zip(
        await due(ops), ("locked", "too old", "deleted"), ("", "17.5", GONE), strict=True
    ):
        async with ops.begin() as records:
            refused = replace(posting, problem=problem, external_id=external_id, due_at=None)
            await records.postings.settle(refused, seen=posting.due_at)
    async with ops.begin() as records:
        assert await records.postings.count_given_up(NOON) == {"slack": 2}
        assert await records.postings.count_given_up(SOON) == {}
        assert [one.problem for one in await records.postings.given_up(NOON, limit=5)] == ["too old", "locked"]
        assert [one.problem for one in await records.postings.given_up(NOON, limit=1)] == ["too old"]


async def test_only_lanes_of_surfaces_that_are_connected_are_worked_in(ops: SqlStore) -> None:
    async with ops.begin() as records:
        assert await records.postings.lanes(["discord"], now=LATER, limit=10) == []
        assert await records.postings.lanes([], now=LATER, limit=10) == []
