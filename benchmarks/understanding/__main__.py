"""Prints how well each interpreter understands: `python -m benchmarks.understanding [FOLDER] [--wrong]`.

FOLDER holds `requests.jsonl`, `negatives.jsonl`, `dialogues.jsonl` and `label_maps.json`; without it, our own set is taken.
`--wrong` lists everything that went otherwise than expected.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from agent.interpreter import Interpreter
from agent.offline.interpreter import OfflineInterpreter
from benchmarks.grown import grown
from benchmarks.understanding.case import OWN, Cases, read_cases
from benchmarks.understanding.no_wish import measure_no_wishes
from benchmarks.understanding.peer import measure_peers
from benchmarks.understanding.play import play_dialogues
from benchmarks.understanding.right import Rightness, read_rightness
from benchmarks.understanding.stage import open_stage
from benchmarks.understanding.table import Figures, show
from benchmarks.understanding.wish import measure_wishes
from bot.data_folder import prepare
from bot.interpret import chosen_interpreter
from bot.library import Library, read_library
from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from catalog.retrieval.port import Retriever
from core.settings import load_settings
from tools.guard import AddressGuard

_LARGE = 1_000
_TIMED = 100
_WARMED = 20


async def main(folder: Path, *, lists_wrong: bool) -> None:
    logging.getLogger("errand").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as place:
        settings = load_settings(data=Path(place))
        prepare(settings.data)
        library = read_library(settings)
        cases, rightness = read_cases(folder), read_rightness(library.catalog.templates)
        measured = []
        async with _offline(Path(place), library) as (offline, retriever):
            measured.append(await _measure("offline", offline, library, cases, rightness, Path(place)))
            if settings.has_llm:
                async with chosen_interpreter(settings, offline, library, retriever) as llm:
                    measured.append(await _measure("llm", llm, library, cases, rightness, Path(place)))
        measured[0] = replace(measured[0], large_ms=await _large(Path(place), library, cases))
    show(measured, measure_peers(list(library.catalog), cases.requests, rightness), lists_wrong=lists_wrong)


@asynccontextmanager
async def _offline(place: Path, library: Library) -> AsyncIterator[tuple[OfflineInterpreter, Retriever]]:
    folder, guard = place / str(len(library.catalog.templates)), AddressGuard(())
    retriever = HybridRetriever(library.catalog, LocalEmbedding(), folder=folder / "templates")
    blocks = HybridRetriever(library.catalog.block_templates(), LocalEmbedding(), folder=folder / "blocks")
    try:
        await retriever.wait_until_ready()
        await blocks.wait_until_ready()
        connectors = list(library.connectors)
        yield OfflineInterpreter(library.catalog, retriever, blocks, connectors=connectors, guard=guard), retriever
    finally:
        await retriever.close()
        await blocks.close()


async def _measure(  # noqa: PLR0917  # all of it is needed at once
    name: str, interpreter: Interpreter, library: Library, cases: Cases, rightness: Rightness, place: Path
) -> Figures:
    wishes = await measure_wishes(interpreter, cases, rightness)
    async with open_stage(place, library, interpreter) as stage:
        no_wishes = await measure_no_wishes(stage, cases, rightness)
        dialogues = await play_dialogues(stage, cases, rightness)
    async with open_stage(place, library, interpreter) as stage:
        for request in cases.requests[: _TIMED + _WARMED]:
            await stage.say(request.text, await stage.begin())
    return Figures(name=name, wishes=wishes, no_wishes=no_wishes, dialogues=dialogues, turn_ms=stage.spent_ms[_WARMED:])


async def _large(place: Path, library: Library, cases: Cases) -> list[float]:
    """Milliseconds for turns with many templates."""
    large = grown(library, _LARGE)
    async with _offline(place, large) as (interpreter, _), open_stage(place, large, interpreter) as stage:
        for request in cases.requests[: _TIMED + _WARMED]:
            await stage.say(request.text, await stage.begin())
        return stage.spent_ms[_WARMED:]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=OWN)
    parser.add_argument("--wrong", action="store_true", help="list what went otherwise than expected")
    options = parser.parse_args()
    asyncio.run(main(options.folder, lists_wrong=options.wrong))
