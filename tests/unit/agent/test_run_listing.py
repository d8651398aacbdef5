"""`errand runs` and `errand trace`: the same records as in chat, from the command line."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from bot.cli import main
from store.record import AttemptState, RunState
from tests.fakes.ended_run import DOWN, ended, tried
from tests.fakes.talk import Talk


async def test_runs_and_their_trace_are_printed(talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await ended(talk, [tried(1, AttemptState.FAILED, failure=DOWN)], RunState.FAILED, DOWN)
    monkeypatch.setenv("ERRAND_DATABASE_URL", f"sqlite:///{talk.path}")
    monkeypatch.setenv("ERRAND_SECRET_KEYS", json.dumps([Fernet.generate_key().decode()]))
    monkeypatch.setenv("ERRAND_DATA", str(tmp_path))

    (listed,) = json.loads(errand("runs", "--json"))
    assert (listed["id"], listed["state"], listed["cause"]) == (run.id, "failed", "unavailable")
    (group,) = json.loads(errand("runs", "--failed", "--json"))
    assert (group["id"], group["count"], group["step"]) == (run.id, 1, "mail")
    trace = json.loads(errand("trace", run.id, "--json"))
    assert trace["steps"][0]["attempts"][0]["error"] == DOWN.message
    assert DOWN.message in errand("trace", run.id)
    assert "There is no run run_0" in errand("trace", "run_0")


def errand(*words: str) -> str:
    """A command has a loop of its own, and so needs a thread of its own here."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: CliRunner().invoke(main, list(words)).output).result()
