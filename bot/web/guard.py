"""What every request passes before and after the application: size limit, origin check, security headers, last resort.

Plain ASGI, so that it covers sockets and files too. Knows nothing of people; sessions are checked by the routes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.failure import answer, answer_of
from bot.web.wire import Problem

JSON_LIMIT_BYTES = 1_000_000
HOOK_LIMIT_BYTES = 1_000_000
_FROM_ANYWHERE = ("/hooks/", "/surfaces/")
_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Which pages may talk to this Errand: its own, and those the operator named."""

    public: str = ""
    embed: Sequence[str] = ()

    def allows(self, origin: str, host: str) -> bool:
        """Whether a request with this Origin header, sent to this Host, came from an allowed page.

        Behind TLS the Host's scheme is unknown here, so host and port are compared; the cookie does the rest.
        """
        if not origin or origin == "null":
            return False
        return origin == self.public or origin in self.embed or urlsplit(origin).netloc == host


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, origins: Origins, upload_limit_bytes: int) -> None:
        self._app = app
        self._origins = origins
        self._upload_limit = upload_limit_bytes
        self._policy = content_policy(origins.embed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            if self._is_foreign(scope):
                return await _FORBIDDEN(scope, receive, send)
            return await self._app(scope, receive, send)
        return await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit(scope["path"])
        has_started = False

        async def guarded_send(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                self._add_headers(MutableHeaders(scope=message))
            await send(message)

        if self._is_foreign(scope):
            return await _FORBIDDEN(scope, receive, guarded_send)
        if _declared_length(scope) > limit:
            return await _too_large(limit)(scope, receive, guarded_send)
        try:
            await self._app(scope, _bounded(receive, limit), guarded_send)
        except Exception as error:  # the surface's last resort: answered once, logged once
            if has_started:
                raise
            await answer_of(error)(scope, receive, guarded_send)

    def _is_foreign(self, scope: Scope) -> bool:
        """Whether this changes something and does not come from an allowed page. What services call is called from anywhere."""
        if scope["type"] == "http" and (scope["method"] in _SAFE or scope["path"].startswith(_FROM_ANYWHERE)):
            return False
        headers = Headers(scope=scope)
        return not self._origins.allows(headers.get("origin", ""), headers.get("host", ""))

    def _limit(self, path: str) -> int:
        if path.startswith("/api/files"):
            return self._upload_limit
        return HOOK_LIMIT_BYTES if path.startswith(_FROM_ANYWHERE) else JSON_LIMIT_BYTES

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers.setdefault("Content-Security-Policy", self._policy)
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"


def content_policy(embed: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of every answer."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "font-src 'self'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {' '.join(embed) if embed else chr(39) + 'none' + chr(39)}"
    )


def _declared_length(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def _bounded(receive: Receive, limit: int) -> Receive:
    """Count what really arrives: a chunked body declares no length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, f"More than {limit:,} bytes.")
        return message

    return counted


def _too_large(limit: int) -> ASGIApp:
    return answer_of(HTTPException(413, f"More than {limit:,} bytes."))


_FORBIDDEN = answer(
    403, Problem(message="This request does not come from Errand's own page.", advice="Open Errand's page and retry.")
)
