"""Templates that people make in chat: “save this as …” keeps an automation for everybody here; later it can be replaced,
renamed or deleted by whoever saved it or an owner. Holds no account and no secret, and runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from pydantic import JsonValue
from rapidfuzz import fuzz, process, utils

from agent.actions import NONE_OF_THESE
from agent.command import ControlTemplate
from agent.filling import trigger_of
from agent.scene import Scene
from catalog.check import check_workflow
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule
from catalog.workflow import Parameter, Template, TriggerChoice, frozen_template
from store.record import SavedTemplate, WorkflowState
from tools.redact import Redactor, is_sensitive

_SHORTEST, _LONGEST = 3, 80
_NAME_SCORE = 82
_PASSING = {"date", "datetime"}
"""Kinds whose values are over one day: they are asked for each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What is to be saved: a template with the values that it has now."""

    template: Template
    values: Mapping[str, JsonValue]
    trigger: TriggerChoice
    schedule: Schedule | None
    words: str


async def control_template(scene: Scene, command: ControlTemplate) -> None:
    """Carry out one verb on a saved template."""
    match command.verb:
        case "save" | "replace":
            await _save(scene, command)
        case "rename":
            await _rename(scene, command)
        case "delete":
            await _delete(scene, command)
        case _:
            assert_never(command.verb)


async def _save(scene: Scene, command: ControlTemplate) -> None:
    source = await _source(scene)
    before = scene.knowledge.templates.get(command.template_id or "") or _called(scene, command.name or "")
    name = _clean(command.name or (before.title if before else ""))
    if source is None:
        scene.say("saved.nothing")
    elif not _SHORTEST <= len(name) <= _LONGEST:
        scene.say("saved.needs_name")
    elif before is not None and not scene.knowledge.templates.is_saved(before.id):
        scene.say("saved.of_catalog", name=before.title)
    elif before is not None and command.verb == "save":
        replacing = scene.choice(f"template-replace:{before.id}", "button.replace")
        scene.ask("saved.is_there", replacing, scene.choice(NONE_OF_THESE, "button.keep"), name=name)
    else:
        await _keep(scene, _template(before.id if before else _new_id(scene, name), name, source), before)


async def _keep(scene: Scene, template: Template, before: Template | None) -> None:
    if check_workflow(template, scene.knowledge.step_types, scene.knowledge.expressions):
        scene.say("saved.nothing")
        return
    record = await _record(scene, before) if before else None
    if before is not None and record is None:
        return
    shelf = scene.records.shelf
    content = template.model_dump(mode="json", by_alias=True, exclude_unset=True)
    saved = SavedTemplate(
        id=template.id,
        name=template.title,
        content=content,
        person_id=record.person_id if record else scene.person.id,
        version=record.version + 1 if record else 1,
        created_at=record.created_at if record else scene.now,
        updated_at=scene.now,
    )
    if not await (shelf.replace(saved) if record else shelf.add(saved)):
        scene.say("saved.meanwhile", name=template.title)
        return
    await scene.audit("save_template", template.id, version=saved.version)
    scene.say("saved.replaced" if record else "saved.saved", name=template.title)


async def _rename(scene: Scene, command: ControlTemplate) -> None:
    template, name = _called(scene, command.name or ""), _clean(command.to or "")
    other = _called(scene, name)
    if template is None:
        scene.say("saved.unknown", name=command.name or "")
    elif not _SHORTEST <= len(name) <= _LONGEST:
        scene.say("saved.needs_name")
    elif other is not None and other.title.casefold() == name.casefold() and other.id != template.id:
        scene.say("saved.of_catalog", name=other.title)
    elif record := await _record(scene, template):
        asks = [name, *(ask for ask in template.asks if ask != template.title)]
        content = {**record.content, "title": name, "asks": list[JsonValue](asks)}
        changed = replace(record, name=name, content=content, version=record.version + 1, updated_at=scene.now)
        if await scene.records.shelf.replace(changed):
            await scene.audit("rename_template", record.id, name=name)
            scene.say("saved.renamed", name=template.title, to=name)
        else:
            scene.say("saved.meanwhile", name=template.title)


async def _delete(scene: Scene, command: ControlTemplate) -> None:
    is_sure = command.template_id is not None
    template = scene.knowledge.templates.get(command.template_id or "") or _called(scene, command.name or "")
    record = await _record(scene, template) if template else None
    if template is None:
        scene.say("saved.unknown", name=command.name or "")
    elif record is not None and not is_sure:
        delete = scene.choice(f"template-delete:{template.id}", "button.delete")
        scene.ask("saved.delete_sure", delete, scene.choice(NONE_OF_THESE, "button.keep"), name=template.title)
    elif record is not None and await scene.records.shelf.remove(record.id):
        await scene.audit("delete_template", record.id)
        scene.say("saved.deleted", name=template.title)


async def _record(scene: Scene, template: Template) -> SavedTemplate | None:
    """The saved one, if this person may change it; otherwise says why not."""
    found = await scene.records.shelf.saved([template.id])
    if not found:
        scene.say("saved.of_catalog", name=template.title)
        return None
    if not scene.may_decide(found[0].person_id):
        scene.error("saved.not_yours", name=template.title)
        return None
    return found[0]


async def _source(scene: Scene) -> _Source | None:
    """The card that is open, else the automation spoken of last."""
    task = scene.state.task
    template = scene.template_of(task) if task else None
    if task is not None and template is not None and task.has_card:
        values = {name: held.value for name, held in task.values.items()}
        trigger = trigger_of(task, template)
        return _Source(template=template, values=values, trigger=trigger, schedule=task.schedule, words=task.words)
    workflow = await scene.records.workflows.get(scene.state.last_workflow_id or "")
    if workflow is None or workflow.state is WorkflowState.DRAFT or not scene.may_decide(workflow.person_id):
        return None
    version = await scene.records.workflows.version(workflow.id, workflow.version)
    content = ProposalContent.model_validate(version.content) if version else None
    if content is None:
        return None
    known = scene.knowledge.templates.get(content.template_id or "")
    return _Source(
        template=known or frozen_template(content.template_id, content.workflow),
        values=content.params,
        trigger=content.trigger,
        schedule=content.schedule,
        words="",
    )


def _template(template_id: str, name: str, source: _Source) -> Template:
    """A template as it is saved: the values of now are its defaults, but for what passes, what is private, and secrets."""
    fields = source.template.model_dump(mode="json", by_alias=True, exclude_unset=True)
    parameters = fields.get("parameters", {})
    for key, parameter in source.template.parameters.items():
        if key in source.values and _is_kept(key, parameter, source.values[key]):
            parameters[key]["default"] = source.values[key]
    trigger = fields.setdefault("trigger", {})
    allowed = source.template.trigger.allowed
    trigger["allowed"] = [source.trigger, *(one for one in allowed if one != source.trigger)]
    if source.schedule is not None and source.schedule.is_recurring:
        trigger["usual"] = source.schedule.model_dump(mode="json", exclude_defaults=True)
    asks = dict.fromkeys([name, *([source.words] if source.words else [])])
    return Template.model_validate({**fields, "id": template_id, "title": name, "asks": list(asks), "sample": {}})


def _is_kept(name: str, parameter: Parameter, value: JsonValue) -> bool:
    if parameter.private or parameter.kind in _PASSING or is_sensitive(name) or is_sensitive(parameter.label):
        return False
    return Redactor().value(value) == value


def _called(scene: Scene, name: str) -> Template | None:
    """The template of this name: exactly so, or nearly so among those that people saved."""
    wanted = _clean(name).casefold()
    templates = scene.knowledge.templates
    for template in templates.values():
        if template.title.casefold() == wanted:
            return template
    saved = {one: template.title for one, template in templates.items() if templates.is_saved(one)}
    found = process.extractOne(
        wanted, saved, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=_NAME_SCORE
    )
    return templates[found[2]] if found else None


def _new_id(scene: Scene, name: str) -> str:
    """An id made of the name that no template has."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40].strip("-") or "template"
    taken = scene.knowledge.templates
    ids = (f"saved.{slug}", *(f"saved.{slug}-{number}" for number in range(2, 1000)))
    return next(one for one in ids if one not in taken)


def _clean(name: str) -> str:
    return " ".join(name.strip(" \t\n\"'“”‘’«»`.!").split())
