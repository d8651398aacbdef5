"""Commands for the wish that is being talked about: what begins, fills, shows, confirms and drops it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from catalog.schedule import Schedule
from catalog.workflow import Template, TriggerChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A retrieved template with its score (0 to 1)."""

    template_id: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Begin with a template: one of the catalog, or `template`, a workflow that was composed for this wish. `values` are
    raw candidates by parameter name, not yet checked. Several in one message are several wishes, taken up one after another.

    `needs_time`: the schedule names days but no time of day was said; the dialogue asks for it. `trigger` is set when
    the person said what starts it; none: it follows from the schedule and the template. `left_out` are parts of the wish, as
    they were written, that it does not do.
    """

    template_id: str
    template: Template | None = None
    values: dict[str, JsonValue] = field(default_factory=dict)
    schedule: Schedule | None = None
    trigger: TriggerChoice | None = None
    needs_time: bool = False
    text: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Give or correct one value of the current task. None: leave it out (take the default)."""

    name: str
    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFiles:
    """Files came with the message, and are in the files folder under these paths. A button carries the template that they
    are for.
    """

    paths: tuple[str, ...]
    template_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSchedule:
    """Give or correct when the current task runs; none: at once, by hand. Already merged with `View.schedule`.

    `needs_time`: the days are known, the time of day is not; the dialogue asks for it.
    """

    schedule: Schedule | None
    needs_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """A yes. From a button it carries the proposal's id and digest; from text it means the card shown last."""

    proposal_id: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """A no to the card shown, or to the question asked."""

    proposal_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Drop the current task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarify:
    """Several templates may be meant, or one that is better asked about: also one that was composed for this wish."""

    candidates: list[Candidate]
    text: str
    template: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Open the form with all values of the current proposal."""

    proposal_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillForm:
    """All values of an edit form, raw."""

    proposal_id: str
    fields: dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearse:
    """Show what the current proposal would send, sending nothing."""

    proposal_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotHandle:
    """Nothing fits, or it was not a wish at all. `reason` is a key of `agent.phrases`; `about` are names for its sentence."""

    reason: Literal["none", "service", "small_talk", "unclear", "unsafe", "address", "placeholder", "stale_action"]
    about: str = ""
