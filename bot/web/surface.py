"""The web addresses of outside surfaces: what their vendors' servers post is handed to the adapter as it arrived, and its
answer goes back. Who sent it is checked there; sizes are bounded by the guard.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.surface import port
from bot.web.conversation import Services
from core.errors import NotFoundError

router = APIRouter(tags=["surfaces"])


@router.post("/surfaces/{surface}/{path}", include_in_schema=False)
async def receive(surface: str, path: str, request: Request, services: Services) -> Response:
    found = [one for one in services.ingress().get(surface, ()) if one.path == path]
    if not found:
        raise NotFoundError
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await request.body()
    answer = await found[0].handle(port.Request(headers=headers, query=request.url.query, body=body))
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))
