"""Finds the step types by listing `tools/steps/`. Imports their modules, never the heavy libraries that they use to run."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from types import ModuleType

from core.errors import CatalogError
from tools.step import AnyStepType, StepType

_NAME = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")


class StepRegistry:
    """All step types, by name, in the order of their names."""

    def __init__(self, step_types: Iterable[AnyStepType]) -> None:
        self._types = {step_type.name: step_type for step_type in sorted(step_types, key=lambda it: it.name)}

    def find(self, name: str) -> AnyStepType | None:
        return self._types.get(name)

    def names(self) -> list[str]:
        return list(self._types)

    def __iter__(self) -> Iterator[AnyStepType]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)


def literal_fields(step_type: AnyStepType) -> set[str]:
    """Return the parameters of a step type that hold code and therefore take no pasted values."""
    fields = step_type.params.model_fields
    return {
        name
        for name, field in fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("literal")
    }


def load_steps(package: str = "tools.steps") -> StepRegistry:
    """Return every step type of a package. Raises CatalogError that lists all problems at once.

    Each module lists its own in `STEPS`; a module whose name begins with `_` is passed over.
    """
    found: dict[str, str] = {}
    step_types: list[AnyStepType] = []
    problems: list[str] = []
    for name in _module_names(package):
        listed, problem = _listed(importlib.import_module(name))
        if problem:
            problems.append(problem)
        for step_type in listed:
            if step_type.name in found:
                problems.append(f"{name}: the step type {step_type.name} is already in {found[step_type.name]}")
            elif not _NAME.fullmatch(step_type.name):
                problems.append(f"{name}: “{step_type.name}” is not a name such as file.read")
            else:
                found[step_type.name] = name
                step_types.append(step_type)
    if problems:
        raise CatalogError(problems)
    return StepRegistry(step_types)


def _module_names(package: str) -> list[str]:
    folder = importlib.import_module(package).__path__
    return sorted(f"{package}.{info.name}" for info in pkgutil.iter_modules(folder) if not info.name.startswith("_"))


def _listed(module: ModuleType) -> tuple[list[AnyStepType], str]:
    """Return a module's step types and what is wrong with its list, if anything."""
    listed = getattr(module, "STEPS", None)
    if not isinstance(listed, (tuple, list)) or not listed:
        return [], f"{module.__name__}: has no STEPS"
    if wrong := [item for item in listed if not isinstance(item, StepType)]:
        return [], f"{module.__name__}: STEPS holds {type(wrong[0]).__name__}, not a StepType"
    return list(listed), ""
