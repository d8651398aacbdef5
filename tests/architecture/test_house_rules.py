"""Rules of the house that a reader relies on, held by tests: structure, docs that match the code, pinned versions."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import main
from core.settings import Settings

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "agent", "worker", "catalog", "tools", "store", "core")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts)
LONGEST_MODULE = 400
BROAD_CATCHES = {
    "agent/turn.py",  # a surface's turn, and telling others of a turn that is saved
    "bot/command_line.py",  # the end of a command: a person gets a line, not a stack
    "bot/surface/delivery.py",  # one message on an outside surface
    "bot/surface/inbox.py",  # one thing that arrived from an outside surface
    "bot/surfaces/slack/answering.py",  # one thing that somebody did in Slack
    "bot/surfaces/discord/connection.py",  # what its library cannot read, which must not end the connection
    "bot/surfaces/discord/answering.py",  # an interaction: a person gets a sentence with a reference
    "bot/web/guard.py",  # a request
    "bot/web/stream.py",  # a turn that came over a socket
    "bot/web/turn.py",  # a turn that several deliveries wait for
    "catalog/retrieval/chroma.py",  # a panic of its engine, whose class nobody exports
    "store/sql/lane.py",  # a shared write: whoever waits for it raises it
    "worker/attempt.py",  # a step
    "worker/engine.py",  # a run
    "worker/look.py",  # a look at a source
    "worker/wake/worker.py",  # the worker's job
}


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 150


def test_imports_point_down_and_each_vendor_has_one_home() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_says_what_it_is_and_stays_short(path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "open with what it is, and what it is not"
    assert len(text.splitlines()) <= LONGEST_MODULE, "ask what second idea moved in"


def test_everything_is_caught_in_a_few_known_places_only() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    }
    assert found == BROAD_CATCHES


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "docs" / "operations.md").read_text()
    missing = [name for name in Settings.model_fields if f"`{name.upper()}`" not in documented]
    assert Settings.model_fields
    assert missing == []


def test_every_command_is_documented() -> None:
    documented = (ROOT / "docs" / "interfaces.md").read_text()
    assert main.commands
    assert [name for name in main.commands if f"`errand {name}" not in documented] == []


@pytest.mark.parametrize(
    "page", sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]), ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s#]+)", page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_dependency_is_pinned_and_no_host_is_named() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    constraints = (ROOT / "constraints.txt").read_text()
    pinned = {_normal(line.partition("==")[0]) for line in constraints.splitlines() if "==" in line}
    needed = {
        _normal(name) for name in re.findall(r'^    "([A-Za-z0-9._-]+)', project.partition("[tool.")[0], re.MULTILINE)
    }
    assert len(needed) > 30
    assert needed - pinned == set()
    assert "://" not in constraints


def _is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether it catches all errors, bugs too, and does not raise them again as they are."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    last = handler.body[-1]
    is_raised_again = isinstance(last, ast.Raise) and last.exc is None
    catches_all = any(one is None or ast.unparse(one) in ("Exception", "BaseException") for one in caught)
    return catches_all and not is_raised_again


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def test_no_channel_in_a_sentence_of_the_catalog_begins_a_comment() -> None:
    """`- warn me in #ops` ends at “in”: YAML takes the rest for a comment, without a word."""
    files = sorted((ROOT / "catalog").rglob("*.yaml"))
    assert files
    cut = [
        f"{file.name}: {line.strip()}"
        for file in files
        for line in file.read_text("utf-8").splitlines()
        if re.match(r"\s+- [^\"'{\[]*\s#\w", line)
    ]
    assert not cut
