"""Words that call everybody in a channel, as the chat services write them. Sends nothing."""

from __future__ import annotations

import re

from pydantic import JsonValue

_EVERYONE = re.compile(r"(?<![\w@])@(?:everyone|channel|here|all)\b|<!(?:channel|here|everyone)\b[^>]*>", re.IGNORECASE)


def mentions_of_all(value: JsonValue) -> list[str]:
    """Each of them once, wherever it stands in a value."""
    if isinstance(value, str):
        return list(dict.fromkeys(match[0] for match in _EVERYONE.finditer(value)))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(mention for part in parts for mention in mentions_of_all(part)))
