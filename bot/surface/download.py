"""What all downloads from a vendor's servers have in common: a bound, and what their refusals mean. Opens no connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus

from bot.surface.port import TooLargeError
from core.errors import (
    ErrandError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)

LONGEST_S = 30.0
CHUNK_BYTES = 65_536
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_NOT_OURS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


async def bounded(chunks: AsyncIterator[bytes], limit_bytes: int) -> bytes:
    """All of it. Raises TooLargeError as soon as it is too much."""
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) > limit_bytes:
            raise TooLargeError
    return bytes(found)


def refusal(status: int) -> ErrandError | None:
    """What an answer to a download means; none: it is the file."""
    said = f"The file was not given: {status}."
    if status == HTTPStatus.OK:
        return None
    if status in _GONE:
        return NotFoundError(said)
    if status in _NOT_OURS:
        return NotAllowedError(said)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitedError(said)
    return UnavailableError(said) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else RejectedError(said)
