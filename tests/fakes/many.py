"""Many automations of one person, made of one that they saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.ids import new_id
from store.port import Store


async def make_many(store: Store, person_id: str, number: int) -> None:
    """Have so many in all, named `Automation 2` and so on; each has a trigger like the first."""
    async with store.begin() as records:
        [first] = await records.workflows.of_person(person_id)
        version = await records.workflows.version(first.id, first.version)
        triggers = await records.triggers.of_workflow(first.id)
        assert version is not None
        for count in range(2, number + 1):
            workflow_id, at = new_id("wfl"), first.created_at + timedelta(seconds=count)
            other = replace(first, id=workflow_id, name=f"Automation {count}", created_at=at)
            await records.workflows.add(other, replace(version, workflow_id=workflow_id))
            for trigger in triggers:
                await records.triggers.add(replace(trigger, id=new_id("trg"), workflow_id=workflow_id))
