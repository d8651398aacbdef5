"""New items of a list that a web address answers with as JSON. Follows no pages: the answer is all there is."""

from __future__ import annotations

from pydantic import Field, JsonValue

from core.canonical import decode, digest
from core.errors import RejectedError
from tools.outbound import HttpRequest, HttpResponse
from tools.redact import Redactor
from tools.source import Look, NewItem, SourceContext, SourceType, look_for_unknown, new_item
from tools.status import raise_for_status
from tools.step import StepParams

_MOST = 5000
_SAMPLE = HttpResponse(status=200, headers={"content-type": "application/json"}, body=b"[]")


class Params(StepParams):
    """`items` says where the list stands in the answer, e.g. data.orders; empty: it is the answer itself.

    `id` names the field that tells an item from all others; one without it is known by its whole content.
    """

    url: str = Field(min_length=1, max_length=8000)
    headers: dict[str, str] = Field(default={})
    items: str = Field(default="", max_length=200)
    id: str = Field(default="id", max_length=200)
    newest_first: bool = True


async def look(params: Params, cursor: JsonValue, context: SourceContext) -> Look:
    headers = {"Accept": "application/json", **params.headers}
    request = HttpRequest(method="GET", url=params.url, headers=headers, sample=_SAMPLE)
    response = raise_for_status(await context.http.send(request), now=context.clock.now())
    try:
        answer = decode(response.body)
    except ValueError as error:
        raise RejectedError(f"{Redactor().text(params.url)} did not answer with JSON.") from error
    items = [_item(value, params.id) for value in _list(answer, params.items)]
    return look_for_unknown(reversed(items) if params.newest_first else items, cursor, context)


def _list(answer: JsonValue, path: str) -> list[JsonValue]:
    found = answer
    for name in filter(None, path.split(".")):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list):
        known = f"; it has {', '.join(list(answer)[:8])}" if isinstance(answer, dict) else ""
        raise RejectedError(f"The answer has no list{f' at {path}' if path else ''}{known}.")
    if len(found) > _MOST:
        raise RejectedError(f"The answer lists {len(found):,} items; at most {_MOST:,} can be followed.")
    return found


def _item(value: JsonValue, field: str) -> NewItem:
    own = value.get(field) if isinstance(value, dict) else None
    is_telling = isinstance(own, (str, int, float)) and own not in ("", None)
    return new_item(str(own) if is_telling else digest(value), value)


SOURCES = (
    SourceType(
        name="http.new_items",
        title="New items of a JSON list",
        description="Gives each new item of a list that a web address answers with as JSON once.",
        params=Params,
        item=None,
        sample={"id": 1, "name": "Sample", "title": "Sample item"},
        summarize=lambda params: f"new item at {Redactor().text(params.url)}",
        look=look,
        address=lambda params: params.url,
        needs_network=True,
    ),
)
