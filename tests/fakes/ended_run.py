"""A run that has ended or waits, recorded as a worker would have recorded it, for tests of the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from agent.command import Start
from store.record import AttemptState, Connection, Failure, Run, RunState, StepAttempt
from tests.fakes.talk import Talk

MAIL = {"to": ["bob@x.io"], "subject": "Hello"}
DOWN = Failure(cause="unavailable", message="smtp.x.io is down.", advice="Try later.", step_id="mail")


def tried(number: int = 1, state: AttemptState = AttemptState.SUCCEEDED, **changes: object) -> StepAttempt:
    """A try of a step; `run_id` and times are filled in by `ended`."""
    attempt = StepAttempt(
        run_id="",
        step_id="mail",
        item=-1,
        number=number,
        state=state,
        idempotency_key="key-1",
        started_at=None,  # type: ignore[arg-type]  # filled in
        input={**MAIL},
    )
    return replace(attempt, **changes)  # type: ignore[arg-type]  # fields of an attempt


async def connect_smtp(talk: Talk) -> None:
    now = talk.knowledge.clock.now()
    account = Connection(
        id="con_1",
        person_id="usr_ana",
        connector="smtp",
        name="smtp.x.io",
        public={},
        secret=talk.knowledge.sealer.seal({}),
        created_at=now,
        updated_at=now,
    )
    async with talk.store.begin() as records:
        await records.connections.save(account)


async def ended(talk: Talk, attempts: Sequence[StepAttempt], state: RunState, failure: Failure | None = None) -> Run:
    """Approve a mail, and record of its run what a worker would."""
    values = {"to": "bob@x.io", "subject": "Hello"}
    await connect_smtp(talk)
    await talk.say("mail bob", Start(template_id="mail.send", values=values))
    await talk.press("Run")
    now = talk.knowledge.clock.now()
    claimed = await talk.store.journal.claim(talk.run.run_id, owner="w", now=now, until=now)
    assert claimed is not None
    made = [
        replace(one, run_id=claimed.run.id, started_at=now, ended_at=now + timedelta(milliseconds=340))
        for one in attempts
    ]
    run = replace(claimed.run, state=state, due_at=None, failure=failure, ended_at=now + timedelta(seconds=1))
    await talk.store.journal.record(owner="w", run=run, attempts=made)
    return run
