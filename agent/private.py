"""What is hidden where others read along: values of private parameters, and what is made of them, however it looks. Knows no surface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from agent.gallery import RunRecords
from agent.viewer import Viewer
from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from catalog.workflow import Step, Workflow
from store.record import AttemptState, JsonObject

_ITEM = "item"


def hidden_names(viewer: Viewer, workflow: Workflow) -> set[str]:
    """The parameters whose values this viewer does not see; none for somebody who looks alone."""
    if not viewer.is_for_all:
        return set()
    return {name for name, parameter in workflow.parameters.items() if parameter.private}


def as_seen(viewer: Viewer, content: ProposalContent) -> JsonObject:
    """The parameters with a mark in place of what is hidden. What a yes is given to stays what it is."""
    mark, hidden = viewer.phrases.plain("card.private"), hidden_names(viewer, content.workflow)
    return {name: mark if name in hidden and value else value for name, value in content.params.items()}


def given_as_seen(viewer: Viewer, workflow: Workflow, step: Step, given: JsonValue) -> JsonValue:
    """What was recorded as given to a step, with a mark in place of what is made of hidden parameters."""
    derived = Derived(viewer.knowledge.expressions, workflow, hidden_names(viewer, workflow))
    if not derived.names or not isinstance(given, dict):
        return given
    mark = viewer.phrases.plain("card.private")
    return {name: mark if derived.of(step.with_.get(name), step) else value for name, value in given.items()}


def said_as_seen(viewer: Viewer, records: RunRecords, written: JsonValue, step: Step | None, said: str) -> str:
    """What a run said, `written` being how: where it is made of hidden parameters, what is left of it without them."""
    workflow, expressions = records.content.workflow, viewer.knowledge.expressions
    derived = Derived(expressions, workflow, hidden_names(viewer, workflow))
    if not derived.of(written, step):
        return said
    outputs = {
        one.step_id: one.output
        for one in records.attempts
        if one.state is AttemptState.SUCCEEDED and one.item < 0 and not derived.gives(one.step_id)
    }
    facts = {"id": records.run.id, "title": workflow.title}
    seen = {"params": as_seen(viewer, records.content), "steps": outputs, "trigger": records.run.input, "run": facts}
    return str(expressions.outline(written, seen))


@dataclass(frozen=True)
class Derived:
    """What in a workflow is made of hidden parameters, in however many steps: as private as they are."""

    expressions: Expressions
    workflow: Workflow
    names: set[str]

    def of(self, value: JsonValue, step: Step | None = None) -> bool:
        """Whether this value, of a step's or of the workflow itself, is made of what is hidden."""
        return bool(self.names) and self._reads(value, step, self._steps)

    def gives(self, step_id: str) -> bool:
        """Whether what a step gives is made of what is hidden."""
        return bool(self.names) and step_id in self._steps

    @cached_property
    def _steps(self) -> set[str]:
        """Steps whose results are made of what is hidden."""
        found: set[str] = set()
        while more := {
            step.id
            for step in self.workflow.steps
            if step.id not in found and self._reads([step.with_, self._items(step)], step, found)
        }:
            found |= more
        return found

    def _reads(self, value: JsonValue, step: Step | None, steps: set[str]) -> bool:
        sources = {"params": self.names, "steps": steps}
        for root, *rest in self.expressions.references(value):
            if root in sources and (rest[0] in sources[root] if rest else sources[root]):
                return True
            if root == _ITEM and step and step.for_each and self._reads(self._items(step), step, steps):
                return True
        return False

    @staticmethod
    def _items(step: Step) -> JsonValue:
        """What it repeats itself for, which is worked out before there is an item."""
        return step.for_each.items if step.for_each else None
