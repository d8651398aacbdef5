"""Sealing, signing and keys."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from cryptography.fernet import Fernet

from core.errors import ConfigError, StoreError
from store.port import Records, Store
from store.record import Connection, TriggerKind, TriggerRecord
from store.vault import KEY_FILE, Vault, load_keys, reseal, rotate_keys

FIELDS = {"password": "pässwörd ☃", "username": "zoe"}


def key() -> str:
    return Fernet.generate_key().decode()


def test_fields_come_back_and_are_not_in_the_ciphertext() -> None:
    vault = Vault([key()])
    secret = vault.seal(FIELDS)
    assert vault.open(secret) == FIELDS
    assert b"zoe" not in secret
    assert vault.seal(FIELDS) != secret


def test_another_key_does_not_open_and_says_why() -> None:
    secret = Vault([key()]).seal(FIELDS)
    with pytest.raises(StoreError, match="secret key is not the one"):
        Vault([key()]).open(secret)


@pytest.mark.parametrize("secret", [b"", b"nonsense", b"\xff\x00"])
def test_what_was_never_sealed_does_not_open(secret: bytes) -> None:
    with pytest.raises(StoreError):
        Vault([key()]).open(secret)


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    old, new = key(), key()
    secret = Vault([old]).seal(FIELDS)
    both = Vault([new, old.encode()])
    assert both.open(secret) == FIELDS
    assert Vault([new]).open(both.seal(FIELDS)) == FIELDS


@pytest.mark.parametrize("keys", [[], ["short"], [""], [b"\xff" * 44]])
def test_a_key_that_is_none_is_a_config_error(keys: list[str]) -> None:
    with pytest.raises(ConfigError):
        Vault(keys)


def test_a_config_error_does_not_repeat_the_key() -> None:
    with pytest.raises(ConfigError) as caught:
        Vault([key(), "hunter2"])
    assert "hunter2" not in caught.value.message
    assert "Secret key 2" in caught.value.message


def test_a_token_is_valid_for_its_purpose_only() -> None:
    vault = Vault([key()])
    token = vault.sign("login", "usr_1")
    assert vault.verify("login", token, max_age_s=60) == "usr_1"
    assert vault.verify("cookie", token, max_age_s=60) is None
    assert "usr_1" not in token


def test_a_token_ends() -> None:
    vault = Vault([key()])
    assert vault.verify("login", vault.sign("login", "usr_1"), max_age_s=-1) is None


@pytest.mark.parametrize("token", ["", "x", "gAAAAA", "ü", "\x00", "a" * 10_000])
def test_a_token_that_was_made_elsewhere_is_nothing(token: str) -> None:
    assert Vault([key()]).verify("login", token, max_age_s=60) is None


def test_a_changed_token_is_nothing() -> None:
    vault = Vault([key()])
    token = vault.sign("login", "usr_1")
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    assert vault.verify("login", changed, max_age_s=60) is None


def test_sealed_fields_are_no_token_and_a_token_is_no_sealed_fields() -> None:
    vault = Vault([key()])
    assert vault.verify("login", vault.seal({"login": "usr_1"}).decode(), max_age_s=60) is None
    with pytest.raises(StoreError):
        vault.open(vault.sign("login", "usr_1").encode())


def test_the_key_file_is_made_at_first_use_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    keys = load_keys(folder, [])
    assert len(keys) == 1
    assert load_keys(folder, []) == keys
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == [KEY_FILE]
    assert Vault(keys).open(Vault(load_keys(folder, [])).seal(FIELDS)) == FIELDS


def test_configured_keys_need_no_file(tmp_path: Path) -> None:
    assert load_keys(tmp_path, ["one", "two"]) == ["one", "two"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_keys(tmp_path, [])
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_keys(tmp_path, [])


def test_an_empty_key_file_is_refused_rather_than_replaced(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).touch(mode=0o600)
    with pytest.raises(ConfigError, match="holds no key"):
        load_keys(tmp_path, [])


@dataclass
class SealedOnly:
    """As much of a store as rotation needs: keeps what was saved only when the block ends well."""

    kept: dict[str, Connection] = field(default_factory=dict)
    keys_at_save: list[str] = field(default_factory=list)
    folder: Path | None = None
    hooks: list[TriggerRecord] = field(default_factory=list)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Records]:
        changed = dict(self.kept)

        async def everyone() -> list[Connection]:
            return list(changed.values())

        async def save(connection: Connection) -> None:
            changed[connection.id] = connection
            if self.folder:
                self.keys_at_save = load_keys(self.folder, [])

        async def of_kind(kind: TriggerKind) -> list[TriggerRecord]:
            return [one for one in self.hooks if one.kind is kind]

        async def save_hook(trigger: TriggerRecord) -> None:
            self.hooks = [trigger if one.id == trigger.id else one for one in self.hooks]

        connections = SimpleNamespace(everyone=everyone, save=save)
        yield cast(
            Records, SimpleNamespace(connections=connections, triggers=SimpleNamespace(of_kind=of_kind, save=save_hook))
        )
        self.kept = changed


def hook(vault: Vault) -> TriggerRecord:
    return TriggerRecord(
        id="trg_1",
        workflow_id="wfl_1",
        kind=TriggerKind.WEBHOOK,
        config={"signing": {"scheme": "github", "secret": vault.seal({"secret": "k3y"}).decode()}},
        is_active=True,
        created_at=datetime(2026, 12, 2, 12, tzinfo=UTC),
    )


def connection(number: int, secret: bytes) -> Connection:
    noon = datetime(2026, 12, 2, 12, tzinfo=UTC)
    return Connection(
        id=f"con_{number}",
        person_id="usr_1",
        connector="smtp",
        name="Mail",
        public={},
        secret=secret,
        created_at=noon,
        updated_at=noon,
    )


async def test_rotation_seals_everything_anew_before_it_drops_the_old_key(tmp_path: Path) -> None:
    before = load_keys(tmp_path, [])
    store = SealedOnly(folder=tmp_path)
    store.kept = {f"con_{number}": connection(number, Vault(before).seal(FIELDS)) for number in range(3)}
    assert await rotate_keys(tmp_path, cast(Store, store)) == 3
    after = load_keys(tmp_path, [])
    assert len(after) == 1
    assert after != before
    assert store.keys_at_save == after + before
    assert all(Vault(after).open(each.secret) == FIELDS for each in store.kept.values())
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


async def test_rotation_that_cannot_open_a_secret_changes_none_and_keeps_all_keys(tmp_path: Path) -> None:
    before = load_keys(tmp_path, [])
    store = SealedOnly()
    good, lost = connection(1, Vault(before).seal(FIELDS)), connection(2, Vault([key()]).seal(FIELDS))
    store.kept = {"con_1": good, "con_2": replace(lost, name="Old mail")}
    with pytest.raises(StoreError, match="Old mail"):
        await rotate_keys(tmp_path, cast(Store, store))
    assert store.kept["con_1"] == good
    assert load_keys(tmp_path, [])[1:] == before


async def test_configured_keys_are_replaced_by_resealing() -> None:
    old, new = key(), key()
    store = SealedOnly(kept={"con_1": connection(1, Vault([old]).seal(FIELDS))})
    assert await reseal(cast(Store, store), Vault([new, old])) == 1
    assert Vault([new]).open(store.kept["con_1"].secret) == FIELDS


async def test_the_secrets_of_signed_webhooks_are_sealed_anew_too() -> None:
    old, new = key(), key()
    store = SealedOnly(hooks=[hook(Vault([old])), replace(hook(Vault([old])), id="trg_2", config={})])
    assert await reseal(cast(Store, store), Vault([new, old])) == 0
    (signed, unsigned) = store.hooks
    signing = signed.config["signing"]
    assert isinstance(signing, dict)
    assert signing["scheme"] == "github"
    assert Vault([new]).open(str(signing["secret"]).encode()) == {"secret": "k3y"}
    assert unsigned.config == {}
