"""Expressions between `${{` and `}}`: sandboxed Jinja2 expressions, bounded in time and size. No statements.

What people and services write is a value: it is read by expressions and never becomes one. A dot reads a key of an
object and nothing else; there are no methods, and only the filters, tests and functions of `catalog.filter`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache

from jinja2 import TemplateSyntaxError, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.parser import Parser
from pydantic import JsonValue

from catalog.operand import LONGEST_TEXT, UnfitError, as_text, plain
from catalog.sandbox import Sandbox, check, read
from core.errors import RejectedError

_OPEN = "${{"
_LONGEST_SOURCE = 2000
_INSIDE = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[{}]""", re.DOTALL)
_JSON_ROOTS = frozenset({"params", "steps", "trigger", "item", "index"})
Reference = tuple[str, ...]
"""What an expression reads, e.g. ("steps", "fetch", "json")."""


class _Compiled:
    """One expression. A plain path is walked without the engine: it is what most of them are. Any other is made ready
    when it is first worked out, which costs more than reading it.
    """

    def __init__(self, source: str, tree: nodes.Expr, environment: Sandbox) -> None:
        self.source = source
        self.references: tuple[Reference, ...] = tuple(dict.fromkeys(_references(tree)))
        self._path = _path(tree)
        self._tree = tree
        self._environment = environment

    def value(self, scope: Mapping[str, object]) -> JsonValue:
        """Raises RejectedError that says what was wrong, without any value."""
        try:
            if self._path is None:
                return plain(self._evaluate(scope))
            found = scope.get(str(self._path[0]), _ABSENT)
            if found is _ABSENT:
                raise UnfitError(f"there is no “{self._path[0]}”")
            for key in self._path[1:]:
                found = read(found, key)
            if type(found) in _SCALARS or (self._path[0] in _JSON_ROOTS and isinstance(found, (dict, list))):
                return found  # type: ignore[return-value]  # what the scope holds under these names is JSON
            return plain(found)
        except _UNDERSTOOD as error:
            raise RejectedError(f"{_OPEN} {_short(self.source)} }}}}: {_reason(error)}.") from None

    @cached_property
    def _evaluate(self) -> TemplateExpression:
        self._tree.set_environment(self._environment)
        body: list[nodes.Node] = [nodes.Assign(nodes.Name("result", "store"), self._tree, lineno=1)]
        return TemplateExpression(
            self._environment.from_string(nodes.Template(body, lineno=1)), undefined_to_none=False
        )


_ABSENT = object()
_SCALARS = (str, int, bool, type(None))
_UNDERSTOOD = (
    UnfitError,
    UndefinedError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    RecursionError,
    AttributeError,
)


def _reason(error: Exception) -> str:
    """Say what went wrong, never with a value."""
    if isinstance(error, UnfitError):
        return str(error)
    if isinstance(error, UndefinedError):
        return str(error.message)
    if isinstance(error, ZeroDivisionError):
        return "it divides by zero"
    return "its parts do not fit together"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:199] + "…"  # noqa: PLR2004  # one line of a message


class Expressions:
    """Works out expressions. Compiled ones are kept, so that each is parsed once."""

    def __init__(self) -> None:
        self._environment = Sandbox()
        self._compiled = lru_cache(maxsize=8192)(self._compile)
        self._parts = lru_cache(maxsize=8192)(self._split)

    def render(self, value: JsonValue, scope: Mapping[str, object]) -> JsonValue:
        """Resolve the expressions in a value. A string that is exactly one expression takes the type of its result.

        Raises RejectedError that names the expression and what was wrong with it, and never a value.
        """
        if isinstance(value, str):
            return self._render_text(value, scope) if _OPEN in value else value
        if isinstance(value, dict):
            return {key: self.render(item, scope) for key, item in value.items()}
        if isinstance(value, list):
            return [self.render(item, scope) for item in value]
        return value

    def outline(self, value: JsonValue, scope: Mapping[str, object]) -> JsonValue:
        """As `render`, before all is known: what the scope does not hold yet reads “…”."""
        if isinstance(value, dict):
            return {key: self.outline(item, scope) for key, item in value.items()}
        if isinstance(value, list):
            return [self.outline(item, scope) for item in value]
        if not isinstance(value, str) or _OPEN not in value:
            return value
        outlined = [part if isinstance(part, str) else _or_gap(part, scope) for part in self._parts(value)]
        return outlined[0] if len(outlined) == 1 else "".join(map(as_text, outlined))

    def condition(self, text: str, scope: Mapping[str, object]) -> bool:
        """Work out an `if`, written with or without `${{ }}`. Empty, zero and null are false. Raises RejectedError."""
        return bool(self._condition(text).value(scope))

    def references(self, value: JsonValue) -> list[Reference]:
        """What the expressions in a value read, in order. Raises RejectedError for one that is not well formed."""
        return list(dict.fromkeys(found for part in self._found(value) for found in part.references))

    def condition_references(self, text: str) -> list[Reference]:
        """The same for an `if`."""
        return list(self._condition(text).references)

    @staticmethod
    def has_any(value: JsonValue) -> bool:
        """Whether a value holds an expression."""
        if isinstance(value, dict):
            return any(map(Expressions.has_any, value.values()))
        return (
            any(map(Expressions.has_any, value))
            if isinstance(value, list)
            else isinstance(value, str) and _OPEN in value
        )

    def _found(self, value: JsonValue) -> Iterator[_Compiled]:
        if isinstance(value, str):
            yield from (part for part in self._parts(value) if isinstance(part, _Compiled))
        elif isinstance(value, (dict, list)):
            for item in value.values() if isinstance(value, dict) else value:
                yield from self._found(item)

    def _condition(self, text: str) -> _Compiled:
        parts = self._parts(text.strip()) if _OPEN in text else (self._compiled(text.strip()),)
        if len(parts) != 1 or not isinstance(parts[0], _Compiled):
            raise RejectedError(f"“{_short(text)}” must be one expression, e.g. {_OPEN} params.count > 0 }}}}.")
        return parts[0]

    def _render_text(self, text: str, scope: Mapping[str, object]) -> JsonValue:
        parts = self._parts(text)
        if len(parts) == 1 and isinstance(parts[0], _Compiled):
            return parts[0].value(scope)
        texts = [part if isinstance(part, str) else as_text(part.value(scope)) for part in parts]
        if sum(map(len, texts)) > LONGEST_TEXT:
            raise RejectedError(f"“{_short(text)}”: the text becomes too long.")
        return "".join(texts)

    def _split(self, text: str) -> tuple[str | _Compiled, ...]:
        parts: list[str | _Compiled] = []
        position = 0
        while (start := text.find(_OPEN, position)) >= 0:
            end = _end(text, start + len(_OPEN))
            if end < 0:
                raise RejectedError(f"“{_short(text[start:])}”: “{_OPEN}” is not closed by “}}}}”.")
            if start > position:
                parts.append(text[position:start])
            parts.append(self._compiled(text[start + len(_OPEN) : end].strip()))
            position = end + 2
        if position < len(text):
            parts.append(text[position:])
        return tuple(parts)

    def _compile(self, source: str) -> _Compiled:
        try:
            tree = self._parse(source)
            check(tree)
        except UnfitError as error:
            raise RejectedError(f"{_OPEN} {_short(source)} }}}}: {error}.") from None
        except RecursionError as error:
            raise RejectedError(f"{_OPEN} {_short(source)} }}}}: it is nested too deeply.") from error
        return _Compiled(source, tree, self._environment)

    def _parse(self, source: str) -> nodes.Expr:
        if len(source) > _LONGEST_SOURCE:
            raise UnfitError(f"it is longer than {_LONGEST_SOURCE} characters")
        if source.startswith(("%", "#")) or "{%" in source:
            raise UnfitError("only expressions are understood, no statements")
        try:
            parser = Parser(self._environment, source, state="variable")
            tree = parser.parse_expression()
            if not parser.stream.eos:
                raise UnfitError("there is something after its end")
        except TemplateSyntaxError as error:
            raise UnfitError(f"it is not an expression ({error.message})") from None
        return tree


def _or_gap(part: _Compiled, scope: Mapping[str, object]) -> JsonValue:
    try:
        return part.value(scope)
    except RejectedError:
        return "…"


def _end(text: str, start: int) -> int:
    """Return where the closing braces begin, past quoted texts and nested objects; -1 for nowhere."""
    depth = 0
    for match in _INSIDE.finditer(text, start):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}" and depth:
            depth -= 1
        elif match[0] == "}" and text.startswith("}}", match.start()):
            return match.start()
    return -1


def _path(node: nodes.Node) -> tuple[str | int, ...] | None:
    """Return `("steps", "a", 0)` of an expression that only reads; none for any other."""
    keys: list[str | int] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        key = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            return None
        keys.append(key)
        node = node.node
    return (node.name, *reversed(keys)) if isinstance(node, nodes.Name) else None


def _references(node: nodes.Node) -> Iterator[Reference]:
    if path := _path(node):
        end = next((place for place, key in enumerate(path) if isinstance(key, int)), len(path))
        yield tuple(str(key) for key in path[:end])
        return
    for child in node.iter_child_nodes(exclude=("node",) if isinstance(node, nodes.Call) else ()):
        yield from _references(child)
