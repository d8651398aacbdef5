"""Every scripted conversation says the same on the web, in the terminal, in Slack over sockets and over HTTP, and on Discord, turn for turn.

What stands on each surface is read back and held against the parts of its messages while it plays; here these are held against the web's.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.offline.interpreter import OfflineInterpreter
from catalog.loader import Catalog
from catalog.retrieval.hybrid import HybridRetriever
from tests.contract.agent.conftest import catalog, interpreter, open_talk, retriever
from tests.contract.surfaces.dialogue import play
from tests.contract.surfaces.discord.cast import DiscordCast, Watched
from tests.contract.surfaces.discord.lab import Town, serving
from tests.contract.surfaces.lab import SurfaceLab
from tests.contract.surfaces.slack.cast import SlackCast
from tests.contract.surfaces.slack.lab import Mode, SlackLab
from tests.contract.terminal.cast import play_in_the_terminal
from tests.contract.web.cast import play_on_the_web
from tests.dialogue_runner import ScriptedDialogue, read_dialogues
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.discord_server import DiscordServer
from tests.fakes.recording_surface import RecordingSurface
from tests.fakes.slack_server import SlackServer
from tests.fakes.talk import Talk
from tests.transcript import Transcript

__all__ = ["catalog", "interpreter", "retriever"]

DIALOGUES = read_dialogues()
_OWN = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b|\b\d+(?:\.\d)? m?s\b|/hooks/[\w-]+|^[0-9a-f]{12}$", re.MULTILINE)
Play = Callable[[ScriptedDialogue, Talk, FixedClock, Path], Awaitable[list[Transcript]]]


def _slack(mode: Mode) -> Play:
    async def played(dialogue: ScriptedDialogue, talk: Talk, clock: FixedClock, folder: Path) -> list[Transcript]:
        async with SlackServer.open() as slack:
            for person in {"Ana", *dialogue.people}:
                slack.add_user(person.lower(), person)
            async with SlackLab.serve(folder, clock, slack, mode, talk=talk) as lab:
                cast = SlackCast(lab)
                said = await play(dialogue, lab, hand=cast.hand, shown=cast.shown, surface="slack")
        assert slack.violations == []
        return said

    return played


async def _discord(dialogue: ScriptedDialogue, talk: Talk, clock: FixedClock, folder: Path) -> list[Transcript]:
    lab = SurfaceLab(talk, clock, RecordingSurface(clock), LocalBus(), "srv_1")
    async with DiscordServer.open() as server, serving(lab, server) as surface:
        watched = Watched(surface)
        lab.host._surfaces["discord"] = watched  # type: ignore[assignment]  # it passes everything on
        cast = DiscordCast(Town(lab, server), watched)
        said = await play(
            dialogue,
            lab,
            hand=cast.hand,
            shown=cast.shown,
            surface="discord",
            account_of=lambda user: cast.user(user).id,
        )
    assert server.violations == []
    return said


def _common(said: Transcript) -> str:
    """Posting takes its time, by which clocks differ; each webhook has a secret of its own, each approval a digest."""
    return _OWN.sub("…", said.text)


SURFACES: dict[str, Play] = {
    "terminal": play_in_the_terminal,
    "Slack over sockets": _slack("socket"),
    "Slack over HTTP": _slack("http"),
    "Discord": _discord,
}


@pytest.mark.parametrize("name", DIALOGUES)
async def test_it_says_the_same_everywhere(
    name: str, tmp_path: Path, catalog: Catalog, interpreter: OfflineInterpreter, retriever: HybridRetriever
) -> None:
    async def played(surface: str, play_it: Play) -> list[Transcript]:
        folder, clock = tmp_path / surface.replace(" ", "-"), FixedClock()
        folder.mkdir()
        async with open_talk(folder, clock, catalog, interpreter, retriever) as talk:
            return await play_it(DIALOGUES[name], talk, clock, folder)

    meant = await played("web", play_on_the_web)
    for surface, play_it in SURFACES.items():
        if surface == "terminal" and DIALOGUES[name].hands_in_files:
            continue  # at a prompt files are named, not handed in
        said = await played(surface, play_it)
        for turn, one, other in zip(DIALOGUES[name].turns, said, meant, strict=True):
            place = f"{surface}: {turn.by} {turn.user or turn.press or turn.look or turn.files}"
            assert _common(one) == _common(other), place
            assert one.buttons == other.buttons, place
