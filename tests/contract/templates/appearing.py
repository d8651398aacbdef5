"""Lets something new appear where a template's source looks."""

from __future__ import annotations

import sqlite3

from catalog.workflow import Template
from tests.contract.templates.office import DATABASE, Office
from tests.contract.templates.web import PEOPLE, feed
from tests.fakes.http_service import Answer


async def appear(office: Office, template: Template) -> None:
    """One thing, the first that is new."""
    source = template.trigger.source
    assert source is not None
    match source.uses:
        case "rss.new_items":
            office.web.shows("/blog.example.com/feed", feed("Third entry", "Second entry", "First entry"))
        case "http.new_items":
            items = [{"name": "Edsger", "city": "Austin"}, *PEOPLE]
            office.web.shows("/api.example.com/users", Answer(json={"data": {"items": items}}))
        case "email.new_messages":
            office.receive("boss@example.com", "More numbers", "And these too, please.")
        case "sql.new_rows":
            with sqlite3.connect(office.files / DATABASE) as database:
                database.execute("insert into signups (name) values ('Grace')")
            database.close()
        case "files.new_files":
            (office.files / "inbox").mkdir(exist_ok=True)
            (office.files / "inbox" / "people.csv").write_text("name\nGrace\n")
        case other:
            raise AssertionError(f"nothing appears for {other}")
