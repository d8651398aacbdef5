"""What somebody may not do in another person's conversation: change, add or drop what that person asked for. A yes is
judged with its card, an answer to an approval request with the request.
"""

from __future__ import annotations

from agent.command import (
    Cancel,
    Clarify,
    Command,
    Decline,
    Edit,
    EditWorkflow,
    FillForm,
    Rehearse,
    SetSchedule,
    SetValue,
    Start,
    TakeFiles,
    Undo,
)
from agent.scene import Scene

_OWN = (Start, SetValue, SetSchedule, FillForm, Edit, Rehearse, EditWorkflow, Undo, Clarify)


def is_kept_out(scene: Scene, command: Command) -> bool:
    """Whether the speaker would touch what is not theirs. An owner may drop it, not change it."""
    owner_id = scene.conversation.person_id
    if scene.person.id == owner_id:
        return False
    if isinstance(command, Decline) and command.proposal_id is not None:
        return False
    if isinstance(command, (Decline, Cancel)):
        return not scene.may_decide(owner_id)
    if isinstance(command, TakeFiles):
        return command.template_id is not None
    return isinstance(command, _OWN)


async def keep_out(scene: Scene) -> None:
    """Say whose it is, and that nothing was changed."""
    owner = await scene.records.people.get(scene.conversation.person_id)
    scene.error("card.not_yours_to_change", name=owner.name if owner else "?")
