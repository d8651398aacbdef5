"""A conversation that is held on another surface: seen here, with its buttons; words are for there."""

from __future__ import annotations

from agent.inbound import Press
from core.ids import new_id
from store.record import Conversation, Identity, Place
from tests.fakes.web_server import Client, WebServer


async def _held(web: WebServer, me: Client, place: Place) -> str:
    person_id = (await me.get("/api/me"))["id"]
    now = web.services.clock.now()
    conversation = Conversation(
        id=new_id("cnv"),
        surface=place.surface,
        external_id=place.key,
        person_id=person_id,
        title="From there",
        state={},
        revision=0,
        created_at=now,
        updated_at=now,
    )
    async with web.turns.store.begin() as records:
        await records.conversations.add(conversation)
    return conversation.id


async def test_it_is_listed_with_where_it_is(web: WebServer, me: Client) -> None:
    await _held(web, me, Place(surface="slack", channel="C1", thread="17.1", team="T1"))
    await _held(web, me, Place(surface="discord", channel="@77"))
    listed = (await me.get("/api/conversations"))["conversations"]
    assert {(one["surface"], one["link"]) for one in listed} == {
        ("slack", "https://app.slack.com/client/T1/C1"),
        ("discord", ""),
    }


async def test_words_are_refused_and_buttons_are_taken(web: WebServer, me: Client) -> None:
    conversation = await _held(web, me, Place(surface="slack", channel="@U1", team="T1"))
    path = f"/api/conversations/{conversation}/messages"
    refused = await me.post(path, json={"text": "hello"}, expect=400)
    assert refused["error"]["message"] == "This conversation is held on another surface."
    await me.post(path, json={"action": "approve:prp_1:0a1b"})
    assert [one.content for one in web.turns.taken] == [Press(action="approve:prp_1:0a1b")]


async def test_words_are_refused_on_the_stream_too(web: WebServer, me: Client) -> None:
    conversation = await _held(web, me, Place(surface="slack", channel="@U1", team="T1"))
    async with me.stream(conversation) as stream:
        await stream.send(cid="message-1", text="hello")
        [*_, last] = await stream.until("error")
    assert last["error"]["message"] == "This conversation is held on another surface."
    assert web.turns.taken == []


async def test_a_person_sees_as_whom_they_are_known(web: WebServer, me: Client) -> None:
    person_id = (await me.get("/api/me"))["id"]
    async with web.turns.store.begin() as records:
        await records.people.link(Identity(surface="slack", external_id="T1/U1", person_id=person_id))
    accounts = (await me.get("/api/accounts"))["accounts"]
    assert {"surface": "slack", "account": "T1/U1"} in accounts
