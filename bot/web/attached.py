"""Files beside the words: before a turn is taken, they are there. Uploads are `file.py`'s; what becomes of them is the turn's."""

from __future__ import annotations

from agent.inbound import HandedFile, Inbound, Text
from agent.reply import Reply
from bot.web.service import WebServices
from core.errors import InvalidValueError, StepError


class MissingFileError(InvalidValueError):
    """A file that was attached is not in the files folder."""

    advice = "Attach it again."


async def take_turn(services: WebServices, inbound: Inbound) -> list[Reply]:
    """Take the turn. Raises MissingFileError for a file that is not there.

    A delivery that was answered before is answered again, whatever has become of its files since.
    """
    if isinstance(inbound.content, Text) and inbound.content.files and not await _is_known(services, inbound):
        for file in inbound.content.files:
            await _check(services, file)
    return await services.handle_turn(inbound)


async def _is_known(services: WebServices, inbound: Inbound) -> bool:
    async with services.store.begin() as records:
        return await records.conversations.delivery(inbound.surface, inbound.delivery_id) is not None


async def _check(services: WebServices, file: HandedFile) -> None:
    try:
        is_there = await services.files.exists(file.path)
    except StepError:  # a path that leads out of the folder is no file in it
        is_there = False
    if not is_there:
        raise MissingFileError(f"There is no file {file.path} in the files folder.")
