"""What stands in the inbox of what arrived: all of it as it is, but a form's fields as ciphertext, because accounts are
connected by forms. Stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import orjson

from bot.surface.arrival import Arrival, Submitted
from store.record import JsonObject

_SEALED = "sealed"


class FieldSealer(Protocol):
    """Encrypts texts by name, and reads them again (`store.vault`)."""

    def seal(self, fields: Mapping[str, str]) -> bytes: ...

    def open(self, secret: bytes) -> dict[str, str]: ...


def sealed(arrival: Arrival, sealer: FieldSealer) -> JsonObject:
    """Return what is kept of it."""
    kept: JsonObject = arrival.model_dump(mode="json")
    if isinstance(arrival.what, Submitted):
        secret = sealer.seal({"fields": orjson.dumps(arrival.what.fields).decode()})
        kept["what"] = {"kind": arrival.what.kind, "action": arrival.what.action, _SEALED: secret.decode()}
    return kept


def opened(kept: JsonObject, sealer: FieldSealer) -> Arrival:
    """Return it as it arrived. Raises ValidationError for what is none, StoreError when no key fits any more."""
    what = kept.get("what")
    if isinstance(what, dict) and isinstance(secret := what.get(_SEALED), str):
        fields = orjson.loads(sealer.open(secret.encode())["fields"])
        kept = kept | {"what": {"kind": what.get("kind"), "action": what.get("action"), "fields": fields}}
    return Arrival.model_validate(kept)
