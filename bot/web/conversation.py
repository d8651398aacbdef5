"""Routes of conversations and messages. A person sees only their own; all else is as if it did not exist."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request

from agent.inbound import Inbound
from bot.web.present import show, with_html
from bot.web.service import WebServices
from bot.web.session import SignedIn, signed_in
from bot.web.turn import Turns
from bot.web.wire import Conversations, Messages, Replies, Said, Seen, ShownConversation
from core.errors import NotFoundError, UserError
from core.ids import new_id
from store.port import Event, Records
from store.record import Conversation, Place

SURFACE = "web"
_LINKS = {
    "slack": "https://app.slack.com/client/{team}/{channel}",
    "discord": "https://discord.com/channels/{team}/{channel}",
}
Signed = Annotated[SignedIn, Depends(signed_in)]
ConversationId = Annotated[str, Path(max_length=64)]

router = APIRouter(prefix="/api/conversations", tags=["conversations"])


async def services_of(request: Request) -> WebServices:  # a plain function would be called in a thread
    services: WebServices = request.app.state.services
    return services


Services = Annotated[WebServices, Depends(services_of)]


async def own_conversation(records: Records, conversation_id: str, person_id: str) -> Conversation:
    """Return it. Raises NotFoundError when there is none or it is somebody else's."""
    conversation = await records.conversations.get(conversation_id)
    if conversation is None or conversation.person_id != person_id:
        raise NotFoundError("There is no such conversation.")
    return conversation


class HeldElsewhereError(UserError):
    """This conversation is held on another surface."""

    cause = "surface"
    advice = "Say it there; the buttons work here too."


def inbound_of(said: Said, *, conversation: Conversation, person_id: str) -> Inbound:
    """The surface-neutral form; the delivery id is the client's, kept apart from those of other conversations.

    Raises HeldElsewhereError for words that those who read along elsewhere would not see.
    """
    if said.is_message and conversation.place is not None:
        raise HeldElsewhereError
    return Inbound(
        surface=SURFACE,
        conversation_id=conversation.id,
        person_id=person_id,
        delivery_id=f"{conversation.id}:{said.cid or new_id('dlv')}",
        content=said.content(),
    )


@router.get("")
async def list_conversations(signed: Signed, services: Services) -> Conversations:
    """The person's conversations, newest first."""
    async with services.store.begin() as records:
        found = await records.conversations.of_person(signed.person.id, limit=100)
        unseen = await records.conversations.unseen(signed.person.id)
    return Conversations(conversations=[_shown(one, unseen) for one in found if _is_shown(one)])


@router.post("", status_code=201)
async def start_conversation(signed: Signed, services: Services) -> ShownConversation:
    """Start a conversation, or return the newest one when nothing was said in it yet."""
    async with services.store.begin() as records:
        for newest in await records.conversations.of_person(signed.person.id, limit=1):
            if newest.surface == SURFACE and not await records.conversations.messages(newest.id, limit=1):
                return _shown(newest)
        now = services.clock.now()
        conversation = Conversation.begun(surface=SURFACE, person_id=signed.person.id, at=now)
        await records.conversations.add(conversation)
    return _shown(conversation)


@router.get("/{conversation_id}/messages")
async def list_messages(
    conversation_id: ConversationId,
    signed: Signed,
    services: Services,
    after: Annotated[int, Query(ge=0, description="Only messages with a greater `seq`.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> Messages:
    """The log, oldest first; of what there is the newest `limit`."""
    async with services.store.begin() as records:
        await own_conversation(records, conversation_id, signed.person.id)
        messages = await records.conversations.messages(conversation_id, after=after, limit=limit)
    return Messages(messages=await show(services, messages, signed.person))


@router.post("/{conversation_id}/messages")
async def send_message(
    conversation_id: ConversationId, said: Said, signed: Signed, services: Services, request: Request
) -> Replies:
    """Take one turn: a text and what is attached to it, a pressed button or a filled form."""
    async with services.store.begin() as records:
        conversation = await own_conversation(records, conversation_id, signed.person.id)
    turns: Turns = request.app.state.turns
    replies = await turns.take(inbound_of(said, conversation=conversation, person_id=signed.person.id))
    return Replies(replies=[with_html(reply) for reply in replies])


@router.post("/{conversation_id}/seen", status_code=204)
async def mark_seen(conversation_id: ConversationId, seen: Seen, signed: Signed, services: Services) -> None:
    """The person has this conversation before their eyes: nothing up to `seq` is new any more, in any of their tabs."""
    async with services.store.begin() as records:
        await own_conversation(records, conversation_id, signed.person.id)
        is_news = await records.conversations.see(conversation_id, seen.seq)
    if is_news:
        await services.bus.publish(Event(conversation_id=conversation_id))


def _shown(conversation: Conversation, unseen: Collection[str] = ()) -> ShownConversation:
    return ShownConversation(
        id=conversation.id,
        title=conversation.title,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        is_new=conversation.id in unseen,
        surface=conversation.surface,
        link=_link(conversation.place),
    )


def _is_shown(conversation: Conversation) -> bool:
    return conversation.surface == SURFACE or conversation.place is not None


def _link(place: Place | None) -> str:
    """Where a conversation is held; of a talk alone with Errand the vendor's address is not known."""
    if place is None or place.surface not in _LINKS or place.channel.startswith(("@", "#")) or not place.team:
        return ""
    return _LINKS[place.surface].format(team=quote(place.team, safe=""), channel=quote(place.channel, safe=""))
