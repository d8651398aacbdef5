"""What reaches Errand from a surface, free of any surface's own types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

FileProblem = Literal["too_large", "gone", "no_access", "unreachable", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedFile:
    """A file that came along. `path` is where it is in the files folder; `problem`: why it is not there. None may be larger
    than `limit_bytes`.
    """

    name: str
    path: str = ""
    problem: FileProblem | None = None
    limit_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """`earlier` is what people said there before Errand was called, oldest first: from it values may be suggested. `files`
    were attached to it.
    """

    text: str
    earlier: tuple[str, ...] = ()
    files: Sequence[HandedFile] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button: `action` is an action id that a reply carried, e.g. `approve:prp_…:1a2b3c4d5e6f`."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """A filled form: `action` is the form's action id. Secrets arrive only this way, never as text. `files` were handed in
    with it; where each is stands in its field.
    """

    action: str
    fields: dict[str, JsonValue] = field(default_factory=dict)
    files: Sequence[HandedFile] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One message, press or form. `delivery_id` is the surface's own id of this delivery: a repetition has the same. `below`
    is the thread in which the answer belongs, where that is no conversation of its own.
    """

    surface: str
    conversation_id: str
    person_id: str
    delivery_id: str
    content: Text | Press | Submit
    below: str = ""
