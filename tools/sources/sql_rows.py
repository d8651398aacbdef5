"""New rows of a table in the connected database, found by a key that only grows. Changes nothing.

Transactions that end in another order than their keys were given out are waited for: the latest `_OVERLAP` keys are
compared one by one, so that a row with a smaller key that appears later is found all the same.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from core.canonical import encode
from core.errors import RejectedError
from tools.source import Look, SourceContext, SourceType, new_item
from tools.step import StepParams

_OVERLAP = 200
_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
_PLACE = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$"


class Params(StepParams):
    """`key` is a column whose values are unique and grow, such as a number that counts up."""

    table: str = Field(pattern=_PLACE, max_length=120)
    key: str = Field(default="id", pattern=_NAME, max_length=60)


class _Cursor(BaseModel):
    """Rows up to `floor` are done with; of those above it the ones with a key in `seen` are, which rise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    floor: JsonValue = None
    seen: list[JsonValue] = []


async def look(params: Params, cursor: JsonValue, context: SourceContext) -> Look:
    account = await context.accounts.get("sql")
    if context.is_first:
        return Look(items=[], cursor=await _latest(params, context))
    before = _read(cursor)
    above = "" if before.floor is None else f" WHERE {params.key} > :floor"
    limit = len(before.seen) + context.limit + 1
    rows, _ = await context.database.query(
        f"SELECT * FROM {params.table}{above} ORDER BY {params.key}",  # noqa: S608  both are names, by their pattern
        {} if before.floor is None else {"floor": before.floor},
        account,
        limit=limit,
    )
    known = {_text(key) for key in before.seen}
    keys = [_key(row, params.key) for row in rows]
    fresh = [place for place, key in enumerate(keys) if _text(key) not in known]
    taken, left = fresh[: context.limit], set(fresh[context.limit :])
    items = [new_item(_text(keys[place]), rows[place]) for place in taken]
    done = [key for place, key in enumerate(keys) if place not in left]
    fetched = {_text(key) for key in keys}
    beyond = [key for key in before.seen if _text(key) not in fetched] if len(rows) == limit else []
    after = _raised(before.floor, [*done, *beyond], min(left, default=len(keys)))
    return Look(items=items, cursor=after.model_dump(mode="json"), has_more=bool(left))


async def _latest(params: Params, context: SourceContext) -> JsonValue:
    rows, _ = await context.database.query(
        f"SELECT {params.key} FROM {params.table} ORDER BY {params.key} DESC",  # noqa: S608  as above
        {},
        await context.accounts.get("sql"),
        limit=_OVERLAP + 1,
    )
    keys = [_key(row, params.key) for row in reversed(rows)]
    return _raised(None, keys, len(keys)).model_dump(mode="json")


def _raised(floor: JsonValue, seen: list[JsonValue], at_most: int) -> _Cursor:
    """Raise the floor over as many of the first keys as are not compared any more, and over no row that is left."""
    over = min(max(len(seen) - _OVERLAP, 0), at_most)
    return _Cursor(floor=seen[over - 1] if over else floor, seen=seen[over:])


def _read(cursor: JsonValue) -> _Cursor:
    if cursor is None:
        return _Cursor()
    try:
        return _Cursor.model_validate(cursor)
    except ValidationError as error:
        raise RejectedError("Where the table was left off cannot be read any more.") from error


def _key(row: dict[str, JsonValue], key: str) -> JsonValue:
    names = {name.lower(): name for name in row}
    if key.lower() not in names:
        raise RejectedError(f"The table has no column {key}; it has {', '.join(row)}.")
    return row[names[key.lower()]]


def _text(key: JsonValue) -> str:
    return encode(key).decode()


SOURCES = (
    SourceType(
        name="sql.new_rows",
        title="New rows of a table",
        description="Gives each new row of a table in the connected database once, found by a key that only grows.",
        params=Params,
        item=None,
        sample={"id": 1, "name": "Sample"},
        summarize=lambda params: f"new row of the table {params.table}",
        look=look,
        connector="sql",
        needs_network=True,
    ),
)
