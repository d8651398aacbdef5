"""The trace of a run, and why it failed: from its records, and nothing that they do not say."""

from __future__ import annotations

from dataclasses import replace

from agent.command import ControlRun, Tell, Topic
from agent.reply import TracePart
from store.record import AttemptState, Failure, JsonObject, Role, RunState, Shows
from tests.fakes.ended_run import DOWN, MAIL, ended, tried
from tests.fakes.talk import Talk
from tools.redact import HIDDEN


async def test_details_show_every_try_with_what_it_was_given_and_what_came_of_it(talk: Talk) -> None:
    failed = tried(1, AttemptState.FAILED, failure=DOWN, due_at=talk.knowledge.clock.now())
    output: JsonObject = {"id": "m-1", "session_token": "abcdef", "log": "x" * 9000}
    await ended(talk, [failed, tried(2, output=output)], RunState.SUCCEEDED)
    await talk.say("show", ControlRun(verb="show"))
    await talk.press("Details")
    part = talk.only(TracePart)
    assert (part.title, part.state) == ("What happened: Send an e-mail: Hello", "succeeded")
    first, second = part.steps[0].attempts
    assert (first.number, first.state, first.took_ms, first.note) == (1, "failed", 340, "")
    assert (first.error, first.cause, first.advice) == ("smtp.x.io is down.", "unavailable", "Try later.")
    assert second.input == MAIL
    assert second.idempotency_key == "key-1"
    assert isinstance(second.output, dict)
    assert (second.output["id"], second.output["session_token"]) == ("m-1", HIDDEN)
    assert "more characters" in str(second.output["log"])
    assert len(str(second.output)) < 2500


async def test_of_too_many_tries_the_failed_ones_are_shown(talk: Talk) -> None:
    tries = [tried(1, item=place) for place in range(50)]
    tries[44] = replace(tries[44], state=AttemptState.FAILED, failure=DOWN)
    await ended(talk, tries, RunState.FAILED, DOWN)
    await talk.say("trace", ControlRun(verb="trace"))
    step = talk.only(TracePart).steps[0]
    assert step.left_out == 30
    assert [one.item for one in step.attempts] == [*range(19), 44]


async def test_the_trace_in_the_log_goes_with_its_run(talk: Talk) -> None:
    """It is a reference: what was shown while it ran does not stay as it was."""
    run = await ended(talk, [], RunState.WAITING)
    await talk.say("trace", ControlRun(verb="trace"))
    assert talk.only(TracePart).state == "waiting"
    async with talk.store.begin() as records:
        cards = await records.cards.of_subject(Shows.RUN, run.id)
    assert talk.last[0].message_id in {card.message_id for card in cards}, "it is rendered again when the run changes"


async def test_the_trace_of_somebody_elses_run_is_not_shown(talk: Talk) -> None:
    run = await ended(talk, [tried()], RunState.SUCCEEDED)
    await talk.add_person("usr_bob", "Bob", Role.MEMBER)
    await talk.press_id(f"trace-run:{run.id}", by="usr_bob")
    assert "Only the person" in talk.said
    assert not talk.parts(TracePart)


async def test_why_it_failed_names_step_tries_error_advice_and_what_was_done(talk: Talk) -> None:
    await ended(talk, [tried(number, AttemptState.FAILED, failure=DOWN) for number in (1, 2, 3)], RunState.FAILED, DOWN)
    await talk.say("why did it fail", Tell(topic=Topic.EXPLAIN_FAILURE))
    assert "at step 1, “Send an e-mail” (unavailable) after 3 tries: smtp.x.io is down." in talk.said
    assert "Try later." in talk.said
    assert "Nothing had been changed or sent before that." in talk.said
    assert [one.label for one in talk.run.actions] == ["Retry", "Details"]


async def test_why_it_failed_says_what_a_retry_does_not_repeat(talk: Talk) -> None:
    sent = [tried(1, item=0, output={}), tried(1, item=1, output={})]
    failed = tried(1, AttemptState.FAILED, item=2, failure=DOWN)
    await ended(talk, [*sent, failed], RunState.FAILED, DOWN)
    await talk.say("why did it fail", Tell(topic=Topic.EXPLAIN_FAILURE))
    assert "not repeated by a retry" in talk.said
    assert "Step 1, 2 times: Send “Hello” to bob@x.io" in talk.said.replace("\\", "")


async def test_what_may_have_happened_is_said_as_such(talk: Talk) -> None:
    unknown = Failure(cause="unknown outcome", message="It may have happened.", step_id="mail")
    await ended(talk, [tried(1, AttemptState.FAILED, failure=unknown)], RunState.FAILED, unknown)
    await talk.say("why did it fail", Tell(topic=Topic.EXPLAIN_FAILURE))
    assert "Step 1 may have happened" in talk.said
