"""Values of databases as JSON values: nothing is lost silently, what JSON has no form for becomes text."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

_EXACT = 2**53


def json_value(value: object) -> JsonValue:
    """Return ISO texts for dates, seconds for spans, numbers for decimals that floats hold exactly (else text), text or
    base64 for bytes; what is unknown as its text.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    return str(value)


def _number(value: Decimal) -> JsonValue:
    if not value.is_finite():
        return None
    if value == value.to_integral_value():
        return json_value(int(value))
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


_CONVERSIONS: tuple[tuple[tuple[type, ...], Callable[[Any], JsonValue]], ...] = (
    ((int,), lambda value: value if abs(value) <= _EXACT else str(value)),
    ((float,), lambda value: value if math.isfinite(value) else None),
    ((Decimal,), _number),
    ((datetime, date, time), lambda value: value.isoformat()),
    ((timedelta,), lambda value: value.total_seconds()),
    ((bytes, bytearray, memoryview), lambda value: _text(bytes(value))),
    ((Mapping,), lambda value: {str(key): json_value(one) for key, one in value.items()}),
    ((list, tuple, set, frozenset), lambda value: [json_value(one) for one in value]),
)
