"""Changes to what a card says: the edit form and what comes back from it, rehearsals, and saved automations opened
again. Approves nothing: each change ends in a new card.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue

from agent.approving import answer_stale
from agent.command import EditWorkflow, FillForm
from agent.filling import SCHEDULE, checked, control_of, hold_default, label_of
from agent.meant import workflow_meant
from agent.phrases import Phrases
from agent.reply import FormField, FormPart
from agent.running import start_run
from agent.scene import Scene
from agent.state import HeldValue, Task
from agent.watched import sample_input
from catalog.check import is_blank
from catalog.kind import KINDS, show_value
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule
from catalog.workflow import Parameter, Template, frozen_template
from core.errors import InvalidValueError
from store.record import JsonObject, Proposal, ProposalState, Shows, WorkflowState

_SHOWN_INPUTS = ("text", "textarea", "tel", "email", "url")


async def show_form(scene: Scene, proposal_id: str | None) -> None:
    """Show the form with all values of a card; none: the current one's."""
    proposal = await _open_proposal(scene, proposal_id)
    task = _task_of(scene, proposal) if proposal else None
    template = scene.template_of(task) if task else None
    if proposal is None or task is None or template is None:
        return
    scene.add(_form(scene, task, template, typed={}, errors={}))
    scene.attach(Shows.PROPOSAL, proposal.id)


async def apply_form(scene: Scene, command: FillForm) -> Task | None:
    """Take over a filled form. Returns the changed task; none when a field is wrong (the form is shown again)."""
    proposal = await _open_proposal(scene, command.proposal_id)
    task = _task_of(scene, proposal) if proposal else None
    template = scene.template_of(task) if task else None
    if proposal is None or task is None or template is None:
        return None
    changed = task.model_copy(deep=True)
    errors = _take_fields(scene, changed, template, command.fields)
    if errors:
        scene.error("form.wrong")
        scene.add(_form(scene, task, template, typed=command.fields, errors=errors))
        scene.attach(Shows.PROPOSAL, proposal.id)
        return None
    scene.state.remove(task)
    scene.state.tasks.append(changed)
    return changed


async def rehearse(scene: Scene, proposal_id: str | None) -> None:
    """Run a card's workflow with nothing leaving this machine; the card goes on waiting for its yes."""
    proposal = await _open_proposal(scene, proposal_id)
    if proposal is None:
        return
    content = ProposalContent.model_validate(proposal.content)
    workflow = await scene.records.workflows.get(content.workflow_id)
    if workflow is None:
        raise LookupError(f"{proposal.id} has no workflow")
    scene.say("card.rehearsing")
    given = sample_input(scene.knowledge.step_types, content.workflow)
    await start_run(scene, workflow, version=content.version, digest=proposal.digest, is_rehearsal=True, given=given)


async def edit_workflow(scene: Scene, command: EditWorkflow) -> Task | None:
    """Open the saved automation that is meant for a change; says why not when it cannot be."""
    workflow = await workflow_meant(scene, command)
    if workflow is None:
        return None
    scene.state.last_workflow_id = workflow.id
    task = await reopen(scene)
    if task is None:
        scene.error("workflow.not_editable", name=workflow.name)
    elif not command.change:
        scene.say("workflow.what_to_change", name=workflow.name)
    return task


async def reopen(scene: Scene) -> Task | None:
    """Open the automation spoken of last for a change: the new card replaces it once it gets its yes."""
    workflow = await scene.records.workflows.get(scene.state.last_workflow_id or "")
    if workflow is None or workflow.state in (WorkflowState.DRAFT, WorkflowState.DELETED):
        return None
    version = await scene.records.workflows.version(workflow.id, workflow.version)
    content = ProposalContent.model_validate(version.content) if version else None
    if content is None:
        return None
    if workflow.person_id != scene.conversation.person_id or not scene.may_decide(workflow.person_id):
        return None
    task = task_from(scene, content, {})
    task.replaces = workflow.id
    scene.state.tasks.append(task)
    return task


async def reopen_run(scene: Scene, run_id: str) -> Task | None:
    """Open the values that a run had, for a new card. One with a trigger of its own replaces the automation."""
    run = await scene.records.runs.get(run_id)
    if run is None or run.person_id != scene.conversation.person_id or not scene.may_decide(run.person_id):
        scene.error("run.not_yours" if run else "run.unknown")
        return None
    version = await scene.records.workflows.version(run.workflow_id, run.version)
    content = ProposalContent.model_validate(version.content) if version else None
    if content is None:
        raise LookupError(f"{run.id} has no version of its workflow")
    task = task_from(scene, content, {})
    workflow = await scene.records.workflows.get(run.workflow_id)
    if content.trigger != "manual" and workflow is not None and workflow.state is not WorkflowState.DELETED:
        task.replaces = workflow.id
    scene.state.tasks.append(task)
    return task


def form_value(value: JsonValue, parameter: Parameter, scene: Scene) -> JsonValue:
    """A value as its form control holds it."""
    control = KINDS[parameter.kind].input
    if value is None:
        return None
    if control == "datetime-local":
        return f"{datetime.fromisoformat(str(value)).astimezone(scene.zone):%Y-%m-%dT%H:%M}"
    if control in _SHOWN_INPUTS and not isinstance(value, str):
        return show_value(value, parameter, scene.zone)
    return value


def schedule_words(scene: Scene, schedule: Schedule | None) -> str:
    return (
        scene.knowledge.describe_schedule(schedule, scene.now, scene.zone, scene.phrases.language) if schedule else ""
    )


async def _open_proposal(scene: Scene, proposal_id: str | None) -> Proposal | None:
    """The card that is meant, while it waits for a yes; otherwise says why it cannot be changed."""
    task = scene.state.task
    wanted = proposal_id or (task.proposal_id if task else None)
    proposal = await scene.records.proposals.get(wanted) if wanted else None
    if proposal is None or proposal.conversation_id != scene.conversation.id:
        scene.say("stale.unknown_card" if proposal_id else "card.nothing_open")
        return None
    if proposal.state is not ProposalState.OPEN:
        await answer_stale(scene, proposal)
        return None
    return proposal


def _task_of(scene: Scene, proposal: Proposal) -> Task | None:
    """The task behind an open card; made anew from the card when the conversation has let go of it."""
    task = scene.state.task_of(proposal.id)
    if task is None:
        content = ProposalContent.model_validate(proposal.content)
        task = task_from(scene, content, proposal.shown)
        task.workflow_id, task.version = content.workflow_id, content.version
        task.proposal_id, task.digest = proposal.id, proposal.digest
        replaces = proposal.shown.get("replaces")
        task.replaces = replaces if isinstance(replaces, str) else None
        scene.state.tasks.append(task)
    return task


def task_from(scene: Scene, content: ProposalContent, shown: JsonObject) -> Task:
    """A task with what was saved. A workflow whose template the catalog does not have is its own template."""
    is_known = content.template_id in scene.knowledge.templates
    own = None if is_known else frozen_template(content.template_id, content.workflow, str(shown.get("summary", "")))
    sources = shown.get("sources")
    known = sources if isinstance(sources, dict) else {}
    return Task(
        template_id=own.id if own else content.template_id or "",
        template=own,
        values={
            name: HeldValue.model_validate({"value": value, "source": known.get(name, "message")})
            for name, value in content.params.items()
        },
        schedule=content.schedule,
        trigger=content.trigger,
    )


def _take_fields(scene: Scene, task: Task, template: Template, fields: dict[str, JsonValue]) -> dict[str, str]:
    """Put the fields into the task; returns the problems by field. Fields that are not in the form are passed over."""
    errors: dict[str, str] = {}
    for name, parameter in template.parameters.items():
        held = task.values.get(name)
        raw = fields.get(name)
        if name not in fields or (held is not None and raw == form_value(held.value, parameter, scene)):
            continue
        if problem := _take_field(scene, task, parameter, name, raw):
            errors[name] = problem
    if SCHEDULE in fields and template.trigger.takes_schedule:
        problem = _take_schedule(scene, task, template, fields[SCHEDULE])
        errors |= {SCHEDULE: problem} if problem else {}
    return errors


def _take_field(scene: Scene, task: Task, parameter: Parameter, name: str, raw: JsonValue) -> str:
    if is_blank(raw):
        return _empty_field(scene, task, parameter, name)
    if parameter.kind == "recurrence" and isinstance(raw, str):
        schedule = scene.knowledge.read_schedule(raw, scene.now, scene.zone, scene.phrases.language)
        raw = schedule.model_dump(mode="json") if schedule else raw
    try:
        value = checked(scene, parameter, raw)
    except InvalidValueError as error:
        return error.message
    if value != task.values[name].value:
        task.values[name] = HeldValue(value=value, source="edit")
    return ""


def _empty_field(scene: Scene, task: Task, parameter: Parameter, name: str) -> str:
    """A field that was emptied: left out where that can be; a text with a default becomes truly empty."""
    if parameter.is_required:
        return scene.phrases.plain("form.missing")
    if parameter.kind in ("text", "long_text") and parameter.default is not None:
        task.values[name] = HeldValue(value="", source="edit")
    else:
        hold_default(scene, task, name, parameter)
    return ""


def _take_schedule(scene: Scene, task: Task, template: Template, raw: JsonValue) -> str:
    """Take over when it runs, or how often somebody looks; returns the problem, or nothing."""
    text = str(raw or "").strip()
    if text == schedule_words(scene, task.schedule):
        return ""
    others = [choice for choice in template.trigger.allowed if choice != SCHEDULE]
    if not text:
        if not others:
            return scene.phrases.plain("form.needs_time")
        task.schedule, task.trigger, task.schedule_source = None, others[0], "edit"
        return ""
    schedule = scene.knowledge.read_schedule(text, scene.now, scene.zone, scene.phrases.language)
    problem = _problem_of(schedule, scene, is_polled=template.trigger.is_polled)
    if not problem:
        task.schedule, task.schedule_source, task.needs_time = schedule, "edit", False
        task.trigger = SCHEDULE if SCHEDULE in template.trigger.allowed else others[0]
    return scene.phrases.plain(problem) if problem else ""


def _problem_of(schedule: Schedule | None, scene: Scene, *, is_polled: bool) -> str:
    if schedule is None:
        return "form.no_time"
    if is_polled and not schedule.is_recurring:
        return "form.only_often"
    return "" if schedule.next_times(scene.now, 1) else "form.time_passed"


def _form(
    scene: Scene, task: Task, template: Template, *, typed: dict[str, JsonValue], errors: dict[str, str]
) -> FormPart:
    """The form of a task's card, with what was typed before and what is wrong with it."""
    phrases = scene.phrases
    fields = []
    for name, parameter in template.parameters.items():
        held = task.values.get(name)
        kind = KINDS[parameter.kind]
        value = typed[name] if name in typed else form_value(held.value if held else None, parameter, scene)
        fields.append(
            FormField(
                name=name,
                label=label_of(name, parameter),
                input=control_of(parameter),
                value=value,
                hint=parameter.hint or (phrases.plain("form.hint", example=kind.example) if kind.example else ""),
                is_required=parameter.is_required,
                options=parameter.options,
                error=errors.get(name, ""),
            )
        )
    if template.trigger.takes_schedule:
        shown = typed.get(SCHEDULE, schedule_words(scene, task.schedule))
        fields.append(_schedule_field(phrases, template, shown, errors.get(SCHEDULE, "")))
    return FormPart(
        action=f"fill:{task.proposal_id}",
        title=template.title,
        text=phrases("form.intro"),
        fields=fields,
        submit=phrases.plain("button.save"),
    )


def _schedule_field(phrases: Phrases, template: Template, value: JsonValue, error: str) -> FormField:
    is_optional = template.trigger.allowed != [SCHEDULE]
    hint = "form.often_hint" if template.trigger.is_polled else "form.when_or_now" if is_optional else "form.when_hint"
    return FormField(
        name=SCHEDULE,
        label=phrases.plain("form.often" if template.trigger.is_polled else "form.when"),
        input="text",
        value=value,
        hint=phrases.plain(hint),
        is_required=not is_optional,
        error=error,
    )
