"""Everything that was recorded of a run, step by step and try by try, as one part. Reads no records itself, and shows
nothing secret: values are redacted once more here, whatever the records hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from agent.card_words import card_words
from agent.gallery import RunRecords
from agent.moment import show_moment
from agent.private import hidden_names
from agent.reply import Action, TraceAttempt, TracePart, TraceStep
from agent.run_card import state_text
from agent.shown_step import step_title
from agent.step_progress import attempt_state
from agent.viewer import Viewer
from catalog.workflow import Step
from store.record import AttemptState, Run, StepAttempt
from store.record.note import waits_for
from tools.redact import Redactor, trim

_LONGEST_VALUE = 2000
"""Bytes of one value as JSON."""
_MOST_ATTEMPTS = 20
"""So many tries of one step are shown; those that failed first of all."""
_MOST_REQUESTS = 20


def trace_part(viewer: Viewer, records: RunRecords) -> TracePart:
    """The trace of a run."""
    run, is_hidden = records.run, bool(hidden_names(viewer, records.content.workflow))
    steps = [
        _step(viewer, run, step, [one for one in records.attempts if one.step_id == step.id])
        for step in records.content.workflow.steps
    ]
    return TracePart(
        run_id=run.id,
        title=viewer.phrases.plain("trace.title", title=records.name),
        state=run.state.value,
        state_text=state_text(viewer, records),
        words=card_words(viewer.phrases, "trace"),
        input=_shown(dict(run.input)) if run.input and not is_hidden else None,
        steps=[_without_values(step) for step in steps] if is_hidden else steps,
        note=viewer.phrases.plain("run.pruned" if run.pruned_at else "trace.hidden")
        if run.pruned_at or is_hidden
        else "",
        actions=_actions(viewer, records),
    )


def _actions(viewer: Viewer, records: RunRecords) -> list[Action]:
    """Ways to run it once more as a whole: the same, with another input, with other values."""
    run = records.run
    if not run.state.is_final or run.is_rehearsal or run.pruned_at is not None:
        return []
    found = [viewer.action(f"replay:{run.id}", "button.replay")]
    if run.input:
        found.append(viewer.action(f"replay-input:{run.id}", "button.replay_input"))
    if records.content.params:
        found.append(viewer.action(f"rework:{run.id}", "button.rework"))
    return found


def _step(viewer: Viewer, run: Run, step: Step, attempts: Sequence[StepAttempt]) -> TraceStep:
    shown = _worth_showing(attempts)
    newest = {one.item: one.number for one in sorted(attempts, key=lambda one: one.number)}
    return TraceStep(
        id=step.id,
        title=step_title(viewer.knowledge, step),
        uses=step.uses,
        attempts=[_attempt(viewer, run, one, is_newest=newest[one.item] == one.number) for one in shown],
        left_out=len(attempts) - len(shown),
    )


def _without_values(step: TraceStep) -> TraceStep:
    gaps: dict[str, JsonValue] = {"input": None, "output": None, "requests": []}
    return step.model_copy(update={"attempts": [one.model_copy(update=gaps) for one in step.attempts]})


def _worth_showing(attempts: Sequence[StepAttempt]) -> list[StepAttempt]:
    """Of too many tries the failed ones and then the first ones, in their order."""
    ranked = sorted(range(len(attempts)), key=lambda place: (attempts[place].failure is None, place))
    return [attempts[place] for place in sorted(ranked[:_MOST_ATTEMPTS])]


def _attempt(viewer: Viewer, run: Run, attempt: StepAttempt, *, is_newest: bool) -> TraceAttempt:
    failure = attempt.failure
    took = attempt.ended_at - attempt.started_at if attempt.ended_at else None
    return TraceAttempt(
        number=attempt.number,
        item=attempt.item if attempt.item >= 0 else None,
        state="failed" if attempt.state is AttemptState.FAILED else attempt_state(run, attempt),
        started_at=attempt.started_at.isoformat(),
        started=show_moment(attempt.started_at, viewer.zone, viewer.now, viewer.phrases),
        ended_at=attempt.ended_at.isoformat() if attempt.ended_at else None,
        took_ms=max(0, int(took.total_seconds() * 1000)) if took is not None else None,
        input=_shown(attempt.input),
        output=_shown(attempt.output) if attempt.state is AttemptState.SUCCEEDED else None,
        error=failure.message if failure else "",
        cause=failure.cause if failure else "",
        advice=failure.advice if failure else "",
        note=_note(viewer, attempt) if is_newest and not run.state.is_final else "",
        idempotency_key=attempt.idempotency_key,
        requests=[_object(request) for request in attempt.requests[:_MOST_REQUESTS]],
    )


def _note(viewer: Viewer, attempt: StepAttempt) -> str:
    """What it waits for, or when it is tried again."""
    if attempt.due_at is not None and attempt.state in (AttemptState.FAILED, AttemptState.WAITING):
        at = show_moment(attempt.due_at, viewer.zone, viewer.now, viewer.phrases)
        return viewer.phrases.plain("trace.next" if attempt.state is AttemptState.FAILED else "step.until", at=at)
    return viewer.phrases.plain("trace.waits") if waits_for(attempt) else ""


def _object(request: dict[str, JsonValue]) -> dict[str, JsonValue]:
    shown = _shown(request)
    return shown if isinstance(shown, dict) else {"body": shown}


def _shown(value: JsonValue) -> JsonValue:
    """Without anything of a secret's name or look, and not too long."""
    return trim(Redactor().value(value), _LONGEST_VALUE)
