"""One step of a run, from its attempts: state, time, tries, items, and a word on what it does now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent import checking
from agent.moment import show_moment
from agent.reply import StepProgress, StepState
from agent.shown_step import step_title
from agent.viewer import Viewer
from catalog.workflow import Step
from core.errors import OutcomeUnknownError
from store.record import AttemptState, Run, StepAttempt, Waiting
from store.record.note import waits_for

_STATES: dict[AttemptState, StepState] = {
    AttemptState.STARTED: "running",
    AttemptState.SUCCEEDED: "succeeded",
    AttemptState.FAILED: "failed",
    AttemptState.SKIPPED: "skipped",
    AttemptState.WAITING: "waiting",
    AttemptState.CANCELLED: "cancelled",
}
_DONE = (AttemptState.SUCCEEDED, AttemptState.SKIPPED)


def progress(
    viewer: Viewer, run: Run, step: Step, attempts: Sequence[StepAttempt], *, instead: Sequence[str] = ()
) -> StepProgress:
    """Where a step stands. `instead` are the titles of the steps that stand in for it when it fails."""
    title = step_title(viewer.knowledge, step)
    if not attempts:
        detail = viewer.phrases.plain("step.not_reached") if run.state.is_final else ""
        return StepProgress(id=step.id, title=title, state="pending", detail=detail)
    newest = _newest_of_items(attempts)
    state = _state(run, step, newest)
    items = [one for one in newest if one.item >= 0]
    started = min(one.started_at for one in attempts)
    return StepProgress(
        id=step.id,
        title=title,
        state=state,
        attempts=max(one.number for one in attempts) if state != "skipped" else 0,
        started_at=started.isoformat() if state != "skipped" else None,
        took_ms=_took_ms(viewer, run, started, newest) if state not in ("skipped", "waiting") else None,
        items_done=sum(one.state in _DONE for one in items) if items else None,
        items=len(items) if items else None,
        detail="; ".join(
            text for text in (_detail(viewer, step, newest, state, instead), checking.said(viewer, attempts)) if text
        ),
    )


def _newest_of_items(attempts: Sequence[StepAttempt]) -> list[StepAttempt]:
    """The newest attempt of each item (of the step itself when it has none)."""
    newest: dict[int, StepAttempt] = {}
    for attempt in attempts:
        known = newest.get(attempt.item)
        if known is None or attempt.number >= known.number:
            newest[attempt.item] = attempt
    return list(newest.values())


def _state(run: Run, step: Step, newest: list[StepAttempt]) -> StepState:
    """The whole step's record counts when there is one; else the least finished item's, tolerated failures left out."""
    whole = [one for one in newest if one.item < 0]
    states = [attempt_state(run, one) for one in whole or newest]
    if not whole and step.for_each and 0 < states.count("failed") <= step.for_each.tolerated(len(states)):
        states = [state for state in states if state != "failed"] or states
    for state in ("running", "waiting", "failed", "cancelled"):
        if state in states:
            return "running" if state == "failed" and not whole and not run.state.is_final else state
    return "skipped" if set(states) == {"skipped"} else "succeeded"


def attempt_state(run: Run, attempt: StepAttempt) -> StepState:
    """How one try stands: one that is tried again waits, and what a run's end left open is cancelled."""
    if attempt.state is AttemptState.FAILED and attempt.due_at is not None and not run.state.is_final:
        return "waiting"
    if run.state.is_final and attempt.state in (AttemptState.STARTED, AttemptState.WAITING):
        return "cancelled"
    return _STATES[attempt.state]


def _took_ms(viewer: Viewer, run: Run, started: datetime, newest: list[StepAttempt]) -> int:
    ends = [one.ended_at for one in newest if one.ended_at is not None]
    is_over = len(ends) == len(newest)
    end = max(ends) if is_over else (run.ended_at or viewer.now)
    return max(0, int((end - started).total_seconds() * 1000))


def _detail(viewer: Viewer, step: Step, newest: list[StepAttempt], state: StepState, instead: Sequence[str]) -> str:
    """Why it failed and what was done instead, or when it goes on."""
    phrases = viewer.phrases
    failed = [one for one in newest if one.failure is not None]
    message = failed[-1].failure.message if failed and failed[-1].failure else ""
    asks = Waiting.APPROVAL  # its times are on the card of what it asks
    due = [one.due_at for one in newest if one.due_at is not None and waits_for(one) is not asks]
    if state == "waiting" and due:
        at = show_moment(min(due), viewer.zone, viewer.now, phrases)
        return phrases.plain("step.next_try", at=at, message=message) if message else phrases.plain("step.until", at=at)
    if state == "failed" and step.on_error == "continue":
        return phrases.plain("step.passed_over", message=message)
    if state == "failed" and instead:
        return phrases.plain("step.stood_in", message=message, steps=", ".join(f"“{title}”" for title in instead))
    if state == "succeeded" and (items := [one for one in newest if one.state is AttemptState.FAILED]):
        return phrases.plain("step.items_failed", failed=len(items), items=len(newest), message=message)
    if state == "cancelled":
        doubtful = [one.failure for one in newest if one.failure and one.failure.cause == OutcomeUnknownError.cause]
        return doubtful[-1].message if doubtful else ""
    return message if state == "failed" else ""
