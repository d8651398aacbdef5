"""Starts the automations that wait for what is written, within the turn: one run for one message. Understands nothing."""

from __future__ import annotations

from pydantic import ValidationError

from agent.command import CannotHandle, Clarify
from agent.running import start_run
from agent.scene import Scene
from agent.understanding import Understood
from catalog.proposal import ProposalContent
from core.errors import ErrandError
from store.record import JsonObject, TriggerRecord

_MOST = 20
_LONGEST = 20_000


async def start_on_message(scene: Scene, text: str, *, delivery: str) -> bool:
    """Start what the owner of the conversation has waiting for such a message; whether anything was."""
    item: JsonObject = {"text": text[:_LONGEST], "by": scene.person.name}
    waiting = await scene.records.triggers.listening(scene.conversation.person_id)
    started = False
    for trigger in waiting[:_MOST]:
        started |= await _start(scene, trigger, item, delivery)
    return started


def is_answered(scene: Scene, understood: Understood) -> bool:
    """Whether the message needs no other answer once it has started something: it meant nothing else."""
    is_free = scene.state.task is None and scene.state.clarification is None and scene.state.question is None
    return is_free and all(isinstance(one, (CannotHandle, Clarify)) for one in understood.commands)


async def _start(scene: Scene, trigger: TriggerRecord, item: JsonObject, delivery: str) -> bool:
    workflow = await scene.records.workflows.get(trigger.workflow_id)
    version = await scene.records.workflows.version(workflow.id, workflow.version) if workflow else None
    if workflow is None or version is None or not await scene.records.proposals.has_yes(version.digest):
        return False
    if not _fits(scene, ProposalContent.model_validate(version.content), item):
        return False
    scene.say("card.on_message", name=workflow.name)
    given: JsonObject = {"fired_at": scene.now.astimezone(scene.zone).isoformat(), "item": item}
    await start_run(
        scene,
        workflow,
        version=version.version,
        digest=version.digest,
        given=given,
        fire_key=f"{trigger.id}:{delivery}",
        trigger_id=trigger.id,
    )
    return True


def _fits(scene: Scene, content: ProposalContent, item: JsonObject) -> bool:
    spec = content.workflow.trigger.source
    source = scene.knowledge.step_types.source(spec.uses) if spec is not None else None
    if spec is None or source is None or source.fits is None:
        return False
    try:
        values = scene.knowledge.expressions.render(dict(spec.with_), {"params": content.params})
        return source.fits(source.params.model_validate(values), item)
    except (ErrandError, ValidationError):
        return False
