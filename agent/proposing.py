"""Turns a filled task into a proposal: a draft workflow, its frozen version, the digest and the card. Approves nothing."""

from __future__ import annotations

from pydantic import JsonValue

from agent.connecting import connections_of
from agent.filling import shown_value, trigger_of
from agent.phrases import shorten
from agent.scene import Scene
from agent.state import Task
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule
from catalog.workflow import Template, TriggerChoice
from core.errors import StaleError
from core.ids import new_id
from store.record import (
    JsonObject,
    Proposal,
    ProposalState,
    Shows,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)

LONGEST_NAME = 80
_TELLING_KINDS = ("text", "long_text", "url", "file", "channel", "emails", "email", "person", "list")
"""Kinds whose values tell one workflow from another, the most telling first."""


def as_json(content: ProposalContent) -> JsonObject:
    """As it is stored: the same JSON that its digest covers."""
    data: JsonObject = content.model_dump(mode="json", by_alias=True)
    return data


async def propose(scene: Scene, task: Task, template: Template) -> None:
    """Show the card for a task with all its values. A card shown before is void from then on.

    Raises StaleError when that card is answered by somebody else at this very moment; the turn is then taken again.
    """
    shown = await _open_card(scene, task)
    content = await _content(scene, task, template)
    before = ProposalContent.model_validate(shown.content) if shown else None
    task.asked, task.failures, task.doubtful = None, 0, []
    if shown and before and content.model_copy(update={"version": before.version}).digest() == shown.digest:
        scene.say("card.unchanged")
        scene.show(Shows.PROPOSAL, shown.id)
        return
    if shown and not await scene.records.proposals.move(
        shown.id, expected=ProposalState.OPEN, to=ProposalState.SUPERSEDED
    ):
        raise StaleError
    await _save_version(scene, task, template, content)
    await _show_card(scene, task, template, content, before)
    if shown:
        await scene.subject_changed(Shows.PROPOSAL, shown.id)


async def _open_card(scene: Scene, task: Task) -> Proposal | None:
    """The task's card while it waits for a yes. One that was answered is left as it is: the task begins anew."""
    proposal = await scene.records.proposals.get(task.proposal_id) if task.proposal_id else None
    if proposal is not None and proposal.state is ProposalState.OPEN:
        return proposal
    task.workflow_id, task.version, task.proposal_id, task.digest = None, 0, None, None
    return None


async def _content(scene: Scene, task: Task, template: Template) -> ProposalContent:
    trigger = trigger_of(task, template)
    return ProposalContent(
        workflow_id=task.workflow_id or new_id("wfl"),
        version=task.version + 1,
        template_id=template.id,
        workflow=template.workflow(),
        params={name: task.values[name].value for name in template.parameters},
        trigger=trigger,
        schedule=_schedule(scene, task, template, trigger),
        connections=await connections_of(scene, template),
    )


def _schedule(scene: Scene, task: Task, template: Template, trigger: TriggerChoice) -> Schedule | None:
    """When it runs, or how often somebody looks for what starts it."""
    if trigger == "schedule":
        return task.schedule
    source = template.trigger.source
    if trigger != "event" or source is None or source.every is None:
        return None
    return task.schedule or source.every.model_copy(update={"timezone": scene.zone.key})


async def _save_version(scene: Scene, task: Task, template: Template, content: ProposalContent) -> None:
    workflows = scene.records.workflows
    name = await _name(scene, task, template)
    version = WorkflowVersion(
        workflow_id=content.workflow_id,
        version=content.version,
        digest=content.digest(),
        content=as_json(content),
        created_at=scene.now,
    )
    if task.workflow_id is None:
        workflow = WorkflowRecord(
            id=content.workflow_id,
            name=name,
            person_id=scene.conversation.person_id,
            conversation_id=scene.conversation.id,
            template_id=template.id,
            state=WorkflowState.DRAFT,
            version=version.version,
            created_at=scene.now,
            updated_at=scene.now,
        )
        await workflows.add(workflow, version)
    else:
        await workflows.add_version(version, at=scene.now)
        await workflows.rename(content.workflow_id, name, at=scene.now)
    task.workflow_id, task.version = content.workflow_id, content.version


async def _show_card(
    scene: Scene, task: Task, template: Template, content: ProposalContent, before: ProposalContent | None
) -> None:
    proposal = Proposal(
        id=new_id("prp"),
        conversation_id=scene.conversation.id,
        person_id=scene.conversation.person_id,
        digest=content.digest(),
        content=as_json(content),
        shown=await _explanation(scene, task, template, content, before),
        state=ProposalState.OPEN,
        created_at=scene.now,
    )
    await scene.records.proposals.add(proposal)
    task.proposal_id, task.digest = proposal.id, proposal.digest
    scene.say("card.changed" if before else "card.intro")
    scene.show(Shows.PROPOSAL, proposal.id)


async def _explanation(
    scene: Scene, task: Task, template: Template, content: ProposalContent, before: ProposalContent | None
) -> JsonObject:
    """What the card says beyond the content: where each value came from, what changed, what it replaces."""
    names: list[JsonValue] = []
    for connector, connection_id in content.connections.items():
        connection = await scene.records.connections.get(connection_id)
        title = scene.knowledge.connector_title(connector)
        names.append(f"{title}: {connection.name}" if connection else title)
    changed: list[JsonValue] = []
    if before is not None:
        changed += [name for name in content.params if content.params[name] != before.params.get(name)]
        changed += ["schedule"] if content.schedule != before.schedule else []
    replaced = await scene.records.workflows.get(task.replaces) if task.replaces else None
    return {
        "summary": template.summary,
        "sources": {name: task.values[name].source for name in template.parameters},
        "schedule_source": task.schedule_source,
        "changed": changed,
        "connections": names,
        "left_out": list(task.left_out),
        "replaces": replaced.id if replaced else None,
        "replaces_name": replaced.name if replaced else "",
    }


async def _name(scene: Scene, task: Task, template: Template) -> str:
    """The workflow's name: the title and what tells this one from others of its kind, unlike any name there is."""
    telling = ""
    told = [
        name for name, one in template.parameters.items() if not one.private
    ]  # a name is read wherever it is listed
    said = [name for name in told if task.values[name].source != "default"]
    kinds = {name: template.parameters[name].kind for name in said}
    ranked = sorted(
        (name for name in said if kinds[name] in _TELLING_KINDS), key=lambda name: _TELLING_KINDS.index(kinds[name])
    )
    if ranked:
        telling = shown_value(scene, template.parameters[ranked[0]], task.values[ranked[0]].value)
    wanted = shorten(f"{template.title}: {telling}" if telling else template.title, LONGEST_NAME - 5)
    taken = {one.name for one in await scene.records.workflows.of_person(scene.conversation.person_id)}
    taken -= {one for one in taken if task.replaces and one == wanted}
    return next(name for name in _numbered(wanted) if name not in taken)


def _numbered(name: str) -> list[str]:
    return [name, *(f"{name} ({number})" for number in range(2, 1000)), f"{name} {new_id('n')[-6:]}"]
