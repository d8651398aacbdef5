"""The registry finds step types by listing a folder and says all that is wrong at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import CatalogError
from tools.registry import load_steps

_STEP = """
from tools.step import Effect, StepParams, StepResult, StepType
async def run(params, context):
    return StepResult()
STEPS = (StepType(name="{name}", title="T", description="D", params=StepParams, result=StepResult, effect=Effect.READ,
    run=run, summarize=lambda params: "s"),)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / f"steps_of_{abs(hash(request.node.name))}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_steps_come_in_the_order_of_their_names(package: Path) -> None:
    (package / "a.py").write_text(_STEP.format(name="z.last"))
    (package / "b.py").write_text(_STEP.format(name="a.first"))
    registry = load_steps(package.name)
    assert registry.names() == ["a.first", "z.last"]
    assert [step_type.name for step_type in registry] == ["a.first", "z.last"]
    found = registry.find("a.first")
    assert found is not None
    assert found.title == "T"
    assert registry.find("no.such") is None


def test_all_problems_are_listed_at_once(package: Path) -> None:
    (package / "a.py").write_text(_STEP.format(name="one.step"))
    (package / "b.py").write_text(_STEP.format(name="one.step"))
    (package / "c.py").write_text("")
    (package / "d.py").write_text("STEPS = ['text']")
    (package / "e.py").write_text(_STEP.format(name="NoDot"))
    with pytest.raises(CatalogError) as caught:
        load_steps(package.name)
    problems = caught.value.problems
    assert len(problems) == 4
    assert "one.step is already in" in problems[0]
    assert "has no STEPS" in problems[1]
    assert "STEPS holds str" in problems[2]
    assert "NoDot" in problems[3]


def test_a_module_with_a_leading_underscore_is_passed_over(package: Path) -> None:
    (package / "_shared.py").write_text("raise AssertionError('imported')")
    (package / "a.py").write_text(_STEP.format(name="one.step"))
    assert load_steps(package.name).names() == ["one.step"]


def test_the_registry_loads_none_of_the_libraries_that_steps_run_with() -> None:
    heavy = {"openpyxl", "pypdf", "reportlab", "feedparser", "jinja2", "jmespath", "regex", "sqlalchemy", "aiohttp"}
    code = (
        f"import sys; from tools.registry import load_steps; load_steps(); print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
