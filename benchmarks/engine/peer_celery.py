"""Celery's side: one task that does the same work and leaves the same records in PostgreSQL.

A row for each run, made before the task is queued, and one for each step, each committed before the next step begins; the
end of the run shares the last one's commit. A Celery application: `celery -A benchmarks.engine.peer_celery worker`.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import jmespath
from celery import Celery
from redis import Redis
from sqlalchemy import JSON, Column, DateTime, Engine, ForeignKey, Integer, MetaData, String, Table, create_engine

DONE = "peer:done"
_EXPRESSION = jmespath.compile("{name: name, total: sum(items[].price)}")

metadata = MetaData()
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", String, nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("result", JSON),
)
steps = Table(
    "steps",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("step", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    Column("input", JSON),
    Column("output", JSON),
)


def make_app(redis_url: str) -> Celery:
    """The task needs no result backend: its results are in the tables."""
    made = Celery("peer", broker=redis_url.replace("unix://", "redis+socket://"))
    made.conf.update(task_ignore_result=True, worker_prefetch_multiplier=8, broker_connection_retry_on_startup=True)
    return made


app = make_app(os.environ.get("PEER_REDIS_URL", ""))  # noqa: TID251  a Celery application is configured when imported


def engine(database_url: str) -> Engine:
    return create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"), pool_size=2)


@cache
def _engine() -> Engine:
    return engine(os.environ["PEER_DATABASE_URL"])  # noqa: TID251  as above


@cache
def _client() -> httpx.Client:
    return httpx.Client()


@cache
def _redis() -> Redis:
    return Redis.from_url(os.environ["PEER_REDIS_URL"])  # noqa: TID251  as above


@app.task(name="w3")
def w3(run_id: int, *, service_url: str, tells: bool) -> None:
    with _engine().begin() as connection:
        connection.execute(runs.update().where(runs.c.id == run_id), {"state": "running", "started_at": _now()})
    fetched = _step(run_id, "fetch", f"{service_url}/get?n={run_id}", lambda url: _client().get(url).json())
    shaped = _step(run_id, "shape", fetched, _EXPRESSION.search)
    _step(
        run_id,
        "send",
        shaped,
        lambda data: {"status": _client().post(f"{service_url}/post", json=data).status_code},
        is_last=True,
    )
    if tells:
        _redis().publish(DONE, str(run_id))


def _step(run_id: int, name: str, given: Any, work: Any, *, is_last: bool = False) -> Any:
    started_at = _now()
    output = work(given)
    row = {"run_id": run_id, "step": name, "state": "succeeded", "started_at": started_at, "ended_at": _now()}
    with _engine().begin() as connection:
        connection.execute(steps.insert(), row | {"input": given, "output": output})
        if is_last:
            ended = {"state": "succeeded", "ended_at": _now(), "result": output}
            connection.execute(runs.update().where(runs.c.id == run_id), ended)
    return output


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the peer has no clock of ours
