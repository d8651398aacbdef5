"""What tests of the model's interpreter share: one that asks a server on loopback, and what a competent model would say."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any

import orjson

from agent.command import (
    CannotHandle,
    Clarify,
    Command,
    Edit,
    EditWorkflow,
    Rehearse,
    SetSchedule,
    SetValue,
    Start,
    Tell,
)
from agent.interpreter import Interpretation, Interpreter, View
from agent.llm.asking import Asking
from agent.llm.composer import Composer
from agent.llm.interpreter import LlmInterpreter
from agent.llm.meter import Budget, Meter
from agent.llm.vocabulary import words
from catalog.expression import Expressions
from catalog.loader import Catalog
from catalog.retrieval.port import Retriever
from catalog.workflow import Template
from core.clock import Clock
from store.port import Store
from tests.fakes.openai_server import Asked, OpenAIServer, Says
from tools.connector import load_connectors
from tools.model import OpenAIModel
from tools.registry import load_steps


class DeafRules:
    """The offline interpreter as it is, except that it keeps to itself what wishes, values and questions it understood: a
    competent model, whose answers are made of `heard`, has to say them. What it says of yes and no, and of deeds, stands.
    """

    def __init__(self, offline: Interpreter) -> None:
        self._offline = offline
        self.heard: list[Command] = []

    async def interpret(self, text: str, view: View) -> Interpretation:
        read = await self._offline.interpret(text, view)
        self.heard = read.commands
        is_own = any(isinstance(one, Start) and one.template is not None for one in read.commands)
        if view.choices or is_own or not any(isinstance(one, _KEPT_TO_ITSELF) for one in read.commands):
            return read
        return replace(read, outcome="none", commands=[CannotHandle(reason="unclear")], matches=[])

    def answer(self, asked: Asked) -> Says:
        """What a competent model answers to the message that was heard last."""
        assert asked.tool is not None
        return Says(call=said_of(self.heard) if asked.tool["name"] == "answer" else {})


_KEPT_TO_ITSELF = (Start, Clarify, SetValue, SetSchedule, Tell, Edit, Rehearse, EditWorkflow)


@asynccontextmanager
async def open_llm(
    server: OpenAIServer,
    *,
    offline: Interpreter,
    catalog: Catalog,
    retriever: Retriever,
    store: Store,
    clock: Clock,
    templates: Mapping[str, Template] | None = None,
    budget: Budget | None = None,
    timeout_s: float = 20.0,
) -> AsyncIterator[LlmInterpreter]:
    """The interpreter as the composition root makes it."""
    model = OpenAIModel("m", server.url, "sk-test-model-key-000111222", 30.0)
    asking = Asking(model, Meter(store, clock, budget or Budget(), model="m"), clock)
    connectors = list(load_connectors())
    try:
        yield LlmInterpreter(
            offline=offline,
            asking=asking,
            retriever=retriever,
            templates=catalog.templates if templates is None else templates,
            connectors=connectors,
            composer=Composer(
                asking=asking,
                steps=load_steps(),
                connectors=connectors,
                expressions=Expressions(),
                timeout_s=timeout_s,
            ),
            timeout_s=timeout_s,
        )
    finally:
        await model.close()


def block(asked: Asked, name: str) -> Any:
    """What a prompt quotes under a name: JSON where it is, else text."""
    found = re.search(rf'<data-(\w+) name="{name}">\n(.*?)\n</data-\1>', asked.last, re.DOTALL)
    assert found, f"no block {name} in {asked.last[:500]}"
    try:
        return orjson.loads(found[2])
    except ValueError:
        return found[2]


def said_of(commands: Sequence[Command]) -> dict[str, Any]:
    """Commands as a model says them; those that only buttons carry are left out."""
    return {"commands": [_said(one) for one in commands if type(one) in words().values()]}


def _said(command: Command) -> dict[str, Any]:
    word = next(word for word, kind in words().items() if kind is type(command))
    if isinstance(command, Clarify):
        return {"command": word, "candidates": [one.template_id for one in command.candidates]}
    carried = {"text", "template", "proposal_id", "digest", "workflow_id", "request_id", "place", "key"}
    values = {
        one.name: _plain(getattr(command, one.name))
        for one in fields(command)
        if one.name not in carried | {"fields", "is_sure", "is_editing"} and getattr(command, one.name) is not None
    }
    return {"command": word, **values}


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    assert not is_dataclass(value)
    return value
