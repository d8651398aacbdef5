"""Turns: repeated deliveries, two at once, other processes, crashes, hostile texts, the conversation's log and title."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.command import Confirm, SetValue, Start
from agent.inbound import Inbound, Press, Submit, Text
from agent.reply import ProposalCard
from core.errors import InvalidValueError, NotFoundError, StoreError
from store.port import Records
from tests.fakes.talk import ASKED_TO_FAIL, ScriptedInterpreter, Talk

HELLO = Start(template_id="chat.say", values={"message": "hello"})


def _script(talk: Talk) -> ScriptedInterpreter:
    assert isinstance(talk.interpreter, ScriptedInterpreter)
    return talk.interpreter


async def test_a_repeated_delivery_gets_the_same_replies_and_does_nothing_twice(talk: Talk) -> None:
    _script(talk).script = [[HELLO], [HELLO]]
    first = await talk.send(Text(text="post hello"), delivery="same")
    again = await talk.send(Text(text="post hello"), delivery="same")
    assert [reply.message_id for reply in again] == [reply.message_id for reply in first]
    assert talk.count("proposals") == 1
    assert talk.count("messages") == 2


async def test_a_repeated_press_starts_one_run(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    action = talk.button("Run")
    first = await talk.send(Press(action=action), delivery="click")
    again = await talk.send(Press(action=action), delivery="click")
    assert first == again
    assert talk.count("runs") == 1


async def test_two_clicks_at_the_same_moment_start_one_run(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    action = talk.button("Run")
    await asyncio.gather(*(talk.press_id(action) for _ in range(5)))
    assert talk.count("runs") == 1
    assert talk.count("approvals") == 1


async def test_two_processes_with_one_conversation_start_one_run(talk: Talk) -> None:
    """Each process has locks of its own; the store's revision and the proposal's state decide."""
    await talk.say("post hello", HELLO)
    action = talk.button("Run")
    other = Talk(talk.store, talk.knowledge, ScriptedInterpreter(), talk.path)

    async def click(one: Talk, delivery: str) -> str:
        await one.send(Press(action=action), delivery=delivery)
        return one.said

    said = await asyncio.gather(click(talk, "a"), click(other, "b"))
    assert talk.count("runs") == 1
    assert sorted("already approved" in sentence for sentence in said) == [False, True]


async def test_the_same_delivery_in_two_processes_is_answered_the_same(talk: Talk) -> None:
    other = Talk(talk.store, talk.knowledge, ScriptedInterpreter([[HELLO]]), talk.path)
    _script(talk).script = [[HELLO]]
    first, second = await asyncio.gather(
        talk.send(Text(text="x"), delivery="same"), other.send(Text(text="x"), delivery="same")
    )
    assert [one.message_id for one in first] == [one.message_id for one in second]
    assert talk.count("proposals") == 1


async def test_a_crash_of_the_interpreter_is_answered_with_a_reference(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        await talk.say(ASKED_TO_FAIL)
    assert "Something went wrong on my side (reference " in talk.said
    assert "nothing was run" in talk.said
    reference = talk.said.split("reference ")[1].split(")")[0]
    assert [reference in record.getMessage() for record in caplog.records] == [True]
    history = await talk.history()
    assert len(history) == 2
    await talk.say("post hello", HELLO)
    assert talk.card.state == "open"


async def test_what_a_crashing_turn_did_is_undone(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    await talk.say("post hello", HELLO)

    async def broken(*_: object) -> list[object]:
        raise RuntimeError("the renderer broke")

    action = talk.button("Run")
    with monkeypatch.context() as patch:
        patch.setattr(talk.renderer, "render", broken)
        await talk.press_id(action)
    assert "nothing was run" in talk.said
    assert talk.count("runs") == 0
    assert talk.count("approvals") == 0
    assert talk.queue.woken == []
    await talk.press_id(action)
    assert talk.count("runs") == 1


async def test_a_store_that_is_down_is_answered_too(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def down() -> AsyncIterator[Records]:
        raise StoreError("The database is gone.")
        yield

    monkeypatch.setattr(talk.store, "begin", down)
    await talk.say("post hello", HELLO)
    assert "Something went wrong on my side" in talk.said


async def test_an_error_that_the_person_can_fix_is_said_as_it_is(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise InvalidValueError("That is *not* a time.")

    monkeypatch.setattr(_script(talk), "interpret", refuse)
    await talk.say("x")
    assert talk.said == "That is \\*not\\* a time."


async def test_a_queue_that_is_down_does_not_undo_the_turn(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(_run_id: str) -> None:
        raise OSError("no redis")

    monkeypatch.setattr(talk.queue, "wake", down)
    await talk.say("post hello", HELLO)
    await talk.press("Run")
    assert talk.run.state == "queued"
    assert talk.count("runs") == 1


async def test_an_unknown_conversation_or_person_is_refused(talk: Talk) -> None:
    for conversation_id, person_id in (("cnv_none", "usr_ana"), ("cnv_1", "usr_none")):
        with pytest.raises(NotFoundError):
            await talk.turn.handle(
                Inbound(
                    surface="web",
                    conversation_id=conversation_id,
                    person_id=person_id,
                    delivery_id="d",
                    content=Text(text="hi"),
                )
            )


async def test_twenty_thousand_characters_are_read_and_the_cut_is_said(talk: Talk) -> None:
    await talk.say("x" * 30_000, HELLO)
    assert "very long" in talk.said
    assert talk.card.state == "open"
    assert len(_script(talk).texts[-1]) == 20_000


async def test_a_value_of_twenty_thousand_characters_is_shown_shortened_and_kept_whole(talk: Talk) -> None:
    text = "a" * 19_000
    await talk.say("post", Start(template_id="chat.say", values={"message": text}))
    assert len(talk.card.values[0].value) < 3_000
    assert len(talk.card.steps[0].summary) <= 200
    await talk.press("Run")
    assert talk.rows("SELECT length(json_extract(content, '$.params.message')) FROM workflow_versions") == [(19_000,)]


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", "\u200b\u200b", "\ud800", "\u202e"])
async def test_a_text_without_anything_to_read_is_answered(talk: Talk, text: str) -> None:
    await talk.say(text, HELLO)
    assert "empty" in talk.said
    assert _script(talk).texts == []


async def test_control_zero_width_and_direction_characters_are_taken_out(talk: Talk) -> None:
    await talk.say("re\u200bmind\x00 me\u202e\ud800 \U0001f469\u200d\U0001f680\r\nok", HELLO)
    assert _script(talk).texts == ["remind me \U0001f469\u200d\U0001f680\nok"]


@pytest.mark.parametrize(
    "value",
    ["${{ params }}", "**bold** [x](javascript:alert(1))", "<script>alert(1)</script>", "# big\n- a", "{title}"],
)
async def test_markup_in_a_value_is_shown_literally(talk: Talk, value: str) -> None:
    await talk.say("post", Start(template_id="chat.say", values={"message": value}))
    assert talk.card.values[0].value == value
    await talk.press("Run")
    ((kept,),) = talk.rows("SELECT json_extract(content, '$.params.message') FROM workflow_versions")
    assert kept == value


async def test_an_expression_in_a_value_is_not_worked_out_on_the_card(talk: Talk) -> None:
    await talk.say("post", Start(template_id="chat.say", values={"message": "${{ 6 * 7 }}"}))
    assert talk.card.steps[0].summary == "Post “${{ 6 * 7 }}” here"


@pytest.mark.parametrize(
    "action",
    ["", ":", "approve", "approve:", "approve:x", "nonsense:x:y", "ask:", "pick:", "fill:x", "a" * 50_000, "\x00"],
)
async def test_an_unknown_action_is_answered(talk: Talk, action: str) -> None:
    await talk.press_id(action)
    assert talk.said
    await talk.send(Submit(action=action, fields={"a": "b"}))
    assert talk.said
    assert talk.count("runs") == 0


async def test_a_form_with_hostile_fields_is_answered(talk: Talk) -> None:
    await talk.say("post hello", HELLO)
    card = talk.card
    deep: object = "x"
    for _ in range(50):
        deep = [deep]
    for fields in (
        {"message": deep},
        {"message": "x" * 300_000},
        {"message": {"a": 1}},
        {"\ud800": "\x00"},
        {"nope": 1},
    ):
        await talk.send(Submit(action=f"fill:{card.proposal_id}", fields=fields))  # type: ignore[arg-type]
        assert talk.last[0].parts
        assert "went wrong" not in talk.said
    assert talk.count("runs") == 0


async def test_a_password_in_a_form_keeps_its_odd_characters(talk: Talk) -> None:
    account = {"host": "h.io", "port": "25", "security": "none", "sender": "a@b.io", "password": " \u200bp\u202e "}
    await talk.send(Submit(action="connect:smtp", fields=dict(account)))
    async with talk.store.begin() as records:
        kept = await records.connections.find("usr_ana", "smtp")
    assert kept is not None
    assert talk.knowledge.sealer.open(kept.secret) == {"password": " \u200bp\u202e "}  # type: ignore[attr-defined]


async def test_the_conversation_is_named_after_its_first_request(talk: Talk) -> None:
    await talk.say("post hello\nto everyone " + "x" * 100, HELLO)
    await talk.say("yes", Confirm())
    ((title,),) = talk.rows("SELECT title FROM conversations")
    assert str(title).startswith("post hello to everyone xxx")
    assert len(str(title)) == 60


async def test_presses_on_cards_leave_no_line_and_suggested_answers_do(talk: Talk) -> None:
    await talk.say("note", Start(template_id="files.note"))
    await talk.press("short")
    assert talk.rows("SELECT json_extract(parts, '$[0].text') FROM messages WHERE author = 'person'") == [
        ("note",),
        ("short",),
    ]


async def test_replies_are_what_the_history_shows(talk: Talk) -> None:
    """What a reload shows is what was answered, apart from what changed since."""
    await talk.say("post hello", HELLO)
    assert (await talk.history())[-1] == talk.last[-1]
    await talk.say("bye", SetValue(name="message", value="bye"))
    cards = [part for reply in await talk.history() for part in reply.parts if isinstance(part, ProposalCard)]
    assert [card.state for card in cards] == ["superseded", "open"]


async def test_the_interpretation_of_a_turn_can_be_had(talk: Talk) -> None:
    _script(talk).script = [[HELLO]]
    taken = await talk.take(Text(text="post hello"))
    assert taken.interpretation is not None
    assert taken.interpretation.outcome == "match"
    assert (await talk.take(Press(action=talk.button("Run")))).interpretation is None
