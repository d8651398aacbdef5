"""Files that were handed in: fetched after the acknowledgement, stored once whatever dies in between, and never over another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.reply import ChoicesPart, ProposalCard
from bot.surface.arrival import Arrival, Handed, Said, Submitted
from bot.surface.handed import Files
from bot.surface.hold import LEASE
from bot.surface.port import Fetched
from bot.surface.sealing import opened, sealed
from core.errors import TimedOutError, UnavailableError
from store.record import EntryState, InboxEntry
from tests.contract.surfaces.lab import SURFACE, VAULT, SurfaceLab
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.file_templates import COUNT, with_files
from tests.fakes.recording_surface import RecordingSurface
from tests.fakes.talk import Talk

PEOPLE = Handed(id="F1", name="people.csv", size=3, media_type="text/csv", url="https://files.example/F1")


@pytest.fixture
async def lab(tmp_path: Path, clock: FixedClock) -> AsyncIterator[SurfaceLab]:
    talk = await Talk.open(tmp_path, clock, templates=with_files())
    clock.move(1)
    lab = SurfaceLab(talk, clock, RecordingSurface(clock), LocalBus(), "srv_1")
    lab.surface.files = {"F1": b"1,2", "F2": b"3,4"}
    yield lab
    await talk.store.close()


def came_with(*files: Handed, text: str = "count the rows", delivery: str = "Ev1") -> Arrival:
    what = Said(text=text, files=files)
    return Arrival(surface=SURFACE, delivery_id=delivery, user="U1", team="T1", channel="C1", thread="t1", what=what)


async def taken_by_the_dead(lab: SurfaceLab) -> tuple[InboxEntry, Arrival]:
    """A process takes the oldest entry, and will die."""
    async with lab.store.begin() as records:
        now = lab.clock.now()
        [entry] = await records.inbox.take([SURFACE], "srv_dead", now=now, until=now + LEASE, limit=1)
    return entry, opened(entry.payload, VAULT)


async def test_a_process_that_died_after_it_stored_a_file_leaves_one_copy(lab: SurfaceLab) -> None:
    lab.means(COUNT)
    await lab.host.intake.accept(came_with(PEOPLE))
    _, arrival = await taken_by_the_dead(lab)
    await lab.host.inbox._files.keep(arrival, is_repeat=False, is_last=False)
    lab.clock.move(LEASE.total_seconds())
    await lab.settle()
    assert (await lab.entry("Ev1")).state is EntryState.DONE
    assert await lab.files.names() == ["people.csv"]
    assert {one.name: one.value for one in lab.only(ProposalCard).values}["file"] == "people.csv"


async def test_a_process_that_died_after_it_answered_leaves_one_copy_and_one_answer(lab: SurfaceLab) -> None:
    lab.means(COUNT)
    await lab.host.intake.accept(came_with(PEOPLE))
    await lab.host.inbox._do(*await taken_by_the_dead(lab))
    lab.clock.move(LEASE.total_seconds())
    await lab.settle()
    assert await lab.files.names() == ["people.csv"]
    assert len(lab.parts(ProposalCard)) == 1


async def test_somebody_else_s_file_of_that_name_is_not_taken_for_it(lab: SurfaceLab) -> None:
    await lab.files.write("people.csv", b"other")
    lab.means(COUNT)
    await lab.host.intake.accept(came_with(PEOPLE))
    _, arrival = await taken_by_the_dead(lab)
    await lab.host.inbox._files.keep(arrival, is_repeat=False, is_last=False)
    lab.clock.move(LEASE.total_seconds())
    await lab.settle()
    assert await lab.files.names() == ["people (2).csv", "people.csv"]
    assert {one.name: one.value for one in lab.only(ProposalCard).values}["file"] == "people (2).csv"


async def test_pasted_pictures_of_one_name_that_come_at_once_are_all_kept(lab: SurfaceLab) -> None:
    """Both vendors call whatever is pasted `image.png`."""
    lab.surface.files = {f"F{number}": bytes([number]) for number in range(6)}
    for number in range(6):
        picture = Handed(id=f"F{number}", name="image.png")
        await lab.arrive(Said(text="", files=(picture,)), channel=f"C{number}")
    await lab.settle()
    assert len(await lab.files.names()) == 6
    assert {await lab.files.read(name) for name in await lab.files.names()} == set(lab.surface.files.values())


async def test_a_delivery_that_comes_four_times_brings_one_file(lab: SurfaceLab) -> None:
    lab.means(COUNT)
    for _ in range(4):
        await lab.host.intake.accept(came_with(PEOPLE))
    await lab.settle()
    assert await lab.files.names() == ["people.csv"]
    assert lab.surface.calls.count("fetch_file") == 1


async def test_a_file_that_has_no_name_is_called_a_file(lab: SurfaceLab) -> None:
    await lab.arrive(Said(text="", files=(Handed(id="F1", name="..", media_type="text/csv"),)))
    await lab.settle()
    assert await lab.files.names() == ["file.csv"]
    assert lab.only(ChoicesPart).text.startswith("In the files folder now: file.csv")


async def test_what_only_another_process_can_fetch_is_left_to_it(lab: SurfaceLab) -> None:
    files = Files(folder=lab.files, limit_bytes=100, surfaces={})
    with pytest.raises(UnavailableError):
        await files.keep(came_with(PEOPLE), is_repeat=False, is_last=False)
    kept = await files.keep(came_with(PEOPLE), is_repeat=False, is_last=True)
    assert [one.problem for one in kept.values()] == ["unreachable"]


async def test_a_vendor_that_sends_without_end_holds_up_nobody_for_long(
    lab: SurfaceLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(RecordingSurface):
        async def fetch_file(self, file: Handed, *, limit_bytes: int) -> Fetched:
            if file.id == "F1":
                return await super().fetch_file(file, limit_bytes=limit_bytes)
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr("bot.surface.handed._ALL_S", 0.05)
    surface = Endless(lab.clock, files={"F1": b"1"})
    files = Files(folder=lab.files, limit_bytes=100, surfaces={SURFACE: surface})
    arrival = came_with(PEOPLE, Handed(id="F2", name="endless.csv"))
    with pytest.raises(TimedOutError):
        await files.keep(arrival, is_repeat=False, is_last=False)
    kept = await files.keep(arrival, is_repeat=True, is_last=True)
    assert [(one.path, one.problem) for one in kept.values()] == [("people.csv", None), ("", "unreachable")]
    assert await lab.files.names() == ["people.csv"]


async def test_what_was_handed_in_with_a_form_is_ciphertext_in_the_inbox(lab: SurfaceLab) -> None:
    what = Submitted(action="start:data.count", fields={"output": "n.txt"}, files={"file": PEOPLE})
    arrival = came_with().model_copy(update={"what": what})
    kept = sealed(arrival, VAULT)
    assert "people" not in str(kept)
    assert opened(kept, VAULT) == arrival


async def test_forms_that_were_sealed_before_there_were_files_are_read(lab: SurfaceLab) -> None:
    arrival = came_with().model_copy(update={"what": Submitted(action="a", fields={"b": "c"})})
    secret = VAULT.seal({"fields": '{"b":"c"}'}).decode()
    kept = sealed(arrival, VAULT) | {"what": {"kind": "submitted", "action": "a", "sealed": secret}}
    assert opened(kept, VAULT) == arrival
