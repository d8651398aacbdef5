"""New files in the files folder. A file that was taken away and put there again is new; one that was changed is not."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from core.errors import RejectedError
from tools.source import Known, Look, NewItem, SourceContext, SourceType, mark
from tools.step import StepParams

_MOST = 10_000
_AT_REST = timedelta(seconds=2)
"""A file that was written to less than so long ago may not be whole yet."""


class Params(StepParams):
    """Which files, e.g. inbox/*.csv; `*` stands for anything but a slash, `**/` for any folders."""

    pattern: str = Field(default="*", min_length=1, max_length=400)


class Item(BaseModel):
    """One file. `path` is what file steps take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    name: str
    folder: str
    modified: str


async def look(params: Params, cursor: JsonValue, context: SourceContext) -> Look:
    paths = await context.files.names(re.sub(r"/{2,}", "/", params.pattern))
    if len(paths) > _MOST:
        raise RejectedError(f"There are {len(paths):,} such files; at most {_MOST:,} can be watched.")
    known = {mark(path) for path in paths} if context.is_first else set(Known.read(cursor).seen)
    fresh = [path for path in paths if mark(path) not in known]
    items: list[NewItem] = []
    for path in fresh:
        if len(items) < context.limit and (item := await _item(path, context)) is not None:
            items.append(item)
    taken = {str(item.value["path"]) for item in items if isinstance(item.value, dict)}
    seen: list[JsonValue] = [mark(path) for path in paths if mark(path) in known or path in taken]
    return Look(items=items, cursor={"seen": seen}, has_more=len(fresh) > len(items))


async def _item(path: str, context: SourceContext) -> NewItem | None:
    """None while it is still written to."""
    modified_at = await context.files.modified_at(path)
    if timedelta(0) <= context.clock.now() - modified_at < _AT_REST:
        return None
    place = PurePosixPath(path)
    folder = "" if str(place.parent) == "." else str(place.parent)
    item = Item(path=path, name=place.name, folder=folder, modified=modified_at.isoformat())
    return NewItem(id=f"{path} {item.modified}", value=item.model_dump(mode="json"))


SOURCES = (
    SourceType(
        name="files.new_files",
        title="New files",
        description="Gives each new file of the files folder once, all or those that fit a pattern.",
        params=Params,
        item=Item,
        sample={
            "path": "inbox/people.csv",
            "name": "people.csv",
            "folder": "inbox",
            "modified": "2026-12-02T09:00:00+00:00",
        },
        summarize=lambda params: f"new file {params.pattern} in the files folder",
        look=look,
    ),
)
