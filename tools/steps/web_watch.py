"""Look at an address and compare with the last look: has it changed, what is the number, is it up? Posts nothing itself."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tools.step import StepParams, StepResult


class Params(StepParams):
    """What to look at: the whole page, or the part that one of `css`, `pattern` and `jmespath` selects.

    `content` compares the text, `number` reads the first number in it, `status` only asks whether the site answers
    with a status below 400: there an unreachable site is a result, not a failure.
    """

    url: str = Field(min_length=1, max_length=8000)
    mode: Literal["content", "number", "status"] = "content"
    css: str | None = Field(default=None, max_length=300, description="CSS selector, e.g. .price or #main h1.")
    pattern: str | None = Field(default=None, max_length=500, description="Regular expression; its first group counts.")
    jmespath: str | None = Field(default=None, max_length=500, description="For an address that answers with JSON.")
    headers: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_selector(self) -> Self:
        if sum(part is not None for part in (self.css, self.pattern, self.jmespath)) > 1:
            raise ValueError("give at most one of css, pattern and jmespath")
        return self


class Result(StepResult):
    """What was seen, beside what was seen last time.

    `first`: there was no look before. `changed`: there was one and it differs. `previous` and `current` are excerpts of
    the watched text (in mode status: "up" or "down"). `change` is the difference of the numbers. `went_down` is true on
    the look that finds the site down after it was up, or at the first look. `reason` says why it is down.
    """

    url: str
    first: bool
    changed: bool
    previous: str | None
    current: str
    number: float | None = None
    previous_number: float | None = None
    change: float | None = None
    status: int | None = None
    up: bool = True
    went_down: bool = False
    came_up: bool = False
    reason: str = ""
