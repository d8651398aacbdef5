"""Shows a card with its private values to whom it concerns, alone. Who they are is asked of the records."""

from __future__ import annotations

from agent.command import ShowValues
from agent.scene import Scene
from store.record import Shows


async def show_values(scene: Scene, command: ShowValues) -> None:
    """The card once more, for nobody else; to those whom it does not concern, that it does not."""
    if not await _concerns(scene, command):
        scene.error("card.values_not_yours")
        return
    scene.say_alone()
    scene.show(command.subject, command.subject_id)


async def _concerns(scene: Scene, command: ShowValues) -> bool:
    """Whoever asked for it, whoever may approve it, and the owner."""
    if command.subject is Shows.PROPOSAL:
        proposal = await scene.records.proposals.get(command.subject_id)
        return proposal is not None and scene.may_decide(proposal.person_id)
    request = await scene.records.approval_requests.get(command.subject_id)
    run = await scene.records.runs.get(request.run_id) if request else None
    return request is not None and (
        scene.person.id in request.approvers or (run is not None and scene.may_decide(run.person_id))
    )
