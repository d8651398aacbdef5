"""A model's words are streamed into the assistant pane, and become the message that follows: once, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from agent.command import Start, Tell, Topic
from agent.live_text import whole_sentences
from agent.llm.asking import Asking
from agent.llm.meter import Budget, Meter
from agent.llm.narrator import LlmNarrator
from agent.reply import Reply, TextPart
from agent.turn import Turn
from bot.surface.inbox import Turns
from bot.surface.port import Content
from bot.surface.writing import MOST_HELD_BACK, _Lane, _Writing
from bot.surfaces.slack.writing import Writing, open_fence
from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from core.clock import SystemClock
from store.record import Place
from tests.contract.surfaces.slack.lab import SlackLab
from tests.fakes.openai_server import OpenAIServer, Says
from tests.fakes.slack_workspace import TEAM, Message
from tools.model import OpenAIModel

ASKED = Tell(topic=Topic.ABILITIES, about="posts", template_ids=["chat.say"])
QUESTION = "how does posting differ from mailing people"
SENTENCES = [f"Sentence {number} tells one more thing about posts & mails, for readers." for number in range(1, 41)]
TEXT = " ".join(SENTENCES)


@pytest.fixture
async def model() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as running:
        running.say(Says(text=TEXT, gap_s=0.002))
        yield running


@pytest.fixture
async def told(lab: SlackLab, model: OpenAIServer, tmp_path: Path) -> AsyncIterator[SlackLab]:
    """The lab with a narrator that asks the model."""
    asked, knowledge = OpenAIModel("m", model.url, "sk", 10.0), lab.talk.knowledge
    retriever = HybridRetriever(list(knowledge.templates.values()), LocalEmbedding(), folder=tmp_path / "index")
    await retriever.wait_until_ready()
    narrator = LlmNarrator(
        asking=Asking(asked, Meter(lab.store, lab.clock, Budget(), model="m"), lab.clock),
        store=lab.store,
        knowledge=knowledge,
        retriever=retriever,
        live=lab.live,
        timeout_s=20.0,
    )
    turn = Turn(
        store=lab.store,
        knowledge=knowledge,
        interpreter=lab.interpreter,
        renderer=lab.talk.renderer,
        queue=lab.talk.queue,
        bus=lab.bus,
        narrator=narrator,
    )
    lab.host.inbox._turns = Turns(take=turn.handle, apologize=turn.give_up)
    yield lab
    await retriever.close()
    await asked.close()


def answers(lab: SlackLab, root: Message) -> list[Message]:
    """What the bot has in a thread of the pane, beside the root."""
    return [one for one in lab.slack.direct("U1").messages if one.bot_id and one.ts != root.ts]


def streamed(lab: SlackLab) -> list[str]:
    """The pieces in which the text came."""
    methods = ("chat.startStream", "chat.appendStream")
    return [given["markdown_text"] for method, given in lab.slack.calls if method in methods]


async def asks(lab: SlackLab) -> Message:
    root = await lab.slack.open_assistant("U1")
    lab.means(ASKED)
    await lab.slack.say("U1", QUESTION, thread=root.ts)
    return root


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.002)


async def test_words_come_as_they_are_written_and_become_the_message(
    told: SlackLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.surface.writing.LONGEST_HELD_BACK_S", 60.0)  # a machine that is busy writes slowly
    root = await asks(told)
    await told.settle()
    [answer] = answers(told, root)
    assert not answer.is_streaming
    assert SENTENCES[-1].replace("&", "&amp;") in str(answer.blocks)
    assert answer.metadata is not None, "it would be found again"
    pieces = streamed(told)
    assert 2 <= len(pieces) < len(SENTENCES), "several words are one call"
    assert TEXT.replace("&", "&amp;").startswith("".join(pieces).strip())
    assert all(len(one) >= MOST_HELD_BACK for one in pieces[1:-1])
    methods = [method for method, _ in told.slack.calls]
    assert "chat.postMessage" not in methods, "what was streamed is the message"
    assert methods.index("chat.startStream") < methods.index("chat.stopStream") < methods.index("chat.update")


async def test_that_errand_thinks_is_said_before_the_first_word(told: SlackLab) -> None:
    await asks(told)
    await told.settle()
    methods = [method for method, _ in told.slack.calls]
    assert methods.index("assistant.threads.setStatus") < methods.index("chat.startStream")


async def test_nobody_posts_beside_what_is_being_written(told: SlackLab) -> None:
    root = await asks(told)
    turn = asyncio.create_task(told.host.inbox.work_due())
    await until(lambda: any(one.is_streaming for one in answers(told, root)))
    place = Place(surface="slack", channel="@U1", team=TEAM)
    async with told.store.begin() as records:
        now = told.clock.now()
        assert not await records.postings.claim("slack", place.lane, "another", now=now, until=now)
    await turn
    await told.settle()
    assert len(answers(told, root)) == 1


async def test_the_stop_button_ends_the_answer_where_it_is(told: SlackLab, model: OpenAIServer) -> None:
    model.say(Says(text=TEXT, gap_s=0.02))
    root = await asks(told)
    turn = asyncio.create_task(told.host.inbox.work_due())
    await until(lambda: bool(answers(told, root)))
    await told.slack.press_stop("U1", answers(told, root)[0])
    await turn
    await told.settle()
    [answer] = answers(told, root)
    assert SENTENCES[0].replace("&", "&amp;") in str(answer.blocks)
    assert SENTENCES[-1].replace("&", "&amp;") not in str(answer.blocks)
    assert answer.blocks[0]["text"]["text"].endswith("readers."), "it ends with a whole sentence"


async def test_a_stop_that_another_process_heard_is_told_to_the_one_that_writes(told: SlackLab) -> None:
    told.live.write("cnv_x", "Some words. And")
    await told.host.writings.stop("cnv_other")
    assert not told.live.is_stopped("cnv_x")
    await told.host.writings.stop("cnv_x")
    [event] = [one for one in told.bus.published if one.conversation_id == "cnv_x"]
    told.live.end("cnv_x")
    told.live.write("cnv_x", "Other words.")
    told.host.watch._note(event)
    assert told.live.is_stopped("cnv_x")


async def test_what_broke_off_gives_way_to_the_plain_answer(told: SlackLab, model: OpenAIServer) -> None:
    model.say(Says(text=TEXT, gap_s=0.002, drop="during"))
    root = await asks(told)
    await told.settle()
    [answer] = answers(told, root)
    assert streamed(told), "its beginning was shown"
    assert "Sentence 1 " not in str(answer.blocks)
    assert "Post a message" in str(answer.blocks)


async def test_a_beginning_whose_process_died_is_gone_when_the_answer_comes(
    told: SlackLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object, **__: object) -> None:
        return None

    root = await asks(told)
    with monkeypatch.context() as killed:
        killed.setattr(_Writing, "clear", dies)
        killed.setattr(_Lane, "release", dies)
        turn = asyncio.create_task(told.host.inbox.work_due())
        await until(lambda: bool(answers(told, root)))
        turn.cancel()
        await asyncio.wait([turn])
    [begun] = answers(told, root)
    assert begun.is_streaming
    told.clock.move(61)
    told.means(ASKED)
    await told.settle()
    [answer] = answers(told, root)
    assert answer.ts != begun.ts
    assert SENTENCES[-1].replace("&", "&amp;") in str(answer.blocks)


@pytest.mark.parametrize("fault", ["away", "lost answer"])
async def test_where_nothing_can_be_streamed_the_answer_is_a_message(told: SlackLab, fault: str) -> None:
    told.slack.faults.append(("chat.startStream", fault))
    root = await asks(told)
    await told.settle()
    [answer] = answers(told, root)
    assert SENTENCES[-1].replace("&", "&amp;") in str(answer.blocks)


async def test_a_beginning_is_cleared_away_and_a_run_that_streams_beside_it_is_not(told: SlackLab) -> None:
    root = await told.slack.open_assistant("U1")
    await told.say("post hello", Start(template_id="chat.say", values={"message": "Hello"}), thread=root.ts)
    await told.press("Run")
    place = Place(surface="slack", channel="@U1", thread=root.ts, team=TEAM)
    card, run = answers(told, root)
    await told.adapter.writer.write(place, "", "", "Something is going on.")

    async def says_nothing() -> list[Reply]:
        return []

    await told.host.writings.during(place, "cnv_x", says_nothing, is_repeat=True)
    assert [one.ts for one in answers(told, root)] == [card.ts, run.ts]
    assert run.is_streaming


async def test_a_long_text_goes_on_in_another_stream_and_is_one_message_in_the_end(told: SlackLab) -> None:
    root = await told.slack.open_assistant("U1")
    place = Place(surface="slack", channel="@U1", thread=root.ts, team=TEAM)
    writer = Writing(
        told.adapter._api, SystemClock(), channel=told.adapter.directory.channel, me=told.adapter.me, longest_text=60
    )
    first = "Here is some code:\n```python\nprint('one')\n"
    text = f"{first}print('two')\nprint('three')\n```\nThat was it.\n"
    external_id = await writer.write(place, "", "", first)
    external_id = await writer.write(place, external_id, first, text)
    begun, rest = answers(told, root)
    assert begun.text.count("```") == 2
    assert not begun.is_streaming
    assert rest.text.startswith("```python\nprint('two')")
    assert rest.text.count("```") == 2
    content = Content(message_id="msg_1", parts=[TextPart(text=text)])
    shown = await told.adapter.update(place, external_id, content, key="msg_1")
    [answer] = answers(told, root)
    assert answer.ts == shown
    assert "three" in str(answer.blocks)


async def test_a_stream_that_slack_has_ended_goes_on_in_another(told: SlackLab) -> None:
    root = await told.slack.open_assistant("U1")
    place = Place(surface="slack", channel="@U1", thread=root.ts, team=TEAM)
    external_id = await told.adapter.writer.write(place, "", "", "One. ")
    told.slack.stream_ttl_s = 0.0
    external_id = await told.adapter.writer.write(place, external_id, "One. ", "One. Two. ")
    assert [one.text for one in answers(told, root)] == ["One. ", "Two. "]
    assert len(external_id.split(",")) == 2


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("no code", ""),
        ("a\n```\nb", "```"),
        ("a\n```sh\nb\n```\nc", ""),
        ("a\n````md\n```\nb\n```\n", "````md"),
        ("a\n~~~\nb\n```\n", "~~~"),
    ],
)
def test_an_open_fence_is_known(text: str, opened: str) -> None:
    assert open_fence(text) == opened


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("One. Two", "One."),
        ("One", ""),
        ("It is 3.5 metres. And", "It is 3.5 metres."),
        ("一。二", "一。"),
        ("- one\n- tw", "- one\n"),
    ],
)
def test_what_cannot_be_taken_back_is_shown_in_whole_sentences(text: str, whole: str) -> None:
    assert whole_sentences(text) == whole
