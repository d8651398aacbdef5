"""A YAML file as plain data that still knows its lines. Knows nothing of templates.

Read is the JSON-like part of YAML 1.2: only `true` and `false` are booleans, `9:30` and `2026-12-03` are texts, and there
are no anchors, aliases or tags.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from pydantic import JsonValue

_LARGEST_FILE = 200_000
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null")}
_MOST_LEVELS = 40
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _PlainLoader(_Loader):  # type: ignore[misc, valid-type]  # one of two classes of the library
    """Knows JSON's scalars only."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # the library's own


_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)$"), list("tf"))
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(null|~|)$"), ["n", "~", ""])
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9]\d*)$", re.ASCII), list("-0123456789")
)
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$", re.ASCII), list("-0123456789")
)


class SourceError(ValueError):
    """A file that is not plain data: the line, and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"{line}: {reason}")
        self.line = line
        self.reason = reason


def read_source(file: Path) -> yaml.MappingNode:
    """Return the file's node tree. Raises SourceError."""
    try:
        node = _compose(file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceError(mark.line + 1 if mark else 1, error.problem or "is not YAML") from error
    except UnicodeDecodeError as error:
        raise SourceError(1, "is not UTF-8 text") from error
    except RecursionError as error:
        raise SourceError(1, "is nested too deeply") from error
    except (yaml.YAMLError, OSError) as error:
        raise SourceError(1, f"cannot be read: {error}") from error
    if not isinstance(node, yaml.MappingNode):
        raise SourceError(1, "must be fields and their values")
    _refuse_odd(node)
    return node


def _compose(file: Path) -> yaml.Node | None:
    if file.stat().st_size > _LARGEST_FILE:
        raise SourceError(1, f"is larger than {_LARGEST_FILE:,} bytes")
    loader = _PlainLoader(file.read_text(encoding="utf-8"))
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def _refuse_odd(node: yaml.MappingNode) -> None:
    """Raises SourceError for what is no plain data: an alias, a tag, a doubled key, too many levels."""
    seen: set[int] = set()
    level: list[yaml.Node] = [node]
    for _ in range(_MOST_LEVELS):
        following: list[yaml.Node] = []
        for each in level:
            line = each.start_mark.line + 1
            if id(each) in seen:
                raise SourceError(line, "anchors and aliases are not understood here")
            seen.add(id(each))
            if each.tag not in _TAGS:
                raise SourceError(line, f"the tag {each.tag} is not understood here")
            if isinstance(each, yaml.MappingNode):
                _refuse_doubled(each)
                following += [value for _, value in each.value]
            elif isinstance(each, yaml.SequenceNode):
                following += each.value
        if not following:
            return
        level = following
    raise SourceError(1, "is nested too deeply")


def _refuse_doubled(node: yaml.MappingNode) -> None:
    keys: set[str] = set()
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise SourceError(line, "a key must be a word")
        if key.value in keys:
            raise SourceError(line, f"“{key.value}” is given twice")
        keys.add(key.value)


def data_of(node: yaml.Node) -> JsonValue:
    """Return a checked node's value; keys are always texts."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: data_of(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [data_of(item) for item in node.value]
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return bool(node.value == "true")
    if kind == "int" and len(node.value) < 19:  # noqa: PLR2004  # what fits into 64 bits
        return int(node.value)
    return float(node.value) if kind in ("int", "float") else str(node.value)


def line_of(node: yaml.Node, path: tuple[str | int, ...]) -> int:
    """Return the line of a place, or of the nearest thing around it that is there."""
    line = node.start_mark.line + 1
    for key in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.value == key:
                    found, line = value, name.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            found = node.value[key]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line
