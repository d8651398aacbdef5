"""How fast each surface acknowledges what arrives, when three hundred people do something at the same moment.

    python -m benchmarks.surfaces [--people 300] [--rounds 3]

For each surface a real `errand serve` is started on an empty data folder (SQLite that waits for the disk), with a Slack and a
Discord on loopback that keep the vendors' rules and live in this process, not in Errand's; the acknowledgement is measured
there, from sending to having it. In each round everybody does something at rest, the first time right after the start, and
again while the turns of that are under way. On the web it is the acknowledgement of the whole turn, answer included.
`answered` is when nothing of both waits any more.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import uvloop
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.engine.table import p50, p95, p99
from core.clock import SystemClock
from tests.fakes.discord_server import DiscordServer
from tests.fakes.process import Served
from tests.fakes.slack_server import SECRET, SlackServer
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN
from tests.fakes.web_server import Client

_TEXT = "what can you do?"
_CLOCK = SystemClock()
_LOOK_S = 0.1
_AMID_S = 1.5
"""So long after the first rush its turns are under way: they begin when arrivals do not crowd any more."""
_LONGEST_S = 180.0
_KEPT_S = 2.0
"""Less than the web surface keeps a connection that nobody uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`rush` lets everybody do something and returns how long each acknowledgement took; what is not acknowledged in time is
    no figure but a violation. `is_answered` tells whether nothing waits any more.
    """

    rush: Callable[[], Awaitable[list[float]]]
    is_answered: Callable[[], Awaitable[bool]] | None = None
    violations: Callable[[], int] = lambda: 0


@dataclass(slots=True)
class Figures:
    at_rest_ms: list[float] = field(default_factory=list)
    amid_turns_ms: list[float] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.surfaces", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        help="all are put together; the first is right after the start, of people who are new",
    )
    parser.add_argument("--only", default="", help="surfaces whose name holds this text")
    uvloop.run(_measure(parser.parse_args()))


async def _measure(options: argparse.Namespace) -> None:
    table = Table(box=box.MARKDOWN, title=f"{options.people} at the same moment, {options.rounds} rounds")
    table.add_column("surface")
    for name in ("acknowledged p50 ms", "p95 ms", "p99 ms", "most ms", "answered s", "violations"):
        table.add_column(name, justify="right")
    for name, opened in _SURFACES.items():
        if options.only in name:
            with tempfile.TemporaryDirectory() as folder:
                async with opened(Path(folder) / "data", options.people) as stage:
                    figures = Figures()
                    for _ in range(options.rounds):
                        await _one_round(stage, figures)
                    told = [f"{max(figures.answered_s):.1f}", str(stage.violations())]
            table.add_row(f"{name}, at rest" if stage.is_answered else name, *_row(figures.at_rest_ms), *told)
            if stage.is_answered:
                table.add_row(f"{name}, amid turns", *_row(figures.amid_turns_ms), *told)
    console = Console(width=120)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    console.print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; load {load}")
    console.print(table)


async def _one_round(stage: Stage, figures: Figures) -> None:
    began = time.monotonic()
    figures.at_rest_ms += await stage.rush()
    if stage.is_answered:
        await _CLOCK.sleep(_AMID_S)
        figures.amid_turns_ms += await stage.rush()
        async with asyncio.timeout(_LONGEST_S):
            while not await stage.is_answered():
                await _CLOCK.sleep(_LOOK_S)
    figures.answered_s.append(time.monotonic() - began)


def _row(acks: list[float]) -> list[str]:
    told = (p50(acks), p95(acks), p99(acks), max(acks)) if acks else ()
    return [f"{one:.0f}" for one in told] or ["none in time"] * 4


async def _nothing_waits(served: Served) -> bool:
    """Whether all that arrived is answered, and all answers are posted."""
    async with aiohttp.ClientSession() as session, session.get(f"{served.url}/healthz") as answer:
        outside = (await answer.json())["outside"]
    return bool(outside["inbox"]["count"] == outside["postings"]["count"] == 0)


async def _until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(_LONGEST_S):
        while not look():
            await _CLOCK.sleep(_LOOK_S)


async def _connected(served: Served, name: str) -> None:
    async with asyncio.timeout(_LONGEST_S):
        while f"{name} is connected" not in await served.line():
            pass


@asynccontextmanager
async def _slack(data: Path, people: int, mode: str) -> AsyncIterator[Stage]:
    async with SlackServer.open() as slack:
        slack.echoes = False
        for number in range(people):
            slack.add_user(f"P{number}", f"Person {number}")
        settings = {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_MODE": mode,
            "SLACK_URL": slack.base,
        }

        async def rush() -> list[float]:
            slack.acks_ms.clear()
            await asyncio.gather(*(slack.say(f"P{one}", _TEXT) for one in range(people)))
            return list(slack.acks_ms)

        async with Served(data, settings, has_worker=False) as served:
            await _connected(served, "Slack")
            slack.url = f"{served.url}/surfaces/slack/events" if mode == "http" else ""
            yield Stage(rush=rush, is_answered=lambda: _nothing_waits(served), violations=lambda: len(slack.violations))


@asynccontextmanager
async def _discord(data: Path, people: int) -> AsyncIterator[Stage]:
    """Commands: messages are acknowledged by nobody in Discord."""
    async with DiscordServer.open() as discord:
        users = [discord.world.add_user(f"Person{number}") for number in range(people)]
        settings = {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_URL": discord.url,
            "DISCORD_GATEWAY_URL": discord.gateway.url,
        }

        async def rush() -> list[float]:
            discord.acks_ms.clear()
            await asyncio.gather(*(discord.slash(user, "errand", ask=_TEXT) for user in users))
            return list(discord.acks_ms)

        async with Served(data, settings, has_worker=False) as served:
            await _connected(served, "Discord")
            await _until(lambda: bool(discord.world.commands))
            yield Stage(
                rush=rush, is_answered=lambda: _nothing_waits(served), violations=lambda: len(discord.violations)
            )


@asynccontextmanager
async def _web(data: Path, people: int) -> AsyncIterator[Stage]:
    """One person, as many conversations."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_S)
    async with (
        Served(data, {}, has_worker=False) as served,
        aiohttp.ClientSession(served.url, cookie_jar=aiohttp.CookieJar(unsafe=True), connector=connector) as session,
    ):
        token = parse_qs(urlsplit(served.link).query)["token"][0]
        client = Client(session, served.url)
        await client.post("/login", data={"token": token, "zone": "UTC"}, expect=303)
        conversations = []
        for _ in range(people):
            conversations.append(await client.start())
            await client.post(f"/api/conversations/{conversations[-1]}/messages", json={"text": "hello"})

        async def say(conversation: str) -> float:
            began = time.monotonic()
            await client.post(f"/api/conversations/{conversation}/messages", json={"text": _TEXT})
            return (time.monotonic() - began) * 1000

        async def rush() -> list[float]:
            return await asyncio.gather(*(say(one) for one in conversations))

        yield Stage(rush=rush)


_SURFACES = {
    "Slack, Socket Mode": lambda data, people: _slack(data, people, "socket"),
    "Slack, HTTP": lambda data, people: _slack(data, people, "http"),
    "Discord": _discord,
    "web (the whole turn)": _web,
}


if __name__ == "__main__":
    main()
