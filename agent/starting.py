"""The form of a template's parameters, for surfaces where somebody picks a template by name. Starts nothing; what comes
back is checked as what a sentence gave, and what is missing then is asked for.
"""

from __future__ import annotations

from agent.filling import label_of
from agent.phrases import Phrases
from agent.reply import FormField, FormPart
from catalog.kind import KINDS
from catalog.workflow import Parameter, Template


def start_form(template: Template, phrases: Phrases) -> FormPart:
    """Its defaults apply to what is left empty; only a box that is ticked or not has to show its own."""
    return FormPart(
        action=f"start:{template.id}",
        title=template.title,
        text=phrases("form.intro"),
        fields=[_field(name, parameter, phrases) for name, parameter in template.parameters.items()],
        submit=phrases.plain("button.save"),
    )


def _field(name: str, parameter: Parameter, phrases: Phrases) -> FormField:
    kind = KINDS[parameter.kind]
    return FormField(
        name=name,
        label=label_of(name, parameter),
        input=kind.input,
        value=parameter.default if isinstance(parameter.default, bool) else None,
        hint=parameter.hint or (phrases.plain("form.hint", example=kind.example) if kind.example else ""),
        is_required=parameter.is_required,
        options=parameter.options,
    )
