"""The interface of a source: where new items come from that start runs, one for each item.

A source is declared once, like a step type. Each module in `tools/sources/` lists its own in `SOURCES`; the registry finds
them by listing the folder. A source looks and says what is new; what it remembers, when it looks and what happens with an
item is the worker's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from core.canonical import encode
from core.clock import Clock
from tools.outbound import Accounts, Database, Files, Http, MailBox
from tools.redact import trim
from tools.step import StepParams

MOST_ITEMS = 100
"""So many items come out of one look; the rest comes with the next ones."""
MOST_KNOWN = 5000
"""So many items that were seen are kept in mind, beside those that are there now."""
_LARGEST_ITEM = 200_000
_ID_DIGITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """All that a look may use. In the first look nothing is new: the cursor that it gives stands behind all there is."""

    clock: Clock
    http: Http
    mail: MailBox
    database: Database
    files: Files
    accounts: Accounts
    is_first: bool
    limit: int = MOST_ITEMS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """What is new. `id` tells it from all others of its source, for good; `value` is `${{ trigger.item }}`."""

    id: str
    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look found, oldest first, and the cursor that stands behind exactly that. `has_more`: not all fitted in."""

    items: Sequence[NewItem]
    cursor: JsonValue
    has_more: bool = False


P = TypeVar("P", bound=StepParams)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceType(Generic[P]):
    """One place where new items appear.

    `summarize` says of what a run is started, as it stands after “for each”: "new entry of https://…". `item` is the
    model of `${{ trigger.item }}`, none when its fields depend on what is there; `sample` is one for rehearsals.
    `look` is given the cursor of the look before, none the first time; none where items are handed over as they
    happen and nobody has to look; then `fits` says whether an item is meant. `address` is the web address that it calls.
    """

    name: str
    title: str
    description: str
    params: type[P]
    item: type[BaseModel] | None
    sample: dict[str, JsonValue]
    summarize: Callable[[P], str]
    look: Callable[[P, JsonValue, SourceContext], Awaitable[Look]] | None
    fits: Callable[[P, JsonValue], bool] | None = None
    connector: str | None = None
    address: Callable[[P], str] | None = None
    needs_network: bool = False


AnySourceType = SourceType[Any]


class Known(BaseModel):
    """A cursor that names what was seen already."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seen: list[str] = []

    @classmethod
    def read(cls, cursor: JsonValue) -> Known:
        """One that cannot be read is an empty one."""
        try:
            return cls.model_validate(cursor)
        except ValidationError:
            return cls()


def look_for_unknown(items: Iterable[NewItem], cursor: JsonValue, context: SourceContext) -> Look:
    """A look at all that is there, oldest first: new is what was not seen before, wherever it stands now.

    What is there is never forgotten; of what has gone, the latest `MOST_KNOWN` are kept in mind.
    """
    there = list({item.id: item for item in items}.values())
    before = Known.read(cursor).seen
    known = set(before)
    fresh = [] if context.is_first else [item for item in there if mark(item.id) not in known]
    taken, left = fresh[: context.limit], {mark(item.id) for item in fresh[context.limit :]}
    noted = [each for each in dict.fromkeys(mark(item.id) for item in there) if each not in left]
    here = set(noted)
    gone = [each for each in before if each not in here]
    cursor = {"seen": [*gone[max(0, len(gone) - MOST_KNOWN) :], *noted]}
    return Look(items=taken, cursor=cursor, has_more=bool(left))


def mark(item_id: str) -> str:
    """A short stand-in for an id of any length."""
    return sha256(item_id.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]


def new_item(item_id: str, value: JsonValue) -> NewItem:
    """An item that can be kept: one that is very large loses the ends of its texts, never its place."""
    is_large = len(encode(value)) > _LARGEST_ITEM
    return NewItem(id=item_id, value=trim(value, _LARGEST_ITEM) if is_large else value)
