"""`errand catalog` lists what people saved beside what Errand came with."""

from __future__ import annotations

from pathlib import Path

from bot.listing import list_templates
from core.settings import load_settings
from tests.contract.agent.test_learning import Open, open_errand

__all__ = ["open_errand"]


async def test_the_catalog_command_lists_saved_templates(open_errand: Open, tmp_path: Path) -> None:
    talk = await open_errand()
    await talk.say("merge january.csv and february.csv into all.csv")
    await talk.say("save this as Quarter books")
    settings = load_settings(data=tmp_path, database_url=f"sqlite:///{talk.path}")
    listed = {str(row["id"]): row["title"] for row in await list_templates(settings)}
    assert listed["saved.quarter-books"] == "Quarter books"
    assert "chat.remind" in listed


async def test_looking_makes_no_records(tmp_path: Path) -> None:
    listed = await list_templates(load_settings(data=tmp_path / "none"))
    assert {str(row["id"]).partition(".")[0] for row in listed} >= {"chat", "web"}
    assert not (tmp_path / "none").exists()
