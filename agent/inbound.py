"""What reaches Errand from a surface, free of any surface's own types."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """`earlier` is what people said there before Errand was called, oldest first: from it values may be suggested."""

    text: str
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button: `action` is an action id that a reply carried, e.g. `approve:prp_…:1a2b3c4d5e6f`."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """A filled form: `action` is the form's action id. Secrets arrive only this way, never as text."""

    action: str
    fields: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One message, press or form. `delivery_id` is the surface's own id of this delivery: a repetition has the same."""

    surface: str
    conversation_id: str
    person_id: str
    delivery_id: str
    content: Text | Press | Submit
