"""Identifiers: a word for what it is, then 26 characters that sort by time of creation."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32


def new_id(word: str) -> str:
    """Return e.g. `run_01j9…`: 48 bits of milliseconds and 80 random bits (the layout of a ULID)."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return f"{word}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
