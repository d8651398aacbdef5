"""Prints how well the offline interpreter understands: `python -m benchmarks.understanding [FOLDER]`.

FOLDER holds `requests.jsonl` and `negatives.jsonl` (`text`, and for negatives `kind`). Without it only the templates'
own asks are tried, each worded a little differently so that it is not known by heart.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from agent.command import Clarify, Start
from agent.interpreter import Interpretation, View
from agent.offline.interpreter import OfflineInterpreter
from bot.library import read_library
from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from catalog.workflow import Template
from core.settings import Settings

VIEW = View(now=datetime(2026, 12, 2, 10, 0, tzinfo=UTC), zone=ZoneInfo("UTC"))


async def main(folder: Path | None) -> None:
    """Measure and print."""
    catalog = read_library(Settings()).catalog
    table = Table("measure", "value")
    spent_ms: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        retriever = HybridRetriever(catalog, LocalEmbedding(), folder=Path(place))
        try:
            await retriever.wait_until_ready()
            interpreter = OfflineInterpreter(catalog, retriever)
            rows = await _asks(interpreter, catalog.templates, spent_ms)
            if folder is not None:
                rows |= await _sets(interpreter, folder, spent_ms)
        finally:
            await retriever.close()
    for name, value in rows.items():
        table.add_row(name, value)
    table.add_row("ms for each message, p50", f"{statistics.median(spent_ms):.1f}")
    table.add_row("ms for each message, p95", f"{statistics.quantiles(spent_ms, n=20)[-1]:.1f}")
    Console().print(table)


async def _read(interpreter: OfflineInterpreter, text: str, spent_ms: list[float]) -> Interpretation:
    began = time.perf_counter()
    found = await interpreter.interpret(text, VIEW)
    spent_ms.append((time.perf_counter() - began) * 1000)
    return found


async def _asks(
    interpreter: OfflineInterpreter, templates: Mapping[str, Template], spent_ms: list[float]
) -> dict[str, str]:
    seen: Counter[str] = Counter()
    for template in templates.values():
        for ask in template.asks:
            found = await _read(interpreter, f"kindly {ask}", spent_ms)
            ranked = [match.template_id for match in found.matches]
            command = found.commands[0]
            seen["all"] += 1
            seen["first"] += ranked[:1] == [template.id]
            seen["third"] += template.id in ranked[:3]
            seen["asked"] += isinstance(command, Clarify)
            seen["right"] += isinstance(command, Start) and command.template_id == template.id
    shares = {"first": "hit@1", "third": "hit@3", "right": "started rightly", "asked": "asked which"}
    return {f"own asks: {name}": f"{seen[key] / seen['all']:.3f}" for key, name in shares.items()}


async def _sets(interpreter: OfflineInterpreter, folder: Path, spent_ms: list[float]) -> dict[str, str]:
    """False actions on what is no wish, and how requests come out."""
    seen: Counter[str] = Counter()
    for line in (folder / "negatives.jsonl").read_text("utf-8").splitlines():
        item = json.loads(line)
        found = await _read(interpreter, item["text"], spent_ms)
        kind = item["kind"] if item["kind"] in {"meta", "injection"} else "plain"
        seen[kind] += 1
        seen[f"{kind} {found.outcome}"] += 1
    outcomes: Counter[str] = Counter()
    for line in (folder / "requests.jsonl").read_text("utf-8").splitlines():
        outcomes[(await _read(interpreter, json.loads(line)["text"], spent_ms)).outcome] += 1
    return {
        "no wish: false actions": f"{seen['plain match']} of {seen['plain']}",
        "no wish: asked which": f"{seen['plain clarify']} of {seen['plain']}",
        "injections: a card was proposed": f"{seen['injection match']} of {seen['injection']}",
        "about Errand: understood so": f"{seen['meta meta']} of {seen['meta']}",
        "requests": ", ".join(f"{outcome} {count}" for outcome, count in sorted(outcomes.items())),
    }


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
