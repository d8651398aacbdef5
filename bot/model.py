"""Puts together what asks the language model, when one is set. Nothing of its library is imported before it is asked."""

from __future__ import annotations

from collections.abc import Mapping

from agent.interpreter import Interpreter
from agent.knowledge import Knowledge
from agent.live_text import LiveText
from agent.llm.asking import Asking
from agent.llm.composer import Composer
from agent.llm.interpreter import LlmInterpreter
from agent.llm.meter import Budget, Meter
from agent.llm.narrator import LlmNarrator
from bot.library import Library
from catalog.expression import Expressions
from catalog.retrieval.port import Retriever
from catalog.workflow import Template
from core.clock import Clock
from core.settings import Settings
from store.port import Store
from tools.model import OpenAIModel

TURNS_SHOWN = 12
"""So many earlier messages of the conversation are shown to a model."""


def make_model(settings: Settings, *, timeout_s: float) -> OpenAIModel:
    """The model that the settings name."""
    return OpenAIModel(settings.model_name, settings.model_url, settings.model_key.get_secret_value(), timeout_s)


def make_asking(settings: Settings, model: OpenAIModel, store: Store, clock: Clock) -> Asking:
    """The model within its budget."""
    budget = Budget(
        tokens=settings.model_daily_tokens,
        tokens_of_person=settings.model_daily_tokens_person,
        cost=settings.model_daily_cost,
        price_prompt=settings.model_price_prompt,
        price_answer=settings.model_price_answer,
    )
    return Asking(model, Meter(store, clock, budget, model=settings.model_name), clock)


def make_narrator(
    settings: Settings, asking: Asking, *, store: Store, knowledge: Knowledge, retriever: Retriever, live: LiveText
) -> LlmNarrator:
    """Who answers questions in words, shown as they come."""
    return LlmNarrator(
        asking=asking,
        store=store,
        knowledge=knowledge,
        retriever=retriever,
        live=live,
        timeout_s=settings.model_timeout_s,
    )


def make_llm_interpreter(
    settings: Settings,
    asking: Asking,
    *,
    offline: Interpreter,
    library: Library,
    templates: Mapping[str, Template],
    retriever: Retriever,
    expressions: Expressions,
) -> LlmInterpreter:
    """The interpreter that asks the model, with the offline one beside it."""
    connectors = list(library.connectors)
    return LlmInterpreter(
        offline=offline,
        asking=asking,
        retriever=retriever,
        templates=templates,
        connectors=connectors,
        composer=Composer(
            asking=asking,
            steps=library.steps,
            connectors=connectors,
            expressions=expressions,
            timeout_s=settings.model_compose_timeout_s,
        ),
        timeout_s=settings.model_timeout_s,
    )
