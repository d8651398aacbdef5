"""What a failed exchange means for a step: nothing was sent, it may have been, or it never will be."""

from __future__ import annotations

import aiohttp
from yarl import URL

from core.errors import OutcomeUnknownError, RejectedError, StepError, TimedOutError, UnavailableError


def place_of(url: URL) -> str:
    return f"{url.host}" if url.is_default_port() else f"{url.host}:{url.port}"


def translated(error: Exception, url: URL, timeout_s: float, *, is_once: bool) -> StepError:
    """Return the step error for what aiohttp, the system or the clock raised."""
    place = place_of(url)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return TimedOutError(f"{place} did not take the connection in time.")
    if isinstance(error, aiohttp.ClientConnectorError):
        return _not_connected(error, place)
    if is_once:
        return unknown(place)
    if isinstance(error, TimeoutError):
        return TimedOutError(f"{place} did not answer within {timeout_s:g} s.")
    if isinstance(error, aiohttp.ClientResponseError):
        return RejectedError(f"{place} answered with something that is not HTTP.")
    return UnavailableError(f"{place} broke the connection.")


def unknown(place: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(f"The line to {place} broke after the request was sent: it may have been carried out.")


def _not_connected(error: aiohttp.ClientConnectorError, place: str) -> StepError:
    if isinstance(error, aiohttp.ClientSSLError):
        return RejectedError(
            f"{place} has no valid certificate for a secure connection.",
            advice="Check the address and the certificate.",
        )
    if isinstance(error.os_error, ConnectionRefusedError):
        return UnavailableError(f"{place} refused the connection.")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return UnavailableError(f"No network: {place} cannot be resolved.")
    return UnavailableError(f"No network: {place} cannot be reached.")
