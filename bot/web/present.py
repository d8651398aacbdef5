"""Messages as the panel shows them: rendered from the records, Markdown made into safe HTML."""

from __future__ import annotations

from collections.abc import Sequence

from agent.reply import ChoicesPart, FormPart, Part, Reply, RunCard, TextPart
from bot.web.markdown import to_html
from bot.web.service import WebServices
from bot.web.wire import ShownMessage
from store.record import Author, Message, Person


async def show(services: WebServices, messages: Sequence[Message], person: Person) -> list[ShownMessage]:
    """Return what each message looks like now, in order."""
    if not messages:
        return []
    replies = {reply.message_id: reply for reply in await services.render(list(messages), person)}
    return [_shown(message, replies[message.id]) for message in messages if message.id in replies]


def with_html(reply: Reply) -> Reply:
    """The same reply with its Markdown rendered."""
    return reply.model_copy(update={"parts": [_with_html(part) for part in reply.parts]})


def _shown(message: Message, reply: Reply) -> ShownMessage:
    # What the person wrote is shown as they wrote it: never as Markdown.
    parts = reply.parts if message.author is Author.PERSON else with_html(reply).parts
    return ShownMessage(message_id=message.id, seq=message.seq, author=message.author.value, at=message.at, parts=parts)


def _with_html(part: Part) -> Part:
    if isinstance(part, TextPart | ChoicesPart | FormPart):
        return part.model_copy(update={"html": to_html(part.text)})
    if isinstance(part, RunCard) and part.result:
        return part.model_copy(update={"result_html": to_html(part.result)})
    return part
