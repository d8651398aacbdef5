"""Works on one unit of a run, a step or one item of it: attempts, and tries again, until there is an outcome.

Keeps the ledger; what is durable when is said in `worker.execution`. Plans nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from catalog.workflow import Step
from core.errors import ConnectionNeededError, ErrandError, OutcomeUnknownError, RejectedError
from store.record import AttemptState, Failure, JsonObject, StepAttempt, Waiting
from store.record.note import EFFECT, WAITING_FOR, waits_for
from tools.redact import Redactor, trim
from tools.step import Effect, Pause, Resumption
from worker.attempt import Call, Done, Failed, Outcome, Paused, failure_of, perform, prepare
from worker.desk import Desk
from worker.frozen import Frozen
from worker.gate import Hold, Service, health_of
from worker.held import Held
from worker.ledger import Unit
from worker.ports import RunContexts
from worker.retry import Again, RetryPolicy
from worker.scope import Scope

SLEPT_IN_PLACE_S = 5.0
"""Shorter delays before the next try are slept while the run is held; longer ones are durable."""
CHILD_CHECK_S = 60.0
"""A child's end wakes its parent; should that get lost, the parent looks by itself."""
MOST_PAUSES = 5
INPUT_LIMIT = 4000
"""Bytes of a step's parameters that the trace keeps."""


@dataclass(slots=True, kw_only=True)
class UnitWork:
    desk: Desk
    held: Held
    frozen: Frozen
    contexts: RunContexts
    step: Step
    item: int
    scope: Scope

    @property
    def unit(self) -> Unit:
        return self.step.id, self.item

    async def run(self, resumption: Resumption | None) -> None:
        """Return when the unit has succeeded, failed, or waits. Raises StaleError when the lease was lost."""
        while (delay_s := await self._try(resumption)) is not None:
            await self.desk.clock.sleep(delay_s)
            resumption = None

    async def _try(self, resumption: Resumption | None) -> float | None:
        """Make one attempt; returns the delay before the next one, or none."""
        redactor = Redactor()
        if (latest := self.held.ledger.latest(self.unit)) and waits_for(latest) is Waiting.SERVICE:
            resumption = None  # it has not begun yet
        attempt = self._open()
        try:
            rendered = self.scope.render(self.step.with_)
            call = prepare(self.step, rendered, self.desk.registry)
        except ErrandError as error:
            self._end(attempt, AttemptState.FAILED, failure=failure_of(error, self.step.id))
            return None
        service = self.contexts.service_of(call) if resumption is None else None
        if service is not None and (hold := await self._ask_gate(service, call)) is not None:
            return self._hold_back(attempt, service, hold)
        effect = Effect.READ if self.held.run.is_rehearsal else call.effect
        attempt = replace(
            attempt, input=trim(redactor.value(rendered), INPUT_LIMIT), output={EFFECT: effect.value}, due_at=None
        )
        self.held.ledger.put(attempt)
        # Nothing begins before what went before it is durable; a change of the world not before its own start is.
        await (self.held.settle() if effect is Effect.READ else self.held.save())
        await self.held.lease.confirm()
        outcome, requests = await self._perform(call, attempt, resumption, redactor)
        self.held.is_urgent |= effect is not Effect.READ
        delay_s = self._record(replace(attempt, requests=requests, output=None), outcome, redactor)
        if service is not None:
            await self.desk.gate.leave(service, health_of(outcome))
        return delay_s

    async def _ask_gate(self, service: Service, call: Call) -> Hold | None:
        ticket = idempotency_key(self.held.run.id, self.unit)
        return await self.desk.gate.enter(service, ticket=ticket, timeout_s=call.timeout_s)

    def _hold_back(self, attempt: StepAttempt, service: Service, hold: Hold) -> float | None:
        """Wait for a service without having begun: nothing was sent, and no try is used up."""
        if hold.wait_s <= SLEPT_IN_PLACE_S:
            return hold.wait_s
        due_at = self.desk.clock.now() + timedelta(seconds=hold.wait_s)
        output: JsonObject = {WAITING_FOR: Waiting.SERVICE.value, "prompt": service.name, "why": hold.why.value}
        self.held.ledger.put(replace(attempt, state=AttemptState.WAITING, due_at=due_at, output=output))
        return None

    def _open(self) -> StepAttempt:
        """Begin an attempt, or go on with the one that waited."""
        ledger = self.held.ledger
        latest = ledger.latest(self.unit)
        if latest is not None and latest.state is AttemptState.WAITING:
            return replace(latest, state=AttemptState.STARTED, failure=None)
        return StepAttempt(
            run_id=self.held.run.id,
            step_id=self.step.id,
            item=self.item,
            number=ledger.next_number(self.unit),
            state=AttemptState.STARTED,
            idempotency_key=idempotency_key(self.held.run.id, self.unit),
            started_at=self.desk.clock.now(),
        )

    async def _perform(
        self, call: Call, attempt: StepAttempt, resumption: Resumption | None, redactor: Redactor
    ) -> tuple[Outcome, list[JsonObject]]:
        """Call the step in a context of its own; returns also what a rehearsal would have sent.

        A rehearsal does not wait: times pass at once.
        """
        requests: list[JsonObject] = []
        for _ in range(MOST_PAUSES):
            visit = self.contexts.visit(
                step_id=self.step.id,
                item=self.item,
                go=self.held.ledger.first_number(self.unit) or attempt.number,
                key=attempt.idempotency_key,
                started_at=self.held.ledger.first_start(self.unit) or attempt.started_at,
                resumption=resumption,
                redactor=redactor,
                confirm=self.held.lease.confirm,
            )
            outcome = await perform(call, visit.context, redactor)
            requests += [request.as_json() for request in visit.requests]
            if not (self.held.run.is_rehearsal and isinstance(outcome, Paused)):
                return outcome, requests
            is_event = outcome.pause.waiting_for == "event"
            resumption = Resumption(signal={"rehearsed": True} if is_event else None)
        return Failed(error=RejectedError("It would wait and never go on.")), requests

    def _record(self, attempt: StepAttempt, outcome: Outcome, redactor: Redactor) -> float | None:
        match outcome:
            case Done(output=output):
                # Only credentials are hidden: everything else a later step may need as it is.
                shown = redactor.known(output)
                self._end(attempt, AttemptState.SUCCEEDED, output=shown if isinstance(shown, dict) else {})
            case Paused(pause=pause):
                self._park(attempt, pause)
            case Failed(error=error):
                return self._failed(attempt, error, redactor)
        return None

    def _failed(self, attempt: StepAttempt, error: ErrandError, redactor: Redactor) -> float | None:
        known = failure_of(error, self.step.id)
        failure = replace(known, message=redactor.text(known.message), advice=redactor.text(known.advice))
        waiting_for = self._waits_for_a_person(error)
        if waiting_for is not None:
            output: JsonObject = {WAITING_FOR: waiting_for.value}
            self.held.ledger.put(replace(attempt, state=AttemptState.WAITING, output=output, failure=failure))
            return None
        tries = self.held.ledger.tries(self.unit) + 1
        decision = RetryPolicy(self.step.retry, self.desk.random).decide(error, tries)
        if not isinstance(decision, Again):
            self._end(attempt, AttemptState.FAILED, failure=failure)
            return None
        due_at = self.desk.clock.now() + timedelta(seconds=decision.delay_s)
        self._end(replace(attempt, due_at=due_at), AttemptState.FAILED, failure=failure)
        return decision.delay_s if decision.delay_s <= SLEPT_IN_PLACE_S else None

    def _waits_for_a_person(self, error: ErrandError) -> Waiting | None:
        """An outcome that has to be checked, or an account that has to be connected again."""
        if self.held.run.is_rehearsal:
            return None
        if isinstance(error, OutcomeUnknownError):
            return Waiting.CHECK
        if self.step.on_error != "stop":
            return None
        if isinstance(error, ConnectionNeededError) and error.connector in self.frozen.content.connections:
            return Waiting.CONNECTION
        return None

    def _park(self, attempt: StepAttempt, pause: Pause) -> None:
        until = pause.until
        if pause.waiting_for == "run" and until is None:
            until = self.desk.clock.now() + timedelta(seconds=CHILD_CHECK_S)
        output: JsonObject = {WAITING_FOR: pause.waiting_for, "prompt": pause.prompt}
        self.held.ledger.put(replace(attempt, state=AttemptState.WAITING, due_at=until, output=output))

    def _end(
        self,
        attempt: StepAttempt,
        state: AttemptState,
        *,
        output: JsonObject | None = None,
        failure: Failure | None = None,
    ) -> None:
        ended_at = self.desk.clock.now()
        self.held.ledger.put(replace(attempt, state=state, ended_at=ended_at, output=output, failure=failure))


def idempotency_key(run_id: str, unit: Unit) -> str:
    """Return the key that all attempts of a unit share, in whatever process they are made."""
    return hashlib.sha256(f"{run_id}:{unit[0]}:{unit[1]}".encode()).hexdigest()[:32]
