"""Read an RSS, Atom or RDF feed, all of it or only what is new since the last run. Opens no linked page."""

from __future__ import annotations

from pydantic import Field

from core.canonical import digest
from core.errors import RejectedError
from tools.feed import Item, read_feed
from tools.redact import Redactor
from tools.seen import Remembered, newest, recall, remember
from tools.step import Effect, StepContext, StepParams, StepResult, StepType


class Params(StepParams):
    """`only_new` leaves out what an earlier run of this workflow returned; at its first run all is new."""

    url: str = Field(min_length=1, max_length=8000)
    limit: int = Field(default=20, ge=1, le=200)
    only_new: bool = False


class Result(StepResult):
    """`items` in the feed's order; `count` of them; `new_count` of them were not returned before."""

    title: str
    items: list[Item]
    count: int
    new_count: int


async def run(params: Params, context: StepContext) -> Result:
    feed = await read_feed(context.http, params.url, now=context.clock.now())
    if feed is None:
        raise RejectedError("The feed gave no answer.")
    entries = feed.items
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
    return Result(title=feed.title, items=[*items], count=len(items), new_count=new_count)


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
