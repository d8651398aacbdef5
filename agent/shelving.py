"""What people say of templates, of what was learned and of what was suggested. Approves nothing: a time that was suggested
becomes a card.
"""

from __future__ import annotations

from typing import assert_never

from agent.command import AnswerSuggestion, ControlTemplate, Forget
from agent.editing import task_from
from agent.learning import forget
from agent.saving import control_template
from agent.scene import Scene
from agent.state import Task
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule


async def apply(scene: Scene, command: AnswerSuggestion | ControlTemplate | Forget) -> Task | None:
    """Apply one command. Returns the task that has to be settled, if there is one."""
    match command:
        case AnswerSuggestion():
            return await _answer(scene, command)
        case ControlTemplate():
            await control_template(scene, command)
        case Forget():
            await forget(scene)
        case _:
            assert_never(command)
    return None


async def _answer(scene: Scene, command: AnswerSuggestion) -> Task | None:
    """A press on a suggestion: a card with that time, which needs its yes like any other; or nothing, ever again."""
    suggestion = await scene.records.suggestions.get(command.suggestion_id)
    if suggestion is None or suggestion.person_id != scene.person.id:
        scene.say("stale.action")
        return None
    if command.choice is None:
        scene.say("suggest.declined")
        return None
    version = await scene.records.workflows.version(suggestion.workflow_id, suggestion.version)
    if version is None or not 0 <= command.choice < len(suggestion.schedules):
        scene.say("stale.action")
        return None
    task = task_from(scene, ProposalContent.model_validate(version.content), {})
    task.schedule, task.trigger = Schedule.read(suggestion.schedules[command.choice]), "schedule"
    task.schedule_source = "answer"
    scene.state.tasks.append(task)
    return task
