"""Advances one held run until it ends or waits: plan, begin what is ready, record. Claims nothing and knows no queue.

What is durable when: a step that changes something has its started attempt recorded before it begins, and its success
at once after; what only reads rides along with the next write, or is written when it takes longer than a moment, so
that cards show it. The last record and the run's end are one write.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from catalog.expression import Expressions
from core.errors import ErrandError, StoreError
from store.record import Failure, Run, RunState, Waiting
from worker.attempt import failure_of
from worker.children import cancel_children
from worker.deadline import deadline_of, missed, pause, resume
from worker.desk import Desk
from worker.ending import cancelled, cancelled_attempt, failed, result_text, stood_in, stuck, succeeded, waiting
from worker.frozen import Frozen
from worker.held import Held
from worker.ledger import states
from worker.plan import Plan, plan
from worker.recovery import recover, take_answers
from worker.resume import waits_for_event
from worker.scope import Scopes
from worker.slot import SKIPPED, SLOT_CHECK_S, Answer, slot_key
from worker.units import Units

_log = logging.getLogger(__name__)

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
        self._units = Units(
            desk=desk,
            held=held,
            frozen=frozen,
            contexts=desk.contexts.of(held.run, frozen.content, zone),
            scopes=self._scopes,
        )
        self._news: asyncio.Future[None] | None = None
        self._is_cancelling = held.run.is_cancelling
        self._stopped: Failure | None = None
        """Why the run has to end, whatever else there is to do."""
        self.was_nudged = False
        """Something was said to this run since it was last looked at."""

    def cancel(self) -> None:
        """End the run as cancelled; what runs is stopped."""
        self._is_cancelling = True
        self._units.cancel()

    def lose(self) -> None:
        """Another worker has taken the run over: stop what runs and write nothing more."""
        self._held.lease.is_lost = True
        self._units.cancel()

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
            if (put_down := await self._ask_for_slot(now)) is not None:
                return put_down
            recover(self._held.ledger, self._steps, now)
            self._stopped = take_answers(self._held.ledger, self._held.signals, now)
            for step in self._workflow.steps:
                self._scopes.ended(step)
            return await self._advance()
        finally:
            await self._units.stop()

    async def _ask_for_slot(self, now: datetime) -> Run | None:
        """Wait for a slot, or leave the run out; none when it may go on. Only where runs exclude each other."""
        rule, run = self._workflow.concurrency, self._held.run
        if rule is None or run.is_rehearsal or self._is_cancelling:
            return None
        try:
            key = run.concurrency_key or slot_key(run, rule, self._scopes.of(""))
        except ErrandError as error:
            return await self._finish(failed(run, failure_of(error), now))
        self._held.run = run = replace(run, concurrency_key=key)
        answer = await self._desk.slots.ask(run, key, rule, has_begun=self._held.ledger.has_begun)
        if answer is Answer.TAKEN:
            return None
        if answer is Answer.SKIP:
            return await self._finish(cancelled(run, now, why=SKIPPED))
        due_at = now + timedelta(seconds=SLOT_CHECK_S)
        run = replace(run, state=RunState.WAITING, waiting_for=Waiting.SLOT, due_at=due_at)
        await self._held.save(pause(run, self._workflow, now))
        await self._desk.slots.wake_next(key, rule.limit)  # a slot may have become free meanwhile
        return self._held.run

    async def _advance(self) -> Run:
        while not self._is_cancelling:
            self._held.lease.check()
            if self._stopped is None and self._is_late():
                self._stopped = missed(self._workflow)
            if self._stopped is not None:
                await self._units.stop()
                return await self._finish(failed(self._held.run, self._stopped, self._desk.clock.now()))
            decided = plan(self._frozen.flow, states(self._held.ledger, self._frozen.flow, self._units.running))
            if decided.is_over:
                return await self._end(decided)
            if self._units.begin(decided) and not self._units.running:
                continue
            if not self._units.running:
                return await self._wait()
            if self._held.is_urgent:
                await self._desk.clock.sleep(0)  # what has just begun may take it along in a write of its own
                await self._held.settle()
            await self._next()
        await self._units.stop()
        now = self._desk.clock.now()
        await cancel_children(self._desk.store, self._desk.queue, self._held.ledger.open_attempts(), at=now)
        return await self._finish(cancelled(self._held.run, now))

    def _is_late(self) -> bool:
        deadline = deadline_of(self._held.run, self._workflow)
        return deadline is not None and deadline <= self._desk.clock.now()

    async def _next(self) -> None:
        """Wait until a unit ends, the run is told something, or there is something to show."""
        self._news = asyncio.get_running_loop().create_future()
        if self.was_nudged:
            self._news.set_result(None)
        waited = {*self._units.running.values(), self._news}
        done, _ = await asyncio.wait(waited, timeout=self._patience_s(), return_when=asyncio.FIRST_COMPLETED)
        if self._news in done:
            self.was_nudged = False
            if not await self._has_read_signals():
                self.was_nudged = True
        self._units.take_ended(done)
        if not done:
            await self._held.save()

    def _patience_s(self) -> float | None:
        """How long nothing may happen before there is something to show, another branch is due, or time is up."""
        left_s = [self._units.next_due_s()]
        if (deadline := deadline_of(self._held.run, self._workflow)) is not None:
            left_s.append(max(0.0, (deadline - self._desk.clock.now()).total_seconds()))
        if self._held.ledger.has_unsaved:
            left_s.append(SHOWN_AFTER_S)
        return min((each for each in left_s if each is not None), default=None)

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
            await self._desk.slots.pass_on(run, self._workflow.concurrency)
        return run
