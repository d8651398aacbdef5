"""Checks that a delivery was signed with the secret that the sender and Errand share. Pure; knows no store.

Each scheme is as its vendor defines it:

- github: `X-Hub-Signature-256: sha256=<hex>` over the body
  (docs.github.com, "Validating webhook deliveries")
- stripe: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]` over `<t>.<body>`
  (docs.stripe.com, "Verify webhook signatures manually")
- slack: `X-Slack-Signature: v0=<hex>` and `X-Slack-Request-Timestamp` over `v0:<timestamp>:<body>`
  (docs.slack.dev, "Verifying requests from Slack")
- standard-webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64>[ v1,<base64>]` over
  `<id>.<timestamp>.<body>`; the secret is base64 behind `whsec_` (standardwebhooks.com)
- hmac-sha256: `<hex>` or `sha256=<hex>` over the body, in a header of the sender's choice

Where a scheme signs the time, a delivery older or newer than `TOLERANCE_S` is refused, and what was signed gives the
delivery its key: a copy that somebody sends again is recognised whatever unsigned headers it comes with.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from catalog.signing import Scheme, Signing, secret_bytes
from core.errors import SignatureError

TOLERANCE_S = 300

_LONGEST_TIME = 12

Headers = Mapping[str, str]
"""Names are in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivered:
    secret: bytes
    header: str
    headers: Headers
    body: bytes
    now: datetime

    def mac(self, *parts: bytes) -> bytes:
        return hmac.digest(self.secret, b"".join(parts), "sha256")

    def value(self, name: str) -> str:
        """A header that has to be there. Raises SignatureError."""
        value = self.headers.get(name)
        if value is None:
            raise SignatureError(f"The request is not signed: it has no header {name}.")
        return value

    def time(self, text: str) -> bytes:
        """The signed time as it was sent. Raises SignatureError when it is too far from now."""
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_TIME):
            raise SignatureError("The signature's time is not a number of seconds.")
        if abs(self.now.timestamp() - int(text)) > TOLERANCE_S:
            raise SignatureError(
                f"The signature's time is more than {TOLERANCE_S // 60} minutes away from now.",
                advice="Send it again, and check the clocks of both machines.",
            )
        return text.encode()

    def field(self, name: str) -> str:
        """A text of the JSON object in the body; empty when there is none."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return ""
        found = value.get(name) if isinstance(value, dict) else None
        return found if isinstance(found, str) else ""


def verify(signing: Signing, *, secret: str, headers: Headers, body: bytes, now: datetime) -> str | None:
    """Return what the signature itself says to know the delivery by; none when the scheme signs no time.

    Raises SignatureError when the delivery is not signed as agreed, or too long ago.
    """
    delivered = _Delivered(
        secret=secret_bytes(signing.scheme, secret), header=signing.header.lower(), headers=headers, body=body, now=now
    )
    return _CHECKS[signing.scheme](delivered)


def _github(delivered: _Delivered) -> None:
    _matching(delivered.mac(delivered.body), [_hex(delivered.value("x-hub-signature-256"), "sha256=")])


def _stripe(delivered: _Delivered) -> str:
    pairs = [part.strip().partition("=") for part in delivered.value("stripe-signature").split(",")]
    sent_at = delivered.time(next((value for name, _, value in pairs if name == "t"), ""))
    mac = delivered.mac(sent_at, b".", delivered.body)
    _matching(mac, [_hex(value) for name, _, value in pairs if name == "v1"])
    return delivered.field("id") or mac.hex()


def _slack(delivered: _Delivered) -> str:
    sent_at = delivered.time(delivered.value("x-slack-request-timestamp"))
    mac = delivered.mac(b"v0:", sent_at, b":", delivered.body)
    _matching(mac, [_hex(delivered.value("x-slack-signature"), "v0=")])
    return delivered.field("event_id") or mac.hex()


def _standard(delivered: _Delivered) -> str:
    delivery_id = delivered.value("webhook-id")
    sent_at = delivered.time(delivered.value("webhook-timestamp"))
    mac = delivered.mac(delivery_id.encode("latin-1", "replace"), b".", sent_at, b".", delivered.body)
    pairs = [part.partition(",") for part in delivered.value("webhook-signature").split()]
    _matching(mac, [_base64(value) for version, _, value in pairs if version == "v1"])
    return delivery_id


def _plain(delivered: _Delivered) -> None:
    _matching(delivered.mac(delivered.body), [_hex(delivered.value(delivered.header).removeprefix("sha256="))])


def _hex(text: str, prefix: str = "") -> bytes:
    """Read a signature in hexadecimal; empty for anything else."""
    try:
        return bytes.fromhex(text.removeprefix(prefix)) if text.startswith(prefix) else b""
    except ValueError:
        return b""


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _matching(mac: bytes, sent: Iterable[bytes]) -> None:
    """Raise SignatureError unless one is the right one. Takes the same time for every wrong one."""
    if sum(hmac.compare_digest(mac, one) for one in sent) == 0:  # all of them are compared
        raise SignatureError


_CHECKS: dict[Scheme, Callable[[_Delivered], str | None]] = {
    "github": _github,
    "stripe": _stripe,
    "slack": _slack,
    "standard-webhooks": _standard,
    "hmac-sha256": _plain,
}


def hashed(*parts: str) -> str:
    """A delivery's key as it is kept: an id may be long or hold anything."""
    return hashlib.sha256(":".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
