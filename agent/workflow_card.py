"""The card of a saved automation: when it runs, how it went last, what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.approving import webhook_url
from agent.card_words import card_words
from agent.moment import show_moment
from agent.proposal_card import shown_schedule, trigger_text
from agent.reply import Action, WorkflowCard
from agent.viewer import Viewer
from agent.webhook import scheme_name
from catalog.proposal import ProposalContent
from catalog.signing import signing_of
from store.record import Run, TriggerKind, TriggerRecord, WorkflowRecord, WorkflowState


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRecords:
    """A workflow with its newest version, its triggers, its newest run and how many there were."""

    workflow: WorkflowRecord
    content: ProposalContent
    triggers: Sequence[TriggerRecord]
    last_run: Run | None
    runs: int


def workflow_card(viewer: Viewer, records: WorkflowRecords) -> WorkflowCard:
    """The card of a workflow that was approved once."""
    workflow, content = records.workflow, records.content
    state = workflow.state if workflow.state is not WorkflowState.DRAFT else WorkflowState.ENDED
    is_shown_running = workflow.state is WorkflowState.ACTIVE
    return WorkflowCard.model_validate(
        {
            "workflow_id": workflow.id,
            "title": workflow.name,
            "state": state.value,
            "state_text": viewer.phrases.plain(f"workflow.state_{state.value}"),
            "schedule": shown_schedule(viewer, content.schedule)
            if content.schedule and content.trigger != "event" and is_shown_running
            else None,
            "trigger_text": _trigger_text(viewer, records),
            "problem": _problem(viewer, records),
            "last_run": _last_run(viewer, records.last_run),
            "runs": records.runs,
            "words": card_words(viewer.phrases, "workflow"),
            "actions": _actions(viewer, workflow, content, _hook_actions(viewer, records)),
        }
    )


def _trigger_text(viewer: Viewer, records: WorkflowRecords) -> str:
    for trigger in records.triggers:
        if trigger.secret:
            url = webhook_url(viewer.knowledge.public_url(), trigger.secret)
            signing = signing_of(trigger.config)
            if signing is None:
                return viewer.phrases.plain("trigger.webhook_at", url=url)
            scheme = scheme_name(viewer.phrases, signing.scheme)
            return viewer.phrases.plain("trigger.webhook_signed_at", url=url, scheme=scheme)
    if (
        records.content.schedule
        and records.content.trigger != "event"
        and records.workflow.state is not WorkflowState.ACTIVE
    ):
        return viewer.knowledge.describe_schedule(
            records.content.schedule, viewer.now, viewer.zone, viewer.phrases.language
        )
    return trigger_text(viewer, records.content)


def _problem(viewer: Viewer, records: WorkflowRecords) -> str:
    """Why it was paused by itself, or what is wrong with what it looks at."""
    failing = next((one for one in records.triggers if one.failures), None)
    if failing is None or records.workflow.state not in (WorkflowState.ACTIVE, WorkflowState.PAUSED):
        return ""
    key = "stopped" if records.workflow.state is WorkflowState.PAUSED else "blind"
    return viewer.phrases.plain(f"workflow.{key}", number=failing.failures, problem=failing.problem or "")


def _last_run(viewer: Viewer, run: Run | None) -> str:
    if run is None:
        return viewer.phrases.plain("workflow.never_ran")
    at = show_moment(run.started_at or run.created_at, viewer.zone, viewer.now, viewer.phrases)
    if not run.state.is_final:  # between running and waiting it goes to and fro, and nobody tells this card of it
        return viewer.phrases.plain("workflow.going_on", at=at)
    state = viewer.phrases.plain(f"run.state_{run.state.value}")
    return viewer.phrases.plain("workflow.last_run", state=state, at=at)


def _hook_actions(viewer: Viewer, records: WorkflowRecords) -> list[Action]:
    """What can be done with the address of a webhook."""
    hook = next((one for one in records.triggers if one.kind is TriggerKind.WEBHOOK), None)
    if hook is None:
        return []
    workflow = records.workflow
    label = "button.sign_hook" if signing_of(hook.config) is None else "button.change_signature"
    sure = viewer.phrases.plain("hook.renew_sure", name=workflow.name)
    return [
        viewer.action(f"sign-hook:{workflow.id}", label),
        viewer.action(f"renew-hook:{workflow.id}", "button.renew_hook", confirm=sure),
    ]


def _actions(
    viewer: Viewer, workflow: WorkflowRecord, content: ProposalContent, of_hook: Sequence[Action]
) -> list[Action]:
    if workflow.state is WorkflowState.DELETED:
        return [viewer.action(f"resume:{workflow.id}", "button.undo")]
    if workflow.state is WorkflowState.DRAFT:
        return []
    actions = [viewer.action(f"run-now:{workflow.id}", "button.run_now")] if content.trigger != "event" else []
    if content.trigger != "manual" and workflow.state is WorkflowState.ACTIVE:
        actions.append(viewer.action(f"pause:{workflow.id}", "button.pause"))
    if workflow.state is WorkflowState.PAUSED:
        actions.append(viewer.action(f"resume:{workflow.id}", "button.resume"))
    actions += of_hook
    sure = viewer.phrases.plain("workflow.delete_sure_plain", name=workflow.name)
    actions.append(viewer.action(f"delete:{workflow.id}", "button.delete", style="danger", confirm=sure))
    return actions
