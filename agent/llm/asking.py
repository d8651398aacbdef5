"""Asks the model within a time limit, a budget and a circuit, and records what it cost. What goes wrong here is no error of
the turn: there is no answer then, and the turn goes on without one.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing

from pydantic import JsonValue

from agent.interpreter import Speaker
from agent.llm.circuit import Circuit
from agent.llm.meter import Meter
from core.clock import Clock
from core.errors import RetryableError, StepError, StoreError
from store.record import Purpose
from tools.outbound import PromptLine, Structured, TalkModel, TokenUse

_log = logging.getLogger(__name__)
_LEAST_S = 0.05
"""With less time than this nothing is begun."""

_LONGEST_TEXT = 6000
"""A text longer than this is not read to its end."""


class Asking:
    """The model as this room asks it."""

    def __init__(self, model: TalkModel, meter: Meter, clock: Clock) -> None:
        self._model = model
        self._meter = meter
        self._clock = clock
        self._circuit = Circuit(clock)

    @property
    def is_resting(self) -> bool:
        """Whether the model failed a moment ago and is left alone."""
        return self._circuit.is_open

    def until(self, timeout_s: float) -> float:
        """The moment at which so much time is over, for `structured` and `stream`."""
        return self._clock.monotonic_s() + timeout_s

    async def is_spent(self, speaker: Speaker | None) -> bool:
        return await self._meter.is_spent(speaker)

    async def structured(
        self,
        purpose: Purpose,
        lines: Sequence[PromptLine],
        *,
        schema: Mapping[str, JsonValue],
        limit_tokens: int,
        until: float,
        speaker: Speaker | None,
    ) -> Structured | None:
        """An answer within a schema, which may be a problem instead of a value; none when there was none in time."""
        left_s = until - self._clock.monotonic_s()
        if left_s < _LEAST_S or not self._circuit.allows():
            return None
        try:
            answer = await self._model.structured(lines, schema=schema, limit_tokens=limit_tokens, timeout_s=left_s)
        except StepError as error:
            self._failed(error)
            return None
        if answer.value is not None or answer.is_refusal:
            self._circuit.worked()
        else:
            _log.info("the model's answer was of no use: %s", answer.problem)
            self._circuit.failed()
        await self._record(purpose, answer.use, speaker)
        return answer

    async def stream(
        self, lines: Sequence[PromptLine], *, limit_tokens: int, until: float, speaker: Speaker | None
    ) -> AsyncIterator[str | None]:
        """The answer piece by piece; none at the end when it broke off, so that what came is no whole answer."""
        left_s = until - self._clock.monotonic_s()
        if left_s < _LEAST_S or not self._circuit.allows():
            yield None
            return
        length, use = 0, TokenUse(prompt=sum(len(line.text) for line in lines) // 4)
        try:
            async with aclosing(self._model.stream(lines, limit_tokens=limit_tokens, timeout_s=left_s)) as pieces:  # type: ignore[type-var]  # a generator
                async for piece in pieces:
                    if isinstance(piece, TokenUse):
                        use = piece
                        continue
                    length += len(piece)
                    if length > _LONGEST_TEXT:
                        yield None
                        break
                    yield piece
            self._circuit.worked()
        except StepError as error:
            self._failed(error)
            yield None
        finally:
            await self._record(Purpose.ANSWER, use, speaker)

    def _failed(self, error: StepError) -> None:
        _log.warning("the model did not answer: %s", error.message)
        wait_s = error.retry_after_s if isinstance(error, RetryableError) else None
        self._circuit.failed(wait_s=wait_s)

    async def _record(self, purpose: Purpose, use: TokenUse, speaker: Speaker | None) -> None:
        try:
            await self._meter.record(purpose, use, speaker)
        except StoreError:
            _log.exception("what the model cost could not be recorded")
