"""Post a message as Errand: into the run's own conversation or to a named destination."""

from __future__ import annotations

from pydantic import Field

from tools.step import StepParams, StepResult


class Params(StepParams):
    """`to`: nothing for this conversation, else `#channel`, `@person` or `surface:id`."""

    text: str = Field(min_length=1, max_length=20_000)
    to: str | None = Field(default=None, max_length=200)


class Result(StepResult):
    message_id: str
