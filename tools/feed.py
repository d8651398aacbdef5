"""Fetches and reads an RSS, Atom or RDF feed. Remembers nothing and opens no linked page."""

from __future__ import annotations

import asyncio
import io
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict

from core.errors import RejectedError
from tools.markup import text_of
from tools.outbound import Http, HttpRequest, HttpResponse
from tools.status import raise_for_status

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


class Item(BaseModel):
    """One entry. `summary` is plain text; `published` is ISO 8601 in UTC, or empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    link: str
    summary: str
    published: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed's title and its entries in its own order. `validators` are the headers to ask with the next time."""

    title: str
    items: Sequence[Item]
    validators: Mapping[str, str] = field(default_factory=dict)


async def read_feed(http: Http, url: str, *, now: datetime, validators: Mapping[str, str] | None = None) -> Feed | None:
    """Return the feed; none when it has not changed since it gave these validators (RFC 9110, 13.1).

    Raises the step errors.
    """
    headers = {"Accept": _ACCEPT, **(validators or {})}
    response = await http.send(HttpRequest(method="GET", url=url, headers=headers, sample=_SAMPLE))
    if validators and response.status == HTTPStatus.NOT_MODIFIED:
        return None
    raise_for_status(response, now=now)
    title, items = await asyncio.to_thread(_parse, response, url)
    given = {"If-None-Match": response.headers.get("etag"), "If-Modified-Since": response.headers.get("last-modified")}
    return Feed(title=title, items=items, validators={name: value for name, value in given.items() if value})


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
