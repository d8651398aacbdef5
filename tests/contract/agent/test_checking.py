"""What may have happened, talked about in words: the real interpreter, one run whose worker left a step in doubt."""

from __future__ import annotations

import pytest

from store.record import RunState, Waiting
from tests.fakes.talk import Talk
from tests.unit.agent.test_controlling import put


async def in_doubt(talk: Talk) -> str:
    await talk.say("say hello here")
    await talk.press("Run")
    run_id = talk.run.run_id
    step_id = talk.run.steps[0].id
    await put(talk, run_id, RunState.WAITING, Waiting.CHECK, step_id=step_id)
    return run_id


@pytest.mark.parametrize(
    ("said", "answer", "told"),
    [
        ("it happened", "done", "It is not done again"),
        ("that was sent already", "done", "It is not done again"),
        ("do it again", "retry", "It is done again"),
        ("stop", "stop", "The run is stopped"),
        ("stop the run", "stop", "The run is stopped"),
    ],
)
async def test_each_of_the_three_answers_can_be_typed(talk: Talk, said: str, answer: str, told: str) -> None:
    run_id = await in_doubt(talk)
    await talk.say(said)
    assert told in talk.said
    assert talk.rows("SELECT json_extract(payload, '$.answer'), person_id FROM signals") == [(answer, "usr_ana")]
    assert (f"check-{answer}", run_id) in talk.rows("SELECT verb, subject_id FROM audit_events")


async def test_where_two_things_are_in_doubt_words_are_not_enough(talk: Talk) -> None:
    await in_doubt(talk)
    await in_doubt(talk)
    await talk.say("do it again")
    assert "Please answer on the card" in talk.said
    assert talk.count("signals") == 0


async def test_without_anything_in_doubt_that_is_said(talk: Talk) -> None:
    await talk.say("it happened")
    assert "Nothing is waiting to be checked" in talk.said
