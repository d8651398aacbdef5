"""`errand rotate-keys`."""

from __future__ import annotations

from bot.data_folder import prepare
from bot.records import open_store
from core.errors import ConfigError
from core.settings import Settings
from store.vault import rotate_keys


async def rotate(settings: Settings) -> int:
    """Put a new key in front and seal all connections with it; returns how many. Raises ConfigError."""
    if settings.secret_keys:
        raise ConfigError("The keys are set by ERRAND_SECRET_KEYS: put a new one in front there and restart.")
    prepare(settings.data)
    store = await open_store(settings)
    try:
        return await rotate_keys(settings.data, store)
    finally:
        await store.close()
