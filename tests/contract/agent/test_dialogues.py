"""Every scripted conversation, with the real turn, catalog, interpreter and store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.inbound import Press, Submit, Text
from agent.reply import Reply
from catalog.loader import Catalog
from catalog.retrieval.hybrid import HybridRetriever
from tests.contract.agent.llm import DeafRules, open_llm
from tests.dialogue_runner import ScriptedDialogue, read_dialogues, sample
from tests.dialogue_stage import gather_people, perform
from tests.fakes.clock import FixedClock
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.step_context import MemoryFiles
from tests.fakes.talk import Talk
from tests.fakes.workers import Workers

DIALOGUES = read_dialogues()


class Cast:
    """Several people, each in a conversation of their own, and workers that work when somebody looks."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        clock = talk.knowledge.clock
        assert isinstance(clock, FixedClock)
        self._files = MemoryFiles()
        self._workers = Workers(talk, clock, talk.bus, self._files)  # type: ignore[arg-type]  # nobody subscribes here

    async def send(self, content: Text | Press | Submit, by: str) -> list[Reply]:
        if isinstance(content, Text):
            self._files.contents |= {file.path: sample(file.name) for file in content.files}
        return await self._talk.send(content, by=self._person(by), place=await self._place(by))

    async def look(self, by: str, later_s: float) -> list[Reply]:
        await self._workers.work(later_s)
        return await self._talk.history(self._person(by), await self._place(by))

    def _person(self, by: str) -> str:
        return f"usr_{by.lower()}" if by else "usr_ana"

    async def _place(self, by: str) -> str:
        """The newest conversation of a person; they get one when they have none."""
        person_id = self._person(by)
        async with self._talk.store.begin() as records:
            newest = await records.conversations.of_person(person_id, limit=1)
        if not newest:
            await self._talk.add_conversation(f"cnv_{by.lower()}", person_id)
        return newest[0].id if newest else f"cnv_{by.lower()}"


def test_there_are_dialogues() -> None:
    assert len(DIALOGUES) >= 10


@pytest.mark.parametrize("name", DIALOGUES)
async def test_the_conversation_goes_as_written(name: str, talk: Talk) -> None:
    await play_on_the_log(DIALOGUES[name], talk)


@pytest.mark.parametrize("name", DIALOGUES)
async def test_the_conversation_goes_as_written_with_a_model(
    name: str, talk: Talk, server: OpenAIServer, catalog: Catalog, retriever: HybridRetriever
) -> None:
    """What wishes and answers mean is said by the model alone; what is yes and no, and what acts, stays with the rules."""
    rules = DeafRules(talk.interpreter)
    server.script = rules.answer
    clock = talk.knowledge.clock
    opened = open_llm(
        server,
        offline=rules,
        catalog=catalog,
        templates=talk.knowledge.templates,
        retriever=retriever,
        store=talk.store,
        clock=clock,
    )
    async with opened as llm:
        await play_on_the_log(DIALOGUES[name], Talk(talk.store, talk.knowledge, llm, talk.path, turns_shown=12))
    async with talk.store.begin() as records:
        total = await records.model_uses.total(datetime(2026, 1, 1, tzinfo=UTC))
    assert total.questions == len(server.asked) > 0
    for asked in server.asked:
        for secret in ("hunter2", "smtp.example.com", "A" * 43):
            assert secret not in asked.whole, "what an account holds is in no prompt"


async def play_on_the_log(dialogue: ScriptedDialogue, talk: Talk) -> None:
    cast = Cast(talk)
    await gather_people(dialogue, talk)
    await perform(dialogue, talk, send=cast.send, look=cast.look)
