"""What a step will do, worked out before it runs: its summary, effect and risk. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from agent.knowledge import Knowledge
from agent.phrases import shorten
from agent.private import given_as_seen
from agent.reply import ShownStep
from agent.viewer import Viewer
from catalog import flow
from catalog.workflow import Step, Workflow
from core.errors import ErrandError
from tools.step import AnyStepType, Effect, Risk, StepParams

_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A step as far as it can be known beforehand. A step type that is unknown here may need anything."""

    shown: ShownStep
    needs_network: bool


def foresee(viewer: Viewer, step: Step, scope: Mapping[str, object], *, stands_in_for: Sequence[str] = ()) -> Foreseen:
    """Work out one step; `stands_in_for` are the titles of those in whose place it runs. What needs earlier steps is unknown: it reads “…” in the summary, and effect and risk are the
    worst that the step type can have if they hang on it.
    """
    knowledge = viewer.knowledge
    step_type = knowledge.step_types.find(step.uses)
    title = step_title(knowledge, step)
    if step_type is None:
        return Foreseen(
            shown=ShownStep(id=step.id, title=title, summary=title, effect="once", risk="high"), needs_network=True
        )
    known = _resolved(knowledge, step, scope)
    params = _params(step_type, known) if len(known) == len(step.with_) and not step.for_each else None
    unknown = step.with_.keys() - known.keys()
    effect, risk = _judge(step_type, params or _partial(step_type, known, unknown))
    params = params or _params(step_type, _outlined(knowledge, step, scope))
    summary = shorten(step_type.summarize(params), _LONGEST) if params is not None else title
    return Foreseen(
        shown=ShownStep(
            id=step.id,
            title=title,
            summary=_with_condition(viewer, step, summary, stands_in_for),
            effect=effect.value,
            risk=risk.value,
        ),
        needs_network=step_type.needs_network or step_type.connector is not None,
    )


def recall(viewer: Viewer, workflow: Workflow, step: Step, given: JsonValue) -> ShownStep:
    """What a step did, from the parameters that were recorded of it. What was hidden or cut in them counts as the worst;
    what this viewer does not see changes only what is told.
    """
    knowledge = viewer.knowledge
    step_type = knowledge.step_types.find(step.uses)
    title = step_title(knowledge, step)
    if step_type is None or not isinstance(given, dict):
        return ShownStep(id=step.id, title=title, summary=title, effect="once", risk="high")
    params = _params(step_type, given)
    effect, risk = _judge(step_type, params or _partial(step_type, {}, step.with_.keys()))
    seen = given_as_seen(viewer, workflow, step, given)
    told = params if seen is given or not isinstance(seen, dict) else _params(step_type, seen)
    summary = shorten(step_type.summarize(told), _LONGEST) if told is not None else title
    return ShownStep(id=step.id, title=title, summary=summary, effect=effect.value, risk=risk.value)


def _with_condition(viewer: Viewer, step: Step, summary: str, stands_in_for: Sequence[str]) -> str:
    if step.for_each:
        summary = viewer.phrases.plain("step.each", summary=summary)
    if stands_in_for:
        failing = ", ".join(f"“{title}”" for title in stands_in_for)
        summary = viewer.phrases.plain("step.if_fails", steps=failing, summary=summary)
    return viewer.phrases.plain("step.maybe", summary=summary) if step.if_ else summary


def step_title(knowledge: Knowledge, step: Step) -> str:
    return flow.step_title(step, knowledge.step_types)


def _resolved(knowledge: Knowledge, step: Step, scope: Mapping[str, object]) -> dict[str, JsonValue]:
    """Those parameters that can be worked out now."""
    known: dict[str, JsonValue] = {}
    for name, value in step.with_.items():
        try:
            known[name] = knowledge.expressions.render(value, scope)
        except ErrandError:
            continue
    return known


def _outlined(knowledge: Knowledge, step: Step, scope: Mapping[str, object]) -> dict[str, JsonValue]:
    """All parameters, with gaps for what is not known yet."""
    return {name: knowledge.expressions.outline(value, scope) for name, value in step.with_.items()}


def _params(step_type: AnyStepType, known: dict[str, JsonValue]) -> StepParams | None:
    try:
        params: StepParams = step_type.params.model_validate(known)
    except ValidationError:
        return None
    return params


def _partial(step_type: AnyStepType, known: dict[str, JsonValue], unknown: AbstractSet[str]) -> StepParams:
    """Parameters with gaps, which only `_judge` looks at: what is unknown is absent, its default does not stand in."""
    params: StepParams = step_type.params.model_construct(**known)
    for name, field in step_type.params.model_fields.items():
        if name in unknown or field.alias in unknown:
            params.__dict__.pop(name, None)
    return params


def _judge(step_type: AnyStepType, params: StepParams) -> tuple[Effect, Risk]:
    try:
        effect = step_type.effect_of(params)
    except (AttributeError, KeyError, TypeError, ValueError):
        effect = Effect.ONCE
    try:
        risk = step_type.risk_of(params)
    except (AttributeError, KeyError, TypeError, ValueError):
        risk = Risk.HIGH
    return effect, risk
