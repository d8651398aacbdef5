"""What every interaction is owed: an answer, however late; and a sentence when something went wrong. Knows no kind of interaction."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Coroutine
from typing import TypeVar

import aiohttp
import discord

from agent.phrases import Phrases, load_phrases
from bot.surface.vitals import Vitals
from bot.surfaces.discord.component import text
from bot.surfaces.discord.markup import literal
from bot.surfaces.discord.payload import PayloadView
from core.clock import Clock
from core.errors import StoreError

T = TypeVar("T")
_log = logging.getLogger(__name__)

Interaction = discord.Interaction[discord.Client]

RECEIVED = "received_s"
"""Under this name an interaction's extras say when it came, by the monotonic clock."""
_LATE = frozenset({10062, 40060})
"""Discord waits no longer, or another process was faster. What was done is in the inbox either way."""


class Answering:
    """What all handlers of interactions share."""

    def __init__(self, clock: Clock, vitals: Vitals) -> None:
        self._clock = clock
        self._vitals = vitals

    async def guarded(self, interaction: Interaction, work: Coroutine[None, None, None]) -> None:
        """A failure of ours is logged under a reference that the user is shown."""
        try:
            await work
        except StoreError as error:
            _log.warning("An interaction could not be taken in: %s", error)
            await self.say(interaction, "error.not_taken")
        except Exception:  # noqa: BLE001  # a surface's turn
            reference = secrets.token_hex(4)
            _log.exception("an interaction failed, reference %s", reference)
            await self.say(interaction, "error.bug", reference=reference)

    async def quietly(self, interaction: Interaction, answer: Awaitable[T]) -> T | None:
        """An answer to an interaction that may come too late: what was asked for is done all the same."""
        is_first = not interaction.response.is_done()
        try:
            given = await answer
        except discord.InteractionResponded:
            return None
        except discord.HTTPException as error:
            self._vitals.miss(error.code or error.status)
            level = logging.INFO if error.code in _LATE else logging.WARNING
            _log.log(level, "An answer to an interaction came to nothing: %s", error)
        except (aiohttp.ClientError, OSError) as error:
            self._vitals.miss("no_answer")
            _log.warning("An answer to an interaction did not get through: %s", type(error).__name__)
        else:
            if is_first:
                self._vitals.acknowledged(self._clock.monotonic_s() - interaction.extras[RECEIVED])
            return given
        return None

    async def say(self, interaction: Interaction, key: str, **slots: object) -> None:
        """To whoever did it alone."""
        view = PayloadView([text(literal(phrases_for(interaction).plain(key, **slots)))])
        if interaction.response.is_done():
            await self.quietly(interaction, interaction.followup.send(view=view, ephemeral=True))
        else:
            await self.quietly(interaction, interaction.response.send_message(view=view, ephemeral=True))


def phrases_for(interaction: Interaction) -> Phrases:
    return load_phrases(interaction.locale.value)
