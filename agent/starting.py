"""What may be started by its name, and the form of a template's parameters: for surfaces where somebody picks or types a name.
Starts nothing; what comes back is checked as what a sentence gave, and what is missing then is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from agent.filling import checked, control_of, label_of
from agent.reply import FormField, FormPart
from agent.viewer import Viewer
from catalog.check import is_blank
from catalog.kind import KINDS
from catalog.workflow import Parameter, Template
from core.errors import InvalidValueError
from store.record import WorkflowRecord, WorkflowState

PICK, RUN, START = "pick:", "run-now:", "start:"
_SAVED = (WorkflowState.ACTIVE, WorkflowState.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Startable:
    """A saved automation, or a template, whose parameters are asked for first. `action` is what picking it means."""

    title: str
    action: str

    @property
    def template_id(self) -> str:
        """Empty for an automation."""
        return self.action.removeprefix(PICK) if self.action.startswith(PICK) else ""

    @property
    def label(self) -> str:
        """As it is offered: the dots say that a form opens."""
        return f"{self.title} …" if self.template_id else self.title


def startables(workflows: Iterable[WorkflowRecord], templates: Iterable[Template]) -> list[Startable]:
    """Somebody's saved automations, then all templates."""
    saved = [Startable(title=one.name, action=f"{RUN}{one.id}") for one in workflows if one.state in _SAVED]
    return [*saved, *(Startable(title=one.title, action=f"{PICK}{one.id}") for one in templates)]


def fitting(offered: Iterable[Startable], typed: str) -> list[Startable]:
    """Those in whose title this stands."""
    wanted = _plain(typed)
    return [one for one in offered if wanted in _plain(one.title)]


def named(offered: Sequence[Startable], typed: str) -> Startable | None:
    """The only one that is called so; else the only template with this in its title. An automation that would run at once has to
    be called by its whole name.
    """
    wanted = _plain(typed)
    whole = [one for one in offered if _plain(one.title) == wanted]
    found = whole or [one for one in fitting(offered, typed) if wanted]
    return found[0] if len(found) == 1 and (whole or found[0].template_id) else None


def start_form(viewer: Viewer, template: Template, fields: Mapping[str, JsonValue] | None = None) -> FormPart:
    """Its defaults apply to what is left empty; only a box that is ticked or not has to show its own. With `fields` it shows
    what was filled in, and what is wrong with that.
    """
    given = fields or {}
    return FormPart(
        action=f"{START}{template.id}",
        title=template.title,
        text=viewer.phrases("form.intro"),
        fields=[_field(viewer, name, one, given.get(name)) for name, one in template.parameters.items()],
        submit=viewer.phrases.plain("button.save"),
    )


def _field(viewer: Viewer, name: str, parameter: Parameter, given: JsonValue) -> FormField:
    kind = KINDS[parameter.kind]
    shown = parameter.default if isinstance(parameter.default, bool) else None
    return FormField(
        name=name,
        label=label_of(name, parameter),
        input=control_of(parameter),
        value=shown if is_blank(given) else given,
        hint=parameter.hint or (viewer.phrases.plain("form.hint", example=kind.example) if kind.example else ""),
        is_required=parameter.is_required,
        options=parameter.options,
        error=_problem(viewer, parameter, given),
    )


def _problem(viewer: Viewer, parameter: Parameter, given: JsonValue) -> str:
    if is_blank(given):
        return ""
    try:
        checked(viewer, parameter, given)
    except InvalidValueError as error:
        return error.message
    return ""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
