"""The step types and sources as a model reads them: what each does, needs and gives, derived from the registry."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, JsonValue

from tools.registry import StepRegistry
from tools.step import Effect


def steps_shown(steps: StepRegistry) -> list[JsonValue]:
    """Each step type with its parameters and results."""
    return [
        {
            "uses": one.name,
            "title": one.title,
            "description": one.description,
            "effect": one.effect.value if isinstance(one.effect, Effect) else "depends on its values",
            "with": _fields(one.params),
            "gives": list(_fields(one.result)),
        }
        for one in steps
    ]


def sources_shown(steps: StepRegistry) -> list[JsonValue]:
    """Each source of a trigger, whose new items start runs."""
    return [
        {
            "uses": one.name,
            "title": one.title,
            "with": _fields(one.params),
            "is_looked_at": one.look is not None,
            "item": list(_fields(one.item)) if one.item is not None else "depends on what is read",
        }
        for one in steps.sources()
    ]


def _fields(model: type[BaseModel]) -> dict[str, JsonValue]:
    """What of a model's schema says what to write: type, meaning, choices, and whether it must be there."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    defs = schema.get("$defs", {})
    return {name: _field(one, defs, name in required) for name, one in schema.get("properties", {}).items()}


def _field(field: Mapping[str, JsonValue], defs: Mapping[str, JsonValue], is_required: bool) -> JsonValue:  # noqa: FBT001  # of one property
    kept: dict[str, JsonValue] = {
        name: value
        for name, value in field.items()
        if name in {"type", "description", "enum", "anyOf", "items", "default"}
    }
    reference = str(field.get("$ref", "")).rpartition("/")[2]
    if reference in defs:
        kept["form"] = defs[reference]
    return kept | {"required": True} if is_required else kept
