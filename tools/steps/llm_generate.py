"""Have the language model write a text. What it writes is a value like any other: it decides and triggers nothing."""

from __future__ import annotations

from pydantic import Field, JsonValue

from tools.step import StepParams, StepResult


class Params(StepParams):
    """`prompt` says what to write; `data` is material to write about, kept apart so that it cannot give instructions."""

    prompt: str = Field(min_length=1, max_length=20_000)
    system: str = Field(default="", max_length=5000)
    data: JsonValue = None
    limit_tokens: int = Field(default=800, ge=1, le=8000)


class Result(StepResult):
    text: str
