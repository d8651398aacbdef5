"""Read an RSS, Atom or RDF feed, all of it or only what is new since the last run. Opens no linked page."""

from __future__ import annotations

import asyncio
import io
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from core.canonical import digest
from core.errors import RejectedError
from tools.markup import text_of
from tools.outbound import HttpRequest, HttpResponse
from tools.redact import Redactor
from tools.seen import Remembered, newest, recall, remember
from tools.status import raise_for_status
from tools.step import Effect, StepContext, StepParams, StepResult, StepType

_LONGEST_SUMMARY = 2000
_MOST_ENTRIES = 2000
_ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"
_SAMPLE = HttpResponse(
    status=200,
    headers={"content-type": "application/rss+xml"},
    body=b"<rss version='2.0'><channel><title>Sample feed</title><item><guid>sample-1</guid><title>Sample entry</title>"
    b"<link>https://example.com/sample</link><description>A sample entry.</description>"
    b"<pubDate>Wed, 02 Dec 2026 09:00:00 GMT</pubDate></item></channel></rss>",
)


class Params(StepParams):
    """`only_new` leaves out what an earlier run of this workflow returned; at its first run all is new."""

    url: str = Field(min_length=1, max_length=8000)
    limit: int = Field(default=20, ge=1, le=200)
    only_new: bool = False


class Item(BaseModel):
    """One entry. `summary` is plain text; `published` is ISO 8601 in UTC, or empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    link: str
    summary: str
    published: str


class Result(StepResult):
    """`items` in the feed's order; `count` of them; `new_count` of them were not returned before."""

    title: str
    items: list[Item]
    count: int
    new_count: int


async def run(params: Params, context: StepContext) -> Result:
    request = HttpRequest(method="GET", url=params.url, headers={"Accept": _ACCEPT}, sample=_SAMPLE)
    response = raise_for_status(await context.http.send(request), now=context.clock.now())
    title, entries = await asyncio.to_thread(_parse, response, params.url)
    name = f"seen:{digest(params.url)[:24]}"
    before = await recall(context.memory, name, context.idempotency_key, Remembered[list[str]])
    known = set(before or ())
    fresh = [entry for entry in entries if entry.id not in known]
    items = (fresh if params.only_new else entries)[: params.limit]
    # At the first look all that is there is old news; later, what did not fit stays new for the next run.
    noted = entries if before is None else items
    ids = newest([*(item.id for item in noted), *(before or ())])
    await remember(context.memory, name, Remembered[list[str]](key=context.idempotency_key, before=before, now=ids))
    new_count = sum(item.id not in known for item in items)
    return Result(title=title, items=items, count=len(items), new_count=new_count)


def _parse(response: HttpResponse, url: str) -> tuple[str, list[Item]]:
    """Return the feed's title and entries. Raises RejectedError for what is no feed."""
    import feedparser

    # A stream, since the library would take bytes for an address or a file's name; scripts are dropped by `text_of`.
    feed = feedparser.parse(
        io.BytesIO(response.body),
        response_headers={"content-type": response.headers.get("content-type", "")},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not feed.get("version") and not feed.entries:
        raise RejectedError(
            f"{urlsplit(url).hostname or url} did not answer with a feed.",
            advice="Look for the feed's own address there.",
        )
    base = response.url or url
    return text_of(feed.feed.get("title", "")), [_item(entry, base) for entry in feed.entries[:_MOST_ENTRIES]]


def _item(entry: Mapping[str, Any], base: str) -> Item:
    link = str(entry.get("link") or "")
    title = " ".join(text_of(str(entry.get("title") or "")).split())
    summary = str(entry.get("summary") or "")
    if not summary and entry.get("content"):
        summary = str(entry["content"][0].get("value") or "")
    published = entry.get("published_parsed") or entry.get("updated_parsed")
    return Item(
        id=str(entry.get("id") or link or sha256(f"{title}\n{summary}".encode()).hexdigest()),
        title=title,
        link=_absolute(base, link),
        summary=text_of(summary)[:_LONGEST_SUMMARY],
        published=datetime.fromtimestamp(timegm(published), UTC).isoformat() if published else "",
    )


def _absolute(base: str, link: str) -> str:
    try:
        return urljoin(base, link) if link else ""
    except ValueError:
        return link


STEPS = (
    StepType(
        name="rss.read",
        title="Read a feed",
        description="Reads the entries of an RSS or Atom feed, all or only the new ones.",
        params=Params,
        result=Result,
        effect=Effect.READ,
        run=run,
        summarize=lambda params: f"Read {'new entries of ' if params.only_new else ''}{Redactor().text(params.url)}",
        address=lambda params: params.url,
        needs_network=True,
    ),
)
