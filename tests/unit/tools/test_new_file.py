"""New files get a plain name that is free, and replace nothing, however many come at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.errors import InvalidValueError, RejectedError
from tools.files import FolderFiles
from tools.new_file import put, safe_name


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    return FolderFiles(tmp_path, 1_000)


async def test_of_many_with_one_name_each_is_kept(files: FolderFiles) -> None:
    paths = await asyncio.gather(*(put(files, "image.png", bytes([number])) for number in range(8)))
    assert len(set(paths)) == 8
    assert sorted([await files.read(path) for path in paths]) == [bytes([number]) for number in range(8)]
    assert await files.names() == sorted(paths), "no drafts are left"


async def test_what_an_earlier_try_stored_is_found_again(files: FolderFiles) -> None:
    await files.write("a.csv", b"somebody's")
    first = await put(files, "a.csv", b"mine")
    assert first == "a (2).csv"
    assert await put(files, "a.csv", b"mine", is_repeat=True) == first
    assert await put(files, "a.csv", b"mine") == "a (3).csv", "the first try is never taken for a second one"


async def test_two_alike_that_came_together_stay_two(files: FolderFiles) -> None:
    first = await put(files, "a.csv", b"same")
    second = await put(files, "a.csv", b"same", others=[first])
    assert [first, second] == ["a.csv", "a (2).csv"]
    again = await put(files, "a.csv", b"same", is_repeat=True)
    assert await put(files, "a.csv", b"same", is_repeat=True, others=[again]) == second
    assert len(await files.names()) == 2


async def test_what_is_too_large_is_refused_and_nothing_is_left(files: FolderFiles, tmp_path: Path) -> None:
    with pytest.raises(RejectedError, match="too large"):
        await put(files, "big.bin", b"x" * 1_001)
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_system_without_links_will_do(files: FolderFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert [await put(files, "a.csv", b"1"), await put(files, "a.csv", b"2")] == ["a.csv", "a (2).csv"]
    assert await files.read("a.csv") == b"1"


@pytest.mark.parametrize("name", ["汉" * 200 + ".csv", "😀" * 90 + ".pdf", "x" * 400, "é" * 300 + "." + "y" * 90])
async def test_a_long_name_becomes_one_that_every_disk_takes(files: FolderFiles, name: str) -> None:
    path = await put(files, name, b"x")
    assert len(path.encode()) <= 240
    assert await files.names() == [path]


@pytest.mark.parametrize("name", ["", "..", "/", "  . "])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError):
        safe_name(name)


def test_signs_that_turn_a_name_around_are_taken_out() -> None:
    assert safe_name("invoice\u202efdp.exe") == "invoice_fdp.exe"
