"""Learning from use, with the real catalog, retrieval and offline interpreter: what led to a yes is found at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.command import Start
from agent.inbound import Text
from agent.interpreter import Interpretation
from agent.offline.interpreter import OfflineInterpreter
from agent.offline.recurrence import schedule_of
from agent.reply import ProposalCard
from agent.shelf import Shelf
from catalog.loader import Catalog
from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from store.record import Role
from store.sql.store import SqlStore
from tests.fakes.clock import FixedClock
from tests.fakes.little_catalog import make_knowledge
from tests.fakes.talk import Talk, make_store
from tools.connector import load_connectors
from tools.guard import AddressGuard
from tools.registry import load_steps

ODD = "squash january.csv and february.csv"
"""Says it with a word of its own, so that it is a question at first."""

Open = Callable[..., Coroutine[Any, Any, Talk]]


@pytest.fixture
async def open_errand(tmp_path: Path, clock: FixedClock, catalog: Catalog) -> AsyncIterator[Open]:
    """Opens one more process of the same Errand: its own indexes, the same records."""
    store = await make_store(tmp_path)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        yield lambda name="one", **given: _open(stack, store, tmp_path / name, clock, catalog, **given)


async def _open(  # the parts of a process
    stack: AsyncExitStack, store: SqlStore, folder: Path, clock: FixedClock, catalog: Catalog, *, learns: bool = True
) -> Talk:
    retriever = HybridRetriever(catalog, LocalEmbedding(), folder=folder)
    interpreter = OfflineInterpreter(catalog, retriever, guard=AddressGuard([]), connectors=list(load_connectors()))
    shelf = Shelf(catalog.templates, uses_words=learns)
    shelf.follow(interpreter.update)
    shelf.follow(retriever.update)
    await retriever.wait_until_ready()
    stack.push_async_callback(retriever.close)
    knowledge = replace(
        make_knowledge(clock), templates=shelf, step_types=load_steps(), read_schedule=schedule_of, learns=learns
    )
    talk = Talk(store, knowledge, interpreter, folder.parent / "talk.db")
    async with store.begin() as records:
        is_new = await records.people.get("usr_ana") is None
    if is_new:
        await talk.add_person("usr_ana", "Ana", Role.OWNER, "UTC")
        await talk.add_conversation("cnv_1", "usr_ana")
        await talk.add_person("usr_ben", "Ben", Role.MEMBER, "UTC")
        await talk.add_conversation("cnv_2", "usr_ben")
    return talk


async def understood(talk: Talk, text: str, *, by: str = "usr_ana", place: str = "cnv_1") -> Interpretation:
    taken = await talk.take(Text(text=text), by=by, place=place)
    assert taken.interpretation is not None
    return taken.interpretation


def started(interpretation: Interpretation) -> str:
    return next((one.template_id for one in interpretation.commands if isinstance(one, Start)), "")


async def pick(talk: Talk, text: str = ODD) -> None:
    """Say it and pick what was meant."""
    assert (await understood(talk, text)).outcome == "clarify"
    await talk.press_id("pick:data.csv-merge")
    assert talk.parts(ProposalCard)


async def teach(talk: Talk, text: str = ODD) -> None:
    await pick(talk, text)
    await talk.press_id(talk.card.actions[0].id)


def learned(talk: Talk) -> list[object]:
    return [row[0] for row in talk.rows("SELECT words FROM learned_asks ORDER BY words")]


async def test_words_that_led_to_a_yes_find_their_template_at_once(open_errand: Open) -> None:
    talk = await open_errand()
    await teach(talk)
    assert learned(talk) == ["squash {csv}"]
    again = await understood(talk, "squash may.csv and june.csv")
    assert started(again) == "data.csv-merge"
    assert talk.parts(ProposalCard)


async def test_only_the_yes_teaches(open_errand: Open) -> None:
    talk = await open_errand()
    await pick(talk)
    assert learned(talk) == []
    await talk.press("Cancel")
    assert learned(talk) == []
    assert (await understood(talk, ODD)).outcome == "clarify"


async def test_a_card_that_was_put_right_teaches_nothing(open_errand: Open) -> None:
    talk = await open_errand()
    await pick(talk)
    await talk.say("change the output to all.csv")
    await talk.say("yes")
    assert talk.count("runs") == 1
    assert learned(talk) == []


async def test_what_one_process_learned_the_others_know(open_errand: Open) -> None:
    one, other = await open_errand("one"), await open_errand("other")
    assert (await understood(other, ODD, by="usr_ben", place="cnv_2")).outcome == "clarify"
    await teach(one)
    again = await understood(other, "squash may.csv and june.csv", by="usr_ben", place="cnv_2")
    assert started(again) == "data.csv-merge"


async def test_what_was_learned_survives_a_restart(open_errand: Open) -> None:
    await teach(await open_errand("one"))
    again = await open_errand("one-again")
    assert started(await understood(again, "squash may.csv and june.csv")) == "data.csv-merge"


@pytest.mark.parametrize(
    "text",
    [
        "why did you squash may.csv and june.csv?",
        "what happens when I squash may.csv and june.csv?",
        "squash may.csv and june.csv?",
        "don't squash may.csv and june.csv",
        "never squash may.csv and june.csv",
    ],
)
async def test_learned_words_start_nothing_in_questions_and_refusals(open_errand: Open, text: str) -> None:
    talk = await open_errand()
    before = (await understood(talk, text)).outcome
    await teach(talk)
    after = await understood(talk, text)
    assert not started(after)
    assert after.outcome == before
    assert not talk.parts(ProposalCard)


async def test_an_owner_can_have_it_forget_what_it_learned(open_errand: Open) -> None:
    talk = await open_errand()
    await teach(talk)
    await talk.send(Text(text="forget what you have learned"), by="usr_ben", place="cnv_2")
    assert learned(talk) == ["squash {csv}"]
    assert "owner" in talk.said
    await talk.say("forget everything you learned")
    assert "Forgotten" in talk.said
    assert learned(talk) == []
    assert (await understood(talk, ODD)).outcome == "clarify"
    await talk.say("no")
    await talk.say("forget what you learned")
    assert "nothing" in talk.said


async def test_learning_can_be_turned_off(open_errand: Open) -> None:
    await teach(await open_errand("on"))
    talk = await open_errand("off", learns=False)
    assert (await understood(talk, ODD)).outcome == "clarify"
    await talk.press_id("pick:data.csv-merge")
    await talk.press_id(talk.card.actions[0].id)
    assert talk.count("runs") == 2
    assert learned(talk) == ["squash {csv}"]


async def test_values_of_the_one_who_taught_are_not_told_to_others(open_errand: Open) -> None:
    talk = await open_errand()
    await understood(talk, "remind me in 20 minutes to call Doctor Brown about +49 30 1234567 and the rash")
    await talk.say("yes")
    for word in learned(talk):
        assert not {"brown", "doctor", "rash", "30", "call"} & set(str(word).split())
