"""The shape of a workflow: what each step waits for, what stands in for a failed one, what may be skipped. Runs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.workflow import Step, Workflow
from tools.registry import StepRegistry


class Flow:
    """Worked out once for a workflow. References to steps that there are not are left out; `catalog.check` names them.

    `needs`: which steps each one waits for, the unwritten "follows the step above" included; a handler waits for none of
    them. `handles`: for each handler (a step that a `go_to` names) the steps whose failure it waits for. `handler_lines`:
    the handlers and all that needs them. `may_skip`: the steps that need not come to be run.
    """

    def __init__(self, workflow: Workflow) -> None:
        self.steps: Sequence[Step] = workflow.steps
        self.handles = _handles(workflow)
        self.needs = _needs(workflow, self.handles)
        self.handler_lines = self._with_dependants(set(self.handles))
        fragile = {step.id for step in self.steps if step.go_to}
        directly = {
            step.id
            for step in self.steps
            if step.if_ is not None or step.id in self.handles or fragile.intersection(self.needs[step.id])
        }
        self.may_skip = self._with_dependants(directly)

    def before(self) -> dict[str, set[str]]:
        """Return which steps have ended before each step begins."""
        before: dict[str, set[str]] = {}
        for step in self.steps:
            ended = before.setdefault(step.id, set())
            for need in (*self.needs[step.id], *self.handles.get(step.id, ())):
                ended |= {need} | before.get(need, set())
            ended.discard(step.id)
        return before

    def _with_dependants(self, steps: set[str]) -> set[str]:
        """Return these steps and all that follow them, directly or not."""
        found = set(steps)
        for step in self.steps:
            if found.intersection(self.needs[step.id]):
                found.add(step.id)
        return found


def step_title(step: Step, step_types: StepRegistry) -> str:
    """The step's own title, or that of its type."""
    step_type = step_types.find(step.uses)
    return step.title or (step_type.title if step_type else step.uses)


def _handles(workflow: Workflow) -> dict[str, list[str]]:
    ids = {step.id for step in workflow.steps}
    handles: dict[str, list[str]] = {}
    for step in workflow.steps:
        for handler in step.go_to:
            if handler in ids and handler != step.id:
                handles.setdefault(handler, []).append(step.id)
    return handles


def _needs(workflow: Workflow, handles: dict[str, list[str]]) -> dict[str, list[str]]:
    needs: dict[str, list[str]] = {}
    above: str | None = None
    for step in workflow.steps:
        written = step.needs if step.needs is not None else [above] if above else []
        needs[step.id] = [] if step.id in handles else list(written)
        above = step.id
    return needs
