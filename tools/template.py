"""Fills a text with values: Jinja2 without calls, assignments and arithmetic, so that it ends in time and stays in size.

Only values of JSON go in; no method and no attribute of a Python object can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from core.canonical import encode
from core.errors import RejectedError
from tools.table import text_of

_LIMIT_TURNS = 100_000
_LIMIT_S = 5.0
_LIMIT_CHARACTERS = 1_000_000
_LIMIT_DIGITS = 12
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


def fill(text: str, values: dict[str, JsonValue], *, is_html: bool = False, monotonic_s: Callable[[], float]) -> str:
    """Return the filled text. Raises RejectedError that names the line, or the value that is missing."""
    environment = _Environment(is_html=is_html, turns=_Turns(monotonic_s))
    try:
        return _collected(_generate(environment, text, values))
    except TemplateSyntaxError as error:
        raise RejectedError(f"Line {error.lineno} of the text: {error.message}") from error
    except TemplateError as error:
        raise RejectedError(f"The text cannot be filled: {error.message}.") from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise RejectedError(f"The text does not fit its values: {error}.") from error


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


class _Environment(ImmutableSandboxedEnvironment):
    """Knows some filters and no functions; after a dot stands a key of the data, never an attribute."""

    def __init__(self, *, is_html: bool, turns: _Turns) -> None:
        super().__init__(
            undefined=StrictUndefined, autoescape=is_html, finalize=_shown, keep_trailing_newline=True, trim_blocks=True
        )
        filters = {name: function for name, function in self.filters.items() if name in _FILTERS}
        self.filters = filters | {"round": _rounded, "tojson": lambda value: encode(value).decode()}
        self.globals = {"_turn": turns}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if obj is None or isinstance(obj, (dict, list, str, int, float)):
            return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, (dict, list, str)):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                return self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)


def _generate(environment: _Environment, text: str, values: dict[str, JsonValue]) -> Iterable[str]:
    """Return the pieces of the filled text; each turn of a loop is counted."""
    tree = environment.parse(text)
    for node in tree.find_all(nodes.Node):
        is_hidden = isinstance(node, nodes.Name) and node.name.startswith("_")
        is_recursive = isinstance(node, nodes.For) and node.recursive
        if type(node).__name__ not in _NODES or is_hidden or is_recursive:
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
    return round(float(value), max(0, min(digits, _LIMIT_DIGITS))) if digits else round(float(value))
