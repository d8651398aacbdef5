"""One look of a source: renders and checks its parameters, asks the gate, lets it look, turns whatever happens into an
outcome. Knows no trigger and records nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from core.errors import ErrandError, RejectedError, RetryableError, TimedOutError
from tools.redact import Redactor
from tools.registry import StepRegistry
from tools.source import AnySourceType, Look, SourceContext
from tools.step import StepParams
from worker.attempt import Failed, bug, checked
from worker.gate import Gate, Health, Hold, Service, health_of, service_of
from worker.ports import ContextMaker, ScopedAccounts

LOOK_TIMEOUT_S = 60.0
_LONGEST_PROBLEM = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A look that saw nothing: why, fit to be shown, and how long the service wants to be left alone."""

    problem: str
    retry_after_s: float = 0.0


async def take_look(
    content: ProposalContent,
    cursor: JsonValue,
    *,
    ticket: str,
    person_id: str,
    registry: StepRegistry,
    expressions: Expressions,
    maker: ContextMaker,
    gate: Gate,
) -> Look | Blind | Hold:
    """Look once, for at most `LOOK_TIMEOUT_S`, unless the gate holds it back. Only a cancellation leaves this function."""
    redactor = Redactor()
    try:
        source, params = _prepare(content, registry, expressions)
        context = _context(content, cursor, person_id, maker, redactor)
        service = service_of(source, params, connections=content.connections, connectors=maker.connectors)
        if service is not None:
            if (hold := await gate.enter(service, ticket=ticket, timeout_s=LOOK_TIMEOUT_S)) is not None:
                return hold
            return await _told(gate, service, _look(source, params, cursor, context))
        return await _look(source, params, cursor, context)
    except ErrandError as error:
        return _blind(error, redactor)
    except Exception:  # noqa: BLE001  a look, as the engine does for a step
        return _blind(bug("while looking for new items"), redactor)


async def _told(gate: Gate, service: Service, looking: Awaitable[Look]) -> Look:
    """Let it look, and tell the gate how that went."""
    health = Health(is_well=None)
    try:
        look = await looking
        health = Health(is_well=True)
    except ErrandError as error:
        health = health_of(Failed(error=error))
        raise
    finally:
        await gate.leave(service, health)
    return look


async def _look(source: AnySourceType, params: StepParams, cursor: JsonValue, context: SourceContext) -> Look:
    assert source.look is not None
    try:
        async with asyncio.timeout(LOOK_TIMEOUT_S):
            return await source.look(params, cursor, context)
    except TimeoutError:
        raise TimedOutError(f"It did not answer within {LOOK_TIMEOUT_S:g} s.") from None


def source_params(
    spec_with: Mapping[str, JsonValue], params: Mapping[str, JsonValue], expressions: Expressions
) -> JsonValue:
    """The values of a source, with its expressions resolved."""
    return expressions.render(dict(spec_with), {"params": params})


def _prepare(
    content: ProposalContent, registry: StepRegistry, expressions: Expressions
) -> tuple[AnySourceType, StepParams]:
    spec = content.workflow.trigger.source
    source = registry.source(spec.uses) if spec is not None else None
    if spec is None or source is None or source.look is None:
        raise RejectedError("What it should look at is not installed here any more.", advice="Ask for it again.")
    return source, checked(source.params, source_params(spec.with_, content.params, expressions))


def _context(
    content: ProposalContent, cursor: JsonValue, person_id: str, maker: ContextMaker, redactor: Redactor
) -> SourceContext:
    spec = content.workflow.trigger.source
    world = maker.world
    return SourceContext(
        clock=maker.clock,
        http=world.http,
        mail=world.mail,
        database=world.database,
        files=world.files,
        accounts=ScopedAccounts(
            maker.store, maker.vault, connections=content.connections, person_id=person_id, redactor=redactor
        ),
        is_first=cursor is None and spec is not None and spec.existing == "skip",
    )


def _blind(error: ErrandError, redactor: Redactor) -> Blind:
    text = redactor.text(f"{error.message} {error.advice}".strip())
    problem = text if len(text) <= _LONGEST_PROBLEM else f"{text[:_LONGEST_PROBLEM]}…"
    wait_s = error.retry_after_s if isinstance(error, RetryableError) else None
    return Blind(problem=problem, retry_after_s=wait_s or 0.0)
