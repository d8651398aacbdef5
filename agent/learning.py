"""Learning from use: what somebody said for a template, and then said yes to, is found at once the next time.

Only the command is kept, with placeholders for values; not where a private one would be left in it. A card that was declined, corrected or left teaches nothing.
"""

from __future__ import annotations

from agent.command import Start
from agent.scene import Scene
from agent.state import Task
from agent.veil import Veil
from catalog.workflow import Template
from store.record import LearnedAsk, Role

_KEPT = 12
"""So many learned asks are kept for one template; newer ones take the place of older ones."""


def note_words(scene: Scene, task: Task, template: Template, command: Start) -> None:
    """Keep what a yes to this task would teach; a wish of which a part is left out teaches nothing."""
    knowledge = scene.knowledge
    text = command.text
    is_known = text.casefold() in (ask.casefold() for ask in template.asks)
    if (
        knowledge.learns
        and not command.left_out
        and task.template is None
        and template.id in knowledge.templates
        and text
        and not is_known
    ):
        words = knowledge.generalise(text, template, command.values, scene.now, scene.zone)
        private = [str(one) for name, one in command.values.items() if _is_private(template, name)]
        task.words = words if Veil("", private).text(words) == words else ""


def _is_private(template: Template, name: str) -> bool:
    return name in template.parameters and template.parameters[name].private


async def learn(scene: Scene, task: Task | None) -> None:
    """A card got its yes: learn the words that led to it, unless somebody had to put right what came of them."""
    if task is None or not task.words or _is_corrected(task) or task.template_id not in scene.knowledge.templates:
        return
    ask = LearnedAsk(words=task.words, template_id=task.template_id, person_id=scene.person.id, at=scene.now)
    await scene.records.shelf.learn(ask, keep=_KEPT)


async def forget(scene: Scene) -> None:
    """Forget all that was learned, for everybody here: an owner's decision."""
    if scene.person.role is not Role.OWNER:
        scene.error("learning.owners_only")
        return
    count = await scene.records.shelf.forget()
    if count:
        await scene.audit("forget", "learned_asks", number=count)
    scene.say("learning.forgotten" if count else "learning.nothing", number=count)


def _is_corrected(task: Task) -> bool:
    return task.schedule_source == "edit" or any(held.source == "edit" for held in task.values.values())
