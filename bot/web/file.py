"""Routes of the files folder: what people bring and what runs leave there. The folder's own port guards the paths."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from bot.web.conversation import Services, Signed
from bot.web.wire import FileList, StoredFile
from core.errors import InvalidValueError, NotFoundError, StepError
from tools.outbound import Files

router = APIRouter(prefix="/api/files", tags=["files"])

_UNWELCOME = re.compile(r"[^\w .()+,=@-]")
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
    content = await request.body()
    path = await _free_name(services.files, safe_name(name))
    await services.files.write(path, content)
    return StoredFile(path=path)


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


def safe_name(name: str) -> str:
    """A plain file name: no folders, no leading dots, no characters that mean something elsewhere."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = re.sub(r"\s+", " ", _UNWELCOME.sub("_", last)).strip(" .")
    if not plain:
        raise InvalidValueError("That file name cannot be used.", advice="Rename the file and try again.")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:100]}.{ending[:20]}" if dot and stem else plain[:120]


async def _free_name(files: Files, name: str) -> str:
    path = PurePosixPath(name)
    number = 1
    while await files.exists(name):
        number += 1
        name = f"{path.stem} ({number}){path.suffix}"
    return name
