"""One attempt of one step: checks its parameters, calls the step type, turns whatever happens into an outcome.

Knows no run, records nothing and repeats nothing.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from traceback import format_exc

from pydantic import JsonValue, ValidationError

from catalog.workflow import Step
from core.canonical import encode
from core.errors import ErrandError, RejectedError, StaleError, StoreError, TimedOutError, UnavailableError
from core.ids import new_id
from store.record import Failure, JsonObject
from tools.redact import Redactor, trim
from tools.registry import StepRegistry
from tools.step import AnyStepType, Effect, Pause, StepContext, StepParams
from worker.retry import as_known

_log = logging.getLogger(__name__)

OUTPUT_LIMIT = 1_000_000
"""Bytes of one step's result as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    output: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    pause: Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """`is_ours`: what failed is Errand's own, not the service that the step called."""

    error: ErrandError
    is_ours: bool = False


Outcome = Done | Paused | Failed


class BugError(ErrandError):
    """Something went wrong inside Errand itself."""

    cause = "bug"
    advice = "Tell the operator this reference; the log has the details."


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A step type with checked parameters, ready to be called."""

    step_type: AnyStepType
    params: StepParams
    effect: Effect
    timeout_s: float


def prepare(step: Step, rendered: JsonValue, registry: StepRegistry) -> Call:
    """Check rendered parameters. Raises RejectedError that names the step type or the fields that do not fit."""
    step_type = registry.find(step.uses)
    if step_type is None:
        raise RejectedError(f"There is no step type {step.uses}.", advice="Edit the workflow; it uses an unknown step.")
    params = checked(step_type.params, rendered)
    return Call(
        step_type=step_type,
        params=params,
        effect=step_type.effect_of(params),
        timeout_s=step.timeout_s or step_type.timeout_s,
    )


def checked(model: type[StepParams], rendered: JsonValue) -> StepParams:
    """Return parameters that fit. Raises RejectedError that names the fields that do not."""
    try:
        return model.model_validate(rendered)
    except ValidationError as error:
        raise RejectedError(
            "; ".join(_problem(each["loc"], each["msg"]) for each in error.errors(include_url=False)[:5]),
            advice="Change the value that it names and run it again.",
        ) from error


async def perform(call: Call, context: StepContext, redactor: Redactor) -> Outcome:
    """Call the step type once. Only a cancellation leaves this function, and StaleError: the run is another worker's."""
    try:
        async with asyncio.timeout(call.timeout_s):
            result = await call.step_type.run(call.params, context)
        if isinstance(result, Pause):
            return Paused(pause=result)
        return Done(output=_fitting(result.model_dump(mode="json", by_alias=True), call.effect))
    except TimeoutError:
        return Failed(error=as_known(TimedOutError(f"It was not done within {call.timeout_s:g} s."), call.effect))
    except StoreError as error:
        return Failed(error=UnavailableError(error.message), is_ours=True)
    except StaleError:
        raise
    except ErrandError as error:
        return Failed(error=as_known(error, call.effect))
    except Exception:  # noqa: BLE001  the engine's step: a bug in it fails the step
        return Failed(error=bug(f"in the step type {call.step_type.name}", redactor))


def bug(where: str, redactor: Redactor | None = None) -> BugError:
    """Log the error being handled, once and without the secrets that it may quote; return what people are told of it."""
    reference = new_id("ref")
    _log.error("A bug %s (reference %s).\n%s", where, reference, (redactor or Redactor()).text(format_exc()))
    return BugError(f"Something went wrong inside Errand (reference {reference}).")


def failure_of(error: ErrandError, step_id: str | None = None) -> Failure:
    return Failure(cause=error.cause, message=error.message, advice=error.advice, step_id=step_id)


def _problem(location: tuple[int | str, ...], message: str) -> str:
    field = ".".join(map(str, location))
    return f"{field}: {message}" if field else message


def _fitting(output: JsonObject, effect: Effect) -> JsonObject:
    """Return a result that can be kept. What has happened in the world is never called a failure for being long."""
    try:
        size = len(encode(output))
    except TypeError:
        raise RejectedError("The result holds a number too large to keep.") from None
    if size <= OUTPUT_LIMIT:
        return output
    if effect is Effect.READ:
        raise RejectedError(
            f"The result is too large to keep ({size:,} bytes; at most {OUTPUT_LIMIT:,}).",
            advice="Ask for less at once, e.g. with a limit or a filter.",
        )
    shorter = trim(output, OUTPUT_LIMIT)
    return shorter if isinstance(shorter, dict) else {}
