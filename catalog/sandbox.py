"""What expressions may do: read keys, use our filters, tests and functions, and calculate within bounds.

Stricter than Jinja2's sandbox, on which it stands: no value has methods or attributes here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from catalog.filter import FILTERS, FUNCTIONS, TESTS
from catalog.operand import LARGEST_INTEGER, LONGEST_TEXT, UnfitError, as_text, measured, missing

_MOST_NODES = 250
_MOST_OPERATIONS = 25
_DEEPEST = 60
_MOMENT_FIELDS = frozenset({"year", "month", "day", "hour", "minute", "second"})
_ABSENT = object()
_ALLOWED = (
    *(nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.List, nodes.Tuple, nodes.Dict),
    *(nodes.Pair, nodes.Keyword, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call, nodes.Compare, nodes.Operand),
    *(nodes.Not, nodes.And, nodes.Or, nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div),
    *(nodes.FloorDiv, nodes.Mod, nodes.Concat),
)


class _Generator(CodeGenerator):
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802  # the library's name
        self.write("environment.concatenate((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class Sandbox(ImmutableSandboxedEnvironment):
    """Reads keys only, calls our functions only, and measures what its operators make."""

    code_generator_class = _Generator
    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, optimized=False, cache_size=0)
        self.filters, self.tests, self.globals = dict(FILTERS), dict(TESTS), dict(FUNCTIONS)

    def getattr(self, obj: object, attribute: str) -> object:
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        return read(obj, argument)

    def call(self, context: Context, function: object, /, *args: object, **options: object) -> object:  # noqa: ARG002  # as the library calls it
        if function not in FUNCTIONS.values():
            raise UnfitError("values cannot be called")
        return function(*args, **options)  # type: ignore[operator]  # it is one of ours

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:  # noqa: ARG002  # as the library calls it
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return measured(left + right)
        if operator == "+" and isinstance(left, list) and isinstance(right, list):
            return measured(left + right)
        for operand in (left, right):
            if isinstance(operand, Undefined):
                raise UnfitError(missing(operand))
            if isinstance(operand, bool) or not isinstance(operand, (int, float)):
                raise UnfitError(f"“{operator}” needs numbers")
        result = self.binop_table[operator](left, right)
        if isinstance(result, int) and abs(result) > LARGEST_INTEGER:
            raise UnfitError("the number becomes too large")
        return result

    def concatenate(self, parts: tuple[object, ...]) -> str:
        texts = [as_text(part) for part in parts]
        if sum(map(len, texts)) > LONGEST_TEXT:
            raise UnfitError("the text becomes too long")
        return "".join(texts)


def read(value: object, key: object) -> object:
    """One step of a path: a key of an object, a place in a list, a field of a moment."""
    if type(value) is dict or isinstance(value, Mapping):  # the first is quick and nearly always true
        found = value.get(key, _ABSENT)
        return found if found is not _ABSENT else StrictUndefined(hint=f"there is no “{key}” in it")
    if isinstance(value, (list, tuple, str)) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else StrictUndefined(hint=f"there is no entry {key} in it")
    if isinstance(value, Undefined):
        return value
    if isinstance(value, (datetime, date)) and key in _MOMENT_FIELDS:
        return getattr(value, str(key))
    if isinstance(value, (list, tuple)):
        return StrictUndefined(hint=f"“{key}” is asked of a list; take one entry, or map(attribute='{key}')")
    return StrictUndefined(hint=f"there is no “{key}” in it")


def check(tree: nodes.Expr) -> None:
    """Refuse what is not on the list, and more of it than a person writes."""
    found, operations = 0, 0
    level: list[nodes.Node] = [tree]
    for _ in range(_DEEPEST):
        if not level:
            return
        for node in level:
            _check_node(node)
            operations += isinstance(node, (nodes.Filter, nodes.Call, nodes.Concat, nodes.Mul, nodes.Add))
        found += len(level)
        if found > _MOST_NODES or operations > _MOST_OPERATIONS:
            raise UnfitError("it does too much; split it")
        level = [child for node in level for child in node.iter_child_nodes()]
    raise UnfitError("it is nested too deeply")


def _check_node(node: nodes.Node) -> None:
    if not isinstance(node, _ALLOWED):
        raise UnfitError(f"“{type(node).__name__.lower()}” is not understood here")
    if isinstance(node, nodes.Name) and (node.name == "self" or node.name.startswith("_")):
        raise UnfitError(f"there is no “{node.name}”")
    if isinstance(node, nodes.Const) and isinstance(node.value, float) and not math.isfinite(node.value):
        raise UnfitError("the number is too large")
    if isinstance(node, (nodes.Filter, nodes.Test, nodes.Call)) and (node.dyn_args or node.dyn_kwargs):
        raise UnfitError("* and ** are not understood here")
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise UnfitError(f"there is no filter “{node.name}”; there are {', '.join(sorted(FILTERS))}")
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        raise UnfitError(f"there is no test “{node.name}”; there are {', '.join(sorted(TESTS))}")
    if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name in FUNCTIONS):
        raise UnfitError(f"only {' and '.join(FUNCTIONS)} can be called; everything else is a filter, like “x | upper”")
