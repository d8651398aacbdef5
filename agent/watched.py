"""Says of what an automation is started that watches a source, and gives rehearsals an item. Looks at nothing."""

from __future__ import annotations

from pydantic import JsonValue, ValidationError

from agent.knowledge import Knowledge
from agent.viewer import Viewer
from catalog.proposal import ProposalContent
from catalog.workflow import Workflow
from core.errors import ErrandError
from store.record import JsonObject
from tools.registry import StepRegistry


def watched_text(viewer: Viewer, content: ProposalContent) -> str:
    """E.g. "Runs for each new entry of https://…, from now on. I look every 10 minutes."."""
    spec = content.workflow.trigger.source
    what = _what(viewer.knowledge, content)
    if spec is None or not what:
        return viewer.phrases.plain("trigger.event")
    text = viewer.phrases.plain("trigger.each" if spec.existing == "skip" else "trigger.each_and_old", what=what)
    if content.schedule is None:
        return text
    often = viewer.knowledge.describe_schedule(content.schedule, viewer.now, viewer.zone, viewer.phrases.language)
    return viewer.phrases.plain("trigger.looked_at", text=text, often=often)


def sample_input(registry: StepRegistry, workflow: Workflow) -> JsonObject:
    """What the trigger would bring, for a rehearsal; nothing where no item starts it."""
    spec = workflow.trigger.source
    source = registry.source(spec.uses) if spec is not None else None
    return {"item": dict(source.sample)} if source is not None else {}


def _what(knowledge: Knowledge, content: ProposalContent) -> str:
    spec = content.workflow.trigger.source
    source = knowledge.step_types.source(spec.uses) if spec is not None else None
    if spec is None or source is None:
        return ""
    try:
        values: JsonValue = knowledge.expressions.render(dict(spec.with_), {"params": content.params})
        return source.summarize(source.params.model_validate(values))
    except (ErrandError, ValidationError):
        return ""
