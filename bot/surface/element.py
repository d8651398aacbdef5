"""What a part of a reply is made of on an outside surface, free of any markup. Each adapter lays these out in its own payload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.reply import Action, Choice, FormPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Texts of somebody's, one behind the other: a mark of ours, what stands out, the rest, and code. `detail` is below."""

    mark: str = ""
    strong: str = ""
    text: str = ""
    code: str = ""
    detail: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.strong or self.text or self.code or self.detail)


@dataclass(frozen=True, slots=True)
class Title:
    """Of a card, or of a list."""

    text: str
    is_card: bool = True


@dataclass(frozen=True, slots=True)
class Lines:
    """What belongs together; `is_small` is what matters less."""

    lines: Sequence[Line]
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """`note` says where it is from, where that is worth saying."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Rich:
    """Markdown."""

    markdown: str


@dataclass(frozen=True, slots=True)
class Buttons:
    actions: Sequence[Action]


@dataclass(frozen=True, slots=True)
class Choosing:
    """Buttons, or whatever the surface has for one of many."""

    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Opening:
    """A button that opens a form, and the one that drops it."""

    form: FormPart


Element = Title | Lines | Values | Rich | Buttons | Choosing | Opening
