"""What the language model cost, on each database."""

from __future__ import annotations

from dataclasses import replace

from store.record import ModelTotal, ModelUse, Purpose
from tests.contract.store.world import LATER, NOON, SOON, World

USE = ModelUse(
    id="use_1",
    at=NOON,
    person_id="usr_1",
    conversation_id="cnv_1",
    turn="web:d1",
    purpose=Purpose.UNDERSTAND,
    model="m",
    prompt_tokens=1200,
    answer_tokens=80,
    cost_micros=5_000_000_000,
)


async def test_costs_add_up_for_everybody_and_for_each(world: World) -> None:
    unnamed = replace(USE, id="use_2", person_id=None, conversation_id=None, at=SOON, cost_micros=7)
    async with world.store.begin() as records:
        assert await records.model_uses.total(NOON) == ModelTotal()
        for use in (USE, unnamed, replace(USE, id="use_3", at=LATER, purpose=Purpose.COMPOSE)):
            await records.model_uses.add(use)
    async with world.store.begin() as records:
        everybody = await records.model_uses.total(NOON)
        assert everybody.questions == 3
        assert everybody.tokens == 3 * 1280
        assert everybody.cost_micros == 10_000_000_007
        assert (await records.model_uses.total(NOON, person_id="usr_1")).questions == 2
        assert (await records.model_uses.total(LATER, person_id="usr_1")).questions == 1
        by_person = await records.model_uses.by_person(NOON)
        assert {who: total.questions for who, total in by_person.items()} == {"usr_1": 2, None: 1}


async def test_a_conversation_knows_its_questions_in_order(world: World) -> None:
    async with world.store.begin() as records:
        await records.model_uses.add(replace(USE, id="use_2", at=LATER))
        await records.model_uses.add(USE)
    async with world.store.begin() as records:
        assert [one.id for one in await records.model_uses.of_conversation("cnv_1")] == ["use_1", "use_2"]
        assert await records.model_uses.of_conversation("cnv_1") == [USE, replace(USE, id="use_2", at=LATER)]
