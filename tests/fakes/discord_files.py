"""Files on the fake Discord: attached to messages or put into forms, and served under signed addresses that expire."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from yarl import URL

from tests.fakes.discord_world import Json, snowflake

GOOD_S = 24 * 3600.0


@dataclass
class Attached:
    """`size` is what is told of it; `is_elsewhere`: its address is another server's."""

    id: str
    name: str
    content: bytes
    media_type: str
    size: int
    is_deleted: bool = False
    is_elsewhere: str = ""


class Shelf:
    """Mixed into the server. `age_s` is how old addresses are that are told; `faults_of_files` are met by the next downloads:
    `cut`, or a status.
    """

    url: str

    def __init__(self) -> None:
        self.files: dict[str, Attached] = {}
        self.faults_of_files: list[str] = []
        self.downloads: list[str] = []
        self.age_s = 0.0

    def violated(self, said: str) -> None:
        raise NotImplementedError

    def add_file(self, name: str, content: bytes, *, media_type: str = "text/csv", size: int | None = None) -> Attached:
        file = Attached(snowflake(), name, content, media_type, len(content) if size is None else size)
        self.files[file.id] = file
        return file

    def told(self, file: Attached, *, is_ephemeral: bool = False) -> Json:
        """A file as a payload has it."""
        url = file.is_elsewhere or self._signed(file.id, is_ephemeral=is_ephemeral, age_s=self.age_s)
        told: Json = {"id": file.id, "filename": file.name, "size": file.size, "url": url, "proxy_url": url}
        return told | {"content_type": file.media_type} | ({"ephemeral": True} if is_ephemeral else {})

    def renewed(self, urls: list[str]) -> Json:
        """`/attachments/refresh-urls`: what is gone keeps its address."""
        found = []
        for url in urls:
            file = self.files.get(URL(url).parts[-2]) if len(URL(url).parts) > 2 else None
            is_there = file is not None and not file.is_deleted
            new = self._signed(URL(url).parts[-2], is_ephemeral="ephemeral" in url) if is_there else url
            found.append({"original": url, "refreshed": new})
        return {"refreshed_urls": found}

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        if "Authorization" in request.headers:
            self.violated("the bot's token was sent for a file")
        file = self.files.get(request.match_info["file"])
        query = request.query
        is_signed = query.get("hm") == _mac(request.match_info["file"], query.get("ex", ""))
        if not is_signed or int(query["ex"], 16) < time.time():
            return web.Response(status=404, text="This content is no longer available.")
        self.downloads.append(request.match_info["file"])
        fault = self.faults_of_files.pop(0) if self.faults_of_files else ""
        if fault == "cut":
            assert request.transport is not None
            request.transport.abort()
        if fault or file is None or file.is_deleted:
            return web.Response(status=int(fault) if fault.isdecimal() else 404)
        return web.Response(body=file.content, content_type=file.media_type)

    def filled_with(self, component: Json, files: list[Any]) -> list[str]:
        """What a FileUpload comes back with, as the client lets people fill it."""
        least, most = component.get("min_values", 1), component.get("max_values", 1)
        assert (not files and not component.get("required", True)) or least <= len(files) <= most
        return [one.id for one in files]

    def _signed(self, file_id: str, *, is_ephemeral: bool, age_s: float = 0.0) -> str:
        until = f"{int(time.time() + GOOD_S - age_s):x}"
        folder = "ephemeral-attachments" if is_ephemeral else "attachments"
        origin = URL(self.url).origin()
        return f"{origin}/{folder}/1/{file_id}/file?ex={until}&is={until}&hm={_mac(file_id, until)}"


def _mac(file_id: str, until: str) -> str:
    return hashlib.sha256(f"{file_id}:{until}".encode()).hexdigest()
