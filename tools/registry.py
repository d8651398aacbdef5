"""Finds step types and sources by listing `tools/steps/` and `tools/sources/`. Imports their modules, never the heavy
libraries that they use to run.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TypeVar

from core.errors import CatalogError
from tools.source import AnySourceType, SourceType
from tools.step import AnyStepType, StepType

_NAME = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")

T = TypeVar("T", AnyStepType, AnySourceType)


class StepRegistry:
    """All step types, by name, in the order of their names; and the sources of what starts them."""

    def __init__(self, step_types: Iterable[AnyStepType], sources: Iterable[AnySourceType] = ()) -> None:
        self._types = {step_type.name: step_type for step_type in sorted(step_types, key=lambda it: it.name)}
        self._sources = {source.name: source for source in sorted(sources, key=lambda it: it.name)}

    def find(self, name: str) -> AnyStepType | None:
        return self._types.get(name)

    def names(self) -> list[str]:
        return list(self._types)

    def source(self, name: str) -> AnySourceType | None:
        return self._sources.get(name)

    def sources(self) -> list[AnySourceType]:
        return list(self._sources.values())

    def __iter__(self) -> Iterator[AnyStepType]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)


def literal_fields(declared: AnyStepType | AnySourceType) -> set[str]:
    """Return the parameters of a step type or source that hold code and therefore take no pasted values."""
    fields = declared.params.model_fields
    return {
        name
        for name, field in fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("literal")
    }


def load_steps(package: str = "tools.steps", sources: str = "tools.sources") -> StepRegistry:
    """Return every step type and source of two packages. Raises CatalogError that lists all problems at once.

    Each module lists its own in `STEPS` or `SOURCES`; a module whose name begins with `_` is passed over.
    """
    step_types, problems = _load(package, "STEPS", StepType)
    found, more = _load(sources, "SOURCES", SourceType)
    if problems or more:
        raise CatalogError([*problems, *more])
    return StepRegistry(step_types, found)


def _load(package: str, attribute: str, kind: type[T]) -> tuple[list[T], list[str]]:
    """What the modules of a package list, and all that is wrong with it."""
    found: dict[str, str] = {}
    loaded: list[T] = []
    problems: list[str] = []
    word = "step type" if kind is StepType else "source"
    for name in _module_names(package):
        listed, problem = _listed(importlib.import_module(name), attribute, kind)
        if problem:
            problems.append(problem)
        for each in listed:
            if each.name in found:
                problems.append(f"{name}: the {word} {each.name} is already in {found[each.name]}")
            elif not _NAME.fullmatch(each.name):
                problems.append(f"{name}: “{each.name}” is not a name such as file.read")
            else:
                found[each.name] = name
                loaded.append(each)
    return loaded, problems


def _module_names(package: str) -> list[str]:
    folder = importlib.import_module(package).__path__
    return sorted(f"{package}.{info.name}" for info in pkgutil.iter_modules(folder) if not info.name.startswith("_"))


def _listed(module: ModuleType, attribute: str, kind: type[T]) -> tuple[list[T], str]:
    """Return what a module lists and what is wrong with it, if anything."""
    listed = getattr(module, attribute, None)
    if not isinstance(listed, (tuple, list)) or not listed:
        return [], f"{module.__name__}: has no {attribute}"
    if wrong := [item for item in listed if not isinstance(item, kind)]:
        return [], f"{module.__name__}: {attribute} holds {type(wrong[0]).__name__}, not a {kind.__name__}"
    return list(listed), ""
