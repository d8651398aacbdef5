"""`json.parse` and `json.transform`: from text to data, and from data to other data with JMESPath (jmespath.org)."""

from __future__ import annotations

import asyncio

from pydantic import Field, JsonValue

from core.canonical import decode
from core.errors import RejectedError
from tools.step import LITERAL, Effect, StepContext, StepParams, StepResult, StepType

_LIMIT_VALUES = 1_000_000
_FEW = 200
_SHORT = 80
"""So many values under so short an expression are worked out in place, without a thread."""


class JsonParse(StepParams):
    text: str = Field(description="JSON text.")


class JsonTransform(StepParams):
    data: JsonValue = Field(description="Any data, e.g. the answer of a request.")
    expression: str = Field(
        min_length=1, max_length=2000, description="JMESPath, e.g. items[?price > `10`].name", json_schema_extra=LITERAL
    )


class JsonResult(StepResult):
    value: JsonValue


async def parse_json(params: JsonParse, _context: StepContext) -> JsonResult:
    try:
        return JsonResult(value=decode(params.text.removeprefix("\ufeff")))
    except ValueError as error:
        raise RejectedError(f"The text is not JSON: {error}.") from error


async def transform_json(params: JsonTransform, _context: StepContext) -> JsonResult:
    if len(params.expression) <= _SHORT and _count(params.data, _FEW) <= _FEW:  # cannot take long, and mostly so
        value = _search(params.expression, params.data)
    else:
        value = await asyncio.to_thread(_search, params.expression, params.data)
    if _count(value, _LIMIT_VALUES) > _LIMIT_VALUES:
        raise RejectedError(f"The expression gives more than {_LIMIT_VALUES:,} values.")
    return JsonResult(value=value)


def _search(expression: str, data: JsonValue) -> JsonValue:
    import jmespath  # loaded when it is first used
    from jmespath.exceptions import JMESPathError

    try:
        value: JsonValue = jmespath.search(expression, data)
    except JMESPathError as error:
        raise RejectedError(f"The JMESPath expression “{expression}” does not work: {error}.") from error
    except (RecursionError, TypeError, ValueError, ArithmeticError) as error:
        raise RejectedError(f"The JMESPath expression “{expression}” does not fit the data.") from error
    return value


def _count(value: JsonValue, limit: int) -> int:
    """Count the values of a value, up to a little more than the limit; an expression may refer to the same part
    exponentially often.
    """
    open_values, count = [value], 0
    while open_values and count <= limit:
        current = open_values.pop()
        children = current.values() if isinstance(current, dict) else current if isinstance(current, list) else ()
        count += len(children) + 1
        open_values.extend(children)
    return count


STEPS = (
    StepType(
        name="json.parse",
        title="Read JSON text",
        description="Turns JSON text into data.",
        params=JsonParse,
        result=JsonResult,
        effect=Effect.READ,
        run=parse_json,
        summarize=lambda _params: "Read the JSON text",
    ),
    StepType(
        name="json.transform",
        title="Pick and reshape data",
        description="Picks, filters and reshapes data with a JMESPath expression.",
        params=JsonTransform,
        result=JsonResult,
        effect=Effect.READ,
        run=transform_json,
        summarize=lambda params: f"Take “{params.expression}” from the data",
    ),
)
