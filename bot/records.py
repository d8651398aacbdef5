"""Opens the records and the keys to what is secret in them. All that commands need that only look."""

from __future__ import annotations

from core.settings import Settings
from store.sql.migrate import is_current, migrate
from store.sql.store import SqlStore
from store.vault import Vault, load_keys


def database_url(settings: Settings) -> str:
    return settings.database_url or f"sqlite:///{settings.data / 'errand.db'}"


def open_vault(settings: Settings) -> Vault:
    return Vault(load_keys(settings.data, [key.get_secret_value() for key in settings.secret_keys]))


async def open_store(settings: Settings) -> SqlStore:
    """Bring the database to this version and open it."""
    url = database_url(settings)
    if not await is_current(url):
        await migrate(url)
    return await SqlStore.open(url, fsync=settings.fsync)
