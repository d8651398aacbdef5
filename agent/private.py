"""What is hidden on cards where others read along: values of private parameters, and what is made of them. Knows no surface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from agent.viewer import Viewer
from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from catalog.workflow import Step, Workflow
from store.record import JsonObject

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


@dataclass(frozen=True)
class Derived:
    """What in a workflow is made of hidden parameters, in however many steps: as private as they are."""

    expressions: Expressions
    workflow: Workflow
    names: set[str]

    def of(self, value: JsonValue, step: Step) -> bool:
        """Whether this value of a step's is made of what is hidden."""
        return bool(self.names) and self._reads(value, step, self._steps)

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

    def _reads(self, value: JsonValue, step: Step, steps: set[str]) -> bool:
        sources = {"params": self.names, "steps": steps}
        for root, *rest in self.expressions.references(value):
            if root in sources and (rest[0] in sources[root] if rest else sources[root]):
                return True
            if root == _ITEM and step.for_each and self._reads(self._items(step), step, steps):
                return True
        return False

    @staticmethod
    def _items(step: Step) -> JsonValue:
        """What it repeats itself for, which is worked out before there is an item."""
        return step.for_each.items if step.for_each else None
