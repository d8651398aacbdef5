"""Files on the fake Slack: shared in messages and modals, told of as Slack does, served to whoever shows the token.

Without token or scope the answer is the page for signing in, as if that were the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fakes.slack_workspace import BOT_TOKEN, TEAM, RefusedError, Workspace

Json = Any
SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in to Acme | Slack</title></head></html>"


@dataclass
class SharedFile:
    """`url` is where one that Slack does not keep is; `is_bare`: only its id is told, as of files of other workspaces.
    `served_type` is what it is served as, if that is not what it is told to be; `leads_to`: another address has it.
    """

    id: str
    name: str
    content: bytes
    media_type: str
    url: str = ""
    is_bare: bool = False
    is_deleted: bool = False
    leads_to: str = ""
    size: int | None = None


class Shelf(Workspace):
    """Mixed into the server. `faults_of_files` are met by the next downloads: `away`, `cut`, or a status."""

    base: str

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, SharedFile] = {}
        self.faults_of_files: list[str] = []
        self.downloads: list[str] = []

    def add_file(self, name: str, content: bytes, *, media_type: str = "text/csv", **more: Any) -> SharedFile:
        file = SharedFile(f"F{len(self.files) + 1}", name, content, media_type, **more)
        self.files[file.id] = file
        return file

    def told(self, file: SharedFile, *, is_bare: bool = False) -> Json:
        """A file as a payload has it."""
        if is_bare or file.is_bare:
            return {"id": file.id} | ({"file_access": "check_file_info"} if file.is_bare else {})
        return self._json(file)

    def m_files_info(self, given: Json) -> Json:
        if "files:read" not in self.scopes:
            raise RefusedError("missing_scope", needed="files:read", provided=",".join(sorted(self.scopes)))
        file = self.files.get(given.get("file"))
        if file is None or file.is_deleted:
            raise RefusedError("file_deleted" if file else "file_not_found")
        return {"file": self._json(file), "content": "", "comments": []}

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        file = self.files[request.match_info["file"].removeprefix(f"{TEAM}-")]
        self.downloads.append(file.id)
        if request.query_string:
            self.violate(f"a query at a file's address: {request.query_string}")
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            self.violate("a file was asked for without the bot's token")
            raise web.HTTPFound("/signin?redir=%2Ffiles-pri")
        if "files:read" not in self.scopes:
            raise web.HTTPFound("/signin?redir=%2Ffiles-pri")
        fault = self.faults_of_files.pop(0) if self.faults_of_files else ""
        if fault == "cut":
            assert request.transport is not None
            request.transport.abort()
        if fault:
            return web.Response(status=503 if fault in ("away", "cut") else int(fault))
        if file.is_deleted:
            return web.Response(status=404)
        if file.leads_to:
            raise web.HTTPFound(file.leads_to)
        return web.Response(body=file.content, content_type=file.media_type)

    async def serve_sign_in(self, _: web.Request) -> web.Response:
        return web.Response(text=SIGN_IN, content_type="text/html")

    def filled_with(self, element: Json, files: list[SharedFile]) -> Json:
        """The state of a `file_input`, as the client lets people fill it."""
        assert len(files) <= element.get("max_files", 10), "the client takes no more"
        endings = element.get("filetypes")
        assert not endings or all(one.name.rpartition(".")[2] in endings for one in files)
        return {"type": "file_input", "files": [self.told(one) for one in files]}

    def _json(self, file: SharedFile) -> Json:
        url = f"{self.base.removesuffix('api/')}files-pri/{TEAM}-{file.id}"
        size = len(file.content) if file.size is None else file.size
        made = {"id": file.id, "name": file.name, "title": file.name, "mimetype": file.media_type, "size": size}
        if file.url:
            return made | {"mode": "external", "is_external": True, "url_private": file.url}
        kept = {"mode": "hosted", "is_external": False, "url_private": f"{url}/{file.id}"}
        return made | kept | {"url_private_download": f"{url}/download/{file.id}"}
