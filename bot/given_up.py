"""Names, for `errand doctor`, the messages that outside surfaces do not take. Tries none of them again."""

from __future__ import annotations

from bot.finding import Finding
from bot.records import database_url, open_store
from bot.surface.vitals import LOOKED_BACK
from core.clock import SystemClock
from core.settings import Settings
from store.record import Posting
from store.sql.migrate import is_current

_NAME = "messages"
_NAMED = 3


async def look(settings: Settings) -> Finding:
    """How many of the last day were given up, and the newest of them: where, when and why."""
    url = database_url(settings)
    has_records = bool(settings.database_url) or settings.data.exists()
    if not has_records or not await is_current(url):
        return Finding(name=_NAME, state="ok", text="none yet")
    since = SystemClock().now() - LOOKED_BACK
    store = await open_store(settings)
    try:
        async with store.begin() as records:
            counts = await records.postings.count_given_up(since)
            newest = await records.postings.given_up(since, limit=_NAMED)
    finally:
        await store.close()
    if not counts:
        return Finding(name=_NAME, state="ok", text="all of the last day are shown, or wait for their turn")
    total = ", ".join(f"{count} on {surface.capitalize()}" for surface, count in sorted(counts.items()))
    return Finding(name=_NAME, state="note", text=f"given up in the last day: {total}; {'; '.join(map(_line, newest))}")


def _line(posting: Posting) -> str:
    return f"{posting.surface} {posting.lane} at {posting.created_at:%H:%M} UTC: {posting.problem.rstrip('.')}"
