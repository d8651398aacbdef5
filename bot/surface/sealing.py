"""What stands in the inbox of what arrived: all of it as it is, but what was filled into a form as ciphertext, because
accounts are connected by forms. Stores nothing.
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
        filled = arrival.what.model_dump(mode="json", include={"fields", "files"})
        secret = sealer.seal({name: orjson.dumps(value).decode() for name, value in filled.items()})
        kept["what"] = {"kind": arrival.what.kind, "action": arrival.what.action, _SEALED: secret.decode()}
    return kept


def opened(kept: JsonObject, sealer: FieldSealer) -> Arrival:
    """Return it as it arrived. Raises ValidationError for what is none, StoreError when no key fits any more."""
    what = kept.get("what")
    if isinstance(what, dict) and isinstance(secret := what.get(_SEALED), str):
        filled = {name: orjson.loads(value) for name, value in sealer.open(secret.encode()).items()}
        kept = kept | {"what": {"kind": what.get("kind"), "action": what.get("action")} | filled}
    return Arrival.model_validate(kept)
