"""`errand runs` and `errand trace`: what was recorded of runs, for whoever can read the data folder. Starts and changes
nothing.
"""

from __future__ import annotations

from agent.reply import TracePart
from bot.knowledge import open_reader
from core.clock import SystemClock
from core.errors import NotFoundError
from core.settings import Settings
from store.record import DeadLetters, JsonObject, Run

_LISTED = 50


async def list_runs(settings: Settings, *, is_failed: bool) -> list[JsonObject]:
    """One object for each of everybody's newest runs, or for each group of failed runs that wait for somebody."""
    async with open_reader(settings) as (store, _), store.begin() as records:
        people = await records.people.everyone()
        if is_failed:
            groups = [group for one in people for group in await records.dead_letters.of_person(one.id)]
            return [_group(group) for group in sorted(groups, key=lambda group: group.last_at, reverse=True)]
        runs = [run for one in people for run in await records.runs.of_person(one.id, limit=_LISTED)]
    return [_run(run) for run in sorted(runs, key=lambda run: run.created_at, reverse=True)[:_LISTED]]


def _run(run: Run) -> JsonObject:
    return {
        "id": run.id,
        "workflow": run.workflow_id,
        "state": run.state.value,
        "created_at": run.created_at.isoformat(),
        "cause": run.failure.cause if run.failure else None,
        "message": run.failure.message if run.failure else run.result,
    }


def _group(group: DeadLetters) -> JsonObject:
    return {
        "id": group.newest_run_id,
        "workflow": group.workflow_id,
        "count": group.count,
        "step": group.failure.step_id,
        "cause": group.failure.cause,
        "message": group.failure.message,
        "advice": group.failure.advice,
        "last_at": group.last_at.isoformat(),
    }


async def read_trace(settings: Settings, run_id: str) -> TracePart:
    """Return the trace of a run as its person sees it. Raises NotFoundError."""
    async with open_reader(settings) as (store, renderer), store.begin() as records:
        run = await records.runs.get(run_id)
        person = await records.people.get(run.person_id) if run else None
        found = await renderer.trace(records, run_id, person, SystemClock().now()) if person else None
    if found is None:
        raise NotFoundError(f"There is no run {run_id}.", advice="`errand runs` lists them.")
    return found
