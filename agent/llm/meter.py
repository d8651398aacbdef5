"""What the model costs and may cost: records each question and compares the day so far with its budget. Asks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from agent.interpreter import Speaker
from core.clock import Clock
from core.ids import new_id
from store.port import Store
from store.record import ModelUse, Purpose
from tools.outbound import TokenUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits for a day (UTC), 0: none; prices for a million tokens, in whatever currency the operator thinks in."""

    tokens: int = 0
    tokens_of_person: int = 0
    cost: float = 0.0
    price_prompt: float = 0.0
    price_answer: float = 0.0

    def cost_micros(self, use: TokenUse) -> int:
        """A price for a million tokens is the same number in millionths for one."""
        return round(use.prompt * self.price_prompt + use.answer * self.price_answer)


class Meter:
    """Counts in the store, so that all processes together keep to the budget. Questions under way are not counted yet."""

    def __init__(self, store: Store, clock: Clock, budget: Budget, *, model: str) -> None:
        self._store = store
        self._clock = clock
        self._budget = budget
        self._model = model

    async def is_spent(self, speaker: Speaker | None) -> bool:
        """Whether the day's budget is used up, everybody's or this person's."""
        budget = self._budget
        if not (budget.tokens or budget.cost or (budget.tokens_of_person and speaker)):
            return False
        today = self._clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._store.begin() as records:
            total = await records.model_uses.total(today)
            if budget.tokens and total.tokens >= budget.tokens:
                return True
            if budget.cost and total.cost_micros >= budget.cost * 1_000_000:
                return True
            if not (budget.tokens_of_person and speaker):
                return False
            own = await records.model_uses.total(today, person_id=speaker.person_id)
            return own.tokens >= budget.tokens_of_person

    async def record(self, purpose: Purpose, use: TokenUse, speaker: Speaker | None) -> None:
        """Keep what one question cost."""
        async with self._store.begin() as records:
            await records.model_uses.add(
                ModelUse(
                    id=new_id("use"),
                    at=self._clock.now(),
                    person_id=speaker.person_id if speaker else None,
                    conversation_id=speaker.conversation_id if speaker else None,
                    turn=speaker.turn if speaker else "",
                    purpose=purpose,
                    model=self._model,
                    prompt_tokens=use.prompt,
                    answer_tokens=use.answer,
                    cost_micros=self._budget.cost_micros(use),
                )
            )
