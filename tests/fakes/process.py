"""A real `errand` process on a data folder of its own, started as a person would and ended by a signal."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ERRAND = Path(sys.executable).with_name("errand")
_LINK = re.compile(rb"http://\S+/login\?token=\S+")


def environment(data: Path, **settings: str) -> dict[str, str]:
    """The machine's environment with Errand's settings, loopback allowed for steps."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith("ERRAND_")}
    defaults = {"DATA": str(data), "ALLOW_HOSTS": json.dumps(["127.0.0.0/8"]), "TIME_ZONE": "Europe/Berlin"}
    return mine | {f"ERRAND_{name}": value for name, value in (defaults | settings).items()}


@dataclass
class Served:
    """`async with Served(folder) as errand:`. `link` is the sign-in link that it printed, `printed` all its lines."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    has_worker: bool = True
    link: str = ""
    printed: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self.printed.clear()
        self._process = await asyncio.create_subprocess_exec(
            ERRAND,
            "serve",
            "--port",
            str(self.port),
            "--worker" if self.has_worker else "--no-worker",
            cwd=self.data.parent,
            env=environment(self.data, **self.settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            while line := await self._process.stdout.readline():
                self.printed.append(line.decode().rstrip())
                if found := _LINK.search(line):
                    self.link = found[0].decode()
                    return
        raise AssertionError("\n".join(self.printed))

    async def line(self) -> str:
        """The next line that it prints. Raises AssertionError when it has ended."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "\n".join(self.printed)
        self.printed.append(line.decode().rstrip())
        return self.printed[-1]

    @property
    def url(self) -> str:
        return self.link.partition("/login")[0]

    async def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal; return the exit code once it has ended. All that it printed is in `printed`."""
        if self._process.returncode is None:
            self._process.send_signal(number)
        assert self._process.stdout is not None
        rest = await self._process.stdout.read()
        self.printed += rest.decode().splitlines()
        return await self._process.wait()


@dataclass
class Worker:
    """`async with Worker(folder, settings):`, an `errand worker` of its own."""

    data: Path
    settings: dict[str, str]

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            ERRAND,
            "worker",
            cwd=self.data.parent,
            env=environment(self.data, **self.settings),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            assert b"ready" in await self._process.stdout.readline()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self.signal(signal.SIGTERM)
        assert await self.ended() == 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its end; return the exit code."""
        await self._process.communicate()
        assert self._process.returncode is not None
        return self._process.returncode


async def errand(data: Path, *arguments: str, text: str = "", **settings: str) -> tuple[int, str, str]:
    """Run a command of `errand` to its end; return its exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        ERRAND,
        *arguments,
        cwd=data.parent,
        env=environment(data, **settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate(text.encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


def json_lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]
