"""Moments that belong to what is made: when a task is due, when a meeting starts and ends, when something is to be sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.offline.lexicon.words import value_words
from agent.offline.spoken import Spoken
from agent.offline.value.page import Page, any_word, ends_in
from catalog.schedule import Schedule


def read_moment(page: Page, spoken: Spoken | None) -> Schedule | None:
    """Put what was said of when, and return the schedule, unless the moment is a value."""
    if spoken is None:
        return None
    if spoken.zone:
        page.put("timezone", spoken.zone, spoken.start, spoken.end)
    at = spoken.schedule.at
    if at is None:
        return spoken.schedule
    local = at.astimezone(ZoneInfo(spoken.schedule.timezone)).replace(tzinfo=None)
    moment = f"{local:%Y-%m-%d}" if spoken.is_partial else f"{local:%Y-%m-%dT%H:%M}"
    name = _name(page, spoken)
    if name == "at" and spoken.is_partial:
        name = "date"
    page.put(name, moment, spoken.start, spoken.end)
    if name == "start" and spoken.closes is not None:
        end = datetime.combine(local.date(), spoken.closes)
        page.put("end", f"{end if end > local else end + timedelta(days=1):%Y-%m-%dT%H:%M}", spoken.start, spoken.end)
    return None if name in {"due", "start"} else spoken.schedule


def _name(page: Page, spoken: Spoken) -> str:
    words = value_words()
    if ends_in(*words.due).search(page.before(spoken.start)) or page.masked[spoken.start :].startswith("by "):
        return "due"
    title = next((f for f in page.found if f.name == "title"), None)
    outside = page.masked if title is None else page.masked[: title.start] + page.masked[title.end :]
    is_due_item = title is not None and page.says(any_word(*words.due_items, *words.task_boards))
    named = page.masked[title.start : title.end] if title else ""
    is_headed = any_word(*words.due_items).match(named) is not None
    if is_due_item and not any_word(*words.appointments).search(page.masked if not is_headed else outside):
        return "due"
    if page.says(any_word(*words.appointments)) and not page.says(
        any_word("remind", "email", "e-mail", "mail", "post", "tweet", "send")
    ):
        return "start"
    return "at"
