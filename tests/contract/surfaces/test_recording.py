"""The recording surface, with which the core is tested, is a surface like all others."""

from __future__ import annotations

import pytest

from bot.surface.port import Content
from store.record import Place
from tests.contract.surfaces.battery import SurfaceBattery
from tests.fakes.clock import FixedClock
from tests.fakes.recording_surface import RecordingSurface


class RecordingStage:
    def __init__(self, surface: RecordingSurface) -> None:
        self.surface = surface
        self.channel = Place(surface="recording", channel="C1", team="T1")
        self.user = "U1"
        self.account = "T1/U1"
        surface.members["C1"].add(self.account)

    def texts(self, place: Place) -> list[str]:
        found = self.surface.in_channel(place.channel)
        return [_text(one.content) for one in found if one.place.thread == place.thread]

    def private_texts(self, user: str) -> list[str]:
        return [_text(content) for _, to, content in self.surface.notices if to == user]

    def fail_next(self, fault: str) -> None:
        self.surface.faults.append(fault)  # type: ignore[arg-type]  # one of them

    def remove(self, external_id: str) -> None:
        del self.surface.messages[external_id]


def _text(content: Content) -> str:
    return "\n".join(str(part.model_dump()) for part in content.parts)


@pytest.fixture
def stage(clock: FixedClock) -> RecordingStage:
    return RecordingStage(RecordingSurface(clock))


class TestRecording(SurfaceBattery):
    pass
