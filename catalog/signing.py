"""How a webhook's sender signs what it sends: the schemes, and the setting in a trigger's `config["signing"]`.

The setting holds the secret as ciphertext. Verifies nothing; see `worker.signature`.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, JsonValue

from core.errors import InvalidValueError

Scheme = Literal["github", "stripe", "slack", "standard-webhooks", "hmac-sha256"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

CONFIG_KEY = "signing"
SECRET_FIELD = "secret"  # noqa: S105  the name of a field
"""Under this name the vault seals the secret."""

_STANDARD_PREFIX = "whsec_"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class Signing(BaseModel):
    """`header` names the header of `hmac-sha256`; the other schemes have their own. `secret` is ciphertext."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Scheme
    secret: str
    header: str = ""


def signing_of(config: dict[str, JsonValue]) -> Signing | None:
    """The setting in a trigger's `config`; none: its deliveries need no signature."""
    found = config.get(CONFIG_KEY)
    return None if found is None else Signing.model_validate(found)


def is_header_name(name: str) -> bool:
    """Whether this can be the name of an HTTP header (RFC 9110, section 5.1)."""
    return _HEADER_NAME.fullmatch(name) is not None


def secret_bytes(scheme: Scheme, secret: str) -> bytes:
    """Return the key that the sender signs with. Raises InvalidValueError for a secret that the scheme cannot use."""
    if not secret:
        raise InvalidValueError("A secret is needed.")
    if scheme != "standard-webhooks":
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValueError(f"This is not base64, as secrets that begin with {_STANDARD_PREFIX} are.") from None
