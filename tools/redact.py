"""Takes secrets out of what is kept or shown, and cuts what is too long. Knows names and values, no services."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import JsonValue

from core.canonical import encode

HIDDEN = "•••"
_SHORTEST = 4  # shorter secrets would blot out ordinary words
_SENSITIVE = re.compile(
    r"(?:^|[_.\s-])(?:authorization|cookies?|passwords?|passwd|pwd|passphrase|token|secrets?|credentials?|signature|otp|pin"
    r"|api[_.\s-]?keys?|apikey|(?:access|private|secret|auth|encryption|signing|session)[_.\s-]?keys?|sessionid|auth|bearer)"
    r"(?:$|[_.\s-](?:id|value|hash|header)?$)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IN_TEXT = re.compile(
    r"((?:authorization|cookie)\s*[:=]\s*(?:(?:bearer|basic|token)\s+)?|\b(?:bearer|basic)\s+(?=[\w.~+/-]{8})"
    r"|\b(?:api[_-]?key|access_token|refresh_token|client_secret|password|passwd|secret|token)\s*=\s*)"
    r"[^\s&;,\"'<>]+",
    re.IGNORECASE,
)
_MAY_HOLD = re.compile(r"[=:]|(?:bearer|basic)\s", re.IGNORECASE)
"""What every match of the two patterns above and below has in it: most texts have none of it."""
_USER_INFO = re.compile(r"(?<=://)([^\s/@:]*):([^\s/@]+)(?=@)")


@lru_cache(maxsize=4096)
def is_sensitive(name: str) -> bool:
    """Return whether a header, key or field of this name holds a secret: `X-Api-Key`, `accessToken`, `password` …"""
    return _SENSITIVE.search(_CAMEL.sub("_", name)) is not None


class Redactor:
    """Replaces known secrets wherever they stand, in the forms in which they travel, and the values of sensitive names."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Know more secrets from now on. Values of fewer than four characters are left alone."""
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                self._forms.update(forms(secret))
        if self._forms:
            longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """Return the text without known secrets, credentials in addresses, and `token=…`-like pairs."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        if _MAY_HOLD.search(text) is None:
            return text
        if "://" in text:
            text = _USER_INFO.sub(rf"\1:{HIDDEN}", text)
        return _IN_TEXT.sub(rf"\1{HIDDEN}", text)

    def known(self, value: JsonValue) -> JsonValue:
        """Return the value without the known secrets and with everything else as it is; itself when none is known."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self._pattern.sub(HIDDEN, value)
        if isinstance(value, list):
            return [self.known(item) for item in value]
        if isinstance(value, dict):
            return {self._pattern.sub(HIDDEN, key): self.known(item) for key, item in value.items()}
        if isinstance(value, (int, float)) and not isinstance(value, bool) and self._pattern.fullmatch(str(value)):
            return HIDDEN
        return value

    def headers(self, headers: Mapping[str, str], secret: frozenset[str] = frozenset()) -> dict[str, str]:
        """Return headers with the values of sensitive ones, and of those named in `secret`, hidden."""
        hidden = {name.lower() for name in secret}
        return {
            name: HIDDEN if name.lower() in hidden or is_sensitive(name) else self.text(value)
            for name, value in headers.items()
        }

    def value(self, value: JsonValue) -> JsonValue:
        """Return a copy in which nothing secret is left."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {
                self.text(key): HIDDEN if _holds_secret(key, item) else self.value(item) for key, item in value.items()
            }
        return value


def _holds_secret(key: str, value: JsonValue) -> bool:
    """Booleans, nulls and nested values under a sensitive name are no secrets by themselves."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "" and is_sensitive(key)


def forms(secret: str) -> set[str]:
    """Return the spellings of a secret: plain, in an address, in base64 (also of `secret:` and after a colon), in JSON."""
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), encode(secret).decode()[1:-1]}
    data = secret.encode()
    for padding in (0, 1, 2):  # wherever it stands in the encoded text, the inner characters are the same
        inner = base64.b64encode(b"\0" * padding + data).decode().rstrip("=")
        core = inner[(0, 2, 3)[padding] : len(inner) - (1 if (len(data) + padding) % 3 else 0)]
        if len(core) > _SHORTEST + 1:  # shorter ones would be found by chance
            forms.update((core, core.replace("+", "-").replace("/", "_")))
    if "://" in secret and (password := urlsplit(secret).password) and len(password) >= _SHORTEST:
        forms.add(password)
    return forms


def trim(value: JsonValue, limit: int) -> JsonValue:
    """Return the value, or a shortened copy whose JSON has at most `limit` bytes and says what was cut.

    Long texts end in `… (1,234 more characters)`, long lists in `… 56 more`, large objects have a key `…`.
    """
    size = len(encode(value))
    if size <= limit:
        return value
    longest, most = max(limit // 2, 1), max(limit // 16, 1)
    while longest > 8 or most > 1:  # noqa: PLR2004  below that nothing readable is left
        shorter = _shorten(value, longest, most)
        if len(encode(shorter)) <= limit:
            return shorter
        longest, most = max(longest // 2, 8), max(most // 2, 1)
    return f"… ({size:,} bytes left out)"


def _shorten(value: JsonValue, longest: int, most: int) -> JsonValue:
    if isinstance(value, str):
        return value if len(value) <= longest else f"{value[:longest]}… ({len(value) - longest:,} more characters)"
    if isinstance(value, list):
        kept: list[JsonValue] = [_shorten(item, longest, most) for item in value[:most]]
        return kept if len(value) <= most else [*kept, f"… {len(value) - most:,} more"]
    if isinstance(value, dict):
        entries = {key: _shorten(item, longest, most) for key, item in list(value.items())[:most]}
        return entries if len(value) <= most else {**entries, "…": f"{len(value) - most:,} more"}
    return value
