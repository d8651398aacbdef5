"""The WebSocket of a conversation: what is said goes up, messages and changed cards come down.

Server frames: `message`, `update` (both with `message`), `live` (the backlog is through), `ack` and `error` (with `cid`),
`writing` (an answer as far as it is written, whole; the next message takes its place),
`elsewhere` (another conversation of the person has news or was seen),
`beat`. Client frames: `wire.SentFrame`. Who may not listen is refused before the handshake is accepted.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import orjson
from fastapi import APIRouter, WebSocket
from pydantic import ValidationError

from bot.web.conversation import inbound_of, own_conversation
from bot.web.failure import answer_of, invalid_frame, problem_of
from bot.web.line import Line, SlowReaderError
from bot.web.live import Hub
from bot.web.service import WebServices
from bot.web.session import SignedIn, signed_in
from bot.web.turn import Turns
from bot.web.wire import Problem, SentFrame
from core.errors import ErrandError
from store.record import Conversation, JsonObject

router = APIRouter()

TRY_AGAIN, SLOW_READER = 1012, 4408
_FAREWELL_S = 10.0
_SEQ = re.compile(r"[0-9]{1,15}")


@router.websocket("/api/conversations/{conversation_id}/stream")
async def stream(websocket: WebSocket, conversation_id: str) -> None:
    """Serve one socket until either side ends it."""
    services: WebServices = websocket.app.state.services
    hub: Hub = websocket.app.state.hub
    try:
        signed = await signed_in(websocket)
        async with services.store.begin() as records:
            conversation = await own_conversation(records, conversation_id, signed.person.id)
    except ErrandError as error:
        await websocket.send_denial_response(answer_of(error))
        return
    await websocket.accept()

    async def send(frame: JsonObject) -> None:
        await websocket.send_text(orjson.dumps(frame).decode())

    line = Line(
        services,
        conversation_id=conversation_id,
        session_id=signed.session_id,
        person_id=signed.person.id,
        after=_seq(websocket.query_params.get("after", "")),
        send=send,
    )
    async with hub.open(line):
        await _serve(websocket, line, signed, conversation)


async def _serve(websocket: WebSocket, line: Line, signed: SignedIn, conversation: Conversation) -> None:
    """Run both directions; the first that ends, ends the other."""
    directions = [
        asyncio.create_task(_listen(websocket, line, signed, conversation)),
        asyncio.create_task(line.run()),
        asyncio.create_task(line.closed()),
    ]
    try:
        done, _ = await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        await asyncio.gather(*directions, return_exceptions=True)
    await _close(websocket, next(iter(done)))


async def _close(websocket: WebSocket, ended: asyncio.Task[int | None]) -> None:
    error = ended.exception()
    if error is None:
        code = ended.result()
    elif isinstance(error, SlowReaderError):
        code = SLOW_READER
    else:
        if isinstance(error, Exception):
            problem_of(error)
        code = TRY_AGAIN
    if code is not None:
        # The other side may be gone, or take nothing for a while longer: then it is cut off without a word.
        with suppress(RuntimeError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await websocket.close(code)


async def _listen(websocket: WebSocket, line: Line, signed: SignedIn, conversation: Conversation) -> None:
    """Take the frames one by one, so that a person's messages are answered in order."""
    while True:
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            return
        await _take(websocket, line, signed, conversation, event.get("text") or event.get("bytes") or "")


async def _take(
    websocket: WebSocket, line: Line, signed: SignedIn, conversation: Conversation, data: str | bytes
) -> None:
    try:
        frame = SentFrame.model_validate_json(data)
    except ValidationError as error:
        line.answer(_failed(_cid(data), invalid_frame(error)))
        return
    turns: Turns = websocket.app.state.turns
    try:
        await turns.take(inbound_of(frame, conversation=conversation, person_id=signed.person.id))
    except Exception as error:  # noqa: BLE001  # the surface's turn: the person gets a sentence, the socket lives on
        line.answer(_failed(frame.cid, problem_of(error)))
    else:
        line.answer({"type": "ack", "cid": frame.cid})


def _failed(cid: str | None, problem: Problem) -> JsonObject:
    return {"type": "error", "cid": cid, "error": problem.model_dump()}


def _cid(data: str | bytes) -> str | None:
    """The cid of a frame that is wrong otherwise, so that its sender can give up on it."""
    with suppress(ValueError):
        frame = orjson.loads(data)
        if isinstance(frame, dict) and isinstance(frame.get("cid"), str):
            return str(frame["cid"])[:64]
    return None


def _seq(text: str) -> int:
    return int(text) if _SEQ.fullmatch(text) else 0
