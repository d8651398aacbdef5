"""`text.template`: text with places for values. A small, bounded part of Jinja2: output, `if`, `for` and some filters.

The text comes from the workflow's author; what people and services wrote comes only through `values`, as data.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field, JsonValue

from tools.step import LITERAL, Effect, StepContext, StepParams, StepResult, StepType


class TextTemplate(StepParams):
    text: str = Field(
        max_length=20_000,
        description="Text with {{ name }}, {% for row in rows %} … {% endfor %} and {% if … %}; not with ${{ }}.",
        json_schema_extra=LITERAL,
    )
    values: dict[str, JsonValue] = Field(default={}, description="The values that the text may use.")
    format: Literal["text", "html"] = Field(default="text", description="html: values are escaped.")


class TextResult(StepResult):
    text: str


async def fill_template(params: TextTemplate, context: StepContext) -> TextResult:
    from tools.template import fill  # its library is slow to load

    text = await asyncio.to_thread(
        fill, params.text, params.values, is_html=params.format == "html", monotonic_s=context.clock.monotonic_s
    )
    return TextResult(text=text)


STEPS = (
    StepType(
        name="text.template",
        title="Write a text",
        description="Fills a text with values; lists can be repeated over and parts left out.",
        params=TextTemplate,
        result=TextResult,
        effect=Effect.READ,
        run=fill_template,
        summarize=lambda _params: "Write the text",
    ),
)
