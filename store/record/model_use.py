"""What the language model cost: one record for each question to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What the model was asked for."""

    UNDERSTAND = "understand"
    COMPOSE = "compose"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """One question (`use`). `turn` is the delivery that led to it. `cost_micros` are millionths of the currency that prices
    are set in. Without a person it came from a command line.
    """

    id: str
    at: datetime
    person_id: str | None
    conversation_id: str | None
    turn: str
    purpose: Purpose
    model: str
    prompt_tokens: int
    answer_tokens: int
    cost_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTotal:
    """Several of them together."""

    questions: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cost_micros: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.answer_tokens
