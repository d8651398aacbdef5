"""`text.template`: text with places for values. A small, bounded part of Jinja2: output, `if`, `for` and some filters.

The text comes from the workflow's author; what people and services wrote comes only through `values`, as data. There
are no calls, no assignments and no arithmetic, so that a text ends in time and stays within its size.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import Field, JsonValue

from core.canonical import encode
from core.errors import RejectedError
from tools.step import LITERAL, Effect, StepContext, StepParams, StepResult, StepType
from tools.table import text_of

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_LIMIT_TURNS = 100_000
_LIMIT_S = 5.0
_LIMIT_CHARACTERS = 1_000_000
_FILTERS = frozenset(
    {
        "abs",
        "capitalize",
        "count",
        "d",
        "default",
        "dictsort",
        "e",
        "escape",
        "first",
        "float",
        "groupby",
        "int",
        "items",
        "join",
        "last",
        "length",
        "list",
        "lower",
        "map",
        "max",
        "min",
        "reject",
        "rejectattr",
        "reverse",
        "select",
        "selectattr",
        "sort",
        "string",
        "sum",
        "title",
        "trim",
        "truncate",
        "unique",
        "upper",
        "wordcount",
    }
)
_NODES = frozenset(
    {
        "Template",
        "Output",
        "TemplateData",
        "Name",
        "Getattr",
        "Getitem",
        "Slice",
        "Const",
        "Tuple",
        "List",
        "For",
        "If",
        "CondExpr",
        "Filter",
        "Test",
        "Compare",
        "Operand",
        "And",
        "Or",
        "Not",
        "Concat",
        "Keyword",
        "Neg",
    }
)


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


class _Turns:
    """Counts the turns of all loops of one text and stops it when there are too many, or it takes too long."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._until_s = monotonic_s() + _LIMIT_S
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        if self._count > _LIMIT_TURNS or self._monotonic_s() > self._until_s:
            raise RejectedError(f"The text repeats too often: its loops took {self._count:,} turns.")
        return ""


async def fill_template(params: TextTemplate, context: StepContext) -> TextResult:
    turns = _Turns(context.clock.monotonic_s)
    text = await asyncio.to_thread(render, params.text, params.values, turns=turns, is_html=params.format == "html")
    return TextResult(text=text)


def render(text: str, values: dict[str, JsonValue], *, turns: Callable[[], str], is_html: bool = False) -> str:
    """Return the filled text. Raises RejectedError that names the line, or the value that is missing."""
    from jinja2 import TemplateError, TemplateSyntaxError  # noqa: PLC0415  # loaded when it is first used

    environment = _environment(is_html=is_html)
    environment.globals["_turn"] = turns
    try:
        return _collected(_generate(environment, text, values))
    except TemplateSyntaxError as error:
        raise RejectedError(f"Line {error.lineno} of the text: {error.message}") from error
    except TemplateError as error:
        raise RejectedError(f"The text cannot be filled: {error.message}.") from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise RejectedError(f"The text does not fit its values: {error}.") from error


def _environment(*, is_html: bool) -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=is_html, finalize=_shown, keep_trailing_newline=True, trim_blocks=True
    )
    filters = {name: function for name, function in environment.filters.items() if name in _FILTERS}
    environment.filters = filters | {"round": _rounded, "tojson": lambda value: encode(value).decode()}
    environment.globals.clear()
    return environment


def _generate(environment: ImmutableSandboxedEnvironment, text: str, values: dict[str, JsonValue]) -> Iterable[str]:
    """Return the pieces of the filled text; each turn of a loop is counted."""
    from jinja2 import nodes  # noqa: PLC0415

    tree = environment.parse(text)
    for node in tree.find_all(nodes.Node):
        if type(node).__name__ not in _NODES or (isinstance(node, nodes.For) and node.recursive):
            raise RejectedError(
                f"Line {node.lineno} of the text uses something that is not allowed here ({type(node).__name__})."
            )
    for loop in list(tree.find_all(nodes.For)):
        turn = nodes.Call(nodes.Name("_turn", "load"), [], [], None, None)
        loop.body.insert(0, nodes.Output([turn]).set_lineno(loop.lineno).set_environment(environment))
    return environment.from_string(tree).generate(values)


def _collected(pieces: Iterable[str]) -> str:
    collected, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > _LIMIT_CHARACTERS:
            raise RejectedError(f"The filled text is longer than {_LIMIT_CHARACTERS:,} characters.")
        collected.append(piece)
    return "".join(collected)


def _shown(value: object) -> object:
    is_plain = value is None or isinstance(value, (bool, float, list, dict))
    return text_of(value) if is_plain else value  # type: ignore[arg-type]  # values are JSON


def _rounded(value: float, digits: int = 0) -> float:
    return round(float(value), max(0, min(digits, 12))) if digits else round(float(value))


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
