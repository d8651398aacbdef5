"""Runs that somebody keeps starting by hand lead to one suggestion of a time, and a no is a no."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.reply import ChoicesPart
from tests.contract.agent.test_learning import Open, open_errand
from tests.fakes.clock import FixedClock
from tests.fakes.talk import Talk

__all__ = ["open_errand"]

WISH = "merge january.csv and february.csv into all.csv"
DAY = timedelta(days=1)


async def run_once(talk: Talk, wish: str = WISH) -> None:
    await talk.say(wish)
    await talk.say("yes")


def suggested(talk: Talk) -> list[ChoicesPart]:
    return [part for part in talk.parts(ChoicesPart) if "by itself" in part.text]


async def run_thrice(talk: Talk, clock: FixedClock, step: timedelta = DAY) -> None:
    for _ in range(2):
        await run_once(talk)
        assert not suggested(talk)
        clock.move(step.total_seconds())
    await run_once(talk)


async def test_the_third_run_by_hand_brings_one_suggestion(open_errand: Open, clock: FixedClock) -> None:
    talk = await open_errand()
    await run_thrice(talk, clock)
    (part,) = suggested(talk)
    assert [choice.label for choice in part.choices][-1] == "No, thanks"
    assert len(part.choices) >= 2
    for _ in range(3):
        await run_once(talk)
        assert not suggested(talk)


async def test_a_pressed_time_is_a_card_that_needs_its_yes(open_errand: Open, clock: FixedClock) -> None:
    talk = await open_errand()
    await run_thrice(talk, clock)
    choice = suggested(talk)[0].choices[0]
    await talk.press_id(choice.action)
    assert talk.card.schedule is not None
    assert talk.count("triggers") == 0
    await talk.say("yes")
    assert talk.count("triggers") == 1


async def test_a_no_ends_it_for_good(open_errand: Open, clock: FixedClock) -> None:
    talk = await open_errand()
    await run_thrice(talk, clock)
    await talk.press("No, thanks")
    assert "stays as it is" in talk.said
    clock.move(DAY.total_seconds())
    await run_thrice_quietly(talk, clock)


async def test_a_typed_yes_makes_a_card_with_the_first_time(open_errand: Open, clock: FixedClock) -> None:
    talk = await open_errand()
    await run_thrice(talk, clock)
    runs = talk.count("runs")
    await talk.say("yes")
    assert talk.card.schedule is not None
    assert (talk.count("triggers"), talk.count("runs")) == (0, runs)
    await talk.say("yes")
    assert talk.count("triggers") == 1


async def test_a_typed_no_declines_the_suggestion(open_errand: Open, clock: FixedClock) -> None:
    talk = await open_errand()
    await run_thrice(talk, clock)
    await talk.say("no thanks")
    assert "stays as it is" in talk.said
    await talk.say("yes")
    assert talk.count("triggers") == 0


async def test_who_is_in_the_middle_of_something_is_not_asked(open_errand: Open, clock: FixedClock) -> None:
    talk = await open_errand()
    await run_once(talk)
    await run_once(talk)
    await talk.say("every monday at 9 remind me to water the plants")
    await run_once(talk)
    assert not suggested(talk)
    await talk.say("cancel")
    await run_once(talk)
    assert suggested(talk)


async def run_thrice_quietly(talk: Talk, clock: FixedClock) -> None:
    for _ in range(4):
        await run_once(talk)
        assert not suggested(talk)
        clock.move(DAY.total_seconds())


async def test_runs_that_lie_far_apart_suggest_nothing(open_errand: Open, clock: FixedClock) -> None:
    talk = await open_errand()
    for _ in range(4):
        await run_once(talk)
        assert not suggested(talk)
        clock.move(8 * DAY.total_seconds())


async def test_other_values_are_another_automation(open_errand: Open, clock: FixedClock) -> None:
    talk = await open_errand()
    for month in ("march", "april", "september"):
        await run_once(talk, f"merge {month}.csv and people-of-{month}.csv into out-{month}.csv")
        assert not suggested(talk)


@pytest.mark.parametrize("learns", [False])
async def test_where_learning_is_off_nothing_is_suggested(open_errand: Open, clock: FixedClock, learns: bool) -> None:
    talk = await open_errand("off", learns=learns)
    await run_thrice(talk, clock)
    assert not suggested(talk)
