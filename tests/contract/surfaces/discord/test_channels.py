"""Channels and threads: who is heard, where answers go, who can read there, and that nothing of theirs is markup."""

from __future__ import annotations

import json

import pytest

from agent.command import Start, Tell, Topic
from agent.reply import TextPart
from bot.surface.port import Content
from core.errors import ClosedError, RejectedError
from store.record import JsonObject, Place
from tests.contract.surfaces.battery import LITERAL
from tests.contract.surfaces.discord.lab import SURFACE, Town, serving, until
from tests.contract.surfaces.lab import SurfaceLab
from tests.contract.surfaces.test_delivery import change, rested
from tests.fakes.discord_people import labels
from tests.fakes.discord_reading import plain, read_message
from tests.fakes.discord_server import DiscordServer
from worker.outside import announce

POST = Start(template_id="chat.say", values={"message": "Hello"})


def arrivals(town: Town) -> list[JsonObject]:
    rows = town.lab.talk.rows("SELECT payload FROM inbox ORDER BY position")
    return [json.loads(str(row[0])) for row in rows]


async def test_what_is_said_among_others_is_heard_and_not_answered(town: Town) -> None:
    await town.say("lunch, anybody?", channel=town.ops)
    [arrival] = arrivals(town)
    assert arrival["what"] == {"kind": "said", "text": "lunch, anybody?", "is_addressed": False}
    assert town.read(town.ops) == []


async def test_a_reaction_and_a_new_member_are_heard(town: Town) -> None:
    message = await town.server.say(town.ana, "deploy?", town.ops)
    await town.arrived(message.id)
    await town.server.react(town.ben, message, "🚀")
    await town.arrived(f"reaction:{message.id}:{town.ben.id}:🚀")
    new = town.server.world.add_user("Nia", is_member=False)
    await town.server.join(new)
    await town.server.say(town.ana, "hello", town.ops)
    joined = f"join:{town.server.world.guild_id}:{new.id}:"
    await town.settle()
    found = {str(one["delivery_id"]): one for one in arrivals(town)}
    assert found[f"reaction:{message.id}:{town.ben.id}:🚀"]["what"]["emoji"] == "🚀"  # type: ignore[index,call-overload]
    member = next(one for name, one in found.items() if name.startswith(joined))
    assert member["what"] == {"kind": "joined"}
    surface = town.lab.host._surfaces[SURFACE]
    assert await surface.said(Place(surface=SURFACE, channel=town.ops.id), message.id) == "deploy?"
    assert (member["channel"], member["user"]) == (town.ops.id, new.id)


async def test_what_was_said_in_a_thread_before_is_known(town: Town) -> None:
    begun = await town.server.say(town.ana, "the site is down", town.ops)
    thread = town.server.add_thread(begun.id, town.ops.id, "incident")
    await town.server.gateway.dispatch("THREAD_CREATE", thread.as_json(town.server.world.users))
    await town.server.say(town.ben, "https://acme.example/status", thread)
    await town.say("post hello", POST, channel=thread, mentions=True)
    surface = town.lab.host._surfaces[SURFACE]
    place = Place(surface=SURFACE, channel=town.ops.id, thread=thread.id)
    assert (await surface.earlier(place))[0] == "https://acme.example/status"
    assert await surface.earlier(Place(surface=SURFACE, channel=town.ops.id, thread="12345")) == []
    assert any("Hello" in one.text for one in town.read(thread)), "answered in the thread that is there"


async def test_other_bots_and_the_bot_itself_are_not_answered(town: Town) -> None:
    other = town.server.world.add_user("Beep", is_bot=True)
    await town.server.say(other, "post hello", town.ops, mentions_bot=True)
    await town.say("post hello", POST, channel=town.ops, mentions=True)
    assert len(arrivals(town)) == 1


async def test_channels_that_somebody_names_are_read_by_their_names(town: Town) -> None:
    finance, bot = town.server.world.finance.id, town.server.world.bot.id
    await town.say(f"post <:wave:12> hello to <#{finance}> <@!{bot}> <@99>", channel=town.ops, mentions=True)
    assert arrivals(town)[0]["what"]["text"] == "post :wave: hello to #finance <@99>"  # type: ignore[index,call-overload]


async def test_a_mention_alone_is_a_call_for_help(town: Town) -> None:
    await town.say("", channel=town.ops, mentions=True)
    assert arrivals(town)[0]["what"]["text"] == "help"  # type: ignore[index,call-overload]


async def test_people_are_called_by_what_finds_them_again(town: Town) -> None:
    """Their name here, or their id where that is more than one word; never what a server calls them."""
    eva, other = town.server.world.add_user("Eva Marie"), town.server.world.add_user("Ben")
    await town.say("hello", by=town.ben)
    mentions = [town.ben.id, eva.id, other.id]
    said = await town.server.say(town.ana, " ".join(f"<@{one}>" for one in mentions), mentions=mentions)
    await town.arrived(said.id)
    assert arrivals(town)[-1]["what"]["text"] == f"@Ben @{eva.id} @{other.id}"  # type: ignore[index,call-overload]


async def test_a_mention_that_is_added_later_is_heard_and_one_that_is_corrected_is_not_heard_twice(town: Town) -> None:
    forgotten = await town.say("post hello", channel=town.ops)
    town.lab.means(POST)
    await town.server.edit(forgotten, "post hello", mentions_bot=True)
    await until(lambda: town.lab.talk.count("inbox") == 2)
    await town.settle()
    await town.server.edit(forgotten, "post hello again", mentions_bot=True)
    await town.say("help")
    assert town.lab.interpreter.texts == ["post hello", "help"]
    assert town.with_button("Run", town.thread_of(forgotten))


async def test_what_was_passed_on_is_part_of_the_wish(town: Town) -> None:
    said = await town.server.say(town.ben, "post hello every day", town.ops)
    passed_on = await town.server.say(town.ana, "", passes_on=said)
    await town.arrived(passed_on.id)
    await town.settle()
    assert town.lab.interpreter.texts == ["post hello every day"]


async def test_a_thread_is_called_like_its_card(town: Town) -> None:
    asked = await town.say("post hello", POST, channel=town.ops, mentions=True)
    assert town.thread_of(asked).name == "Post a message"


async def test_of_a_channel_in_which_errand_may_not_write_who_asked_is_told_alone(town: Town) -> None:
    async with town.lab.store.begin() as records:
        await announce(records, SURFACE, at=town.lab.clock.now())
    town.ops.is_shut = True
    town.server.may_open_threads = False
    await town.slash("runs", Tell(topic=Topic.RUNS), channel=town.ops)
    await town.say("post hello", POST, channel=town.ops, mentions=True)
    told = [one.text for one in town.read()]
    assert len(told) == 2, "once for each thing that was asked there"
    assert all("I can no longer write in #ops" in one for one in told)


async def test_of_a_run_that_reports_in_a_thread_that_was_deleted_who_asked_is_told_alone(town: Town) -> None:
    async with town.lab.store.begin() as records:
        await announce(records, SURFACE, at=town.lab.clock.now())
    asked = await town.say("post hello", POST, channel=town.ops, mentions=True)
    thread = town.thread_of(asked)
    await town.press("Run", on=town.with_button("Run", thread))
    del town.server.world.channels[thread.id]
    await town.work()
    [told] = town.read()
    assert "I can no longer write in #ops" in told.text


async def test_where_no_thread_may_be_opened_the_channel_is_answered(town: Town) -> None:
    town.server.may_open_threads = False
    await town.say("post hello", POST, channel=town.ops, mentions=True)
    card = town.with_button("Run", town.ops)
    await town.press("Run", on=card)
    assert town.lab.talk.count("runs") == 1
    assert "Run" not in labels(card)


async def test_whoever_cannot_see_a_channel_is_not_in_it(town: Town) -> None:
    surface = town.lab.host._surfaces[SURFACE]
    world = town.server.world
    secret = world.add_channel("secret")
    secret.hidden_from.add(town.ben.id)
    await town.server.gateway.dispatch("CHANNEL_CREATE", secret.as_json(world.users))
    await town.say("help")
    place = Place(surface=SURFACE, channel=secret.id)
    assert await surface.has_member(place, town.ana.id)
    assert not await surface.has_member(place, town.ben.id)
    private = town.server.add_thread("77", world.ops.id, "private")
    private.kind = 12
    world.thread_members["77"] = {town.ana.id}
    inside = Place(surface=SURFACE, channel=world.ops.id, thread="77")
    assert await surface.has_member(inside, town.ana.id)
    assert not await surface.has_member(inside, town.ben.id)
    assert not await surface.has_member(Place(surface=SURFACE, channel="nonsense"), town.ana.id)


async def test_a_channel_is_found_by_its_name(town: Town) -> None:
    surface = town.lab.host._surfaces[SURFACE]
    assert await surface.find_channel("#finance") == town.server.world.finance.id
    assert await surface.find_channel("#nowhere") is None
    place = Place(surface=SURFACE, channel="#finance")
    await surface.post(place, Content(message_id="m", parts=[TextPart(text="hi")]), key="k", is_repeat=False)
    assert [one.text for one in town.read(town.server.world.finance)] == ["hi"]


async def test_a_card_in_a_thread_that_was_archived_is_changed_all_the_same(town: Town) -> None:
    asked = await town.say("post hello", POST, channel=town.ops, mentions=True)
    thread = town.thread_of(asked)
    card = town.with_button("Run", thread)
    thread.is_archived = True
    surface = town.lab.host._surfaces[SURFACE]
    place = Place(surface=SURFACE, channel=town.ops.id, thread=thread.id)
    content = Content(message_id="m", parts=[TextPart(text="It is over.")])
    assert await surface.update(place, card.id, content, key="k") == card.id
    assert read_message(card.now).text == "It is over."
    assert not thread.is_archived


async def test_in_a_thread_that_was_locked_nothing_can_be_written(town: Town) -> None:
    asked = await town.say("post hello", POST, channel=town.ops, mentions=True)
    thread = town.thread_of(asked)
    card = town.with_button("Run", thread)
    thread.is_locked = True
    surface = town.lab.host._surfaces[SURFACE]
    place = Place(surface=SURFACE, channel=town.ops.id, thread=thread.id)
    content = Content(message_id="m", parts=[TextPart(text="It is over.")])
    for thread.is_archived in (False, True):
        with pytest.raises(ClosedError):
            await surface.post(place, content, key="k9", is_repeat=False)
        with pytest.raises(ClosedError):
            await surface.update(place, card.id, content, key="k")


async def test_nobody_guesses_between_two_channels_of_one_name(town: Town) -> None:
    surface, world = town.lab.host._surfaces[SURFACE], town.server.world
    twin = world.add_channel("finance")
    await town.server.gateway.dispatch("CHANNEL_CREATE", twin.as_json(world.users))
    await town.say("help")
    with pytest.raises(RejectedError, match="2 channels called #finance") as raised:
        await surface.find_channel("#finance")
    assert f"discord:{twin.id}" in raised.value.advice
    assert await surface.channel_name(Place(surface=SURFACE, channel=twin.id)) == "#finance"


async def test_markup_and_mentions_in_values_stay_what_they_are(town: Town) -> None:
    await town.say("post it", Start(template_id="chat.say", values={"message": LITERAL}))
    card = town.dm()[-1]
    shown = json.dumps(card.now, ensure_ascii=False)
    assert LITERAL.replace("\x1b", "") in "\n".join(one.text for one in town.read())
    assert "@everyone" not in shown.replace("\\\\@everyone", "")
    assert "<@U1>" not in shown.replace("\\\\<", "")
    assert plain("\\*\\*not bold\\*\\*") == "**not bold**"


async def test_messages_keep_their_order_when_discord_asks_to_wait(town: Town) -> None:
    for number in range(3):
        town.server.fail_next("limited")
        await town.say(f"post {number}", Start(template_id="chat.say", values={"message": f"number {number}"}))
    for _ in range(20):
        town.lab.clock.move(8)
        await town.settle()
    texts = [one.text for one in town.read() if "number" in one.text]
    assert [next(number for number in "012" if f"number {number}" in text) for text in texts] == ["0", "1", "2"]


async def test_what_was_not_posted_when_the_process_ended_is_posted_by_the_next(
    lab: SurfaceLab, server: DiscordServer
) -> None:
    async with serving(lab, server):
        town = Town(lab, server)
        lab.means(POST)
        message = await server.say(town.ana, "post hello")
        await town.arrived(message.id)
        await lab.host.inbox.work_due()
    server.gateway.sessions.clear()
    async with serving(lab, server):
        await town.settle()
        assert any("Hello" in one.text for one in town.read())
        await town.settle()
        assert len([one for one in town.read() if "Hello" in one.text]) == 1


async def test_many_changes_in_a_short_time_are_one_edit_and_the_latest_wins(town: Town) -> None:
    await town.say("post hello", POST)
    [(message_id,)] = town.lab.talk.rows("SELECT message_id FROM postings")
    [posted] = [one for one in town.dm() if one.author is town.server.world.bot]
    for number in range(1, 20):
        await change(town.lab, str(message_id), f"{number}")
        await town.lab.host.deliverer.deliver_due()
        town.lab.clock.move(0.1)
    await rested(town.lab, 5)
    assert read_message(posted.now).text == "19"
    assert len(posted.versions) <= 4
