"""`errand usage`: what the language model cost, by person. Changes nothing and asks no model."""

from __future__ import annotations

from datetime import UTC, timedelta

from bot.records import open_store
from core.clock import SystemClock
from core.settings import Settings
from store.record import JsonObject, ModelTotal


async def list_usage(settings: Settings, *, days: int) -> list[JsonObject]:
    """One row for each person, the dearest first, and a last one for all: the last so many days, today included (UTC)."""
    midnight = SystemClock().now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=days - 1)
    store = await open_store(settings)
    try:
        async with store.begin() as records:
            spent = await records.model_uses.by_person(since)
            names = {one.id: one.name for one in await records.people.everyone()}
            total = await records.model_uses.total(since)
    finally:
        await store.close()
    dearest = sorted(spent.items(), key=lambda one: (-one[1].cost_micros, -one[1].tokens))
    rows = [_row(names.get(who or "", "command line"), each) for who, each in dearest]
    return [*rows, _row("all", total)]


def _row(who: str, total: ModelTotal) -> JsonObject:
    return {
        "who": who,
        "questions": total.questions,
        "prompt_tokens": total.prompt_tokens,
        "answer_tokens": total.answer_tokens,
        "cost": total.cost_micros / 1_000_000,
    }
