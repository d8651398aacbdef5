"""The route that webhooks call. Takes any body, starts the run of the trigger whose secret is in the path."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Request
from pydantic import JsonValue, TypeAdapter

from bot.web.conversation import Services
from bot.web.wire import Fired, StorableJson
from core.errors import InvalidValueError, NotFoundError

router = APIRouter(tags=["webhooks"])

_DELIVERY_HEADERS = ("idempotency-key", "x-github-delivery")
_WITHHELD = {"authorization", "cookie", "proxy-authorization"}
_STORABLE: TypeAdapter[JsonValue] = TypeAdapter(StorableJson)


@router.post("/hooks/{secret}", status_code=202)
async def fire(secret: str, request: Request, services: Services) -> Fired:
    """Start a run. `Idempotency-Key` or `X-GitHub-Delivery` make a repetition harmless.

    The run sees `trigger.body` (JSON, a form's fields, or text), `trigger.query` and `trigger.headers`.
    """
    body: dict[str, JsonValue] = {
        "body": _body(request.headers.get("content-type", ""), await request.body()),
        "query": dict(request.query_params),
        "headers": {name: value for name, value in request.headers.items() if name not in _WITHHELD},
    }
    storable = _STORABLE.validate_python(body)
    assert isinstance(storable, dict)
    run_id = await services.fire_webhook(secret, storable, delivery_key=_delivery_key(request))
    if run_id is None:
        raise NotFoundError
    return Fired(run_id=run_id)


def _delivery_key(request: Request) -> str | None:
    """The sender's own id of this delivery, hashed: it may be long or hold anything."""
    for name in _DELIVERY_HEADERS:
        if value := request.headers.get(name):
            return hashlib.sha256(f"{name}:{value}".encode()).hexdigest()[:32]
    return None


def _body(content_type: str, data: bytes) -> JsonValue:
    """Read a body by its content type. Raises InvalidValueError for JSON that is none."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            value: JsonValue = orjson.loads(data) if data.strip() else None
        except orjson.JSONDecodeError as error:
            raise InvalidValueError(f"The body is not JSON: {error.msg}.") from error
        return value
    text = data.decode("utf-8", "replace")
    if media_type == "application/x-www-form-urlencoded":
        return _fields(text)
    return text


def _fields(text: str) -> JsonValue:
    """A form's fields; a name that comes more than once has a list."""
    fields: dict[str, list[JsonValue]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1000):
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
