"""Files that came with a message: a value where it is clear of what, else kept and offered. Nobody's words get lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.command import Candidate as One
from agent.command import CannotHandle, Clarify, Command, SetValue, Start, Tell, Topic
from agent.inbound import FileProblem, HandedFile, Submit, Text
from agent.interpreter import Spoken
from agent.reply import ChoicesPart, FormPart, TextPart
from agent.understanding import spoken_of
from store.record import Role
from tests.fakes.clock import FixedClock
from tests.fakes.file_templates import COUNT, MAIL, MERGE, with_files
from tests.fakes.talk import ASKED_TO_FAIL, ScriptedInterpreter, Talk

LOST = CannotHandle(reason="none")


@pytest.fixture
async def talk(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Talk]:
    opened = await Talk.open(tmp_path, clock, templates=with_files())
    yield opened
    await opened.store.close()


async def hand(talk: Talk, *paths: str, text: str = "", means: list[Command] | None = None) -> None:
    script_of(talk).script = [means] if means is not None else []
    await talk.send(Text(text=text, files=[HandedFile(name=path, path=path) for path in paths]))


def script_of(talk: Talk) -> ScriptedInterpreter:
    assert isinstance(talk.interpreter, ScriptedInterpreter)
    return talk.interpreter


def values(talk: Talk) -> dict[str, str]:
    return {one.name: one.value for one in talk.card.values}


async def test_a_wish_takes_the_file_that_came_with_it(talk: Talk) -> None:
    await hand(talk, "sales.csv", text="count the rows", means=[COUNT])
    assert values(talk) == {"file": "sales.csv", "output": "count.txt"}
    assert script_of(talk).texts == ["count the rows sales.csv"], "as one would write it"
    assert talk.rows("SELECT parts FROM messages WHERE author = 'person'") == [
        ('[{"kind":"text","text":"count the rows","files":[{"name":"sales.csv","path":"sales.csv"}]}]',)
    ]
    assert talk.rows("SELECT title FROM conversations") == [("count the rows sales.csv",)]


async def test_a_file_that_the_words_name_already_is_taken_once(talk: Talk) -> None:
    means: list[Command] = [Start(template_id="data.merge", values={"first": "sales.csv"})]
    await hand(talk, "sales.csv", text="merge sales.csv", means=means)
    assert talk.said == "Which file is added?"
    assert not (await talk.state()).tasks[0].suggested


async def test_a_name_with_spaces_is_said_in_quotes(talk: Talk) -> None:
    await hand(talk, "Sales 2026.csv", text="count the rows", means=[COUNT])
    assert script_of(talk).texts == ['count the rows "Sales 2026.csv"']
    assert values(talk)["file"] == "Sales 2026.csv"


@pytest.mark.parametrize(
    "means",
    [
        [SetValue(name="file", value="here it is")],
        [LOST],
        [CannotHandle(reason="small_talk")],
        [Tell(topic=Topic.THANKS)],
    ],
)
async def test_here_it_is_answers_the_question_for_a_file(talk: Talk, means: list[Command]) -> None:
    await talk.say("count the rows", COUNT)
    await hand(talk, "sales.csv", text="here it is", means=means)
    assert values(talk)["file"] == "sales.csv"
    assert "here it is" not in talk.said
    assert script_of(talk).texts[-1] == "here it is", "an answer is read as it is"


async def test_a_file_alone_answers_the_question_for_a_file(talk: Talk) -> None:
    await talk.say("count the rows", COUNT)
    await hand(talk, "sales.csv")
    assert values(talk)["file"] == "sales.csv"
    assert script_of(talk).texts == ["count the rows"], "nobody interprets what has no words"


async def test_a_file_fills_the_one_that_is_missing_while_something_else_is_asked(talk: Talk) -> None:
    await talk.say("mail a file", MAIL)
    await hand(talk, "letter.pdf")
    assert talk.said == "What shall I write?"
    await talk.say("Hello", SetValue(name="note", value="Hello"))
    assert values(talk) == {"note": "Hello", "file": "letter.pdf"}


async def test_an_answer_and_a_file_are_both_taken(talk: Talk) -> None:
    await talk.say("mail a file", MAIL)
    await hand(talk, "letter.pdf", text="Hello", means=[SetValue(name="note", value="Hello")])
    assert values(talk) == {"note": "Hello", "file": "letter.pdf"}


async def test_one_file_where_two_are_missing_answers_only_the_question(talk: Talk) -> None:
    await hand(talk, "a.csv", text="merge these", means=[MERGE])
    assert "In the files folder now: a.csv" in talk.said
    assert [one.label for one in talk.only(ChoicesPart).choices] == ["a.csv"], "it is offered, not taken"
    await hand(talk, "a.csv")
    assert "Which file is added?" in talk.said, "the one that is asked for"


async def test_of_several_files_one_is_picked_for_each(talk: Talk) -> None:
    await talk.say("merge", MERGE)
    await hand(talk, "a.csv", "b.csv")
    assert "In the files folder now: a.csv, b.csv" in talk.said
    await talk.press("b.csv")
    assert "Which file is added?" in talk.said
    await talk.press("a.csv")
    assert values(talk) == {"first": "b.csv", "second": "a.csv"}


async def test_a_card_is_not_changed_by_a_file_until_somebody_says_so(talk: Talk) -> None:
    await talk.say("count", Start(template_id="data.count", values={"file": "old.csv"}))
    before = talk.card.digest
    await hand(talk, "new.csv")
    assert "In the files folder now: new.csv" in talk.said
    assert (await talk.state()).tasks[0].digest == before
    await talk.press("Use new.csv as “File”")
    assert values(talk)["file"] == "new.csv"
    assert talk.card.digest != before


async def test_a_file_without_a_wish_is_kept_and_what_can_be_done_is_offered(talk: Talk) -> None:
    await hand(talk, "sales.csv")
    assert "In the files folder now: sales.csv. What should happen with it?" in talk.said
    assert [one.label for one in talk.only(ChoicesPart).choices] == ["Count rows"]
    await talk.press("Count rows")
    assert values(talk) == {"file": "sales.csv", "output": "count.txt"}


async def test_a_file_for_which_nothing_is_made_is_kept_all_the_same(talk: Talk) -> None:
    await hand(talk, "picture.png")
    assert "In the files folder now: picture.png. What should happen" in talk.only(TextPart).text


@pytest.mark.parametrize("means", [[LOST], [CannotHandle(reason="small_talk")]])
async def test_words_that_mean_nothing_beside_a_file_do_not_hide_it(talk: Talk, means: list[Command]) -> None:
    await hand(talk, "sales.csv", text="look at this", means=means)
    assert talk.only(ChoicesPart).text.startswith("In the files folder now: sales.csv")
    assert len(talk.parts(TextPart)) == 0


async def test_what_is_refused_stays_refused_with_a_file(talk: Talk) -> None:
    await hand(talk, "sales.csv", text="wipe the disk", means=[CannotHandle(reason="unsafe")])
    assert talk.parts(TextPart)[0].tone == "error"
    assert "sales.csv" in talk.said


async def test_a_question_between_templates_is_not_answered_by_the_file_that_came_with_the_wish(talk: Talk) -> None:
    both = Clarify(
        candidates=[One(template_id="data.count", score=0.5), One(template_id="mail.file", score=0.4)], text="x"
    )
    await hand(talk, "sales.csv", text="do the file thing", means=[both])
    assert (await talk.state()).clarification is not None
    assert [one.label for one in talk.only(ChoicesPart).choices][:2] == ["Count rows", "Mail a file"]


async def test_a_file_that_comes_while_one_is_asked_which_is_for_what_is_picked(talk: Talk) -> None:
    both = Clarify(
        candidates=[One(template_id="data.count", score=0.5), One(template_id="mail.file", score=0.4)], text="x"
    )
    await talk.say("do the file thing", both)
    await hand(talk, "sales.csv")
    assert talk.said == "In the files folder now: sales.csv."
    script_of(talk).script = [[COUNT]]
    await talk.press_id("pick:data.count")
    assert values(talk)["file"] == "sales.csv"


@pytest.mark.parametrize("problem", ["too_large", "gone", "no_access", "unreachable", "refused"])
async def test_a_file_that_could_not_be_kept_costs_no_words(talk: Talk, problem: FileProblem) -> None:
    script_of(talk).script = [[COUNT]]
    lost = HandedFile(name="sales.csv", problem=problem, limit_bytes=10_000_000)
    await talk.send(Text(text="count the rows", files=[lost]))
    first, question = talk.parts(TextPart)
    assert first.tone == "error"
    assert first.text.startswith("sales.csv was not kept")
    assert ("10 MB" in first.text) == (problem == "too_large")
    assert question.text == "Which file?"
    assert '"text":"count the rows","files":[{"name":"sales.csv","path":""}]' in talk.dump(), (
        "the log shows what was sent"
    )


async def test_words_that_broke_something_are_logged_with_their_file(talk: Talk) -> None:
    await talk.send(Text(text=ASKED_TO_FAIL, files=[HandedFile(name="sales.csv", problem="gone")]))
    assert "reference" in talk.said
    [(parts,)] = talk.rows("SELECT parts FROM messages WHERE author = 'person'")
    assert '"files":[{"name":"sales.csv","path":""}]' in str(parts)


async def test_an_interpreter_that_looks_back_hears_of_the_files(talk: Talk) -> None:
    await hand(talk, "sales.csv", text="count the rows", means=[COUNT])
    async with talk.store.begin() as records:
        [said, *_] = await records.conversations.messages("cnv_1", limit=10)
    assert spoken_of(said) == Spoken(who="person", text="count the rows sales.csv")


async def test_a_lost_file_alone_is_no_empty_message(talk: Talk) -> None:
    await talk.send(Text(text="", files=[HandedFile(name="sales.csv", problem="gone")]))
    assert talk.only(TextPart).text.startswith("sales.csv was not kept")


async def test_a_form_whose_file_was_lost_keeps_the_rest(talk: Talk) -> None:
    await talk.say("count", Start(template_id="data.count", values={"file": "old.csv"}))
    await talk.press("Edit")
    action = talk.only(FormPart).action
    lost = HandedFile(name="sales.csv", problem="gone")
    await talk.send(Submit(action=action, fields={"output": "n.txt"}, files=[lost]))
    assert "sales.csv was not kept" in talk.said
    assert values(talk) == {"file": "old.csv", "output": "n.txt"}


async def test_somebody_else_s_task_takes_no_file(talk: Talk) -> None:
    await talk.add_person("usr_ben", "Ben", Role.MEMBER)
    await talk.say("count the rows", COUNT)
    await talk.send(Text(text="", files=[HandedFile(name="x.csv", path="x.csv")]), by="usr_ben")
    assert talk.said == "In the files folder now: x.csv."
    assert (await talk.state()).tasks[0].values == {}


async def test_a_field_for_a_file_that_is_read_can_take_one_and_one_that_is_written_is_typed(talk: Talk) -> None:
    await talk.say("count", Start(template_id="data.count", values={"file": "old.csv"}))
    await talk.press("Edit")
    assert {one.name: one.input for one in talk.only(FormPart).fields} == {"file": "file", "output": "text"}
