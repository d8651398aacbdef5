"""The one outbound HTTP client, and the only room that imports aiohttp."""

from tools.http.client import AioHttp

__all__ = ["AioHttp"]
