"""What `errand doctor` says of one thing that it looked at. Looks at nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from store.record import JsonObject

_MARKS = {"ok": "✓", "note": "·", "failed": "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `note`: fine, but worth knowing."""

    name: str
    state: Literal["ok", "note", "failed"]
    text: str

    def as_json(self) -> JsonObject:
        return {**asdict(self)}

    def as_text(self) -> str:
        return f"{_MARKS[self.state]} {self.name}: {self.text}"
