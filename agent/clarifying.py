"""Asks between templates when several may be meant, or whether the one that was found is. Starts none of them."""

from __future__ import annotations

from agent import telling
from agent.command import Clarify
from agent.mention import mentions_of_all
from agent.reply import Choice
from agent.scene import Scene
from agent.state import Clarification
from catalog.workflow import Template

_CHOICES = 4


def clarify(scene: Scene, command: Clarify) -> None:
    """Open the question."""
    asked = Clarification(
        template_ids=[one.template_id for one in command.candidates[:_CHOICES]],
        text=command.text,
        template=command.template,
    )
    asked.template_ids = [one.id for one in _offered(scene, asked)]
    if not asked.template_ids:
        telling.tell_lost(scene)
        return
    scene.state.clarification = asked
    if called := mentions_of_all(command.text):
        scene.say("clarify.everyone", mentions=", ".join(called))
    ask_which(scene, asked)


def ask_which(scene: Scene, asked: Clarification) -> None:
    """A yes to several is none: it is asked again."""
    choices = [Choice(action=f"pick:{one.id}", label=one.title, detail=one.summary) for one in _offered(scene, asked)]
    key = "clarify.ask" if len(choices) > 1 else "clarify.ask_one"
    scene.offer(key, [*choices, scene.choice("none-of-these", "clarify.none")])


def _offered(scene: Scene, asked: Clarification) -> list[Template]:
    own = asked.template
    found = (
        scene.knowledge.template_of(one, own if own is not None and own.id == one else None)
        for one in asked.template_ids
    )
    return [template for template in found if template is not None]
