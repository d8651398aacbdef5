"""docs/surfaces.md says which test shows each promise: every row is there for each surface, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/surfaces.md").read_text()
TESTS = ROOT / "tests"
CORE = range(1, 22)
FOLDERS = {
    "## What it promises": TESTS / "contract/surfaces",
    "### In Slack": TESTS / "contract/surfaces/slack",
    "### In Discord": TESTS / "contract/surfaces/discord",
}


def part(heading: str) -> str:
    """A part of the page, to the next heading."""
    _, found, rest = PAGE.partition(f"{heading}\n")
    assert found, f"there is no {heading}"
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(heading: str) -> dict[int, str]:
    """What stands in the table about each promise; a row may be about several."""
    found: dict[int, str] = {}
    for numbers, rest in re.findall(r"^\| ([\d, ]+) \|(.*)\|$", part(heading), re.MULTILINE):
        found |= dict.fromkeys(map(int, numbers.split(",")), rest)
    return found


@pytest.mark.parametrize("heading", FOLDERS)
def test_every_promise_has_its_row(heading: str) -> None:
    assert set(CORE) <= set(rows(heading)), f"missing: {sorted(set(CORE) - set(rows(heading)))}"


@pytest.mark.parametrize("heading", FOLDERS)
def test_every_test_that_is_named_exists(heading: str) -> None:
    named = re.findall(r"`((?:tests/)?[\w/]*(?:test_\w+|battery)(?:\.py)?)`", part(heading))
    assert len(named) >= 8, "the page names tests"
    missing = [name for name in named if not _file(FOLDERS[heading], name).is_file()]
    assert missing == []


def _file(folder: Path, name: str) -> Path:
    """What an adapter's own folder lacks is the core's."""
    file = name if name.endswith(".py") else f"{name}.py"
    if name.startswith("tests/"):
        return ROOT / file
    return folder / file if (folder / file).is_file() else TESTS / "contract/surfaces" / file
