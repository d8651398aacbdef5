"""The card of a run: what its records say, and nothing that they do not. Every sentence about an outcome is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from agent import checking
from agent.card_words import card_words
from agent.fence import fenced
from agent.gallery import RunRecords
from agent.happened import what_happened
from agent.moment import show_moment, show_span
from agent.private import Derived, hidden_names, said_as_seen
from agent.reply import Action, RunCard, StepProgress
from agent.shown_step import step_title
from agent.step_progress import progress
from agent.viewer import Viewer
from catalog.workflow import Workflow
from core.errors import ConnectionNeededError
from store.record import Run, RunState, StepAttempt, Waiting
from store.record.note import waits_for

_REQUESTS_SHOWN = 20
_ENDED_BADLY = (RunState.FAILED, RunState.CANCELLED)


def run_card(viewer: Viewer, records: RunRecords) -> RunCard:
    """The card of a run."""
    run, plain = records.run, viewer.phrases.plain
    workflow = records.content.workflow
    steps = [
        progress(
            viewer,
            run,
            step,
            [one for one in records.attempts if one.step_id == step.id],
            instead=[_title_of(viewer, workflow, step_id) for step_id in step.go_to],
        )
        for step in workflow.steps
    ]
    return RunCard(
        run_id=run.id,
        title=_title(viewer, records),
        state=run.state.value,
        state_text=state_text(viewer, records, steps),
        steps=[_brief(step, run) for step in steps],
        started_at=_iso(run.started_at),
        ended_at=_iso(run.ended_at),
        result=_result(viewer, records) if run.state is RunState.SUCCEEDED else "",
        error=_error(viewer, records),
        advice=(run.failure.advice or plain("run.advice")) if run.failure and run.state is RunState.FAILED else "",
        is_rehearsal=run.is_rehearsal,
        words=card_words(viewer.phrases, "run"),
        actions=_actions(viewer, records),
    )


def _brief(step: StepProgress, run: Run) -> StepProgress:
    """The step without the error that stands below as the run's."""
    is_said_below = run.state in _ENDED_BADLY and run.failure and step.detail == run.failure.message
    return step.model_copy(update={"detail": ""}) if is_said_below else step


def _title(viewer: Viewer, records: RunRecords) -> str:
    if records.run.is_rehearsal:
        return viewer.phrases.plain("run.rehearsal_title", title=records.name)
    return viewer.phrases.plain("run.again_title", title=records.name) if records.run.replay_of else records.name


def state_text(viewer: Viewer, records: RunRecords, steps: Sequence[StepProgress] = ()) -> str:
    """How the run stands, in a few words; with its steps also how many are done."""
    run, phrases = records.run, viewer.phrases
    if run.state.is_final:
        failed = sum(step.state == "failed" for step in steps)
        text = phrases.plain(
            f"run.final_{run.state.value}" if not run.is_rehearsal else f"run.rehearsed_{run.state.value}"
        )
        if run.state is RunState.SUCCEEDED and failed:
            text = phrases.plain("run.final_partly", count=failed)
        if run.started_at and run.ended_at:
            took = show_span(int((run.ended_at - run.started_at).total_seconds() * 1000))
            text = phrases.plain("run.took", text=text, took=took)
        if run.pruned_at is not None:
            text = f"{text}. {phrases.plain('run.pruned')}"
        return text
    if run.is_cancelling:
        return phrases.plain("run.cancelling_now")
    if run.state is RunState.WAITING and run.waiting_for is not None:
        return _waiting_text(viewer, records)
    if run.state is RunState.RUNNING and not steps:
        return phrases.plain("run.state_running")
    done = sum(step.state in ("succeeded", "skipped") for step in steps)
    return phrases.plain(f"run.now_{run.state.value}", done=done, steps=len(steps))


def _waiting_text(viewer: Viewer, records: RunRecords) -> str:
    run, phrases = records.run, viewer.phrases
    assert run.waiting_for is not None
    if run.waiting_for is Waiting.TIMER and run.due_at is not None:
        return phrases.plain("run.until", at=show_moment(run.due_at, viewer.zone, viewer.now, phrases))
    if run.waiting_for is Waiting.CONNECTION:
        connector = _connector_waited_for(viewer, records)
        title = viewer.knowledge.connector_title(connector) if connector else phrases.plain("connect.an_account")
        return phrases.plain("run.waiting_connection", title=title)
    if run.waiting_for is Waiting.CHECK:
        return checking.question(viewer, records)
    waiting = _waiting(records)
    title = _title_of(viewer, records.content.workflow, waiting.step_id if waiting else None)
    told = _told(viewer, records, waiting)
    if run.waiting_for is Waiting.SERVICE and run.due_at is not None:
        at = show_moment(run.due_at, viewer.zone, viewer.now, phrases)
        return phrases.plain(f"run.service_{told.get('why', 'down')}", service=str(told.get("prompt") or title), at=at)
    return phrases.plain(f"run.waiting_{run.waiting_for.value}", step=str(told.get("prompt") or title))


def _told(viewer: Viewer, records: RunRecords, waiting: StepAttempt | None) -> Mapping[str, JsonValue]:
    """What a step says that waits; without its question where that is made of what this viewer does not see."""
    told = waiting.output if waiting and isinstance(waiting.output, dict) else {}
    workflow = records.content.workflow
    step = next((one for one in workflow.steps if waiting and one.id == waiting.step_id), None)
    derived = Derived(viewer.knowledge.expressions, workflow, hidden_names(viewer, workflow))
    if step is not None and derived.of(step.with_.get("prompt"), step):
        return {name: value for name, value in told.items() if name != "prompt"}
    return told


def _error(viewer: Viewer, records: RunRecords) -> str:
    run = records.run
    if run.failure is None and run.state is RunState.CANCELLED:
        return _in_doubt(viewer, records)
    if run.failure is None or run.state not in _ENDED_BADLY:
        return ""
    title = _title_of(viewer, records.content.workflow, run.failure.step_id)
    key = "run.error_step" if run.failure.step_id else "run.error"
    return viewer.phrases.plain(key, step=title, message=run.failure.message, cause=run.failure.cause)


def _in_doubt(viewer: Viewer, records: RunRecords) -> str:
    """What may have happened although the run was stopped."""
    doubtful = [one for one in what_happened(viewer, records) if not one.is_certain]
    plain = viewer.phrases.plain
    return ". ".join(plain("run.may_have_happened", number=one.number, what=one.summary) for one in doubtful)


def _result(viewer: Viewer, records: RunRecords) -> str:
    """The rendered result; after a rehearsal also every request that would have been sent."""
    run = records.run
    said = said_as_seen(viewer, records, records.content.workflow.result, None, run.result) if run.result else ""
    result = said or ("" if run.is_rehearsal else viewer.phrases("run.no_result"))
    if not run.is_rehearsal:
        return result
    if hidden_names(viewer, records.content.workflow):
        return viewer.phrases("trace.hidden")
    requests = [request for attempt in records.attempts for request in attempt.requests]
    blocks = [fenced(request) for request in requests[:_REQUESTS_SHOWN]]
    if len(requests) > _REQUESTS_SHOWN:
        blocks.append(viewer.phrases("run.more_requests", number=len(requests) - _REQUESTS_SHOWN))
    heading = viewer.phrases("run.would_send" if requests else "run.would_send_nothing")
    return "\n\n".join(part for part in (heading, *blocks, result) if part)


def _actions(viewer: Viewer, records: RunRecords) -> list[Action]:
    run = records.run
    details = viewer.action(f"trace-run:{run.id}", "button.details")
    if run.state is RunState.FAILED and not run.is_rehearsal and run.pruned_at is None:
        retry = viewer.action(f"retry-run:{run.id}", "button.retry", style="primary")
        return [*_connect(viewer, records), retry, details]
    if run.state is RunState.CANCELLED and not run.is_rehearsal and run.pruned_at is None:
        return [viewer.action(f"retry-run:{run.id}", "button.go_on"), details]
    if run.state.is_final or run.is_cancelling:
        return [details]
    if run.state is RunState.WAITING and run.waiting_for is Waiting.CHECK:
        return [*checking.buttons(viewer, records), details]
    cancel = viewer.action(f"cancel-run:{run.id}", "button.cancel_run", style="danger")
    return [*_answers(viewer, records), cancel, details]


def _connect(viewer: Viewer, records: RunRecords) -> list[Action]:
    """The way to the account that was missing, if that is why it failed."""
    failure = records.run.failure
    step = next((one for one in records.content.workflow.steps if failure and one.id == failure.step_id), None)
    step_type = viewer.knowledge.step_types.find(step.uses) if step else None
    if failure is None or failure.cause != ConnectionNeededError.cause or not step_type or not step_type.connector:
        return []
    return [viewer.action(f"connect:{step_type.connector}", "button.connect")]


def _answers(viewer: Viewer, records: RunRecords) -> list[Action]:
    """Buttons for what the run waits for. What an approval step asks has a card of its own."""
    run = records.run
    if run.state is not RunState.WAITING:
        return []
    if run.waiting_for is Waiting.CONNECTION and (connector := _connector_waited_for(viewer, records)):
        return [viewer.action(f"connect:{connector}", "button.connect", style="primary")]
    return []


def _waiting_step(records: RunRecords) -> str | None:
    """The step that the run waits at."""
    waiting = _waiting(records)
    return waiting.step_id if waiting else None


def _waiting(records: RunRecords) -> StepAttempt | None:
    """The newest attempt that waits for what the run waits for."""
    wanted = records.run.waiting_for
    newest = {(one.step_id, one.item): one for one in records.attempts}
    return next((one for one in reversed(newest.values()) if waits_for(one) is wanted), None)


def _connector_waited_for(viewer: Viewer, records: RunRecords) -> str | None:
    step_id = _waiting_step(records) or (records.attempts[-1].step_id if records.attempts else None)
    for step in records.content.workflow.steps:
        step_type = viewer.knowledge.step_types.find(step.uses)
        if step_type and step_type.connector and step_id in (step.id, None):
            return step_type.connector
    return next(iter(viewer.knowledge.connectors_of(records.content.workflow)), None)


def _title_of(viewer: Viewer, workflow: Workflow, step_id: str | None) -> str:
    return next((step_title(viewer.knowledge, step) for step in workflow.steps if step.id == step_id), step_id or "")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
