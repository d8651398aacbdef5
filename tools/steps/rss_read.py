"""Read an RSS, Atom or RDF feed, all of it or only what is new since the last run. Opens no linked page."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tools.step import StepParams, StepResult


class Params(StepParams):
    """`only_new` leaves out what an earlier run of this workflow returned."""

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
