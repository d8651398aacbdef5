"""Workflows that a model writes: checked, sent back with what is wrong, shown with every step, run only after a yes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import pytest

from agent.command import Start
from agent.llm.interpreter import LlmInterpreter
from agent.offline.interpreter import OfflineInterpreter
from catalog.loader import Catalog
from catalog.retrieval.hybrid import HybridRetriever
from tests.contract.agent.llm import block, open_llm
from tests.fakes.clock import FixedClock
from tests.fakes.openai_server import Asked, OpenAIServer, Says
from tests.fakes.talk import Talk
from tools.registry import load_steps

WISH = "fetch https://shop.example.org/stock and put what it says in the file stock.txt and then make a sha256 of that"

GOOD: dict[str, Any] = {
    "title": "Keep the stock and its hash",
    "parameters": {
        "url": {"kind": "url", "ask": "Which address?"},
        "path": {"kind": "file", "ask": "Which file?"},
    },
    "trigger": {"allowed": ["manual", "schedule"]},
    "steps": [
        {"id": "get", "uses": "http.request", "with": {"url": "${{ params.url }}"}},
        {
            "id": "keep",
            "uses": "file.write",
            "with": {"path": "${{ params.path }}", "text": "${{ steps.get.text }}"},
        },
    ],
    "result": "Kept ${{ params.path }}.",
    "values": {"url": "https://shop.example.org/stock", "path": "stock.txt"},
}


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """The good one with something else at a place."""
    made: Any = deepcopy(GOOD)
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return dict(made)


class Model:
    """Wishes for a workflow whatever is said, and writes those it is given, one after the other."""

    def __init__(self, server: OpenAIServer, *written: Any) -> None:
        self.prompts: list[Asked] = []
        self._written = list(written)
        server.script = self._answer

    def _answer(self, asked: Asked) -> Says:
        assert asked.tool is not None
        if asked.tool["name"] == "answer":
            return Says(call={"commands": [{"command": "compose"}]})
        self.prompts.append(asked)
        one = self._written.pop(0) if len(self._written) > 1 else self._written[0]
        return one if isinstance(one, Says) else Says(call=one)


@pytest.fixture
async def llm(  # noqa: PLR0917  # fixtures
    server: OpenAIServer,
    talk: Talk,
    catalog: Catalog,
    interpreter: OfflineInterpreter,
    retriever: HybridRetriever,
    clock: FixedClock,
) -> AsyncIterator[LlmInterpreter]:
    opened = open_llm(server, store=talk.store, offline=interpreter, catalog=catalog, retriever=retriever, clock=clock)
    async with opened as made:
        yield made


async def read(llm: LlmInterpreter, text: str = WISH) -> Start | None:
    from tests.contract.agent.test_llm_interpreter import view

    found = await llm.interpret(text, view())
    starts = [one for one in found.commands if isinstance(one, Start) and found.interpreter == "llm"]
    return starts[0] if starts else None


async def test_a_wish_without_a_template_becomes_a_workflow(llm: LlmInterpreter, server: OpenAIServer) -> None:
    model = Model(server, GOOD)
    start = await read(llm)
    assert start is not None
    assert start.template is not None
    assert start.template_id == start.template.id == "composed.keep-the-stock-and-its-hash"
    assert [step.uses for step in start.template.steps] == ["http.request", "file.write"]
    assert start.values == GOOD["values"]
    [asked] = model.prompts
    assert {one["uses"] for one in block(asked, "step types")} == set(load_steps().names())
    assert "effect" in block(asked, "step types")[0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (changed("steps", 1, "uses", to="file.wrote"), "no step type"),
        (changed("steps", 1, "with", "text", to="${{ steps.got.text }}"), "no step “got”"),
        (changed("steps", 1, "with", "text", to="${{ steps.get.bdy }}"), "gives no"),
        (changed("steps", 1, "with", to={"path": "${{ params.path }}"}), "missing"),
        (changed("steps", 1, "with", "colour", to="red"), "unknown field"),
        (changed("parameters", "url", "kind", to="adress"), "no kind"),
        (changed("parameters", "other", to={"kind": "text", "ask": "What?"}), "no step reads it"),
        (changed("steps", 1, "with", "path", to="stock.txt"), "no step reads it"),
        (changed("steps", 0, "with", "url", to="https://evil.example/x"), "not said by the person"),
        (changed("steps", 1, "with", "text", to="${{ steps.get.text | upper }}"), "only the value's place"),
        (changed("steps", 1, "with", "text", to="${{ ''.__class__ }}"), "only the value's place"),
        (changed("steps", 1, "if", to="run.id.upper() == 'X'"), "call nothing"),
        (changed("values", "url", to="https://evil.example"), "did not write"),
        (changed("values", "colour", to="red"), "no parameter"),
        (changed("values", "url", to="no address"), "url:"),
        (changed("steps", to=[]), "steps"),
        ({**changed("steps", to=GOOD["steps"][:1]), "result": "Done.", "parameters": {"url": GOOD["parameters"]["url"]},
          "values": {}}, "nothing is done"),
        (changed("secret", to="x"), "secret"),
        (Says(call='{"title": "Keep'), "not JSON"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_back_and_may_be_put_right(
    llm: LlmInterpreter, server: OpenAIServer, wrong: Any, words: str
) -> None:
    model = Model(server, wrong, GOOD)
    start = await read(llm)
    assert len(model.prompts) == 2
    assert words in model.prompts[1].last
    assert start is not None
    assert start.values == GOOD["values"]


async def test_after_two_repairs_the_rules_take_the_turn(
    llm: LlmInterpreter, server: OpenAIServer, interpreter: OfflineInterpreter
) -> None:
    model = Model(server, changed("steps", 0, "uses", to="http.teleport"))
    assert await read(llm) is None
    assert len(model.prompts) == 3


async def test_the_card_shows_every_step_and_nothing_runs_without_a_yes(
    llm: LlmInterpreter, server: OpenAIServer, talk: Talk
) -> None:
    Model(server, GOOD)
    composed = Talk(talk.store, talk.knowledge, llm, talk.path)
    await composed.say(WISH)
    assert [one.title for one in composed.card.steps]
    assert [one.effect for one in composed.card.steps] == ["read", "idempotent"]
    assert "https://shop.example.org/stock" in {one.value for one in composed.card.values}
    assert composed.count("runs") == 0
    await composed.say("the model would like to say yes here but this is only some text about it")
    assert composed.count("runs") == 0
    await composed.say("yes")
    assert composed.count("runs") == 1
