"""Every scripted conversation goes on Discord as it goes everywhere; what can be read there is what it goes like."""

from __future__ import annotations

import pytest

from tests.contract.agent.conftest import catalog, interpreter, retriever, talk
from tests.contract.surfaces.dialogue import play
from tests.contract.surfaces.discord.cast import DiscordCast, Watched
from tests.contract.surfaces.discord.lab import SURFACE, Town, serving
from tests.contract.surfaces.lab import SurfaceLab
from tests.dialogue_runner import read_dialogues
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.discord_server import DiscordServer
from tests.fakes.recording_surface import RecordingSurface
from tests.fakes.talk import Talk

__all__ = ["catalog", "interpreter", "retriever", "talk"]

DIALOGUES = read_dialogues()


@pytest.mark.parametrize("name", DIALOGUES)
async def test_the_conversation_goes_as_written(
    name: str,
    talk: Talk,
    clock: FixedClock,
    server: DiscordServer,  # fixtures
) -> None:
    lab = SurfaceLab(talk, clock, RecordingSurface(clock), LocalBus(), "srv_1")
    async with serving(lab, server) as surface:
        watched = Watched(surface)
        lab.host._surfaces[SURFACE] = watched  # type: ignore[assignment]  # it passes everything on
        cast = DiscordCast(Town(lab, server), watched)
        await play(
            DIALOGUES[name],
            lab,
            hand=cast.hand,
            shown=cast.shown,
            surface=SURFACE,
            account_of=lambda user: cast.user(user).id,
        )
    for row in talk.rows("SELECT external_id, problem FROM postings"):
        assert row[0], row[1]
