"""What the expressions of a run's steps can see. Works nothing out itself: that is `catalog.expression`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from pydantic import JsonValue

from catalog.expression import Expressions
from catalog.flow import Flow
from catalog.proposal import ProposalContent
from catalog.workflow import Step
from core.clock import Clock
from store.record import JsonObject, Run
from worker.ledger import PLAIN, Ledger


class Scope:
    """`params`, `steps`, `trigger`, `run`, `now`, and inside a `for_each` also `item` and `index`."""

    def __init__(self, expressions: Expressions, values: Mapping[str, object]) -> None:
        self._expressions = expressions
        self._values = values

    def render(self, value: JsonValue) -> JsonValue:
        """Resolve all expressions in a value. Raises RejectedError."""
        return self._expressions.render(value, self._values)

    def condition(self, text: str) -> bool:
        """Whether an `if` holds. Raises RejectedError."""
        return self._expressions.condition(text, self._values)


class Scopes:
    """Makes the scopes of one run. `steps` grows as steps end."""

    def __init__(
        self,
        *,
        expressions: Expressions,
        content: ProposalContent,
        flow: Flow,
        resume_url: str | None,
        run: Run,
        zone: tzinfo,
        clock: Clock,
        ledger: Ledger,
    ) -> None:
        self._expressions = expressions
        self._flow = flow
        self._zone = zone
        self._clock = clock
        self._ledger = ledger
        self._outputs: dict[str, JsonObject] = {}
        self._created_at = run.created_at
        started_at = run.started_at or run.created_at
        facts = {"id": run.id, "title": content.workflow.title, "started_at": started_at.astimezone(zone)}
        self._values: dict[str, object] = {
            "params": content.params,
            "steps": self._outputs,
            "trigger": run.input,
            "run": facts if resume_url is None else {**facts, "resume_url": resume_url},
        }

    def ended(self, step: Step) -> None:
        """Let later steps see what a step has given.

        A step that may be skipped, or whose failure does not end the run, also says so: `skipped`, `failed` and `error`.
        """
        output = self._ledger.output(step)
        if output is None:
            return
        told: JsonObject = {}
        if step.id in self._flow.may_skip:
            told["skipped"] = False
        if step.on_error != "stop":
            told |= {"failed": False, "error": ""}
        self._outputs[step.id] = {**told, **output}

    def of(self, step_id: str, item: int = PLAIN) -> Scope:
        """The scope at this moment, for a step or one of its items."""
        values = self._at(self._clock.now())
        if item != PLAIN:
            values |= {"item": self._ledger.items[step_id][item], "index": item}
        return Scope(self._expressions, values)

    def of_list(self, step_id: str) -> Scope:
        """The scope for the list of a `for_each` step and its `if`, which are worked out anew by each worker that goes on
        with it. Items are known by their place, so `now` is a moment that stays: when the last step that it needs had
        ended, or when the run was made.
        """
        ended = [self._ledger.ended_at(need) for need in self._flow.needs[step_id]]
        return Scope(self._expressions, self._at(max((at for at in ended if at is not None), default=self._created_at)))

    def _at(self, now: datetime) -> dict[str, object]:
        return {**self._values, "now": now.astimezone(self._zone)}
