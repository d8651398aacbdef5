"""Answers from the records; never an empty answer, never a claim without a record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.command import CannotHandle, ControlRun, Start, Tell, Topic
from agent.reply import ChoicesPart, ListPart
from store.record import AttemptState, Failure, RunState, StepAttempt
from tests.fakes.talk import Talk

HELLO = Start(template_id="chat.say", values={"message": "hello"})


@pytest.mark.parametrize("topic", list(Topic))
async def test_every_question_is_answered_with_nothing_there(talk: Talk, topic: Topic) -> None:
    await talk.say("?", Tell(topic=topic))
    assert talk.last[0].parts
    assert talk.count("runs") == 0


async def test_help_suggests_sentences_that_are_taken_as_if_typed(talk: Talk) -> None:
    await talk.say("help", Tell(topic=Topic.HELP))
    choices = talk.only(ChoicesPart).choices
    assert choices
    assert all(one.action == f"ask:{one.label}" for one in choices)


async def test_abilities_name_every_template(talk: Talk) -> None:
    await talk.say("what can you do", Tell(topic=Topic.ABILITIES))
    titles = {item.title for part in talk.parts(ListPart) for item in part.items}
    assert titles == {template.title for template in talk.knowledge.templates.values()}
    assert talk.button("Try it").startswith("ask:")


async def test_no_match_is_said_plainly(talk: Talk) -> None:
    await talk.say("fly me to the moon", CannotHandle(reason="none"))
    assert "found nothing" in talk.said
    for _ in range(3):
        await talk.say("fly me to the moon", CannotHandle(reason="none"))
    assert "what can you do" in talk.said


async def test_small_talk_keeps_the_open_card_open(talk: Talk) -> None:
    await talk.say("post", HELLO)
    await talk.say("nice weather", CannotHandle(reason="small_talk"))
    assert "still waiting" in talk.said
    assert talk.rows("SELECT state FROM proposals") == [("open",)]


async def test_an_unsafe_wish_is_refused(talk: Talk) -> None:
    await talk.say("rm -rf /", CannotHandle(reason="unsafe"))
    assert "will not do that" in talk.said


async def test_what_now_shows_the_open_card(talk: Talk) -> None:
    await talk.say("post", HELLO)
    await talk.say("what now", Tell(topic=Topic.WHAT_NOW))
    assert talk.card.state == "open"


async def test_status_shows_what_runs(talk: Talk) -> None:
    await talk.say("post", HELLO)
    await talk.press("Run")
    await talk.say("status", Tell(topic=Topic.STATUS))
    assert talk.run.state == "queued"


async def test_an_interpretation_without_commands_is_answered(talk: Talk) -> None:
    await talk.say("hm")
    assert "found nothing" in talk.said


async def _fail(talk: Talk) -> None:
    await talk.say("post", HELLO)
    await talk.press("Run")
    now = talk.knowledge.clock.now()
    claimed = await talk.store.journal.claim(talk.run.run_id, owner="w", now=now, until=now)
    assert claimed is not None
    failure = Failure(cause="unavailable", message="x.io refused [it](http://a)", advice="Try later.", step_id="post")
    attempt = StepAttempt(
        run_id=claimed.run.id,
        step_id="post",
        item=-1,
        number=3,
        state=AttemptState.FAILED,
        idempotency_key="k",
        started_at=now,
        ended_at=now,
        failure=failure,
    )
    run = replace(claimed.run, state=RunState.FAILED, due_at=None, failure=failure, ended_at=now)
    await talk.store.journal.record(owner="w", run=run, attempts=[attempt])


async def test_a_failure_is_explained_from_its_record(talk: Talk) -> None:
    await _fail(talk)
    await talk.say("why did it fail", Tell(topic=Topic.EXPLAIN_FAILURE))
    assert "x.io refused \\[it\\](http://a)" in talk.said
    assert "unavailable" in talk.said
    assert "Try later." in talk.said
    assert talk.run.state == "failed"


async def test_a_failed_run_shows_tries_and_what_can_be_done(talk: Talk) -> None:
    await _fail(talk)
    await talk.say("show", ControlRun(verb="show"))
    assert talk.run.error == "Post a message: x.io refused [it](http://a)"
    assert talk.run.advice == "Try later."
    assert [(step.state, step.attempts) for step in talk.run.steps] == [("failed", 3)]
    assert [one.label for one in talk.run.actions] == ["Retry", "Details"]


async def test_runs_are_listed_newest_first_with_their_state(talk: Talk) -> None:
    await _fail(talk)
    await talk.say("post", HELLO)
    await talk.press("Rehearse")
    await talk.say("runs", Tell(topic=Topic.RUNS))
    items = talk.only(ListPart).items
    assert [item.detail.split(" ·")[0] for item in items] == ["Starting", "Failed"]
    assert items[0].title.startswith("Rehearsal: ")
    assert items[1].title == "Post a message: hello"
