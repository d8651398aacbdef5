"""Fetches files that people shared with Errand in Slack. The bot's token goes to Slack's own servers and nowhere else.

Source: docs.slack.dev, "Working with files". Without the scope for it, Slack answers with its page for signing in, as if that
were the file.
"""

from __future__ import annotations

import aiohttp
from yarl import URL

from bot.surface.arrival import Handed
from bot.surface.download import CHUNK_BYTES, LONGEST_S, bounded, refusal
from bot.surface.port import Fetched
from bot.surfaces.slack.api import MissingScopeError, SlackApi
from bot.surfaces.slack.reading import handed, object_of
from core.errors import NotAllowedError, NotFoundError, RejectedError, TimedOutError, UnavailableError

_MOST_REDIRECTS = 3
_PAGE = "text/html"
_SCOPE = "The Slack app lacks the scope files:read, or is not in the conversation that the file was shared in."


async def download(api: SlackApi, file: Handed, limit_bytes: int) -> Fetched:
    """Raises what `bot.surface.port.Surface.fetch_file` says."""
    known = file if file.url else await _looked_up(api, file)
    session = api.client.session
    if session is None:
        raise UnavailableError("Slack is not connected.")
    url = URL(known.url)
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            if not _is_slacks(url, URL(api.client.base_url)):
                raise RejectedError("The file is not kept by Slack itself.")
            async with session.get(
                url,
                headers={"Authorization": f"Bearer {api.client.token}"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=LONGEST_S),
            ) as answer:
                if (onward := answer.headers.get("Location")) and answer.status // 100 == 3:  # noqa: PLR2004  # a redirect
                    url = url.join(URL(onward))
                    continue
                if error := refusal(answer.status):
                    raise error
                content = await bounded(answer.content.iter_chunked(CHUNK_BYTES), limit_bytes)
                if answer.content_type == _PAGE and not _is_page(known, content):
                    raise NotAllowedError(_SCOPE)
                return Fetched(name=known.name, content=content)
    except aiohttp.ClientConnectorError as error:
        raise UnavailableError("Slack's files cannot be reached.") from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise TimedOutError(f"The line to Slack's files broke: {type(error).__name__}.") from error
    raise RejectedError("The file is behind too many redirects.")


async def _looked_up(api: SlackApi, file: Handed) -> Handed:
    """A mention, and what was shared from another workspace, bring only a file's id."""
    try:
        answer = await api.read("files.info", file=file.id)
    except MissingScopeError as error:
        raise NotAllowedError(error.message) from error
    found = handed(object_of(answer.get("file")))
    if found is None or not found.url:
        raise NotFoundError("Slack does not have the file any more.")
    return found


def _is_slacks(url: URL, api: URL) -> bool:
    """Whether it is the server of the settings, or one below its name: `files.slack.com` beside `slack.com`."""
    if url.origin() == api.origin():
        return True
    return url.scheme == api.scheme == "https" and url.is_default_port() and f".{url.host}".endswith(f".{api.host}")


def _is_page(file: Handed, content: bytes) -> bool:
    """Whether somebody did share a web page."""
    return file.media_type == _PAGE and file.size in (0, len(content))
