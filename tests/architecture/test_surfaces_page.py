"""docs/surfaces.md says which tests show each promise: a row for each, a cell for each surface, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/surfaces.md").read_text()
TESTS = ROOT / "tests"
SURFACES = TESTS / "contract/surfaces"
FOLDERS = {
    "core": SURFACES,
    "Slack": SURFACES / "slack",
    "Discord": SURFACES / "discord",
    "web": TESTS / "contract/web",
}
ON_THE_WEB = {*range(1, 9), 12, 13, *range(15, 22)}
NAMED = re.compile(r"`([\w/]+)::(test_\w+)`")


def rows() -> dict[int, dict[str, str]]:
    """The cells of each promise by their columns."""
    _, found, rest = PAGE.partition(f"| # | behaviour | {' | '.join(FOLDERS)} |\n")
    assert found, "there is no such table"
    lines = [line.strip("| ").split(" | ") for line in rest.split("\n\n")[0].splitlines()[1:]]
    return {int(number): dict(zip(FOLDERS, cells, strict=True)) for number, _, *cells in lines}


ROWS = rows()


def test_every_promise_has_its_row() -> None:
    assert list(ROWS) == list(range(1, 23))


@pytest.mark.parametrize("number", ROWS)
@pytest.mark.parametrize("column", FOLDERS)
def test_every_cell_names_tests_or_says_why_there_can_be_none(number: int, column: str) -> None:
    cell = ROWS[number][column]
    must = column in ("Slack", "Discord") or (column == "web" and number in ON_THE_WEB)
    if must or not re.match(r"— \w+", cell):
        assert NAMED.findall(cell), f"row {number} names no test for {column}"


@pytest.mark.parametrize("column", FOLDERS)
def test_every_test_that_is_named_exists(column: str) -> None:
    named = {one for cells in ROWS.values() for one in NAMED.findall(cells[column])}
    missing = [f"{file}::{test}" for file, test in named if f"def {test}(" not in _source(file, column)]
    assert missing == []
    assert len(re.findall("::", "".join(cells[column] for cells in ROWS.values()))) == sum(
        len(NAMED.findall(cells[column])) for cells in ROWS.values()
    ), "each is named as `file::test`"


@pytest.mark.parametrize("column", ["Slack", "Discord"])
def test_every_adapter_runs_the_battery(column: str) -> None:
    assert "(SurfaceBattery)" in (FOLDERS[column] / "test_battery.py").read_text()


def _source(file: str, column: str) -> str:
    """A file of the column's folder, of what all surfaces share, or by its whole path."""
    places = [FOLDERS[column], SURFACES] if "/" not in file else [TESTS]
    return next((path.read_text() for folder in places if (path := folder / f"{file}.py").is_file()), "")
