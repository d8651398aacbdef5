"""How long Slack waits for an acknowledgement: 300 events at once, over sockets and over HTTP. `python -m benchmarks.surfaces`.

Everything runs in one process, the fake Slack included, so that what is printed is an upper bound. Each event is a row of the inbox,
on a SQLite file with `fsync`, before it is acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from statistics import quantiles

from store.sql.store import SqlStore
from tests.contract.surfaces.slack.lab import Mode, SlackLab
from tests.fakes.clock import FixedClock
from tests.fakes.slack_server import SlackServer
from tests.fakes.talk import Talk

EVENTS = 300


async def measure(mode: Mode, events: int, *, is_at_once: bool) -> list[float]:
    """The milliseconds until each acknowledgement."""
    clock = FixedClock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "records"
        folder.mkdir()
        talk = await Talk.open(folder, clock)
        await talk.store.close()
        talk.store = await SqlStore.open(f"sqlite:///{talk.path}", fsync=True)
        async with SlackServer.open() as slack, SlackLab.serve(folder, clock, slack, mode, talk=talk) as lab:
            await slack.say("U1", "warm up")
            slack.acks_ms.clear()
            wishes = [slack.say("U1", f"wish {number}") for number in range(events)]
            if is_at_once:
                await asyncio.gather(*wishes)
            else:
                for wish in wishes:
                    await wish
            assert lab.talk.count("inbox") == events + 1
            assert slack.violations == []
            found = list(slack.acks_ms)
        await talk.store.close()
    return found


async def main() -> None:
    print(f"{'':24}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}  ms")
    for mode in ("socket", "http"):
        for is_at_once in (False, True):
            found = await measure(mode, EVENTS, is_at_once=is_at_once)  # type: ignore[arg-type]  # one of the modes
            cuts = quantiles(found, n=100)
            label = f"{mode}, {'at once' if is_at_once else 'one by one'}"
            print(f"{label:24}{cuts[49]:8.1f}{cuts[94]:8.1f}{cuts[98]:8.1f}{max(found):8.1f}")


if __name__ == "__main__":
    for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        os.environ.pop(proxy, None)  # noqa: TID251  # Slack's library takes a proxy even to this machine
    sys.exit(asyncio.run(main()))
