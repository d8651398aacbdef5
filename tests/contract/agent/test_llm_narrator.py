"""Answers in a model's words: out of records, shown as they come, without a word about what became of anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from agent.command import Start
from agent.live_text import LiveText
from agent.llm.asking import Asking
from agent.llm.interpreter import LlmInterpreter
from agent.llm.meter import Budget, Meter
from agent.llm.narrator import LlmNarrator
from agent.offline.interpreter import OfflineInterpreter
from agent.reply import ListPart, RunCard
from catalog.loader import Catalog
from catalog.retrieval.hybrid import HybridRetriever
from store.record import Failure, Purpose, RunState
from tests.contract.agent.llm import block, open_llm
from tests.contract.surfaces.test_shared import OFFER, SALARY
from tests.fakes.openai_server import Asked, OpenAIServer, Says
from tests.fakes.talk import ScriptedInterpreter, Talk
from tools.model import OpenAIModel

QUESTION = "how does a reminder differ from an e-mail that is sent again and again"


class Model:
    """Takes every message for a question about `topic`, and writes `text`."""

    def __init__(self, server: OpenAIServer, topic: str, text: Says) -> None:
        self.prompts: list[Asked] = []
        self._tell = {"command": "tell", "topic": topic, "about": "reminders", "template_ids": ["chat.remind"]}
        self._text = text
        server.script = self._answer

    def _answer(self, asked: Asked) -> Says:
        if asked.tool is not None:
            return Says(call={"commands": [self._tell]})
        self.prompts.append(asked)
        return self._text


class Written:
    """A conversation with a narrator, and all that was shown while it wrote."""

    def __init__(self, talk: Talk, shown: list[str]) -> None:
        self.talk = talk
        self.shown = shown


@pytest.fixture
def limit_s() -> float:
    """For one answer; a test of slow ones sets it lower."""
    return 20.0


@pytest.fixture
async def written(  # noqa: PLR0917  # fixtures
    server: OpenAIServer,
    talk: Talk,
    catalog: Catalog,
    interpreter: OfflineInterpreter,
    retriever: HybridRetriever,
    limit_s: float,
) -> AsyncIterator[Written]:
    clock = talk.knowledge.clock
    live, shown = LiveText(), []
    live.listen(lambda conversation_id, text: shown.append(text))
    model = OpenAIModel("m", server.url, "sk", 10.0)
    narrator = LlmNarrator(
        asking=Asking(model, Meter(talk.store, clock, Budget(), model="m"), clock),
        store=talk.store,
        knowledge=talk.knowledge,
        retriever=retriever,
        live=live,
        timeout_s=limit_s,
    )
    opened = open_llm(server, offline=interpreter, catalog=catalog, retriever=retriever, store=talk.store, clock=clock)
    async with opened as llm:
        assert isinstance(llm, LlmInterpreter)
        told = Talk(talk.store, talk.knowledge, llm, talk.path, turns_shown=12, narrator=narrator)
        yield Written(told, shown)
    await model.close()


async def test_a_question_about_the_catalog_is_answered_in_words(server: OpenAIServer, written: Written) -> None:
    text = "A reminder posts here. An e-mail goes out to people, so it needs an account."
    model = Model(server, "list_templates", Says(text=text, usage=(300, 30)))
    await written.talk.say(QUESTION)
    assert text in written.talk.said
    assert [item.title for item in written.talk.only(ListPart).items] == ["Remind me"]
    assert written.shown[0] == "A"
    assert written.shown[-2:] == [text, ""]
    assert all(text.startswith(one) for one in written.shown)
    [asked] = model.prompts
    assert block(asked, "question") == QUESTION
    assert "chat.remind" in {one["template_id"] for one in block(asked, "templates")}
    async with written.talk.store.begin() as records:
        uses = await records.model_uses.of_conversation("cnv_1")
    assert [(one.purpose, one.prompt_tokens, one.answer_tokens) for one in uses][-1] == (Purpose.ANSWER, 300, 30)


@pytest.mark.parametrize(
    "broken",
    [
        Says(status=500),
        Says(status=429, headers={"Retry-After": "5"}),
        Says(text="A reminder posts here. And then", drop="during"),
        Says(text=""),
        Says(text="word " * 5000),
    ],
)
async def test_an_answer_that_does_not_come_whole_is_not_kept(
    server: OpenAIServer, written: Written, broken: Says
) -> None:
    Model(server, "list_templates", broken)
    await written.talk.say(QUESTION)
    assert "reminder posts" not in written.talk.said
    assert "word word" not in written.talk.said
    assert written.talk.only(ListPart).items
    assert written.shown[-1:] in ([], [""])


@pytest.mark.parametrize("limit_s", [0.3])
async def test_an_answer_that_takes_too_long_is_not_kept(server: OpenAIServer, written: Written) -> None:
    Model(server, "list_templates", Says(text="A reminder posts here slowly", gap_s=0.5))
    await written.talk.say(QUESTION)
    assert "reminder posts" not in written.talk.said
    assert written.talk.only(ListPart).items


async def test_what_became_of_a_run_is_said_by_its_record_and_never_by_the_model(
    server: OpenAIServer, written: Written
) -> None:
    await _fail_a_run(written.talk)
    Model(server, "list_runs", Says(text="All your posts were sent. The newest: [[r1]]. It succeeded."))
    await written.talk.say("so what about the thing that I started a moment ago")
    assert ": Failed, today at" in written.talk.said
    for claim in ("were sent", "succeeded"):
        assert claim not in written.talk.said
        assert not any(claim in one for one in written.shown)


async def test_a_failure_is_explained_from_its_record_and_its_card_is_shown(
    server: OpenAIServer, written: Written
) -> None:
    talk = written.talk
    await _fail_a_run(talk)
    model = Model(server, "explain_failure", Says(text="It is [[r1]]. The server asks for another password."))
    await talk.say("can you tell me why that one did not work yesterday please")
    assert "**" in talk.said
    assert ": Failed, " in talk.said
    assert "The server asks for another password." in talk.said
    assert talk.only(RunCard).state == "failed"
    told: Any = block(model.prompts[0], "runs")
    assert told[0]["failure"]["message"].startswith("535")
    assert "hunter2" not in model.prompts[0].whole


async def test_where_others_read_no_private_value_is_among_the_model_s_words(
    server: OpenAIServer, written: Written
) -> None:
    talk, salary, offer = written.talk, SALARY, OFFER
    talk.change("UPDATE conversations SET surface = 'slack', external_id = 'T1/C1/t1' WHERE id = 'cnv_1'")
    await _fail_a_run(talk, offer, message=f"{salary} is too long")
    model = Model(server, "explain_failure", Says(text=f"It is [[r1]]. The text “{salary}” does not fit there."))
    await talk.say("can you tell me why that one did not work yesterday please")
    assert salary not in model.prompts[0].whole
    assert "The text “••• (private)” does not fit there." in talk.said
    assert not any(salary in one for one in written.shown)


async def _fail_a_run(
    talk: Talk,
    start: Start = Start(template_id="chat.post-message", values={"message": "hello", "text": "hello"}),  # noqa: B008
    message: str = "535 bad login, password=hunter2-secret",
) -> None:
    """What a worker would record of a run that failed, of a message that was to be posted here."""
    by_rules = Talk(talk.store, talk.knowledge, ScriptedInterpreter(), talk.path)
    await by_rules.say("post it", start)
    await by_rules.press("Run")
    now = talk.knowledge.clock.now()
    claimed = await talk.store.journal.claim(by_rules.run.run_id, owner="w", now=now, until=now)
    assert claimed is not None
    failure = Failure(cause="rejected", message=message, advice="Connect again.")
    run = replace(claimed.run, state=RunState.FAILED, due_at=None, failure=failure, ended_at=now)
    await talk.store.journal.record(owner="w", run=run, attempts=[])
