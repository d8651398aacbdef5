"""New entries of an RSS or Atom feed. An entry that is edited or moved is the same entry, by its id or its link."""

from __future__ import annotations

from pydantic import Field, JsonValue, ValidationError

from tools.feed import Item, read_feed
from tools.redact import Redactor
from tools.source import Known, Look, SourceContext, SourceType, look_for_unknown, new_item
from tools.step import StepParams


class Params(StepParams):
    url: str = Field(min_length=1, max_length=8000)


class _Cursor(Known):
    validators: dict[str, str] = Field(default={})


async def look(params: Params, cursor: JsonValue, context: SourceContext) -> Look:
    before = _read(cursor)
    feed = await read_feed(context.http, params.url, now=context.clock.now(), validators=before.validators)
    if feed is None:
        return Look(items=[], cursor=cursor)
    entries = [new_item(item.id, item.model_dump(mode="json")) for item in reversed(feed.items)]
    found = look_for_unknown(entries, {"seen": [*before.seen]}, context)
    # While there is more, the feed has to be sent again even if it stays as it is.
    validators = {} if found.has_more else dict(feed.validators)
    after = _Cursor(seen=Known.read(found.cursor).seen, validators=validators)
    return Look(items=found.items, cursor=after.model_dump(mode="json"), has_more=found.has_more)


def _read(cursor: JsonValue) -> _Cursor:
    try:
        return _Cursor.model_validate(cursor)
    except ValidationError:
        return _Cursor()


SOURCES = (
    SourceType(
        name="rss.new_items",
        title="New entries of a feed",
        description="Gives each new entry of an RSS or Atom feed once.",
        params=Params,
        item=Item,
        sample={
            "id": "sample-1",
            "title": "Sample entry",
            "link": "https://example.com/sample",
            "summary": "A sample entry.",
            "published": "2026-12-02T09:00:00+00:00",
        },
        summarize=lambda params: f"new entry of {Redactor().text(params.url)}",
        look=look,
        address=lambda params: params.url,
        needs_network=True,
    ),
)
