"""Slack is a surface like all others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.record import Place
from tests.contract.surfaces.battery import SurfaceBattery
from tests.contract.surfaces.slack.lab import SlackLab
from tests.fakes.clock import FixedClock
from tests.fakes.slack_reading import read_messages
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import TEAM


class SlackStage:
    def __init__(self, lab: SlackLab) -> None:
        self._slack = lab.slack
        self.surface = lab.adapter
        self.channel = Place(surface="slack", channel="C1", team=TEAM)
        self.user = "U1"
        self.account = f"{TEAM}/U1"

    def texts(self, place: Place) -> list[str]:
        channel = f"D{place.channel[1:]}" if place.is_direct else place.channel
        found = self._slack.channels[channel].messages if channel in self._slack.channels else []
        return [
            read_messages([one]).text for one in found if one.bot_id and one.thread_ts == place.thread and not one.to
        ]

    def private_texts(self, user: str) -> list[str]:
        return [read_messages([one]).text for one in self._slack.channels["C1"].messages if one.to == user]

    def fail_next(self, fault: str) -> None:
        self._slack.faults.append(("*", fault))

    def remove(self, external_id: str) -> None:
        messages = self._slack.channels["C1"].messages
        messages[:] = [one for one in messages if one.ts not in external_id.split(",")]


@pytest.fixture
async def stage(tmp_path: Path, clock: FixedClock, slack: SlackServer) -> AsyncIterator[SlackStage]:
    async with SlackLab.serve(tmp_path, clock, slack, "socket") as lab:
        yield SlackStage(lab)


class TestSlack(SurfaceBattery):
    pass
