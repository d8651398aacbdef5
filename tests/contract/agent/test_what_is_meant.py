"""Tables of sentences with the real catalog: what is no wish proposes nothing, and what is a command is called by its name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from agent.command import Clarify, Start
from agent.interpreter import View
from agent.offline.interpreter import OfflineInterpreter
from agent.vocabulary import name_of

FOLDER = Path(__file__).parent
NEGATIVES: dict[str, list[str]] = yaml.safe_load((FOLDER / "negatives.yaml").read_text("utf-8"))
COMMANDS: dict[str, list[str]] = yaml.safe_load((FOLDER / "commands.yaml").read_text("utf-8"))
SAVED = ["Check the site: https://shop.example", "Weekly report: sales", "Remind me: stand up"]
VIEW = View(now=datetime(2026, 12, 2, 10, 0, tzinfo=UTC), zone=ZoneInfo("UTC"))
CLARIFIED_AT_MOST = 0.05
"""The share of these that may be asked about; none may be taken as a wish."""


def test_the_tables_are_there() -> None:
    assert sum(map(len, NEGATIVES.values())) >= 300
    assert sum(map(len, COMMANDS.values())) >= 100


@pytest.mark.parametrize("sort", NEGATIVES)
async def test_what_is_no_wish_starts_nothing(interpreter: OfflineInterpreter, sort: str) -> None:
    for text in NEGATIVES[sort]:
        understood = await interpreter.interpret(text, VIEW)
        assert not any(isinstance(one, Start) for one in understood.commands), text


@pytest.mark.parametrize("sort", NEGATIVES)
async def test_what_may_never_be_set_up_is_refused_or_asked_about(interpreter: OfflineInterpreter, sort: str) -> None:
    for text in NEGATIVES[sort]:
        understood = await interpreter.interpret(text, VIEW)
        if sort == "refused":
            assert (text, understood.outcome) == (text, "refuse")
        if sort == "everyone":
            assert [type(one) for one in understood.commands] == [Clarify], text


async def test_hardly_anything_that_is_no_wish_is_asked_about(interpreter: OfflineInterpreter) -> None:
    texts = [text for sort, some in NEGATIVES.items() if sort != "everyone" for text in some]
    asked = [text for text in texts if (await interpreter.interpret(text, VIEW)).outcome == "clarify"]
    assert len(asked) <= CLARIFIED_AT_MOST * len(texts), asked


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_command_is_understood_in_any_usual_words(interpreter: OfflineInterpreter, name: str) -> None:
    view = View(now=VIEW.now, zone=VIEW.zone, workflow_names=SAVED)
    for text in COMMANDS[name]:
        understood = await interpreter.interpret(text, view)
        assert (text, [name_of(one) for one in understood.commands]) == (text, [name])
        assert understood.outcome == "meta"
