"""The units of one held run: begins what may begin, goes on with what waited, and takes their ends.

What is to begin is decided in `worker.plan`, what a unit does in `worker.unit`. Writes nothing durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

from catalog.workflow import Step
from core.errors import ErrandError, RejectedError
from store.record import AttemptState, Failure, JsonObject, Signal, StepAttempt, Waiting
from store.record.note import waits_for
from tools.redact import Redactor
from tools.step import Resumption
from worker.attempt import failure_of
from worker.desk import Desk
from worker.ending import cancelled_attempt
from worker.frozen import Frozen
from worker.held import Held
from worker.ledger import PLAIN, Unit
from worker.plan import Plan, StepState
from worker.ports import RunContexts
from worker.recovery import is_check
from worker.resume import EVENT
from worker.scope import Scopes
from worker.task import end
from worker.unit import UnitWork, idempotency_key

MOST_ITEMS = 1000


class Units:
    """`running` holds the task of each unit that runs at this moment."""

    def __init__(self, *, desk: Desk, held: Held, frozen: Frozen, contexts: RunContexts, scopes: Scopes) -> None:
        self._desk = desk
        self._held = held
        self._frozen = frozen
        self._contexts = contexts
        self._scopes = scopes
        self._workflow = frozen.content.workflow
        self._steps = {step.id: step for step in self._workflow.steps}
        self._works: dict[Unit, UnitWork] = {}
        self._heard: dict[Unit, int] = {}
        """How many signals a unit had been told when it last went on."""
        self.running: dict[Unit, asyncio.Task[None]] = {}

    def begin(self, plan: Plan) -> bool:
        """Skip and begin what can be; false when nothing has changed."""
        if plan.failed is not None:
            return False
        for step_id in plan.skipped:
            self._end_unbegun(self._steps[step_id], AttemptState.SKIPPED)
        begun = [self._begin_step(self._steps[step_id]) for step_id in plan.ready]
        begun.append(self._go_on())  # what has begun goes before further items
        begun += [self._begin_items(self._steps[step_id]) for step_id in list(self._held.ledger.items)]
        return bool(plan.skipped) or any(begun)

    def next_due_s(self) -> float | None:
        """How long until something that waits is due and has room to go on."""
        now = self._desk.clock.now()
        left_s = [
            max(0.0, (attempt.due_at - now).total_seconds())
            for attempt in self._held.ledger.open_attempts()
            if attempt.due_at is not None
            and (attempt.step_id, attempt.item) not in self.running
            and self._free(self._steps[attempt.step_id]) > 0
        ]
        return min(left_s, default=None)

    def take_ended(self, done: Collection[asyncio.Future[None]]) -> None:
        """Take the ends of units. Raises what they could not deal with themselves: StaleError, StoreError, a bug."""
        for unit in [unit for unit, task in self.running.items() if task in done]:
            task, work = self.running.pop(unit), self._works.pop(unit)
            if not task.cancelled():
                task.result()
            self._give_up_items(work.step)
            self._scopes.ended(work.step)

    def cancel(self) -> None:
        """Ask all that runs to stop."""
        for task in self.running.values():
            task.cancel()

    async def stop(self) -> None:
        """Return when nothing runs any more."""
        await end(self.running.values())

    def _free(self, step: Step) -> int:
        """How many more units of a step may run at this moment."""
        free = self._workflow.parallel - len(self.running)
        if step.for_each is None:
            return free
        return min(free, step.for_each.concurrency - sum(step_id == step.id for step_id, _ in self.running))

    def _begin_step(self, step: Step) -> bool:
        """Begin a step, or learn the list of its items; false when too much runs already."""
        if step.for_each is None and self._free(step) <= 0:
            return False
        scope = self._scopes.of(step.id) if step.for_each is None else self._scopes.of_list(step.id)
        try:
            if step.if_ is not None and not scope.condition(step.if_):
                self._end_unbegun(step, AttemptState.SKIPPED)
            elif step.for_each is None:
                self._start(step, PLAIN)
            else:
                items = scope.render(step.for_each.items)
                if not isinstance(items, list):
                    raise RejectedError("for_each: this is not a list.")
                if len(items) > MOST_ITEMS:
                    raise RejectedError(f"for_each: {len(items):,} items are too many; at most {MOST_ITEMS:,}.")
                self._held.ledger.begin_items(step, items)
                if not items:
                    self._end_unbegun(step, AttemptState.SUCCEEDED, output={"items": [], "failed": []})
                self._scopes.ended(step)
        except ErrandError as error:
            message = Redactor().text(error.message)
            self._end_unbegun(step, AttemptState.FAILED, failure=replace(failure_of(error, step.id), message=message))
        return True

    def _begin_items(self, step: Step) -> bool:
        """Start further items of a step, as many as it may have at once."""
        ledger = self._held.ledger
        if ledger.state(step) is not StepState.WAITING or ledger.is_lost(step):
            return False
        free = self._free(step)
        begun = False
        for item in range(len(ledger.items[step.id])):
            if free <= 0:
                break
            if (step.id, item) not in self.running and ledger.latest((step.id, item)) is None:
                self._start(step, item)
                free -= 1
                begun = True
        return begun

    def _go_on(self) -> bool:
        """Go on with what waited and is due, or was told something."""
        begun = False
        for attempt in self._held.ledger.open_attempts():
            unit = (attempt.step_id, attempt.item)
            if unit in self.running or waits_for(attempt) is Waiting.CHECK:
                continue
            if self._free(self._steps[attempt.step_id]) <= 0:
                continue
            heard = len(_signals_for(unit, self._held))
            is_told = attempt.state is AttemptState.WAITING and heard > self._heard.get(unit, 0)
            is_due = attempt.due_at is not None and attempt.due_at <= self._desk.clock.now()
            if is_told or is_due:
                self._start(self._steps[attempt.step_id], attempt.item)
                begun = True
        return begun

    def _start(self, step: Step, item: int) -> None:
        unit = (step.id, item)
        work = UnitWork(
            desk=self._desk,
            held=self._held,
            frozen=self._frozen,
            contexts=self._contexts,
            step=step,
            item=item,
            scope=self._scopes.of(step.id, item),
        )
        self._works[unit] = work
        self.running[unit] = asyncio.create_task(work.run(self._resumption(unit)), name=f"{step.id} {item}")

    def _resumption(self, unit: Unit) -> Resumption | None:
        """What a unit was told since it first began; none when it begins now."""
        latest = self._held.ledger.latest(unit)
        if latest is None:
            return None
        signals = _signals_for(unit, self._held)
        self._heard[unit] = len(signals)
        if signals:
            return Resumption(signal={"person_id": signals[-1].person_id, **signals[-1].payload})
        return Resumption(signal=None) if latest.state is AttemptState.WAITING else None

    def _give_up_items(self, step: Step) -> None:
        """End the items that still wait when a step has failed for too many others."""
        ledger = self._held.ledger
        if step.for_each is None or ledger.state(step, self.running) not in (StepState.PASSED_OVER, StepState.HANDLED):
            return
        for attempt in ledger.open_attempts():
            if attempt.step_id == step.id:
                ledger.put(cancelled_attempt(attempt, self._desk.clock.now()))

    def _end_unbegun(
        self, step: Step, state: AttemptState, *, output: JsonObject | None = None, failure: Failure | None = None
    ) -> None:
        """Record a step that ends without being begun."""
        now = self._desk.clock.now()
        self._held.ledger.put(
            StepAttempt(
                run_id=self._held.run.id,
                step_id=step.id,
                item=PLAIN,
                number=self._held.ledger.next_number((step.id, PLAIN)),
                state=state,
                idempotency_key=idempotency_key(self._held.run.id, (step.id, PLAIN)),
                started_at=now,
                ended_at=now,
                output=output,
                failure=failure,
            )
        )
        self._scopes.ended(step)


def _signals_for(unit: Unit, held: Held) -> Sequence[Signal]:
    """What a unit was told since it first began; of an event whatever was told at any time, as it may have been early."""
    latest = held.ledger.latest(unit)
    if latest is not None and waits_for(latest) is Waiting.EVENT and isinstance(latest.output, dict):
        name = f"{EVENT}{latest.output['prompt']}"
        return [signal for signal in held.signals if signal.name == name]
    since = held.ledger.first_start(unit)
    return [
        signal
        for signal in held.signals
        if signal.step_id in (unit[0], "")
        and not is_check(signal)
        and not signal.name.startswith(EVENT)
        and since is not None
        and signal.at >= since
    ]
