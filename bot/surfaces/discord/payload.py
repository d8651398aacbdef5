"""Our payloads as the library takes them where only it may send: in answers to interactions. Keeps nothing in its stores."""

from __future__ import annotations

from typing import Any

import discord

from store.record import JsonObject


class PayloadView(discord.ui.LayoutView):
    """A message of components that were built elsewhere. Finished from the start, so that the library does not wait for it."""

    def __init__(self, components: list[JsonObject]) -> None:
        super().__init__(timeout=None)
        self._components = components
        self.stop()

    def to_components(self) -> list[dict[str, Any]]:
        return list(self._components)

    def has_components_v2(self) -> bool:
        return True

    def is_dispatchable(self) -> bool:
        return False


class PayloadModal(discord.ui.Modal):
    """A form that was built elsewhere. The library would keep each one that nobody sends back; submits are read from the
    interaction itself instead, which works after a restart, too.
    """

    def __init__(self, payload: JsonObject) -> None:
        super().__init__(title=str(payload["title"]), timeout=900.0, custom_id=str(payload["custom_id"]))
        self._payload = payload
        self.stop()

    def to_dict(self) -> dict[str, Any]:
        return dict(self._payload)
