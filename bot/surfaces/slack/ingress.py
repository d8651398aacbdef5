"""What Slack posts to Errand's own address, in HTTP mode: the signature is checked over the raw body before anything is read.

Source: docs.slack.dev, "Verifying requests from Slack". The web surface has bounded the size.
"""

from __future__ import annotations

from collections.abc import Callable

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.surface.port import Ingress, Request, Response
from bot.surface.vitals import Vitals
from core.clock import Clock

PATH = "events"
_TAKEN = 200
_UNAUTHORIZED = Response(status=401)
_NOT_YET = Response(status=503)
_UNREADABLE = Response(status=400)


class Receiver:
    """Hands what is signed by Slack to Bolt."""

    def __init__(
        self, app: AsyncApp, secret: str, is_ready: Callable[[], bool], *, vitals: Vitals, clock: Clock
    ) -> None:
        self._app = app
        self._is_ready = is_ready
        self._vitals = vitals
        self._clock = clock
        self._verifier = SignatureVerifier(secret)

    @property
    def ingress(self) -> Ingress:
        return Ingress(path=PATH, handle=self.handle)

    async def handle(self, request: Request) -> Response:
        began_s = self._clock.monotonic_s()
        answer = await self._answered(request)
        if answer.status == _TAKEN:
            self._vitals.acknowledged(self._clock.monotonic_s() - began_s)
        else:
            self._vitals.miss(f"answered_{answer.status}")
        return answer

    async def _answered(self, request: Request) -> Response:
        if not self._is_signed(request):
            return _UNAUTHORIZED
        if not self._is_ready():
            return _NOT_YET
        try:
            read = AsyncBoltRequest(
                body=request.body.decode(),
                query=request.query,
                headers={name: [value] for name, value in request.headers.items()},
            )
        except ValueError:
            return _UNREADABLE
        answer = await self._app.async_dispatch(read)
        headers = {name: values[-1] for name, values in answer.headers.items()}
        return Response(status=answer.status, body=(answer.body or "").encode(), headers=headers)

    def _is_signed(self, request: Request) -> bool:
        at = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        if not (at.isascii() and at.isdigit() and signature.isascii()):
            return False
        try:
            return bool(self._verifier.is_valid(request.body, at, signature))
        except ValueError:
            return False
