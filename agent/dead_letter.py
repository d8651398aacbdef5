"""The list of failed runs: why they failed, how many, and trying all of one cause again. Executes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, utils

from agent.command import ControlFailed
from agent.moment import show_moment
from agent.phrases import shorten
from agent.reply import Action, ListItem, ListPart
from agent.scene import Scene
from agent.shown_step import step_title
from agent.viewer import Viewer
from catalog.proposal import ProposalContent
from core.canonical import digest
from store.record import DeadLetters, Priority, Shows, WorkflowRecord, WorkflowState

MOST_AT_ONCE = 200
"""So many runs are tried again by one press; the next press takes the next ones."""
_LONGEST_MESSAGE = 200
_ALIKE = 75
ALL = "all"


async def control_failed(scene: Scene, command: ControlFailed) -> None:
    """List failed runs, try them again or take them out of the list: all, one group, or those that some words are about."""
    groups = await scene.records.dead_letters.of_person(scene.person.id)
    if command.verb == "list" or not groups:
        scene.show(Shows.FAILED, scene.person.id)
        return
    chosen = _chosen(groups, command)
    if not chosen:
        scene.say("failed.no_such", words=command.words or "")
    elif command.verb == "retry":
        await _retry(scene, chosen)
    else:
        await _dismiss(scene, chosen)
    scene.show(Shows.FAILED, scene.person.id)


def key_of(group: DeadLetters) -> str:
    """What a button calls a group: its workflow, and a word for step and cause."""
    return f"{group.workflow_id}.{digest([group.failure.step_id, group.failure.cause])[:8]}"


def failed_list(
    viewer: Viewer,
    groups: Sequence[tuple[DeadLetters, WorkflowRecord | None, ProposalContent | None]],
) -> ListPart:
    """The list as it is now."""
    plain = viewer.phrases.plain
    total = sum(group.count for group, _, _ in groups)
    everything = viewer.action(f"retry-group:{ALL}", "button.retry_everything")
    return ListPart(
        title=viewer.phrases.count("failed.title", total) if groups else plain("failed.title_none"),
        items=[_item(viewer, *each) for each in groups],
        empty=plain("failed.empty"),
        actions=[everything] if len(groups) > 1 else [],
    )


def _item(
    viewer: Viewer, group: DeadLetters, workflow: WorkflowRecord | None, content: ProposalContent | None
) -> ListItem:
    plain, failure = viewer.phrases.plain, group.failure
    at = show_moment(group.last_at, viewer.zone, viewer.now, viewer.phrases)
    name = workflow.name if workflow else plain("run.unnamed")
    steps = content.workflow.steps if content else []
    step = next((step_title(viewer.knowledge, one) for one in steps if one.id == failure.step_id), "")
    where = plain("failed.where", step=step, cause=failure.cause) if step else failure.cause
    lines = [
        f"{where} · {at}",
        shorten(failure.message, _LONGEST_MESSAGE),
        failure.advice,
    ]
    return ListItem(
        title=viewer.phrases.count("failed.group", group.count, name=name),
        detail="\n".join(line for line in lines if line),
        actions=_actions(viewer, group, workflow),
    )


def _actions(viewer: Viewer, group: DeadLetters, workflow: WorkflowRecord | None) -> list[Action]:
    key, is_one = key_of(group), group.count == 1
    found = [
        viewer.action(f"show-run:{group.newest_run_id}", "button.show"),
        viewer.action(f"dismiss-group:{key}", "button.dismiss"),
    ]
    if workflow is not None and workflow.state is not WorkflowState.DELETED:
        label = viewer.phrases.plain("button.retry" if is_one else "button.retry_group", number=group.count)
        found.insert(0, Action(id=f"retry-group:{key}", label=label))
    return found


def _chosen(groups: Sequence[DeadLetters], command: ControlFailed) -> list[DeadLetters]:
    if command.key not in (None, ALL):
        return [group for group in groups if key_of(group) == command.key]
    if command.words:
        return [group for group in groups if _is_about(group, command.words)]
    return list(groups)


def _is_about(group: DeadLetters, words: str) -> bool:
    """Whether somebody who says “because of a timeout” means this cause or this message."""
    said = utils.default_process(words).replace("timeout", "timed out")
    cause = utils.default_process(group.failure.cause)
    message = utils.default_process(group.failure.message)
    return fuzz.token_set_ratio(said, cause) >= _ALIKE or fuzz.partial_ratio(said, message) >= _ALIKE + 15


async def _retry(scene: Scene, groups: Sequence[DeadLetters]) -> None:
    """Put them back, behind all other work. Each goes on from its failed step, so nothing that happened is repeated."""
    tried = 0
    for group in groups:
        workflow = await scene.records.workflows.get(group.workflow_id)
        if workflow is None or workflow.state is WorkflowState.DELETED or tried >= MOST_AT_ONCE:
            continue
        tried += await _retry_group(scene, group, MOST_AT_ONCE - tried)
    left = sum(group.count for group in groups) - tried
    scene.add_text(scene.phrases.count("failed.retrying", tried))
    if left > 0:
        scene.say("failed.left", number=left)


async def _retry_group(scene: Scene, group: DeadLetters, limit: int) -> int:
    ids = await scene.records.dead_letters.run_ids(scene.person.id, group, limit=limit)
    runs = await scene.records.gallery.runs(ids)
    begun = [run_id for run_id in ids if await scene.records.runs.requeue(run_id, at=scene.now, priority=Priority.BULK)]
    for run_id in begun:
        scene.wake(runs[run_id])
        scene.attach(Shows.RUN, run_id)
    await scene.audit("retry-all", group.workflow_id, cause=group.failure.cause, runs=[*begun])
    return len(begun)


async def _dismiss(scene: Scene, groups: Sequence[DeadLetters]) -> None:
    dismissed = 0
    for group in groups:
        ids = await scene.records.dead_letters.run_ids(scene.person.id, group, limit=group.count)
        dismissed += await scene.records.dead_letters.dismiss(ids, at=scene.now)
        await scene.audit("dismiss", group.workflow_id, cause=group.failure.cause, runs=[*ids])
    scene.add_text(scene.phrases.count("failed.dismissed", dismissed))
