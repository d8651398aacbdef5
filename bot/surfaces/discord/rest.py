"""Calls to Discord's REST API over the library's own client: bounded, tried again where that is safe, errors as ours.

The library waits for a limit within the call, does not try again after 503 or a reset, and waits five minutes for an answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

import aiohttp
import discord
from discord.http import Route
from pydantic import JsonValue

from bot.surface.vitals import Vitals
from core.clock import Clock
from core.errors import (
    ClosedError,
    ErrandError,
    GoneError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
    UnavailableError,
)
from store.record import JsonObject

T = TypeVar("T")
_log = logging.getLogger(__name__)

LONGEST_LIMIT_S = 1.0
"""A limit that is over so soon is waited for within the call; for a longer one, the lane rests."""
_CALL_S = 8.0
_MANY = 429
_PAUSES_S = (0.2, 1.0)


class UnknownChannelError(NotFoundError):
    """Discord has no such channel or thread, or we are not in it."""


class ArchivedThreadError(ClosedError):
    """Nothing can be changed in a thread that Discord has closed because nobody wrote there, or that somebody has locked."""


_BY_CODE: dict[int, type[ErrandError]] = {
    10003: UnknownChannelError,
    10008: GoneError,
    50083: ArchivedThreadError,
    160005: ClosedError,
}


class Rest:
    """`client` is the one that is logged in now. What comes to nothing is counted in `vitals`, by Discord's code for it."""

    def __init__(self, clock: Clock, vitals: Vitals) -> None:
        self.client: discord.Client | None = None
        self._vitals = vitals
        self._clock = clock

    async def get(self, path: str, **ids: str | int) -> JsonObject:
        return _object(await self.call("GET", path, None, **ids))

    async def send(self, method: str, path: str, body: JsonObject, **ids: str | int) -> JsonObject:
        """One that may be sent twice without harm: it sets something, or carries a nonce."""
        return _object(await self.call(method, path, body, **ids))

    async def call(self, method: str, path: str, body: JsonObject | None = None, **ids: str | int) -> JsonValue:
        """Raises what `bot.surface.port` says."""

        async def request(client: discord.Client) -> JsonValue:
            route = Route(method, path, metadata=None, **ids)
            if body is None:
                return await client.http.request(route)  # type: ignore[no-any-return]  # JSON
            return await client.http.request(route, json=body)  # type: ignore[no-any-return]  # JSON

        return await self.ask(request)

    async def ask(self, what: Callable[[discord.Client], Awaitable[T]]) -> T:
        """The same for a call that the library has words for."""
        for pause_s in _PAUSES_S:
            try:
                return await self._once(what)
            except (UnavailableError, TimedOutError) as error:
                _log.info("Discord is asked again: %s", error)
                await self._clock.sleep(pause_s)
        return await self._once(what)

    async def _once(self, what: Callable[[discord.Client], Awaitable[T]]) -> T:
        client = self.client
        if client is None:
            raise UnavailableError("Discord is not connected.")
        try:
            async with asyncio.timeout(_CALL_S):
                return await what(client)
        except TimeoutError:
            self._vitals.miss("no_answer")
            raise TimedOutError("Discord did not answer in time.") from None
        except discord.RateLimited as error:
            self._vitals.miss(_MANY)
            raise RateLimitedError(retry_after_s=error.retry_after) from error
        except discord.HTTPException as error:
            self._vitals.miss(_MANY if error.status == _MANY else error.code or error.status)
            raise _refused(error) from error
        except aiohttp.ClientConnectorError as error:
            self._vitals.miss("unreachable")
            raise UnavailableError("Discord cannot be reached.") from error
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            self._vitals.miss("no_answer")
            # A session that was closed under the call is a RuntimeError.
            raise TimedOutError(f"The connection to Discord broke: {type(error).__name__}.") from error


def _refused(error: discord.HTTPException) -> ErrandError:
    said = f"{error.status} {error.code}: {error.text}"[:300]
    if error.code in _BY_CODE:
        return _BY_CODE[error.code](said)
    if error.status == _MANY:  # one without Discord's own header: its guard has had enough of us
        return RateLimitedError(said, retry_after_s=60.0)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnavailableError(said)
    if error.status == HTTPStatus.NOT_FOUND:
        return NotFoundError(said)
    if error.status in (401, 403):
        return NotAllowedError(said)
    return RejectedError(said)


def _object(answer: JsonValue) -> JsonObject:
    if not isinstance(answer, dict):
        raise RejectedError(f"Discord answered {type(answer).__name__}.")
    return answer
