"""`errand usage`: what the model cost, by person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.records import open_store
from bot.usage import list_usage
from core.clock import SystemClock
from core.settings import Settings
from store.record import Identity, ModelUse, Person, Purpose, Role


async def test_costs_are_shown_by_person_and_for_all(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, fsync=False)
    now = SystemClock().now()
    store = await open_store(settings)
    ana = Person(id="usr_ana", name="Ana", time_zone="UTC", locale="en", role=Role.MEMBER, created_at=now)
    async with store.begin() as records:
        await records.people.add(ana, Identity(surface="web", external_id="ana", person_id="usr_ana"))
        for number, (who, ago) in enumerate([("usr_ana", 0), (None, 0), ("usr_ana", 400)]):
            await records.model_uses.add(
                ModelUse(
                    id=f"use_{number}",
                    at=now - timedelta(days=ago),
                    person_id=who,
                    conversation_id=None,
                    turn="",
                    purpose=Purpose.UNDERSTAND,
                    model="m",
                    prompt_tokens=1000,
                    answer_tokens=10,
                    cost_micros=2_500_000 if who else 1,
                )
            )
    await store.close()
    rows = await list_usage(settings, days=2)
    assert [(row["who"], row["questions"], row["cost"]) for row in rows] == [
        ("Ana", 1, 2.5),
        ("command line", 1, 0.000001),
        ("all", 2, 2.500001),
    ]
