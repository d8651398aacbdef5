"""Fetches files that people attached on Discord: from its own servers, without the bot's token. Their addresses are signed and
good for about a day; an older one is asked for anew.

Source: discord.com/developers, "Signed Attachment CDN URLs".
"""

from __future__ import annotations

import aiohttp
from yarl import URL

from bot.surface.arrival import Handed
from bot.surface.download import CHUNK_BYTES, LONGEST_S, bounded, refusal
from bot.surface.port import Fetched
from bot.surfaces.discord.rest import Rest
from core.errors import NotAllowedError, NotFoundError, RejectedError, TimedOutError, UnavailableError

_SERVERS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})


class Downloads:
    """`api_url` is that of the settings: a compatible server may keep files itself."""

    def __init__(self, rest: Rest, api_url: str) -> None:
        self._rest = rest
        self._api = URL(api_url)

    async def get(self, file: Handed, limit_bytes: int) -> Fetched:
        """Raises what `bot.surface.port.Surface.fetch_file` says."""
        try:
            content = await self._content(URL(file.url), limit_bytes)
        except (NotFoundError, NotAllowedError) as error:
            if not (renewed := await self._renewed(file.url)):
                raise NotFoundError("Discord does not have the file any more.") from error
            try:
                content = await self._content(URL(renewed), limit_bytes)
            except NotAllowedError as again:
                raise NotFoundError("Discord does not give the file any more.") from again
        return Fetched(name=file.name, content=content)

    async def _content(self, url: URL, limit_bytes: int) -> bytes:
        if not self._is_discords(url):
            raise RejectedError("The file is not kept by Discord itself.")
        timeout = aiohttp.ClientTimeout(total=LONGEST_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url, allow_redirects=False) as answer,
            ):
                if error := refusal(answer.status):
                    raise error
                return await bounded(answer.content.iter_chunked(CHUNK_BYTES), limit_bytes)
        except aiohttp.ClientConnectorError as error:
            raise UnavailableError("Discord's files cannot be reached.") from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise TimedOutError(f"The line to Discord's files broke: {type(error).__name__}.") from error

    async def _renewed(self, url: str) -> str:
        """A new address for one that has expired; empty when there is none."""
        try:
            answer = await self._rest.send("POST", "/attachments/refresh-urls", {"attachment_urls": [url]})
        except (RejectedError, NotFoundError, NotAllowedError):
            return ""
        found = answer.get("refreshed_urls")
        first = found[0] if isinstance(found, list) and found else None
        renewed = first.get("refreshed") if isinstance(first, dict) else None
        return renewed if isinstance(renewed, str) and renewed != url else ""

    def _is_discords(self, url: URL) -> bool:
        return (url.scheme == "https" and url.is_default_port() and url.host in _SERVERS) or (
            url.origin() == self._api.origin()
        )
