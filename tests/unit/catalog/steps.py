"""A few step types that are never run, so that tests of the catalog depend on no real one."""

from __future__ import annotations

from pydantic import Field, JsonValue, model_validator

from tools.registry import StepRegistry
from tools.step import LITERAL, Effect, StepContext, StepParams, StepResult, StepType


class FetchParams(StepParams):
    url: str
    tries: int = Field(default=1, ge=1)
    headers: dict[str, str] = Field(default={})
    body: str | None = None
    json_body: JsonValue = None

    @model_validator(mode="after")
    def _one_body(self) -> FetchParams:
        if self.body is not None and self.json_body is not None:
            raise ValueError("give body or json_body, not both")
        return self


class FetchResult(StepResult):
    status: int
    json_: JsonValue = None


class PostParams(StepParams):
    text: str


class QueryParams(StepParams):
    statement: str = Field(json_schema_extra=LITERAL)
    values: dict[str, JsonValue] = Field(default={})


class Nothing(StepResult):
    pass


async def _never(params: StepParams, context: StepContext) -> StepResult:
    raise AssertionError("a check runs nothing")


def registry() -> StepRegistry:
    shared = {"description": "", "effect": Effect.READ, "run": _never, "summarize": str}
    return StepRegistry(
        [
            StepType(name="web.fetch", title="Fetch", params=FetchParams, result=FetchResult, **shared),
            StepType(name="chat.post", title="Post", params=PostParams, result=Nothing, **shared),
            StepType(name="sql.query", title="Query", params=QueryParams, result=Nothing, connector="sql", **shared),
        ]
    )
