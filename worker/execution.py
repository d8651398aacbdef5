"""Advances one held run until it ends or waits: plan, begin what is ready, record. Claims nothing and knows no queue.

What is durable when: a step that changes something has its started attempt recorded before it begins, and its success
at once after; what only reads rides along with the next write, or is written when it takes longer than a moment, so
that cards show it. The last record and the run's end are one write.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from catalog.expression import Expressions
from catalog.workflow import Step
from core.errors import ErrandError, RejectedError, StoreError
from store.record import AttemptState, Failure, JsonObject, Run, RunState, Signal, StepAttempt, Waiting
from tools.redact import Redactor
from tools.step import Resumption
from worker.attempt import failure_of
from worker.children import cancel_children
from worker.deadline import deadline_of, missed, pause, resume
from worker.desk import Desk
from worker.ending import cancelled, cancelled_attempt, failed, result_text, stood_in, stuck, succeeded, waiting
from worker.frozen import Frozen
from worker.held import Held
from worker.ledger import PLAIN, Unit, states
from worker.plan import Plan, StepState, plan
from worker.recovery import is_check, recover, take_answers, waits_for
from worker.resume import EVENT, waits_for_event
from worker.scope import Scopes
from worker.task import end
from worker.turn import SKIPPED, TURN_CHECK_S, Turn, turn_key
from worker.unit import UnitWork, idempotency_key

_log = logging.getLogger(__name__)

MOST_ITEMS = 1000
SHOWN_AFTER_S = 0.25
READ_AGAIN_S = 1.0


class Execution:
    """One run, from its claim to its end or to what it waits for."""

    def __init__(self, *, desk: Desk, held: Held, frozen: Frozen, zone: tzinfo, expressions: Expressions) -> None:
        self._desk = desk
        self._held = held
        self._frozen = frozen
        self._workflow = frozen.content.workflow
        self._steps = {step.id: step for step in self._workflow.steps}
        self._contexts = desk.contexts.of(held.run, frozen.content, zone)
        self._scopes = Scopes(
            expressions=expressions,
            content=frozen.content,
            flow=frozen.flow,
            resume_url=desk.resume_url(held.run.id) if waits_for_event(self._workflow) else None,
            run=held.run,
            zone=zone,
            clock=desk.clock,
            ledger=held.ledger,
        )
        self._running: dict[Unit, asyncio.Task[None]] = {}
        self._works: dict[Unit, UnitWork] = {}
        self._resumed: dict[Unit, int] = {}
        self._news: asyncio.Future[None] | None = None
        self._is_cancelling = held.run.is_cancelling
        self._stopped: Failure | None = None
        """Why the run has to end, whatever else there is to do."""
        self.was_nudged = False
        """Something was said to this run since it was last looked at."""

    def cancel(self) -> None:
        """End the run as cancelled; what runs is stopped."""
        self._is_cancelling = True
        for task in self._running.values():
            task.cancel()

    def lose(self) -> None:
        """Another worker has taken the run over: stop what runs and write nothing more."""
        self._held.lease.is_lost = True
        for task in self._running.values():
            task.cancel()

    def nudge(self) -> None:
        """Look at the run's signals again."""
        self.was_nudged = True
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def run(self) -> Run:
        """Return the run as it was last recorded: final or waiting.

        Raises StaleError when the lease was lost; nothing more is written then.
        """
        try:
            now = self._desk.clock.now()
            if self._held.run.paused_at is not None:
                await self._held.save(resume(self._held.run, now))
            if (put_down := await self._ask_for_turn(now)) is not None:
                return put_down
            recover(self._held.ledger, self._steps, now)
            self._stopped = take_answers(self._held.ledger, self._held.signals, now)
            for step in self._workflow.steps:
                self._scopes.ended(step)
            return await self._advance()
        finally:
            await self._stop_units()

    async def _ask_for_turn(self, now: datetime) -> Run | None:
        """Wait for this run's turn, or leave it out; none when it may go on. Only where runs exclude each other."""
        rule, run = self._workflow.concurrency, self._held.run
        if rule is None or run.is_rehearsal or self._is_cancelling:
            return None
        try:
            key = run.concurrency_key or turn_key(run, rule, self._scopes.of(""))
        except ErrandError as error:
            return await self._finish(failed(run, failure_of(error), now))
        self._held.run = run = replace(run, concurrency_key=key)
        turn = await self._desk.turns.ask(run, key, rule, has_begun=self._held.ledger.has_begun)
        if turn is Turn.MINE:
            return None
        if turn is Turn.SKIP:
            return await self._finish(cancelled(run, now, why=SKIPPED))
        due_at = now + timedelta(seconds=TURN_CHECK_S)
        run = replace(run, state=RunState.WAITING, waiting_for=Waiting.TURN, due_at=due_at)
        await self._held.save(pause(run, self._workflow, now))
        await self._desk.turns.wake_next(key, rule.limit)  # a slot may have become free meanwhile
        return self._held.run

    async def _advance(self) -> Run:
        while not self._is_cancelling:
            self._held.lease.check()
            if self._stopped is None and self._is_late():
                self._stopped = missed(self._workflow)
            if self._stopped is not None:
                await self._stop_units()
                return await self._finish(failed(self._held.run, self._stopped, self._desk.clock.now()))
            decided = plan(self._frozen.flow, states(self._held.ledger, self._frozen.flow, self._running))
            if decided.is_over:
                return await self._end(decided)
            if self._begin(decided) and not self._running:
                continue
            if not self._running:
                return await self._wait()
            if self._held.is_urgent:
                await self._desk.clock.sleep(0)  # what has just begun may take it along in a write of its own
                await self._held.settle()
            await self._next()
        await self._stop_units()
        now = self._desk.clock.now()
        await cancel_children(self._desk.store, self._desk.queue, self._held.ledger.open_attempts(), at=now)
        return await self._finish(cancelled(self._held.run, now))

    def _is_late(self) -> bool:
        deadline = deadline_of(self._held.run, self._workflow)
        return deadline is not None and deadline <= self._desk.clock.now()

    def _begin(self, decided: Plan) -> bool:
        """Skip and begin what can be; false when nothing has changed."""
        if decided.failed is not None:
            return False
        for step_id in decided.skipped:
            self._settle(self._steps[step_id], AttemptState.SKIPPED)
        begun = [self._begin_step(self._steps[step_id]) for step_id in decided.ready]
        begun.append(self._resume())  # what has begun goes before further items
        begun += [self._begin_items(self._steps[step_id]) for step_id in list(self._held.ledger.items)]
        return bool(decided.skipped) or any(begun)

    def _free(self, step: Step) -> int:
        """How many more units of a step may run at this moment."""
        free = self._workflow.parallel - len(self._running)
        if step.for_each is None:
            return free
        return min(free, step.for_each.concurrency - sum(step_id == step.id for step_id, _ in self._running))

    def _begin_step(self, step: Step) -> bool:
        """Begin a step, or learn the list of its items; false when too much runs already."""
        if step.for_each is None and self._free(step) <= 0:
            return False
        scope = self._scopes.of(step.id)
        try:
            if step.if_ is not None and not scope.condition(step.if_):
                self._settle(step, AttemptState.SKIPPED)
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
                    self._settle(step, AttemptState.SUCCEEDED, output={"items": [], "failed": []})
                self._scopes.ended(step)
        except ErrandError as error:
            message = Redactor().text(error.message)
            self._settle(step, AttemptState.FAILED, failure=replace(failure_of(error, step.id), message=message))
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
            if (step.id, item) not in self._running and ledger.latest((step.id, item)) is None:
                self._start(step, item)
                free -= 1
                begun = True
        return begun

    def _resume(self) -> bool:
        """Go on with what waited and is due, or was told something."""
        begun = False
        for attempt in self._held.ledger.open_attempts():
            unit = (attempt.step_id, attempt.item)
            if unit in self._running or waits_for(attempt) is Waiting.CHECK:
                continue
            if self._free(self._steps[attempt.step_id]) <= 0:
                continue
            heard = len(self._signals_for(unit))
            is_told = attempt.state is AttemptState.WAITING and heard > self._resumed.get(unit, 0)
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
        self._running[unit] = asyncio.create_task(work.run(self._resumption(unit)), name=f"{step.id} {item}")

    def _resumption(self, unit: Unit) -> Resumption | None:
        """What a unit was told since it first began; none when it begins now."""
        latest = self._held.ledger.latest(unit)
        if latest is None:
            return None
        signals = self._signals_for(unit)
        self._resumed[unit] = len(signals)
        if signals:
            return Resumption(signal={"person_id": signals[-1].person_id, **signals[-1].payload})
        return Resumption(signal=None) if latest.state is AttemptState.WAITING else None

    def _signals_for(self, unit: Unit) -> Sequence[Signal]:
        since = self._held.ledger.first_start(unit)
        latest = self._held.ledger.latest(unit)
        if latest is not None and waits_for(latest) is Waiting.EVENT and isinstance(latest.output, dict):
            name = f"{EVENT}{latest.output['prompt']}"  # whenever it came: it may have been early
            return [signal for signal in self._held.signals if signal.name == name]
        return [
            signal
            for signal in self._held.signals
            if signal.step_id in (unit[0], "")
            and not is_check(signal)
            and not signal.name.startswith(EVENT)
            and since is not None
            and signal.at >= since
        ]

    async def _next(self) -> None:
        """Wait until a unit ends, the run is told something, or there is something to show."""
        self._news = asyncio.get_running_loop().create_future()
        if self.was_nudged:
            self._news.set_result(None)
        waited = {*self._running.values(), self._news}
        done, _ = await asyncio.wait(waited, timeout=self._patience_s(), return_when=asyncio.FIRST_COMPLETED)
        if self._news in done:
            self.was_nudged = False
            if not await self._has_read_signals():
                self.was_nudged = True
        for unit in [unit for unit, task in self._running.items() if task in done]:
            self._ended(unit)
        if not done:
            await self._held.save()

    def _patience_s(self) -> float | None:
        """How long nothing may happen before there is something to show, or another branch is due."""
        now = self._desk.clock.now()
        left_s = [
            max(0.0, (attempt.due_at - now).total_seconds())
            for attempt in self._held.ledger.open_attempts()
            if attempt.due_at is not None
            and (attempt.step_id, attempt.item) not in self._running
            and self._free(self._steps[attempt.step_id]) > 0
        ]
        if (deadline := deadline_of(self._held.run, self._workflow)) is not None:
            left_s.append(max(0.0, (deadline - now).total_seconds()))
        if self._held.ledger.has_unsaved:
            left_s.append(SHOWN_AFTER_S)
        return min(left_s, default=None)

    def _ended(self, unit: Unit) -> None:
        """Take a unit's end. Raises what it could not deal with itself: StaleError, StoreError, a bug."""
        task, work = self._running.pop(unit), self._works.pop(unit)
        if not task.cancelled():
            task.result()
        self._give_up_items(work.step)
        self._scopes.ended(work.step)

    def _give_up_items(self, step: Step) -> None:
        """End the items that still wait when a step has failed for too many others."""
        ledger = self._held.ledger
        if step.for_each is None or ledger.state(step, self._running) not in (StepState.PASSED_OVER, StepState.HANDLED):
            return
        for attempt in ledger.open_attempts():
            if attempt.step_id == step.id:
                ledger.put(cancelled_attempt(attempt, self._desk.clock.now()))

    async def _has_read_signals(self) -> bool:
        """False when the database is away: what runs need not be stopped for that, it is read a moment later."""
        try:
            async with self._desk.store.begin() as records:
                self._held.signals = await records.runs.signals(self._held.run.id)
        except StoreError as error:
            _log.warning("What %s was told cannot be read (%s); trying again.", self._held.run.id, error)
            await self._desk.clock.sleep(READ_AGAIN_S)
            return False
        self._stopped = take_answers(self._held.ledger, self._held.signals, self._desk.clock.now()) or self._stopped
        for step in self._workflow.steps:
            self._scopes.ended(step)
        return True

    def _settle(
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

    async def _wait(self) -> Run:
        """Give the run back until it is due or told something."""
        open_attempts = self._held.ledger.open_attempts()
        if not open_attempts:
            return await self._finish(stuck(self._held.run, self._desk.clock.now()))
        run = pause(waiting(self._held.run, open_attempts), self._workflow, self._desk.clock.now())
        await self._held.save(run)
        return run

    async def _end(self, decided: Plan) -> Run:
        now = self._desk.clock.now()
        if decided.failed is None:
            text = result_text(
                self._workflow,
                self._scopes.of(""),
                stood_in=stood_in(self._workflow, self._held.ledger, self._desk.registry),
            )
            return await self._finish(succeeded(self._held.run, text, now))
        failure = self._held.ledger.failure(self._steps[decided.failed])
        return await self._finish(failed(self._held.run, failure, now))

    async def _finish(self, run: Run) -> Run:
        """Record the end, with all that is unsaved, in one write."""
        for attempt in self._held.ledger.open_attempts():
            self._held.ledger.put(cancelled_attempt(attempt, self._desk.clock.now()))
        await self._desk.notices.before_end(run)
        await self._held.save(run)
        if self._workflow.concurrency is not None:
            await self._desk.turns.pass_on(run, self._workflow.concurrency)
        return run

    async def _stop_units(self) -> None:
        await end(self._running.values())
