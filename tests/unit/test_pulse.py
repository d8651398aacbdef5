"""A worker's pulse beats only while its loop goes round."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bot.pulse import beat, folder_of, problem
from core.clock import SystemClock
from tests.contract.worker.lab import until
from tests.fakes.clock import FixedClock


async def test_a_loop_that_does_not_go_round_gives_no_pulse(tmp_path: Path) -> None:
    rounds = 0

    def hangs() -> bool:
        nonlocal rounds
        rounds += 1
        return False

    beating = asyncio.create_task(beat(tmp_path, FixedClock(), hangs))
    await until(lambda: rounds > 2)
    assert problem(tmp_path, SystemClock())
    beating.cancel()


async def test_a_loop_that_goes_round_gives_one_until_it_ends(tmp_path: Path) -> None:
    pulse = folder_of(tmp_path) / str(os.getpid())
    beating = asyncio.create_task(beat(tmp_path, FixedClock(), lambda: True))
    await until(pulse.exists)
    assert problem(tmp_path, SystemClock()) == ""
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    assert not pulse.exists()
