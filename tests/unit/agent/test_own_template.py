"""Tasks that bring their template along, and several wishes in one message."""

from __future__ import annotations

from dataclasses import replace

from agent.command import Confirm, Rework, SetSchedule, SetValue, Start
from agent.reply import FormPart
from catalog.schedule import Schedule
from catalog.workflow import Template
from tests.fakes.talk import Talk

OWN = Template.model_validate(
    {
        "id": "composed.say",
        "title": "Say it in chat",
        "summary": "Posts a text that you give.",
        "category": "chat",
        "asks": ["say it"],
        "parameters": {
            "message": {"kind": "text", "ask": "What should I say?"},
            "tail": {"kind": "text", "default": None},
        },
        "trigger": {"allowed": ["manual", "schedule"]},
        "steps": [
            {
                "id": "post",
                "uses": "chat.post",
                "with": {"text": "${{ params.message }}"},
                "if": "params.message",
            }
        ],
    }
)
SAY = Start(template_id=OWN.id, template=OWN, values={"message": "hi"})
DAILY = Schedule(rrule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0", timezone="Europe/Berlin")
HELLO = Start(template_id="chat.say", values={"message": "hello"})


async def test_a_template_of_its_own_is_asked_shown_edited_and_run_like_any_other(talk: Talk) -> None:
    await talk.say("say it", replace(SAY, values={}))
    assert "What should I say?" in talk.said
    await talk.say("hi", SetValue(name="message", value="hi"))
    assert talk.card.title == "Say it in chat"
    await talk.press("Edit")
    assert [one.is_required for one in talk.only(FormPart).fields] == [True, False, False]
    await talk.submit(message="ho")
    await talk.press("Run")
    assert talk.count("runs") == 1


async def test_a_saved_workflow_that_no_template_stands_for_is_opened_again_as_it_was(talk: Talk) -> None:
    await talk.say("say it daily", replace(SAY, schedule=DAILY))
    await talk.press("Schedule it")
    await talk.say("make it 10", SetSchedule(schedule=DAILY.model_copy(update={"rrule": "FREQ=DAILY;BYHOUR=10"})))
    assert talk.card.title == "Say it in chat"
    await talk.press("Edit")
    assert [(one.name, one.value, one.is_required) for one in talk.only(FormPart).fields][:2] == [
        ("message", "hi", True),
        ("tail", None, False),
    ]


async def test_a_run_without_a_template_can_be_changed_and_run_again(talk: Talk) -> None:
    await talk.say("say it", SAY)
    await talk.say("yes", Confirm())
    run_id = str(talk.rows("SELECT id FROM runs")[0][0])
    await talk.say("again, changed", Rework(run_id=run_id))
    assert [one.value for one in talk.card.values] == ["hi", ""]


async def test_of_two_wishes_in_one_message_the_second_comes_up_when_the_first_is_answered(talk: Talk) -> None:
    await talk.say("say it, and post hello", SAY, HELLO)
    assert talk.card.title == "Say it in chat"
    assert "After that: “Post a message”" in talk.said
    await talk.say("yes", Confirm())
    assert "And now: “Post a message”" in talk.said
    assert talk.card.title == "Post a message"
    await talk.say("yes", Confirm())
    assert talk.count("runs") == 2


async def test_a_correction_goes_to_the_first_of_two_wishes(talk: Talk) -> None:
    await talk.say("say it, and post hello", SAY, HELLO)
    await talk.say("no, ho", SetValue(name="message", value="ho"))
    assert [one.value for one in talk.card.values] == ["ho"]


async def test_three_wishes_come_up_in_their_order(talk: Talk) -> None:
    await talk.say(
        "three", HELLO, SAY, Start(template_id="files.note", values={"mode": "long", "stamp": True, "at": "09:00"})
    )
    titles = []
    for _ in range(3):
        titles.append(talk.card.title)
        await talk.say("yes", Confirm())
    assert titles == ["Post a message", "Say it in chat", "Keep a note"]
