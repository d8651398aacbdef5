"""Every scripted conversation goes on an outside surface as it goes everywhere: through inbox, turn, postings and delivery."""

from __future__ import annotations

import pytest

from agent.reply import Reply
from bot.surface.arrival import Said, What
from tests.contract.agent.conftest import catalog, interpreter, retriever, talk
from tests.contract.surfaces.dialogue import play
from tests.contract.surfaces.lab import SurfaceLab
from tests.dialogue_runner import read_dialogues, sample
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.recording_surface import RecordingSurface
from tests.fakes.talk import Talk

__all__ = ["catalog", "interpreter", "retriever", "talk"]

DIALOGUES = read_dialogues()


@pytest.mark.parametrize("name", DIALOGUES)
async def test_the_conversation_goes_as_written(name: str, talk: Talk, clock: FixedClock) -> None:  # a fixture
    lab = SurfaceLab(talk, clock, RecordingSurface(clock), LocalBus(), "srv_1")

    async def hand(user: str, what: What) -> None:
        if isinstance(what, Said):
            lab.surface.files |= {file.id: sample(file.name) for file in what.files}
        await lab.arrive(what, user=user, channel=f"@{user}", thread="")

    def shown(user: str) -> list[Reply]:
        posted = lab.shown(f"@{user}")
        return [Reply(message_id=one.id, seq=number, parts=list(one.parts)) for number, one in enumerate(posted, 1)]

    await play(DIALOGUES[name], lab, hand=hand, shown=shown)
