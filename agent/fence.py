"""Requests that a rehearsal recorded, as Markdown code that nothing inside can break out of."""

from __future__ import annotations

import re

from core.canonical import encode
from store.record import JsonObject

_LONGEST = 4000


def fenced(request: JsonObject) -> str:
    """One recorded request (`store.record.StepAttempt.requests`) as a code block."""
    headers = request.get("headers")
    lines = [f"{request.get('method', '')} {request.get('url', '')}".strip()]
    if isinstance(headers, dict):
        lines += [f"{name}: {value}" for name, value in headers.items()]
    body = request.get("body")
    if body not in (None, "", {}):
        lines += ["", body if isinstance(body, str) else encode(body).decode()]
    text = "\n".join(lines)
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"
