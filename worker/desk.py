"""What every run on this worker shares. A value: does nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from core.clock import Clock
from store.port import EventBus, RunQueue, Store
from tools.registry import StepRegistry
from worker.gate import Gate
from worker.notice import Notices
from worker.ports import ContextMaker
from worker.slot import Slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`owner` is the name under which this worker holds leases; `random` jitters delays; `resume_url` gives the address of a run that waits
    for an event.
    """

    owner: str
    store: Store
    queue: RunQueue
    events: EventBus
    clock: Clock
    registry: StepRegistry
    contexts: ContextMaker
    notices: Notices
    slots: Slots
    random: Random
    gate: Gate
    resume_url: Callable[[str], str]
