"""What people say finds the template: its own asks, and each ask also where the template does not know it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.command import Clarify, Start
from agent.interpreter import Interpretation, View
from agent.offline.interpreter import OfflineInterpreter
from catalog.loader import Catalog
from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from catalog.workflow import Template
from tests.contract.templates.library import ZONE, catalog, every_template
from tools.guard import AddressGuard

pytestmark = pytest.mark.xdist_group("template asks")

VIEW = View(now=datetime(2026, 12, 2, 10, tzinfo=UTC), zone=ZONE)
CLOSE = 3


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What became of one ask: the templates that were found, best first, and what it was taken for."""

    template_id: str
    found: Sequence[str]
    understood: Interpretation

    @property
    def is_first(self) -> bool:
        return self.found[:1] == [self.template_id]

    @property
    def candidates(self) -> list[str]:
        """The templates that would be started, or offered."""
        match self.understood.commands[:1]:
            case [Start(template_id=started)]:
                return [started]
            case [Clarify(candidates=offered)]:
                return [one.template_id for one in offered]
        return []

    @property
    def is_understood(self) -> bool:
        return self.understood.outcome in ("match", "clarify") and self.template_id in self.candidates


Asks = Mapping[str, Sequence[str]]


async def hear(known: Catalog, asks: Asks, folder: Path) -> dict[tuple[str, str], Heard]:
    """Say the asks to a catalog."""
    retriever = HybridRetriever(known, LocalEmbedding(), folder=folder)
    await retriever.wait_until_ready()
    assert retriever.has_vectors
    interpreter = OfflineInterpreter(known, retriever, guard=AddressGuard([]))
    try:
        return {
            (template_id, ask): Heard(
                template_id=template_id,
                found=[match.template_id for match in await retriever.search(ask, limit=5)],
                understood=await interpreter.interpret(ask, VIEW),
            )
            for template_id, said in asks.items()
            for ask in said
        }
    finally:
        await retriever.close()


def without(known: Catalog, number: int) -> tuple[Catalog, Asks]:
    """The catalog without the ask of this number of each template, and these asks."""
    left_out = {one.id: one.asks[number : number + 1] for one in known}
    templates = {
        one.id: one.model_copy(update={"asks": [ask for ask in one.asks if ask not in left_out[one.id]]})
        for one in known
    }
    return Catalog(templates=templates, digest=f"without {number}"), left_out


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Heard]:
    asks = {one.id: one.asks for one in catalog()}
    return asyncio.run(hear(catalog(), asks, tmp_path_factory.mktemp("index")))


@every_template
def test_its_own_asks_find_it_and_are_understood(template: Template, heard: dict[tuple[str, str], Heard]) -> None:
    for ask in template.asks:
        one = heard[template.id, ask]
        assert template.id in one.found[:CLOSE], f"“{ask}” finds {one.found}"
        assert one.is_understood, f"“{ask}” is taken for {one.understood.outcome} of {one.candidates}"


def test_own_asks_find_their_template_first(heard: dict[tuple[str, str], Heard]) -> None:
    assert len(heard) >= 6 * 60
    missed = [f"“{ask}” finds {one.found[0]}" for (_, ask), one in heard.items() if not one.is_first]
    assert 1 - len(missed) / len(heard) >= 0.98, missed


def test_own_asks_are_mostly_taken_without_a_question(heard: dict[tuple[str, str], Heard]) -> None:
    asked = [f"“{ask}”: {one.candidates}" for (_, ask), one in heard.items() if one.candidates != [one.template_id]]
    assert 1 - len(asked) / len(heard) >= 0.9, asked


def test_no_two_templates_have_the_same_ask_title_or_summary() -> None:
    for texts in (
        [ask for one in catalog() for ask in one.asks],
        [one.title for one in catalog()],
        [one.summary for one in catalog()],
    ):
        assert len({text.casefold() for text in texts}) == len(texts)


def test_asks_are_also_understood_where_they_are_not_known(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each ask once left out of its template: the rest of what the template says must carry it."""
    most = max(len(one.asks) for one in catalog())
    said: dict[tuple[str, str], Heard] = {}
    for number in range(most):
        known, left_out = without(catalog(), number)
        said |= asyncio.run(hear(known, left_out, tmp_path_factory.mktemp("index")))
    assert len(said) == sum(len(one.asks) for one in catalog())
    first = sum(one.is_first for one in said.values()) / len(said)
    understood = sum(one.is_understood for one in said.values()) / len(said)
    wrong = [
        f"“{ask}” of {one.template_id} starts {one.candidates[0]}"
        for (_, ask), one in said.items()
        if one.understood.outcome == "match" and not one.is_understood
    ]
    shares = f"first {first:.1%}, understood {understood:.1%}, taken for another {len(wrong) / len(said):.1%}"
    print(shares)
    assert first >= 0.6, shares
    assert understood >= 0.5, shares
    assert len(wrong) / len(said) <= 0.2, f"{shares}: {wrong}"
