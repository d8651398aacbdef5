"""The one outbound HTTP client, on lines of `tools.http.line`. Follows redirects, keeps no cookies, retries nothing."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import aiohttp
from yarl import URL

from core.errors import (
    RejectedError,
    StaleError,
    StoreError,
    UnavailableError,
)
from tools.guard import AddressGuard
from tools.http.error import place_of, translated, unknown
from tools.http.line import GuardedResolver, PromptConnector, last_moment
from tools.outbound import Confirm, HttpRequest, HttpResponse
from tools.redact import is_sensitive

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_CONNECTIONS = 256
_CONNECT_TIMEOUT_S = 10.0
_RESOLVED_FOR_S = 10
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# These frame the message or name the server, which is this module's business.
_OURS = frozenset(("host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "accept-encoding"))
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class AioHttp:
    """The `Http` port on aiohttp. `timeout_s` bounds a request with all its redirects, `limit_bytes` an answer's body,
    also after decompression. Every address is checked by the guard, and the checked one is connected to.
    """

    def __init__(self, guard: AddressGuard, *, timeout_s: float, limit_bytes: int) -> None:
        self._guard = guard
        self._timeout_s = timeout_s
        self._limit_bytes = limit_bytes
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool; the first request does it too."""
        self._open()

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, request: HttpRequest) -> HttpResponse:
        timeout_s = self._timeout_s if request.timeout_s is None else min(request.timeout_s, self._timeout_s)
        url = _parse(request.url)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(request, url, timeout_s)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(
                error.__cause__, (StaleError, StoreError)
            ):  # `confirm` refused, in the task that writes a body
                raise error.__cause__ from None
            raise translated(error, url, timeout_s, is_once=request.once) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=PromptConnector(
                    limit=_CONNECTIONS, resolver=GuardedResolver(self._guard), ttl_dns_cache=_RESOLVED_FOR_S
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"Errand/{_version()}", "Accept-Encoding": "gzip, deflate"},
                timeout=aiohttp.ClientTimeout(total=None, connect=min(_CONNECT_TIMEOUT_S, self._timeout_s * 0.9)),
                trace_configs=[last_moment()],
                auto_decompress=False,  # done here, so that the limit holds for what comes out
                trust_env=False,
            )
        return self._session

    async def _follow(self, request: HttpRequest, url: URL, timeout_s: float) -> HttpResponse:
        method, body, headers = request.method, request.body, _checked(request.headers)
        # A shorter wait than the session's own must end before the whole does: then it is known that nothing was sent.
        short = timeout_s < min(_CONNECT_TIMEOUT_S, self._timeout_s)
        waits = aiohttp.ClientTimeout(total=None, connect=timeout_s * 0.9) if short else None
        for hop in range(_MOST_REDIRECTS + 1):
            try:
                response, location = await self._exchange(
                    method, url, headers, body, waits=waits, confirm=request.confirm
                )
            except _NOT_SENT as error:
                if hop and request.once:  # what was meant to happen once did reach the first address
                    raise unknown(place_of(url)) from error
                raise
            if location is None:
                return response
            target = _parse_location(url, location)
            if target.origin() != url.origin():
                headers = {
                    name: value
                    for name, value in headers.items()
                    if not (is_sensitive(name) or name.lower() in request.secret_headers)
                }
            if response.status == 303 or (response.status in (301, 302) and method == "POST"):  # noqa: PLR2004  RFC 9110, 15.4
                method, body = ("HEAD" if method == "HEAD" else "GET"), None
                headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
            url = target
        raise RejectedError(f"{place_of(url)} redirects more than {_MOST_REDIRECTS} times.")

    async def _exchange(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        waits: aiohttp.ClientTimeout | None,
        confirm: Confirm | None,
    ) -> tuple[HttpResponse, str | None]:
        """Send one request. Return the answer, or the redirect's answer without its body and where it leads."""
        self._guard.check_literal(url.raw_host or "", url.port or 0)  # aiohttp asks its resolver for names only
        session = self._open()
        async with session.request(
            method,
            url,
            headers=headers,
            data=body,
            allow_redirects=False,
            timeout=waits or session.timeout,
            trace_request_ctx=confirm,
        ) as answer:
            location = answer.headers.get("Location") if answer.status in _REDIRECTS else None
            content = b"" if location is not None or method == "HEAD" else await self._read(answer)
            fields = _lower(answer.headers)
        if content and (encoding := fields.get("content-encoding", "").strip().lower()) in (
            "gzip",
            "x-gzip",
            "deflate",
        ):
            content = _decompressed(content, encoding, self._limit_bytes)
            fields = {
                name: value for name, value in fields.items() if name not in ("content-encoding", "content-length")
            }
        return HttpResponse(status=answer.status, headers=fields, body=content, url=str(url)), location

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        if (answer.content_length or 0) > self._limit_bytes:
            raise _too_large(self._limit_bytes)
        chunks: list[bytes] = []
        size = 0
        async for chunk in answer.content.iter_any():
            size += len(chunk)
            if size > self._limit_bytes:
                raise _too_large(self._limit_bytes)
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _parse(text: str) -> URL:
    try:
        url = URL(text.strip())
        port = url.port
    except (ValueError, UnicodeError) as error:
        raise RejectedError(f"“{text[:200]}” is not a web address.") from error
    if url.scheme not in ("http", "https") or not url.raw_host or not port:
        raise RejectedError(f"“{text[:200]}” is not a web address; it begins with https:// or http://.")
    if url.user is not None or url.password is not None:
        raise RejectedError(
            f"The address of {url.host} holds credentials.",
            advice="Connect an account and leave them out of the address.",
        )
    return url.with_fragment(None)


def _parse_location(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location))
    except ValueError as error:
        raise RejectedError(f"{place_of(url)} redirects to something that is no address.") from error
    return _parse(str(target))


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _FIELD_NAME.fullmatch(name) or _CONTROL.search(value):
            raise RejectedError(f"The header “{name[:60]}” holds characters that no header can have.")
        if name.lower() in _OURS:
            raise RejectedError(f"The header {name} is set by Errand itself.")
    return dict(headers)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return fields


def _too_large(limit_bytes: int) -> RejectedError:
    return RejectedError(
        f"The answer is larger than {limit_bytes:,} bytes.",
        advice="Ask for less, or have the operator raise the limit.",
    )


def _decompressed(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """Return the content of a gzip or deflate body (RFC 9110, 8.4.1). Never holds more than the limit."""
    # Some servers send deflate without the zlib header: the first byte tells.
    is_raw = encoding == "deflate" and body[0] & 0x0F != zlib.DEFLATED
    content = b""
    try:
        while body:
            member = zlib.decompressobj(-zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS | 32)
            content += member.decompress(body, limit_bytes + 1 - len(content))
            if len(content) > limit_bytes:
                raise _too_large(limit_bytes)
            if not member.eof:
                raise UnavailableError("The compressed answer ends too early.")
            body = member.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise RejectedError("The answer is not compressed as it says.") from error
    return content


@cache
def _version() -> str:
    try:
        return version("errand")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
