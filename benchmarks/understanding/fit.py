"""Fits the weights in `agent/offline/calibration.py`: `python -m benchmarks.understanding.fit` prints them.

Learns from our own set and from the templates' asks, each said to a catalog that does not know it. First which template is
nearest (conditional logit among those retrieved), then how surely the nearest one is meant (logistic, with what is no wish).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from agent.offline import calibration
from agent.offline.command import command_part
from agent.offline.evidence import Evidence, Weighed
from agent.offline.sentence import Sentence, read_sentence
from benchmarks.understanding.case import NOW, OWN, read_cases
from benchmarks.understanding.right import is_right, read_rightness
from bot.library import read_library
from catalog.loader import Catalog
from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from core.settings import Settings

_OF_OWN, _OF_ASK, _OF_NO_WISH = 2.0, 0.7, 3.0
_ZONE = ZoneInfo("UTC")
_RIDGE_NEARNESS, _RIDGE_SURETY = 0.01, 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message, the right templates, and how much it counts."""

    text: str
    right: Sequence[str]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was seen of one message: the signs of each retrieved template, and which of them is right."""

    evidence: Evidence
    sentence: Sentence
    weighed: Sequence[Weighed]
    signs: Sequence[dict[str, float]]
    is_right: np.ndarray
    weight: float


async def main() -> None:
    heard = [one async for one in _hear_all()]
    nearness = _fit_nearness([one for one in heard if one.is_right.any()])
    print("NEARNESS = {" + ", ".join(f'"{name}": {value:.2f}' for name, value in nearness.items()) + "}")
    surety = _fit_surety(heard, nearness)
    print("SURETY = {" + ", ".join(f'"{name}": {value:.2f}' for name, value in surety.items()) + "}")


async def _hear_all() -> AsyncIterator[Heard]:
    catalog = read_library(Settings()).catalog
    rightness, cases = read_rightness(catalog.templates), read_cases(OWN)
    known = [one for one in cases.requests if not one.intent_key.startswith("c.")]
    said = [Said(text=one.text, right=rightness.of(one), weight=_OF_OWN) for one in known]
    said += [
        Said(text=one.text, right=[], weight=_OF_NO_WISH)
        for one in cases.negatives
        if one.kind != "meta" and one.expect not in {"literal_or_refuse", "block_url"}
    ]
    for one in await _hear(catalog, said):
        yield one
    for number in range(max(len(template.asks) for template in catalog)):
        lacking, asks = _without(catalog, number)
        for one in await _hear(lacking, asks):
            yield one


async def _hear(catalog: Catalog, said: Iterable[Said]) -> list[Heard]:
    with tempfile.TemporaryDirectory() as place:
        retriever = HybridRetriever(catalog, LocalEmbedding(), folder=Path(place))
        await retriever.wait_until_ready()
        evidence = Evidence(catalog.templates)
        heard = []
        for one in said:
            sentence = read_sentence(one.text, NOW, _ZONE)
            query = command_part(sentence)[: calibration.LOOKED_AT]
            found = await retriever.search(query, limit=calibration.CANDIDATES)
            pairs = [evidence.signs(match, sentence) for match in found]
            weighed = [
                Weighed(template=catalog.templates[match.template_id], filled=filled, score=0.0)
                for match, (filled, _) in zip(found, pairs, strict=True)
            ]
            heard.append(
                Heard(
                    evidence=evidence,
                    sentence=sentence,
                    weighed=weighed,
                    signs=[signs for _, signs in pairs],
                    is_right=np.array([is_right(match.template_id, list(one.right)) for match in found]),
                    weight=one.weight,
                )
            )
        await retriever.close()
        return heard


def _without(catalog: Catalog, number: int) -> tuple[Catalog, list[Said]]:
    """The catalog without the ask of this number of each template, and these asks."""
    said = {one.id: one.asks[number] for one in catalog if number < len(one.asks)}
    templates = {
        one.id: one.model_copy(update={"asks": [ask for ask in one.asks if ask != said.get(one.id)]}) for one in catalog
    }
    asks = [Said(text=ask, right=[template_id], weight=_OF_ASK) for template_id, ask in said.items()]
    return Catalog(templates=templates, digest=f"without {number}"), asks


def _fit_nearness(heard: Sequence[Heard]) -> dict[str, float]:
    names = list(dict.fromkeys(name for one in heard for signs in one.signs for name in signs))
    tables = [np.array([[signs.get(name, 0.0) for name in names] for signs in one.signs]) for one in heard]
    weights = np.zeros(len(names))
    for _ in range(60):
        slope, bend, whole = np.zeros(len(names)), np.zeros((len(names), len(names))), 0.0
        for table, one in zip(tables, heard, strict=True):
            share = _softmax(table @ weights)
            wanted = share * one.is_right
            mean = table.T @ share
            slope += one.weight * (mean - table.T @ (wanted / wanted.sum()))
            bend += one.weight * ((table * share[:, None]).T @ table - np.outer(mean, mean))
            whole += one.weight
        step = np.linalg.solve(
            bend / whole + (_RIDGE_NEARNESS + 1e-6) * np.eye(len(names)), slope / whole + _RIDGE_NEARNESS * weights
        )
        weights -= np.clip(step, -1, 1)
    return dict(zip(names, weights.round(2).tolist(), strict=True))


def _fit_surety(heard: Sequence[Heard], nearness: dict[str, float]) -> dict[str, float]:
    rows, rights, counts = [], [], []
    for one in heard:
        near = [sum(nearness[name] * value for name, value in signs.items()) for signs in one.signs]
        if not near:
            continue
        order = np.argsort(near)[::-1]
        best = int(order[0])
        gap = near[best] - near[int(order[1])] if len(near) > 1 else calibration.GAP_AT_MOST
        weighed = Weighed(
            template=one.weighed[best].template, filled=one.weighed[best].filled, score=0.0, nearness=near[best]
        )
        rows.append(one.evidence.wish_signs(weighed, one.signs[best], gap, one.sentence))
        rights.append(bool(one.is_right[best]))
        counts.append(one.weight)
    names = [*dict.fromkeys(name for row in rows for name in row), "one"]
    table = np.array([[*(row.get(name, 0.0) for name in names[:-1]), 1.0] for row in rows])
    right, count = np.array(rights, float), np.array(counts) / sum(counts)
    ridge = np.array([*([_RIDGE_SURETY] * (len(names) - 1)), 1e-6])
    weights = np.zeros(len(names))
    for _ in range(60):
        sure = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (count * (sure - right)) + ridge * weights
        bend = (table * (count * sure * (1 - sure))[:, None]).T @ table + np.diag(ridge)
        weights -= np.clip(np.linalg.solve(bend, slope), -2, 2)
    return dict(zip(names, weights.round(2).tolist(), strict=True))


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


if __name__ == "__main__":
    asyncio.run(main())
