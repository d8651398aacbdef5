"""Saved templates, learned words and suggestions, on each database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import StoreError
from store.port import Store
from store.record import LearnedAsk, Run, SavedTemplate, Suggestion
from tests.contract.store.world import LATER, NOON, VERSION, WORKFLOW, World, run

DAY = timedelta(days=1)
TEMPLATE = SavedTemplate(
    id="saved.weekly-numbers",
    name="Weekly numbers",
    content={"title": "Weekly numbers", "steps": []},
    person_id="usr_1",
    version=1,
    created_at=NOON,
    updated_at=NOON,
)


def ask(words: str, template_id: str = "chat.remind", *, minutes: int = 0) -> LearnedAsk:
    return LearnedAsk(words=words, template_id=template_id, person_id="usr_1", at=NOON + timedelta(minutes=minutes))


def suggestion(**values: object) -> Suggestion:
    default: dict[str, object] = {
        "id": "sug_1",
        "person_id": "usr_1",
        "template_id": "time.remind-me",
        "digest": "a" * 64,
        "workflow_id": "wfl_1",
        "version": 1,
        "schedules": [{"cron": "0 9 * * *"}],
        "at": NOON,
    }
    return Suggestion(**(default | values))  # type: ignore[arg-type]  # fields by name


async def learn(store: Store, *asks: LearnedAsk, keep: int = 3) -> None:
    for each in asks:
        async with store.begin() as records:
            await records.shelf.learn(each, keep=keep)


async def words_of(store: Store, template_id: str = "chat.remind") -> list[str]:
    async with store.begin() as records:
        return [one.words for one in await records.shelf.asks([template_id])]


async def test_nothing_was_added_at_first(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.shelf.revision() == 0
        assert await records.shelf.changed(0) == []
        assert await records.shelf.all_saved() == []
        assert await records.shelf.saved(["saved.weekly-numbers"]) == []
        assert await records.shelf.asks(["chat.remind"]) == []


async def test_a_saved_template_is_found_by_its_id(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.shelf.add(TEMPLATE)
    async with world.store.begin() as records:
        assert await records.shelf.saved([TEMPLATE.id, "saved.other"]) == [TEMPLATE]
        assert await records.shelf.changed(0) == [TEMPLATE.id]


async def test_saved_templates_are_listed_by_their_names(world: World) -> None:
    async with world.store.begin() as records:
        await records.shelf.add(TEMPLATE)
        await records.shelf.add(replace(TEMPLATE, id="saved.b", name="Books"))
    async with world.store.begin() as records:
        assert [one.name for one in await records.shelf.all_saved()] == ["Books", "Weekly numbers"]


async def test_of_two_that_save_the_same_id_one_does(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.shelf.add(TEMPLATE)
    async with world.store.begin() as records:
        assert not await records.shelf.add(replace(TEMPLATE, name="Other"))
        assert await records.shelf.saved([TEMPLATE.id]) == [TEMPLATE]


async def test_a_saved_template_is_replaced_by_its_next_version_only(world: World) -> None:
    second = replace(TEMPLATE, name="Numbers", content={"title": "Numbers"}, version=2, updated_at=LATER)
    async with world.store.begin() as records:
        await records.shelf.add(TEMPLATE)
        assert not await records.shelf.replace(replace(second, version=3))
        assert await records.shelf.replace(second)
        assert not await records.shelf.replace(second)
    async with world.store.begin() as records:
        assert await records.shelf.saved([TEMPLATE.id]) == [second]


async def test_a_removed_template_is_gone_with_its_words(world: World) -> None:
    async with world.store.begin() as records:
        await records.shelf.add(TEMPLATE)
        await records.shelf.learn(ask("the numbers please", TEMPLATE.id), keep=3)
    async with world.store.begin() as records:
        before = await records.shelf.revision()
        assert await records.shelf.remove(TEMPLATE.id)
        assert not await records.shelf.remove(TEMPLATE.id)
    async with world.store.begin() as records:
        assert await records.shelf.saved([TEMPLATE.id]) == []
        assert await records.shelf.asks([TEMPLATE.id]) == []
        assert await records.shelf.changed(before) == [TEMPLATE.id]


async def test_words_are_given_newest_first(world: World) -> None:
    await learn(world.store, ask("one"), ask("two", minutes=1), ask("other", "web.page"))
    assert await words_of(world.store) == ["two", "one"]
    async with world.store.begin() as records:
        both = await records.shelf.asks(["chat.remind", "web.page", "chat.remind"])
    assert sorted(one.words for one in both) == ["one", "other", "two"]


async def test_only_the_newest_words_are_kept(world: World) -> None:
    await learn(world.store, *(ask(f"number {n}", minutes=n) for n in range(5)), ask("of another", "web.page"))
    assert await words_of(world.store) == ["number 4", "number 3", "number 2"]
    assert await words_of(world.store, "web.page") == ["of another"]


async def test_words_that_are_said_again_are_new_again(world: World) -> None:
    await learn(world.store, ask("one"), ask("two", minutes=1), ask("one", minutes=2), keep=2)
    await learn(world.store, ask("three", minutes=3), keep=2)
    assert await words_of(world.store) == ["three", "one"]


async def test_the_same_words_belong_to_the_template_that_they_were_said_for_last(world: World) -> None:
    await learn(world.store, ask("the usual"))
    async with world.store.begin() as records:
        before = await records.shelf.revision()
    await learn(world.store, ask("the usual", "web.page", minutes=1))
    assert await words_of(world.store) == []
    assert await words_of(world.store, "web.page") == ["the usual"]
    async with world.store.begin() as records:
        assert await records.shelf.changed(before) == ["chat.remind", "web.page"]


async def test_everything_that_was_learned_can_be_forgotten(world: World) -> None:
    await learn(world.store, ask("one"), ask("two", "web.page"))
    async with world.store.begin() as records:
        await records.shelf.add(TEMPLATE)
        before = await records.shelf.revision()
        assert await records.shelf.forget() == 2
        assert await records.shelf.forget() == 0
        assert await records.shelf.changed(before) == ["chat.remind", "web.page"]
        assert await records.shelf.asks(["chat.remind", "web.page"]) == []
        assert await records.shelf.all_saved() == [TEMPLATE]


async def test_changes_are_told_since_any_revision(world: World) -> None:
    seen: list[int] = []
    for each in (ask("a", "chat.a"), ask("b", "chat.b"), ask("c", "chat.a")):
        await learn(world.store, each)
        async with world.store.begin() as records:
            seen.append(await records.shelf.revision())
    async with world.store.begin() as records:
        assert sorted(set(seen)) == seen
        assert await records.shelf.changed(seen[0]) == ["chat.a", "chat.b"]
        assert await records.shelf.changed(seen[1]) == ["chat.a"]
        assert await records.shelf.changed(seen[2]) == []


async def test_what_is_undone_was_no_change(world: World) -> None:
    with pytest.raises(StoreError):
        async with world.store.begin() as records:
            await records.shelf.learn(replace(ask("one"), person_id="usr_9"), keep=3)
    async with world.store.begin() as records:
        assert await records.shelf.revision() == 0
        assert await records.shelf.asks(["chat.remind"]) == []


async def test_whoever_reads_changes_while_others_write_misses_none(world: World) -> None:
    """Revisions become visible in their order: what a reader has not seen is newer than what it has."""
    count, done = 12, asyncio.Event()

    async def write() -> None:
        await asyncio.gather(*(learn(world.store, ask(f"w{n}", f"chat.t{n}")) for n in range(count)))
        done.set()

    async def read() -> set[str]:
        known, seen = 0, set[str]()
        while True:
            is_last = done.is_set()
            async with world.store.begin() as records:
                revision = await records.shelf.revision()
                if revision != known:
                    seen.update(await records.shelf.changed(known))
                    known = revision
            if is_last:
                return seen

    seen, _ = await asyncio.gather(read(), write())
    assert seen == {f"chat.t{n}" for n in range(count)}


async def test_a_suggestion_is_made_once(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.suggestions.add(suggestion())
    async with world.store.begin() as records:
        assert not await records.suggestions.add(suggestion(id="sug_2", at=LATER))
        assert await records.suggestions.add(suggestion(id="sug_3", digest="b" * 64, at=LATER))
        assert await records.suggestions.get("sug_1") == suggestion()
        assert await records.suggestions.get("sug_2") is None
        found = await records.suggestions.of_person("usr_1", "time.remind-me")
        assert [one.id for one in found] == ["sug_1", "sug_3"]
        assert await records.suggestions.of_person("usr_1", "web.page") == []


async def test_a_suggestion_about_a_workflow_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(StoreError, match="belongs to one that does not exist"):
        async with world.store.begin() as records:
            await records.suggestions.add(suggestion(workflow_id="wfl_9"))


async def by_hand(world: World, **values: object) -> Run:
    return await world.add_run(**({"started_by": "usr_1"} | values))


async def test_runs_that_somebody_started_by_hand_are_told_from_others(world: World) -> None:
    wanted = [await by_hand(world, created_at=NOON + day * DAY) for day in range(3)]
    await by_hand(world, created_at=NOON - DAY)
    await by_hand(world, trigger_id="trg_1")
    await by_hand(world, replay_of=wanted[0].id)
    await by_hand(world, is_rehearsal=True)
    await world.add_run()
    await world.add_run(started_by="usr_2")
    async with world.store.begin() as records:
        other = replace(WORKFLOW, id="wfl_2", template_id="web.page")
        await records.workflows.add(other, replace(VERSION, workflow_id="wfl_2"))
        assert await records.runs.add(run(workflow_id="wfl_2", started_by="usr_1"))
        found = await records.runs.by_hand("usr_1", "time.remind-me", since=NOON)
        few = await records.runs.by_hand("usr_1", "time.remind-me", since=NOON, limit=2)
    assert [one.id for one in found] == [one.id for one in reversed(wanted)]
    assert few == found[:2]
