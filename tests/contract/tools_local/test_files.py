"""The files folder: nothing leads out of it, nothing is half written."""

from __future__ import annotations

import asyncio
import os
import unicodedata
from pathlib import Path

import pytest

from core.errors import BlockedError, RejectedError
from tools.files import FolderFiles


async def test_a_file_is_written_read_and_listed_and_its_folders_are_made(files: FolderFiles) -> None:
    await files.write("reports/2026/sales.csv", b"a,b\n")
    assert await files.read("reports/2026/sales.csv") == b"a,b\n"
    assert await files.exists("./reports//2026/sales.csv")
    assert not await files.exists("reports/2026")
    assert await files.names() == ["reports/2026/sales.csv"]


async def test_listing_a_folder_that_was_never_made_gives_nothing(files: FolderFiles) -> None:
    assert await files.names() == []
    assert not await files.exists("a.txt")


async def test_names_follow_the_pattern_and_leave_hidden_files_out(files: FolderFiles) -> None:
    for name in ("b.csv", "a.csv", "c.txt", ".hidden.csv", "sub/d.csv"):
        await files.write(name, b"")
    assert await files.names("*.csv") == ["a.csv", "b.csv"]
    assert await files.names("**/*.csv") == ["a.csv", "b.csv", "sub/d.csv"]


@pytest.mark.parametrize("pattern", ["a**b", "**/**/**/*", "."])
async def test_a_pattern_that_is_none_is_said(files: FolderFiles, pattern: str) -> None:
    with pytest.raises(RejectedError, match="is not a pattern"):
        await files.names(pattern)


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "a/../../secret",
        "a/../b",
        "/etc/passwd",
        "//etc/passwd",
        "~/secret",
        "C:/secret",
        "..\\secret",
        "a\0b",
        "a\nb",
        "a\u202eb",
        "\u200b",
        "a\ud800",
    ],
)
async def test_no_path_leads_outside(files: FolderFiles, folder: Path, path: str) -> None:
    (folder.parent / "secret").write_text("s")
    folder.mkdir()
    for action in (files.read(path), files.write(path, b"x"), files.exists(path), files.names(path)):
        with pytest.raises(BlockedError):
            await action
    assert (folder.parent / "secret").read_text() == "s"


async def test_no_link_leads_outside(files: FolderFiles, folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    folder.mkdir()
    (folder / "way").symlink_to(outside)
    (folder / "file").symlink_to(outside / "secret")
    (folder / "loop").symlink_to(folder / "loop")
    for path in ("way/secret", "file", "loop"):
        with pytest.raises(BlockedError):
            await files.read(path)
        with pytest.raises(BlockedError):
            await files.write(path, b"x")
    assert await files.names() == []
    assert (outside / "secret").read_text() == "s"


async def test_a_device_is_no_file(files: FolderFiles, folder: Path) -> None:
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    with pytest.raises(BlockedError, match="not an ordinary file"):
        await files.read("pipe")
    with pytest.raises(BlockedError, match="not an ordinary file"):
        await files.write("pipe", b"x")


async def test_clumsy_names_are_answered(files: FolderFiles) -> None:
    await files.write("file", b"x")
    for path, word in (
        ("", "missing"),
        (".", "folder itself"),
        ("nothing.txt", "no file nothing.txt"),
        ("file/below", "file"),
        ("x" * 300, "too long"),
        ("x/" * 300, "too long"),
    ):
        with pytest.raises(RejectedError, match=word):
            await files.read(path)
    with pytest.raises(RejectedError, match="is a file, not a folder"):
        await files.write("file/below", b"x")
    await files.write("folder/file", b"x")
    with pytest.raises(RejectedError, match="is a folder"):
        await files.write("folder", b"x")


async def test_both_unicode_forms_of_a_name_are_the_same_file(files: FolderFiles) -> None:
    await files.write(unicodedata.normalize("NFD", "Köln.txt"), b"x")
    assert await files.read(unicodedata.normalize("NFC", "Köln.txt")) == b"x"


async def test_what_is_too_large_is_refused_both_ways(folder: Path) -> None:
    files = FolderFiles(folder, 10)
    await files.write("a", b"x" * 10)
    for content, append in ((b"x" * 11, False), (b"x", True)):
        with pytest.raises(RejectedError, match="too large"):
            await files.write("a", content, append=append)
    (folder / "b").write_bytes(b"x" * 11)
    with pytest.raises(RejectedError, match="too large"):
        await files.read("b")


async def test_a_large_file_makes_the_round_trip(files: FolderFiles) -> None:
    content = os.urandom(2_000_000)
    await files.write("large", content)
    assert await files.read("large") == content


async def test_a_failed_write_leaves_the_old_file_and_no_litter(
    files: FolderFiles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await files.write("a", b"old")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RejectedError, match="No space left"):
        await files.write("a", b"new")
    assert await files.read("a") == b"old"
    assert [place.name for place in folder.iterdir()] == ["a"]


async def test_lines_added_at_the_same_time_are_all_there_and_whole(files: FolderFiles) -> None:
    lines = [f"{number:04d} {'x' * 200}\n" for number in range(60)]
    await asyncio.gather(*(files.write("log", line.encode(), append=True) for line in lines))
    assert sorted((await files.read("log")).decode().splitlines(keepends=True)) == lines
