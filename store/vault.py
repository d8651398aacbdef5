"""Secrets: encrypted with the operator's keys before they are stored, and signed values for cookies and login links.

Knows no connector: a connection's fields are names and values. The first key seals and signs; all of them open, so that a
key can be replaced while what older ones sealed is still read.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.canonical import decode, encode
from core.errors import ConfigError, StoreError
from store.port import Store
from store.record import JsonObject, TriggerKind

KEY_FILE = "secret.keys"
"""Name of the key file in the data folder: one Fernet key in each line, the newest first."""


class Vault:
    """Raises ConfigError for keys that are none."""

    def __init__(self, keys: Sequence[bytes | str]) -> None:
        if not keys:
            raise ConfigError("There is no secret key.")
        self._keys = [key.encode() if isinstance(key, str) else key for key in keys]
        self._fernet = MultiFernet([_fernet(key, position) for position, key in enumerate(keys, 1)])

    def seal(self, fields: Mapping[str, str]) -> bytes:
        """Return the fields as ciphertext."""
        return self._fernet.encrypt(encode(dict(fields)))

    def open(self, secret: bytes) -> dict[str, str]:
        """Return the fields. Raises StoreError when no key fits or the ciphertext was changed."""
        try:
            fields = decode(self._fernet.decrypt(secret))
        except (InvalidToken, ValueError):
            fields = None
        if not isinstance(fields, dict):
            raise StoreError(
                "The stored credentials cannot be decrypted: the secret key is not the one that they were sealed with.",
                advice=f"Put the former key back ({KEY_FILE} in the data folder, or ERRAND_SECRET_KEYS), or connect again.",
            )
        return {name: str(value) for name, value in fields.items()}

    def sign(self, purpose: str, value: str) -> str:
        """Return a token that only this vault can have made, fit for a cookie or a URL. It hides the value, too."""
        return self._fernet.encrypt(encode([purpose, value])).decode()

    def stamp(self, purpose: str, value: str) -> str:
        """Return a token that is the same each time, for an address that others keep. It shows the value."""
        return f"{value}.{_tag(self._keys[0], purpose, value)}"

    def stamped(self, purpose: str, token: str) -> str | None:
        """Return the value of a token that `stamp` made for this purpose with any of the keys; none for anything else."""
        value, _, tag = token.rpartition(".")
        right = [hmac.compare_digest(_tag(key, purpose, value).encode(), tag.encode()) for key in self._keys]
        return value if value and any(right) else None

    def verify(self, purpose: str, token: str, max_age_s: int) -> str | None:
        """Return the value of a token for this purpose that is at most so old; none for anything else."""
        try:
            signed = decode(self._fernet.decrypt(token, ttl=max_age_s))
        except (InvalidToken, ValueError):
            return None
        match signed:
            case [str(for_purpose), str(value)] if for_purpose == purpose:
                return value
            case _:
                return None


def load_keys(folder: Path, configured: Sequence[str]) -> list[str]:
    """Return the configured keys, or those of the key file in `folder`, which is made at first use; newest first.

    Raises ConfigError for a key file that others can read or that holds no keys.
    """
    if configured:
        return list(configured)
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_first(path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{path} can be read by others. Make it private: chmod 600 {path}")
    keys = path.read_text().split()
    if not keys:
        raise ConfigError(f"{path} holds no key. Restore it, or remove it to start with a new one.")
    return keys


async def rotate_keys(folder: Path, store: Store) -> int:
    """Replace the key file's keys by a new one; returns how many connections were sealed anew.

    Old keys are dropped only when everything is sealed with the new one: after an interruption, rotate again. Other
    processes read their keys at start: restart them. Signed-in people sign in again.
    """
    keys = [Fernet.generate_key().decode(), *load_keys(folder, ())]
    path = folder / KEY_FILE
    _replace(path, keys)
    count = await reseal(store, Vault(keys))
    _replace(path, keys[:1])
    return count


async def reseal(store: Store, vault: Vault) -> int:
    """Seal all connections and the secrets of signed webhooks with the vault's first key, all or none.

    Returns how many connections. Raises StoreError.

    For keys that are configured: put the new one in front, reseal, then drop the old ones. Nobody should change
    connections meanwhile.
    """
    async with store.begin() as records:
        connections = await records.connections.everyone()
        for connection in connections:
            try:
                fields = vault.open(connection.secret)
            except StoreError as error:
                raise StoreError(f"{connection.name} ({connection.id}): {error.message}", advice=error.advice) from None
            await records.connections.save(replace(connection, secret=vault.seal(fields)))
        for trigger in await records.triggers.of_kind(TriggerKind.WEBHOOK):
            signing = trigger.config.get("signing")
            if isinstance(signing, dict):
                sealed = vault.seal(vault.open(str(signing["secret"]).encode())).decode()
                config: JsonObject = {**trigger.config, "signing": {**signing, "secret": sealed}}
                await records.triggers.save(replace(trigger, config=config))
    return len(connections)


def _tag(key: bytes, purpose: str, value: str) -> str:
    return hmac.new(key, f"stamp:{purpose}:{value}".encode(), "sha256").hexdigest()[:40]


def _fernet(key: bytes | str, position: int) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise ConfigError(
            f"Secret key {position} is not a key: it must be 32 bytes in URL-safe base64, as `Fernet.generate_key()` makes."
        ) from None


def _write_first(path: Path) -> None:
    """Make the file with one key, whole from its first moment; leaves one that another process made meanwhile."""
    draft = _draft(path, [Fernet.generate_key().decode()])
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _replace(path: Path, keys: Sequence[str]) -> None:
    _draft(path, keys).replace(path)


def _draft(path: Path, keys: Sequence[str]) -> Path:
    """Write the keys durably to a private file beside `path`."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return draft
