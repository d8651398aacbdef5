"""Values: checked, asked for one at a time, shown with where they came from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.command import CannotHandle, Edit, SetSchedule, SetValue, Start
from agent.reply import ChoicesPart, FormPart, TextPart
from catalog.schedule import Schedule
from tests.fakes.clock import FixedClock
from tests.fakes.talk import ScriptedInterpreter, Talk

DAILY = Schedule(rrule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0", timezone="Europe/Berlin")


async def test_a_sentence_with_all_values_gives_the_card_at_once(talk: Talk) -> None:
    await talk.say("post hello", Start(template_id="chat.say", values={"message": "hello"}))
    assert talk.card.title == "Post a message"
    assert [(one.label, one.value, one.source) for one in talk.card.values] == [("Message", "hello", "message")]
    assert talk.card.steps[0].summary == "Post “hello” here"


async def test_one_thing_is_asked_at_a_time_with_the_parameters_own_question(talk: Talk) -> None:
    await talk.say("note", Start(template_id="files.note"))
    assert talk.only(ChoicesPart).text == "Short or long?"
    assert [one.label for one in talk.only(ChoicesPart).choices] == ["short", "long"]
    await talk.press("long")
    assert talk.only(ChoicesPart).text == "With a time stamp?"
    await talk.press("Yes")
    assert talk.only(ChoicesPart).text == "Stamped with which time?"
    await talk.press("12:00")
    assert {one.name: (one.value, one.source) for one in talk.card.values} == {
        "mode": ("long", "answer"),
        "stamp": ("yes", "answer"),
        "at": ("12:00", "answer"),
    }


async def test_several_values_in_one_answer_are_all_taken(talk: Talk) -> None:
    await talk.say("note", Start(template_id="files.note"))
    await talk.say(
        "short, no stamp, at 7",
        SetValue(name="mode", value="short"),
        SetValue(name="stamp", value=False),
        SetValue(name="at", value="07:00"),
    )
    assert [one.value for one in talk.card.values] == ["short", "no", "07:00"]


async def test_a_value_that_does_not_fit_is_asked_again_with_the_reason(talk: Talk) -> None:
    await talk.say("note", Start(template_id="files.note"))
    await talk.say("medium", SetValue(name="mode", value="medium"))
    assert "short" in talk.parts(TextPart)[0].text
    assert talk.parts(TextPart)[0].tone == "error"
    assert talk.only(ChoicesPart).text == "Short or long?"


async def test_a_value_in_the_first_sentence_that_does_not_fit_is_asked_for(talk: Talk) -> None:
    await talk.say("check nonsense", Start(template_id="web.check", values={"url": "not an address"}, schedule=DAILY))
    assert "Address" in talk.said
    assert "Which address?" in talk.said
    assert talk.count("proposals") == 0


async def test_a_value_that_does_not_fit_is_never_replaced_by_a_default(talk: Talk) -> None:
    """A default stands in for what was not said, not for what was said wrongly."""
    await talk.say("relay", Start(template_id="webhook.relay", values={"heading": "two\nlines"}))
    if talk.count("proposals") == 0:
        assert "Heading" in talk.said
    else:
        assert [one.source for one in talk.card.values] == ["message"]
    await talk.say("relay", Start(template_id="webhook.relay", values={"heading": {"a": "thing"}}))
    assert "Heading" in talk.said
    await talk.say("Builds", SetValue(name="heading", value="Builds"))
    assert [(one.value, one.source) for one in talk.card.values] == [("Builds", "answer")]


async def test_the_way_out_is_named_after_answers_that_do_not_fit(talk: Talk) -> None:
    await talk.say("note", Start(template_id="files.note"))
    for _ in range(2):
        await talk.say("medium", SetValue(name="mode", value="medium"))
    assert "cancel" in talk.said


async def test_an_answer_that_was_not_understood_repeats_the_question(talk: Talk) -> None:
    await talk.say("note", Start(template_id="files.note"))
    await talk.say("er", CannotHandle(reason="unclear"))
    assert talk.only(ChoicesPart).text == "Short or long?"


async def test_an_answer_to_a_parameter_that_there_is_not_changes_nothing(talk: Talk) -> None:
    await talk.say("note", Start(template_id="files.note"))
    await talk.press_id("answer:nonsense:short")
    assert "no longer open" in talk.said
    assert (await talk.state()).tasks[0].values == {}


async def test_a_suggested_answer_without_a_task_is_answered(talk: Talk) -> None:
    await talk.press_id("answer:mode:short")
    assert "nothing open" in talk.said


async def test_an_optional_value_can_be_left_out_again(talk: Talk) -> None:
    values = {"mode": "short", "stamp": True, "at": "09:00", "tag": "home"}
    await talk.say("note", Start(template_id="files.note", values=values))
    assert "home" in [one.value for one in talk.card.values]
    await talk.say("without the tag", SetValue(name="tag", value=None))
    assert "tag" not in [one.name for one in talk.card.values]


async def test_a_time_is_asked_for_when_the_template_needs_one(talk: Talk) -> None:
    await talk.say("check", Start(template_id="web.check", values={"url": "https://example.com"}))
    question = talk.only(ChoicesPart)
    assert question.text == "How often?"
    assert all(one.action == f"ask:{one.label}" for one in question.choices)
    await talk.say("daily at 9", SetSchedule(schedule=DAILY))
    assert talk.card.schedule is not None
    assert len(talk.card.schedule.next) == 3
    assert talk.card.schedule.next[0] == "2026-12-03T09:00:00+01:00"


async def test_the_time_of_day_is_asked_for_when_only_days_were_said(talk: Talk) -> None:
    await talk.say(
        "check every day",
        Start(template_id="web.check", values={"url": "https://example.com"}, schedule=DAILY, needs_time=True),
    )
    assert "time of day" in talk.said
    interpreter = talk.interpreter
    assert isinstance(interpreter, ScriptedInterpreter)
    await talk.say("at 9", SetSchedule(schedule=DAILY))
    assert interpreter.views[-1].needs_time
    assert interpreter.views[-1].asked == "schedule"
    assert interpreter.views[-1].schedule == DAILY
    assert talk.card.schedule is not None


async def test_a_suggested_time_is_taken_as_if_it_had_been_typed(talk: Talk) -> None:
    await talk.say("check", Start(template_id="web.check", values={"url": "https://example.com"}))
    interpreter = talk.interpreter
    assert isinstance(interpreter, ScriptedInterpreter)
    interpreter.script = [[SetSchedule(schedule=DAILY)]]
    await talk.press("every day at 9:00")
    assert interpreter.texts[-1] == "every day at 9:00"
    assert talk.card.schedule is not None


async def test_a_moment_that_has_passed_is_said_and_asked_again(talk: Talk) -> None:
    past = Schedule(at=datetime(2026, 12, 2, 9, tzinfo=UTC), timezone="Europe/Berlin")
    await talk.say("x", Start(template_id="web.check", values={"url": "https://example.com"}, schedule=past))
    assert "already passed" in talk.said
    assert "How often?" in talk.said
    assert talk.count("proposals") == 0


async def test_a_schedule_is_left_out_with_a_word_where_there_can_be_none(talk: Talk) -> None:
    values = {"mode": "short", "stamp": True, "at": "09:00"}
    await talk.say("note daily", Start(template_id="files.note", values=values, schedule=DAILY))
    assert "cannot run on a schedule" in talk.said
    assert talk.card.schedule is None


@pytest.mark.parametrize(("trigger", "label"), [("webhook", "Switch it on"), ("manual", "Run"), (None, "Run")])
async def test_what_starts_it_follows_from_what_was_said(talk: Talk, trigger: str | None, label: str) -> None:
    start = Start(template_id="chat.say", values={"message": "hi"}, trigger=trigger)  # type: ignore[arg-type]
    await talk.say("x", start)
    assert talk.card.actions[0].label == label


async def test_next_fire_times_are_shown_in_the_persons_zone(talk: Talk, clock: FixedClock) -> None:
    schedule = Schedule(rrule="FREQ=DAILY;BYHOUR=23;BYMINUTE=30;BYSECOND=0", timezone="UTC")
    await talk.say("x", Start(template_id="chat.say", values={"message": "hi"}, schedule=schedule))
    assert talk.card.schedule is not None
    assert talk.card.schedule.next[0] == "2026-12-03T00:30:00+01:00"
    assert talk.card.schedule.next_shown[0] == "tomorrow at 00:30"


INSIDE = "internal network"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/", "http://localhost/", "http://169.254.169.254/latest", "http://10.0.0.1.nip.io/"]
)
async def test_an_address_inside_is_refused_wherever_it_is_given(talk: Talk, url: str) -> None:
    await talk.say("check", Start(template_id="web.check", values={"url": url}, schedule=DAILY))
    assert INSIDE in talk.said
    await talk.say(url, SetValue(name="url", value=url))
    assert INSIDE in talk.said
    assert talk.count("proposals") == 0
    await talk.say("https://example.com/", SetValue(name="url", value="https://example.com/"))
    assert talk.card.values[0].value == "https://example.com/"
    await talk.say("no, another", SetValue(name="url", value=url))
    assert INSIDE in talk.said
    await talk.say("change it", Edit())
    await talk.submit(url=url)
    assert INSIDE in talk.only(FormPart).fields[0].error
    assert talk.count("proposals") == 1
