"""Routes of the files folder: what people bring and what runs leave there. The folder's own port guards the paths."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from bot.web.conversation import Services, Signed
from bot.web.wire import FileList, StoredFile
from core.errors import NotFoundError, StepError
from tools.new_file import put

router = APIRouter(prefix="/api/files", tags=["files"])

_LISTED = 500


@router.get("")
async def list_files(_: Signed, services: Services) -> FileList:
    """What is in the files folder."""
    names = sorted(await services.files.names())
    return FileList(files=[StoredFile(path=name) for name in names[:_LISTED]])


@router.post("", status_code=201)
async def upload_file(
    request: Request, _: Signed, services: Services, name: Annotated[str, Query(min_length=1, max_length=255)]
) -> StoredFile:
    """Put the request's body into the files folder. An existing file is kept: the new one gets a number."""
    return StoredFile(path=await put(services.files, name, await request.body()))


@router.get("/{path:path}")
async def download_file(path: str, _: Signed, services: Services) -> Response:
    """Send one file, always as a download: nothing in it is ever shown as part of this site."""
    try:
        content = await services.files.read(path)
    except StepError as error:
        raise NotFoundError("There is no such file.") from error
    name = PurePosixPath(path).name
    return Response(
        content,
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        },
    )
