"""Keeps the bot connected, for ever: the library resumes what breaks; what it gives up is begun anew, with longer and longer
pauses. Says how the connection is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import aiohttp
import discord

from bot.surface.port import Health
from bot.surface.vitals import Vitals
from bot.surfaces.discord.client import ErrandClient
from bot.surfaces.discord.rest import Rest
from core.clock import Clock

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 300.0
_GOOD_S = 60.0
_REFUSED = "Discord does not accept the bot's token. Reset it on the application's page “Bot” and set ERRAND_DISCORD_TOKEN to it."
_INTENTS = "Discord refuses the privileged intents that the application says it has."


class Connection:
    """`make` gives a client that was never connected."""

    def __init__(
        self, *, token: str, make: Callable[[], ErrandClient], rest: Rest, clock: Clock, vitals: Vitals
    ) -> None:
        self._token = token
        self._make = make
        self._rest = rest
        self._clock = clock
        self._vitals = vitals
        self._client: ErrandClient | None = None
        self._problem = ""

    def health(self) -> Health:
        client = self._client
        silent_s = self._clock.monotonic_s() - client.heard_at_s if client and client.heard_at_s is not None else None
        is_up = client is not None and client.is_up
        return Health(
            is_connected=is_up,
            silent_s=silent_s,
            problem="" if is_up else self._problem or "not connected",
            ack_p95_ms=self._vitals.ack_p95_ms,
            missed=dict(self._vitals.missed),
        )

    async def run(self) -> None:
        """Stay connected until cancelled."""
        pause_s = _FIRST_PAUSE_S
        while True:
            began_s = self._clock.monotonic_s()
            self._problem = await self._connected()
            _log.warning("The connection to Discord ended: %s", self._problem)
            lasted_s = self._clock.monotonic_s() - began_s
            pause_s = _FIRST_PAUSE_S if lasted_s > _GOOD_S else min(pause_s * 2, _LONGEST_PAUSE_S)
            await self._clock.sleep(pause_s)

    async def _connected(self) -> str:
        """Until the library gives up; returns why it did."""
        self._client = client = self._make()
        try:
            await client.start(self._token)
        except discord.LoginFailure:
            return _REFUSED
        except discord.PrivilegedIntentsRequired:
            return _INTENTS
        except discord.ConnectionClosed as error:
            self._vitals.miss(f"closed_{error.code}")
            return f"Discord closed the connection ({error.code})."
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
            self._vitals.miss("no_connection")
            return f"{type(error).__name__}: {error}"[:200]
        except Exception as error:  # noqa: BLE001  # what the library cannot read must not end the connection for good
            _log.exception("the library broke")
            return f"{type(error).__name__}: {error}"[:200]
        finally:
            client.is_up = False
            self._rest.client = None
            await client.close()
        return "It was closed."
