"""JSON in one canonical form, and digests over it."""

from __future__ import annotations

import hashlib

import orjson
from pydantic import JsonValue


def encode(value: JsonValue) -> bytes:
    """Return the canonical bytes of a value: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def decode(data: bytes | str) -> JsonValue:
    """Return the value of JSON bytes. Raises ValueError for anything else."""
    value: JsonValue = orjson.loads(data)
    return value


def digest(value: JsonValue) -> str:
    """Return the SHA-256 of a value's canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(encode(value)).hexdigest()
