"""`errand trace`: what was recorded of runs, for whoever can read the data folder. Starts and changes nothing."""

from __future__ import annotations

from agent.reply import TracePart
from bot.app import open_reader
from core.clock import SystemClock
from core.errors import NotFoundError
from core.settings import Settings


async def read_trace(settings: Settings, run_id: str) -> TracePart:
    """Return the trace of a run as its person sees it. Raises NotFoundError."""
    async with open_reader(settings) as (store, renderer), store.begin() as records:
        run = await records.runs.get(run_id)
        person = await records.people.get(run.person_id) if run else None
        found = await renderer.trace(records, run_id, person, SystemClock().now()) if person else None
    if found is None:
        raise NotFoundError(f"There is no run {run_id}.", advice="`errand runs` lists them.")
    return found
