"""What an automation does not do of a wish is named, in the person's own words; what it does is not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.command import Start
from agent.interpreter import View
from agent.offline.interpreter import OfflineInterpreter

VIEW = View(now=datetime(2026, 12, 2, 10, 0, tzinfo=UTC), zone=ZoneInfo("UTC"))
LEFT_OUT = [
    ("convert costs.xlsx to csv and engrave it in stone", ["engrave it in stone"]),
    ("remove duplicates from names.csv, then iron the shirts", ["iron the shirts"]),
    ("check https://a.example.com every 5 minutes and text me when it is down", ["text me"]),
    ("prüf https://a.example.com alle 5 Minuten, sag mir Bescheid wenn es ausfällt und koch Kaffee", ["koch Kaffee"]),
    ("convert costs.xlsx to csv", []),
    ("remind me at 5 to call mum and water the plants", []),
    ("email ana@x.example that lunch is at 1 and to bring a friend", []),
    ("every day at 9 check https://a.example.com and mail ana@x.example when it is down", []),
    ("post 'text me by email' in #ops", []),
]


@pytest.mark.parametrize(("text", "parts"), LEFT_OUT)
async def test_what_is_left_out_of_a_wish_is_named(
    interpreter: OfflineInterpreter, text: str, parts: list[str]
) -> None:
    [start] = (await interpreter.interpret(text, VIEW)).commands
    assert isinstance(start, Start)
    assert list(start.left_out) == parts
