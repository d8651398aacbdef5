"""Several wishes at once: the newer one first, the older one is offered again; clarifying; cancelling."""

from __future__ import annotations

from agent.command import Cancel, Candidate, Clarify, Confirm, Decline, SetValue, Start
from agent.inbound import Text
from agent.reply import ChoicesPart
from tests.fakes.talk import ScriptedInterpreter, Talk

HELLO = Start(template_id="chat.say", values={"message": "hello"})
NOTE = Start(template_id="files.note")
BOTH = Clarify(
    candidates=[Candidate(template_id="chat.say", score=0.5), Candidate(template_id="files.note", score=0.4)],
    text="write down hello",
)


async def test_a_new_wish_is_served_first_and_the_old_one_offered_again(talk: Talk) -> None:
    await talk.say("note", NOTE)
    await talk.say("post hello", HELLO)
    assert talk.card.title == "Post a message"
    await talk.press("Run")
    assert "Back to “Keep a note”" in talk.said
    assert talk.only(ChoicesPart).text == "Short or long?"
    await talk.press("short")
    assert (await talk.state()).tasks[0].values["mode"].value == "short"


async def test_an_open_card_below_is_shown_again_and_its_button_works(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    first = talk.card
    await talk.say("note", NOTE)
    await talk.say("never mind", Cancel())
    assert "dropped “Keep a note”" in talk.said
    assert talk.card.proposal_id == first.proposal_id
    await talk.say("yes", Confirm())
    assert talk.count("runs") == 1


async def test_a_card_below_can_be_approved_by_its_button(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    yes = talk.button("Run")
    await talk.say("note", NOTE)
    await talk.press_id(yes)
    assert talk.count("runs") == 1
    assert [task.template_id for task in (await talk.state()).tasks] == ["files.note"]
    assert "Short or long?" in talk.said


async def test_a_yes_goes_to_the_newest_card_only(talk: Talk) -> None:
    await talk.say("post one", Start(template_id="chat.say", values={"message": "one"}))
    await talk.say("post two", Start(template_id="chat.say", values={"message": "two"}))
    newest = talk.card.digest
    await talk.say("yes", Confirm())
    assert talk.rows("SELECT digest FROM runs") == [(newest,)]


async def test_the_same_wish_said_again_while_it_is_asked_for_begins_anew(talk: Talk) -> None:
    await talk.say("note", NOTE)
    await talk.say("long note", Start(template_id="files.note", values={"mode": "long"}))
    assert len((await talk.state()).tasks) == 1
    assert talk.only(ChoicesPart).text == "With a time stamp?"


async def test_cancel_with_nothing_open_is_answered(talk: Talk) -> None:
    await talk.say("cancel", Cancel())
    assert "nothing open" in talk.said


async def test_no_more_than_a_few_wishes_are_kept(talk: Talk) -> None:
    for number in range(8):
        await talk.say("x", Start(template_id="chat.say", values={"message": f"m{number}"}))
    assert [task.values["message"].value for task in (await talk.state()).tasks] == ["m3", "m4", "m5", "m6", "m7"]


async def test_between_candidates_one_is_picked_and_the_sentence_is_read_again_for_it(talk: Talk) -> None:
    await talk.say("write down hello", BOTH)
    question = talk.only(ChoicesPart)
    assert [one.label for one in question.choices] == ["Post a message", "Keep a note", "None of these"]
    interpreter = talk.interpreter
    assert isinstance(interpreter, ScriptedInterpreter)
    interpreter.script = [[HELLO]]
    await talk.press("Post a message")
    assert interpreter.views[-1].choices == ["chat.say"]
    assert interpreter.views[-1].choices_text == "write down hello"
    assert talk.card.values[0].value == "hello"
    assert (await talk.state()).clarification is None


async def test_a_pick_starts_even_when_the_sentence_says_nothing_more(talk: Talk) -> None:
    await talk.say("write down hello", BOTH)
    await talk.press("Keep a note")
    assert talk.only(ChoicesPart).text == "Short or long?"


async def test_none_of_these_starts_nothing(talk: Talk) -> None:
    await talk.say("write down hello", BOTH)
    await talk.press("None of these")
    assert "none of these" in talk.said
    assert (await talk.state()).tasks == []


async def test_a_yes_to_several_candidates_is_none_even_with_a_card_below(talk: Talk) -> None:
    """The question was shown last: a plain yes must not go to the card before it."""
    await talk.say("post hello", HELLO)
    await talk.say("write down hello", BOTH)
    await talk.say("yes", Confirm())
    assert talk.only(ChoicesPart).text == "Which of these do you mean?"
    assert talk.count("runs") == 0


async def test_a_yes_to_a_single_candidate_starts_it_and_approves_nothing(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    one = Clarify(candidates=[Candidate(template_id="files.note", score=0.5)], text="note it")
    await talk.say("note it", one)
    assert talk.only(ChoicesPart).text == "Do you mean this?"
    interpreter = talk.interpreter
    assert isinstance(interpreter, ScriptedInterpreter)
    interpreter.script = [[Confirm()], [Start(template_id="files.note", values={"mode": "long"})]]
    await talk.send(Text(text="yes"))
    assert interpreter.views[-1].choices_text == "note it"
    assert talk.only(ChoicesPart).text == "With a time stamp?"
    assert talk.count("runs") == 0


async def test_a_question_is_over_when_something_else_is_meant(talk: Talk) -> None:
    await talk.say("write down hello", BOTH)
    await talk.say("post hello", HELLO)
    assert (await talk.state()).clarification is None
    await talk.say("yes", Confirm())
    assert talk.count("runs") == 1


async def test_a_pick_after_the_question_is_over_does_nothing(talk: Talk) -> None:
    await talk.say("write down hello", BOTH)
    pick = talk.button("Keep a note")
    await talk.press("None of these")
    await talk.press_id(pick)
    assert "no longer does anything" in talk.said
    assert (await talk.state()).tasks == []


async def test_a_no_to_a_question_drops_the_wish(talk: Talk) -> None:
    await talk.say("note", NOTE)
    await talk.say("no", Decline())
    assert (await talk.state()).tasks == []


async def test_a_template_that_is_gone_is_said(talk: Talk) -> None:
    await talk.say("x", Start(template_id="not.there"))
    assert "no longer does anything" in talk.said


async def test_an_edit_goes_to_the_wish_on_top(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    await talk.say("note", NOTE)
    await talk.say("message bye", SetValue(name="message", value="bye"))
    assert [task.values.get("message") and task.values["message"].value for task in (await talk.state()).tasks] == [
        "hello",
        None,
    ]
