"""The embedded Redis: what counts as started. Its own behaviour is Redis's."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from bot.redis_server import RedisServer

_SLOW = """#!{python}
import signal, socket, sys, time
place = sys.argv[sys.argv.index("--unixsocket") + 1]
server = socket.socket(socket.AF_UNIX)
server.bind(place)
time.sleep(0.2)
server.listen()
signal.pause()
"""


async def test_it_has_started_when_it_takes_connections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a busy machine some time passes between the socket's file and the first connection that is taken."""
    program = tmp_path / "slow-server"
    program.write_text(_SLOW.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr("bot.redis_server.find_redis_server", lambda: program)
    server = RedisServer()
    try:
        url = await server.start()
        _, writer = await asyncio.open_unix_connection(url.removeprefix("unix://"))
        writer.close()
    finally:
        await server.stop()
