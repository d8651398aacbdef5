"""How long one chat turn takes without a model, at growing catalog sizes, beside the search alone.

    python benchmarks/turn.py [--sizes 40,1000,10000] [--turns 200]

A turn is all of it: read the conversation, understand the text, play the dialogue in one transaction on SQLite (waiting
for the disk), write messages, state and card, and render the answer. Sentences are of people's kind and differ each time.
The larger catalogs are the real templates and made ones: other verbs, things and services, eight asks each.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from agent.inbound import Inbound, Text
from benchmarks.grown import grown
from bot.app import App, open_app
from bot.library import read_library
from bot.redis_server import RedisServer
from bot.terminal.talk import TerminalServices, begin_talk
from core.ids import new_id
from core.settings import load_settings

_SAID = (
    "remind me in {n} minutes to call {name}",
    "every monday at {h} email the minutes {n} to {name}@acme.io",
    "check https://{name}{n}.example.org every {m} minutes and tell me when it is down",
    "note that {name} has {n} open questions",
    "remove duplicates from {name}{n}.csv",
    "what is the weather in {name} on day {n}",
    "list my automations",
    "thanks {name}, that was number {n}",
    "post 'lunch {n} is ready' in this chat",
    "sum the amount in {name}{n}.csv by region",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Milliseconds."""

    templates: int
    turn_p50: float
    turn_p95: float
    search_p50: float
    search_p95: float
    opened_s: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="40,1000,10000")
    parser.add_argument("--turns", type=int, default=200)
    options = parser.parse_args()
    rows = [uvloop.run(_measure(int(size), options.turns)) for size in options.sizes.split(",")]
    print("\n| templates | turn p50 ms | turn p95 ms | search alone p50 ms | search alone p95 ms | first index s |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.templates:,} | {row.turn_p50:.1f} | {row.turn_p95:.1f} | {row.search_p50:.1f} "
            f"| {row.search_p95:.1f} | {row.opened_s:.1f} |"
        )


async def _measure(size: int, turns: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data=Path(folder), database_url="", redis_url="", time_zone="Europe/Berlin")
        library = grown(read_library(settings), size)
        redis = RedisServer()
        try:
            url = await redis.start()
            async with open_app(settings, library, redis_url=url, public_url=lambda: "http://127.0.0.1") as app:
                begun = time.perf_counter()
                await app.ground.understanding.retriever.wait_until_ready()
                opened_s = time.perf_counter() - begun
                said = list(_sentences(turns + 30))
                await _turns(app, said[:30])
                turn = await _turns(app, said[30:])
                search = await _searches(app, said[30:])
        finally:
            await redis.stop()
    print(f"  measured {size:,} templates", file=sys.stderr)
    return Row(
        templates=size,
        turn_p50=statistics.median(turn),
        turn_p95=_p95(turn),
        search_p50=statistics.median(search),
        search_p95=_p95(search),
        opened_s=opened_s,
    )


async def _turns(app: App, said: list[str]) -> list[float]:
    """Each sentence in a conversation of ten, as people have them."""
    took: list[float] = []
    services = TerminalServices(
        store=app.store,
        bus=app.ground.wake.bus,
        clock=app.clock,
        time_zone=app.ground.time_zone,
        answer=app.answer,
        render=app.render,
    )
    talk = await begin_talk(services, "bench")
    for count, text in enumerate(said):
        if count % 10 == 0:
            talk = await begin_talk(services, "bench")
        inbound = Inbound(
            surface="terminal",
            conversation_id=talk.conversation_id,
            person_id=talk.person.id,
            delivery_id=new_id("dlv"),
            content=Text(text=text),
        )
        begun = time.perf_counter()
        await app.answer(inbound)
        took.append((time.perf_counter() - begun) * 1000)
    return took


async def _searches(app: App, said: list[str]) -> list[float]:
    took: list[float] = []
    for text in said:
        begun = time.perf_counter()
        await app.ground.understanding.retriever.search(text)
        took.append((time.perf_counter() - begun) * 1000)
    return took


def _sentences(count: int) -> Iterator[str]:
    chance = random.Random(1)
    names = ("ana", "bob", "carla", "dmitri", "erin", "faisal", "gwen", "hugo")
    for number in range(count):
        yield _SAID[number % len(_SAID)].format(
            n=number + 2, name=chance.choice(names), h=chance.randint(7, 18), m=chance.choice((5, 10, 15, 30))
        )


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
