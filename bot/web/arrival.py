"""What arrived at a webhook, as the run will see it: body by content type, query and headers. Starts nothing."""

from __future__ import annotations

from urllib.parse import parse_qsl

import orjson
from fastapi import Request
from pydantic import JsonValue

from bot.web.wire import storable
from catalog.signing import Signing
from core.errors import InvalidValueError
from store.record import JsonObject

WAIT = "wait"
"""A word of the query that is for Errand, not for the run."""

_WITHHELD = {"authorization", "cookie", "proxy-authorization"}
_DEEPEST = 100


def payload_of(request: Request, data: bytes) -> JsonObject:
    """Return `{"body", "query", "headers"}`. Raises InvalidValueError for JSON that is none."""
    return {
        "body": _body(request.headers.get("content-type", ""), data),
        "query": {storable(name): storable(value) for name, value in request.query_params.items() if name != WAIT},
        "headers": {name: value for name, value in request.headers.items() if name not in _WITHHELD},
    }


def slack_challenge(signing: Signing | None, body: JsonValue) -> str | None:
    """What Slack wants to read back before it sends events to an address (docs.slack.dev, "url_verification")."""
    if signing is not None and signing.scheme != "slack":
        return None
    match body:
        case {"type": "url_verification", "challenge": str(challenge)}:
            return challenge
        case _:
            return None


def _body(content_type: str, data: bytes) -> JsonValue:
    """Read a body by its content type."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            value: JsonValue = orjson.loads(data) if data.strip() else None
        except orjson.JSONDecodeError as error:
            raise InvalidValueError(f"The body is not JSON: {error.msg}.") from error
        is_plain = b"\\u0000" not in data and data.count(b"[") + data.count(b"{") < _DEEPEST
        return value if is_plain else _clean(value, _DEEPEST)
    text = storable(data.decode("utf-8", "replace"))
    if media_type == "application/x-www-form-urlencoded":
        return _fields(text)
    return text


def _clean(value: JsonValue, levels: int) -> JsonValue:
    """What a database can keep. Raises InvalidValueError when it has more levels than that."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, (list, dict)) and not levels:
        raise InvalidValueError(f"The body is nested more than {_DEEPEST} levels deep.")
    if isinstance(value, list):
        return [_clean(item, levels - 1) for item in value]
    if isinstance(value, dict):
        return {storable(key): _clean(item, levels - 1) for key, item in value.items()}
    return value


def _fields(text: str) -> JsonValue:
    """A form's fields; a name that comes more than once has a list. Raises InvalidValueError for too many."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        raise InvalidValueError("The form has more than 1,000 fields.") from None
    fields: dict[str, list[JsonValue]] = {}
    for name, value in pairs:
        fields.setdefault(storable(name), []).append(storable(value))
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
