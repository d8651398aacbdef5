"""The card that asks for a yes: everything that will happen, from the proposal's records. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

from pydantic import JsonValue

from agent import actions
from agent.card_words import card_words
from agent.filling import label_of
from agent.limit_words import limit_words
from agent.mention import mentions_of_all
from agent.moment import show_moment
from agent.phrases import shorten
from agent.private import as_seen, hidden_names
from agent.reply import Action, ProposalCard, ShownSchedule, ShownValue
from agent.shown_step import Foreseen, foresee, step_title
from agent.viewer import Viewer
from agent.watched import watched_text
from catalog.flow import Flow
from catalog.kind import show_value
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule
from store.record import JsonObject, Proposal, ProposalState
from tools.step import Risk

_LONGEST_VALUE = 2000
_FIRES_SHOWN = 3
_SOURCES = ("message", "default", "answer", "edit", "suggestion")


def proposal_card(viewer: Viewer, proposal: Proposal) -> ProposalCard:
    """The card of a proposal. Only an open one has buttons."""
    content = ProposalContent.model_validate(proposal.content)
    steps = _steps(viewer, content)
    changed = _texts(proposal.shown.get("changed"))
    return ProposalCard(
        proposal_id=proposal.id,
        digest=proposal.digest,
        title=content.workflow.title,
        summary=str(proposal.shown.get("summary") or ""),
        state=proposal.state.value,
        state_text=viewer.phrases.plain(f"proposal.{proposal.state.value}"),
        values=_values(viewer, content, proposal.shown, changed),
        schedule=shown_schedule(viewer, content.schedule) if content.schedule and content.trigger != "event" else None,
        trigger_text=trigger_text(viewer, content, has_changed="schedule" in changed),
        limits=limit_words(viewer, content.workflow),
        steps=[step.shown for step in steps],
        connections=_texts(proposal.shown.get("connections")),
        warnings=_warnings(viewer, content, proposal.shown, steps),
        words=card_words(viewer.phrases, "proposal"),
        actions=_actions(viewer, proposal, content) if proposal.state is ProposalState.OPEN else [],
    )


def shown_schedule(viewer: Viewer, schedule: Schedule) -> ShownSchedule:
    """A schedule in words, and its next fire times in the viewer's zone."""
    times = [one.astimezone(viewer.zone) for one in schedule.next_times(viewer.now, _FIRES_SHOWN)]
    return ShownSchedule(
        words=viewer.knowledge.describe_schedule(schedule, viewer.now, viewer.zone, viewer.phrases.language),
        timezone=schedule.timezone,
        next=[one.isoformat() for one in times],
        next_shown=[show_moment(one, viewer.zone, viewer.now, viewer.phrases) for one in times],
    )


def trigger_text(viewer: Viewer, content: ProposalContent, *, has_changed: bool = False) -> str:
    """What starts it, in a sentence or two."""
    is_once = content.schedule is not None and content.schedule.at is not None
    if content.trigger == "event":
        text = watched_text(viewer, content.model_copy(update={"params": as_seen(viewer, content)}))
    else:
        text = viewer.phrases.plain("trigger.once" if is_once else f"trigger.{content.trigger}")
    return viewer.phrases.plain("trigger.changed", text=text) if has_changed else text


def _steps(viewer: Viewer, content: ProposalContent) -> list[Foreseen]:
    """What each step will do: judged by what is true, told by what is shown."""
    handles = Flow(content.workflow).handles
    titles = {step.id: step_title(viewer.knowledge, step) for step in content.workflow.steps}
    scope = {"params": content.params, "now": viewer.local_now, "run": {"title": content.workflow.title}}
    seen = as_seen(viewer, content)
    found = []
    for step in content.workflow.steps:
        stands_in_for = [titles[failing] for failing in handles.get(step.id, ())]
        foreseen = foresee(viewer, step, scope, stands_in_for=stands_in_for)
        if seen != content.params:
            told = foresee(viewer, step, scope | {"params": seen}, stands_in_for=stands_in_for)
            shown = foreseen.shown.model_copy(update={"summary": told.shown.summary})
            foreseen = replace(foreseen, shown=shown)
        found.append(foreseen)
    return found


def _values(viewer: Viewer, content: ProposalContent, shown: JsonObject, changed: list[str]) -> list[ShownValue]:
    sources = shown.get("sources")
    known = sources if isinstance(sources, dict) else {}
    values, hidden = [], hidden_names(viewer, content.workflow)
    for name, parameter in content.workflow.parameters.items():
        value = show_value(content.params.get(name), parameter, viewer.zone)
        source = known.get(name)
        if not value and source == "default":
            continue
        if value and name in hidden:
            value = viewer.phrases.plain("card.private")
        values.append(
            ShownValue(
                name=name,
                label=label_of(name, parameter),
                value=value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "…",
                source=cast(
                    Literal["message", "default", "answer", "edit", "suggestion"],
                    source if source in _SOURCES else "message",
                ),
                is_changed=name in changed,
            )
        )
    return values


def _warnings(viewer: Viewer, content: ProposalContent, shown: JsonObject, steps: Sequence[Foreseen]) -> list[str]:
    """What was wished for and is not done, what leaves this machine, what cannot be taken back, what it replaces, who can start it."""
    plain = viewer.phrases.plain
    risky = [step.shown.summary for step in steps if step.shown.risk == Risk.HIGH.value]
    mild = [step for step in steps if step.shown.risk == Risk.LOW.value]
    leaving = [step.shown.summary for step in mild if step.needs_network]
    changing = [step.shown.summary for step in mild if not step.needs_network]
    missing = "; ".join(shorten(part) for part in _texts(shown.get("left_out")))
    warnings = [plain("warning.left_out", parts=missing)] if missing else []
    warnings += [plain("warning.high", what=shorten(what)) for what in dict.fromkeys(risky)]
    if leaving:
        warnings.append(plain("warning.leaves", what=_joined(leaving)))
    if changing:
        warnings.append(plain("warning.changes", what=_joined(changing)))
    called = sorted({mention for value in content.params.values() for mention in mentions_of_all(value)})
    if called:
        warnings.append(plain("warning.everyone", mentions=", ".join(called)))
    if content.trigger == "webhook":
        warnings.append(plain("warning.webhook"))
    if shown.get("replaces_name"):
        warnings.append(plain("warning.replaces", name=shown["replaces_name"]))
    return warnings


def _joined(summaries: list[str]) -> str:
    return "; ".join(shorten(what, 80) for what in dict.fromkeys(summaries))


def _actions(viewer: Viewer, proposal: Proposal, content: ProposalContent) -> list[Action]:
    yes = {"manual": "button.run", "schedule": "button.schedule"}.get(content.trigger, "button.switch_on")
    buttons: list[Action] = [
        viewer.action(actions.approve(proposal.id, proposal.digest), yes, style="primary"),
        viewer.action(f"rehearse:{proposal.id}", "button.rehearse"),
        viewer.action(f"decline:{proposal.id}", "button.cancel", style="danger"),
    ]
    if content.workflow.parameters or content.workflow.trigger.takes_schedule:
        buttons.insert(1, viewer.action(f"edit:{proposal.id}", "button.edit"))
    if any(content.params.get(name) for name in hidden_names(viewer, content.workflow)):
        buttons.append(viewer.action(f"show-values:{proposal.id}", "button.show_values"))
    return buttons


def _texts(value: JsonValue) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
