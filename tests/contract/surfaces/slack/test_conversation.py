"""People in Slack talk with Errand: alone, in channels and threads, with cards, buttons, forms, commands and shortcuts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from agent.command import Start, Tell, Topic
from agent.inbound import Press
from catalog.schedule import Schedule
from store.port import Event
from store.record import ApprovalRequest, Place
from tests.contract.surfaces.slack.lab import SlackLab
from tests.contract.surfaces.test_shared import OFFER, SALARY
from tests.fakes.block_kit import interactive
from tests.fakes.many import make_many
from tests.fakes.record import open_request
from tests.fakes.slack_reading import read_messages
from tests.fakes.slack_workspace import Message
from worker.asking import RequestCards
from worker.outside import announce

MENTION = "<@UBOT>"
DAILY = Schedule(rrule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0", timezone="Europe/Berlin")
POST = Start(template_id="chat.say", values={"message": "Hello"})
LITERAL = "<!channel> <@U2> @everyone *bold* _x_ `y` <https://evil.example|click> & {{7*7}}"


def written(lab: SlackLab, channel: str) -> list[Message]:
    return [one for one in lab.slack.channels[channel].messages if one.bot_id]


async def test_a_wish_is_a_card_and_a_yes_is_a_run_that_the_same_card_shows(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    [card] = lab.read()
    assert "Post a message" in card
    await lab.press("Run")
    card, run = lab.read()
    assert "Approved" in card
    assert "Run\n" not in card
    assert "Starting" in run
    await lab.work()
    card, run = lab.read()
    assert "Done" in run
    assert "✅ Post a message" in run
    assert "Stop" not in run


async def test_a_mention_is_answered_in_the_thread_that_it_begins(lab: SlackLab) -> None:
    ts = await lab.say(f"{MENTION} post hello", POST, channel="C1")
    await lab.press("Run", channel="C1")
    await lab.work()
    assert {one.thread_ts for one in written(lab, "C1")} == {ts}
    assert len(written(lab, "C1")) == 2
    assert lab.interpreter.texts == ["post hello"], "told of twice, as a message and as a mention, and heard once"


async def test_a_mention_within_a_thread_is_answered_there(lab: SlackLab) -> None:
    root = await lab.slack.say("U2", "we need to tell the others", channel="C1")
    await lab.say(f"ok {MENTION} post hello", POST, channel="C1", thread=root.ts)
    assert {one.thread_ts for one in written(lab, "C1")} == {root.ts}


async def test_values_of_a_thread_are_offered_and_never_taken_unasked(lab: SlackLab) -> None:
    root = await lab.slack.say("U2", "please write to <mailto:ben@acme.example|ben@acme.example>", channel="C1")
    await lab.slack.say("U2", "and to cleo@acme.example, too", channel="C1", thread=root.ts)
    await lab.say(f"{MENTION} mail them", Start(template_id="mail.send"), channel="C1", thread=root.ts)
    question = written(lab, "C1")[-1]
    assert read_messages([question]).buttons == ("cleo@acme.example", "ben@acme.example")
    await lab.press("ben@acme.example", channel="C1")
    assert "ask" in str(written(lab, "C1")[-1].text).lower() or "about" in written(lab, "C1")[-1].text
    [row] = lab.talk.rows("SELECT state FROM conversations WHERE surface = 'slack'")
    assert '"suggestion"' in str(row[0])
    assert "cleo" not in str(json.loads(str(row[0]))["tasks"][0]["values"])


async def test_what_nobody_said_to_errand_is_answered_by_nobody(lab: SlackLab) -> None:
    await lab.slack.say("U1", "good morning all", channel="C1")
    await lab.settle()
    assert written(lab, "C1") == []
    assert lab.interpreter.texts == []


async def test_names_zones_and_languages_come_from_the_profile(lab: SlackLab) -> None:
    await lab.say("post hello", POST, user="U3")
    person = await lab.person("U3")
    assert person is not None
    assert (person.name, person.time_zone, person.locale) == ("Dora", "Europe/Vienna", "de-AT")
    assert lab.slack.button("U3", "Ausführen")


async def test_a_form_opens_at_the_press_that_asked_for_it(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    await lab.press("Edit")
    view = await lab.slack.modal("U1")
    [message] = [one for one in view["blocks"] if one.get("block_id") == "field:message"]
    assert message["element"]["initial_value"] == "Hello"
    assert await lab.slack.submit("U1", message="Good morning") == {}
    await lab.settle()
    assert "Good morning" in lab.read()[-1]


async def test_a_form_that_is_closed_opens_no_more_and_its_presser_is_told(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    await lab.press("Edit")
    message, element = _opening(lab)
    await lab.slack.submit("U1", message="Good morning")
    await lab.settle()
    await lab.slack.press_element("U1", message, element)
    await lab.host.intake.drain()
    await _until(lab, "closed")


async def test_a_command_is_answered_alone_with_whoever_gave_it(lab: SlackLab) -> None:
    lab.means(POST)
    answer = await lab.slack.command("U1", "/errand", "post hello", channel="C2")
    assert answer is not None
    assert "direct messages" in answer["text"]
    await lab.settle()
    assert written(lab, "C2") == []
    assert "Post a message" in lab.read()[0]


@pytest.mark.parametrize(
    ("command", "text", "meant"),
    [
        ("/workflows", "", "list my automations"),
        ("/run", "standup notes", "run standup notes"),
        ("/runs", "", "show my runs"),
        ("/approvals", "", "what waits for my approval"),
        ("/errand", "", "help"),
        ("/other", "x", "x"),
    ],
)
async def test_every_command_means_a_sentence(lab: SlackLab, command: str, text: str, meant: str) -> None:
    assert await lab.slack.command("U1", command, text) is not None
    await lab.settle()
    assert lab.interpreter.texts == [meant]


async def test_who_and_what_was_picked_is_spelled_as_one_would_type_it(lab: SlackLab) -> None:
    """By what finds them again: their name here, or their id where that is more than one word."""
    lab.slack.add_user("U4", "Eva Marie")
    lab.slack.add_channel("C4", "town-hall", "U1")
    asked = ["U999999", "U1", "U4", "C1"]
    assert await lab.adapter.directory.spelled(asked) == {"U1": "@Ana", "U4": "@U4", "C1": "#ops"}


async def test_the_list_of_automations_has_their_buttons(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    await lab.press("Run")
    await lab.say("list", Tell(topic=Topic.WORKFLOWS))
    shown = read_messages(written(lab, lab.slack.direct("U1").id)[-1:])
    assert shown.buttons == ("Show", "Run now", "Edit", "History")


async def daily(lab: SlackLab, number: int) -> None:
    """So many automations of U1's that run every day."""
    await lab.say("daily", Start(template_id="chat.say", values={"message": "Hello"}, schedule=DAILY))
    await lab.press("Schedule it")
    person = await lab.person()
    assert person is not None
    await make_many(lab.store, person.id, number)


async def test_many_automations_are_turned_page_by_page_in_one_message(lab: SlackLab) -> None:
    await daily(lab, 37)
    await lab.say("list", Tell(topic=Topic.WORKFLOWS))
    messages = written(lab, lab.slack.direct("U1").id)
    names: list[str] = []
    for first, last in ((1, 10), (11, 20), (21, 30), (31, 37)):
        assert f"({first}–{last} of 37)" in read_messages([messages[-1]]).text
        names += [line for line in read_messages([messages[-1]]).text.split("\n") if line.startswith("•")]
        if last < 37:
            await lab.press("Next")
        assert written(lab, lab.slack.direct("U1").id) == messages, "nothing is posted: the list is edited"
    assert len(set(names)) == 37
    await lab.press("Previous")
    assert "(21–30 of 37)" in read_messages([messages[-1]]).text


async def test_a_list_shows_what_a_press_in_it_has_changed(lab: SlackLab) -> None:
    await daily(lab, 2)
    await lab.say("list", Tell(topic=Topic.WORKFLOWS))
    listed = written(lab, lab.slack.direct("U1").id)[-1]
    await lab.press("Pause")
    assert read_messages([listed]).buttons.count("Resume") == 1
    await lab.press("Resume")
    assert read_messages([listed]).buttons.count("Resume") == 0


async def test_a_message_becomes_a_wish_from_its_menu(lab: SlackLab) -> None:
    said = await lab.slack.say("U2", "post hello every day", channel="C1")
    assert await lab.slack.shortcut("U1", "make_automation_of_message", said) is not None
    view = await lab.slack.modal("U1")
    assert view["blocks"][0]["element"]["initial_value"] == "post hello every day"
    lab.means(POST)
    assert await lab.slack.submit("U1") == {}
    await lab.settle()
    assert lab.interpreter.texts == ["post hello every day"]
    assert "Post a message" in lab.read()[0]


async def test_the_global_shortcut_asks_for_a_wish(lab: SlackLab) -> None:
    await lab.slack.shortcut("U1", "make_automation")
    lab.means(POST)
    assert await lab.slack.submit("U1", wish="post hello") == {}
    await lab.settle()
    assert "Post a message" in lab.read()[0]


async def test_of_a_modal_that_comes_too_late_its_user_is_told(lab: SlackLab) -> None:
    lab.slack.trigger_ttl_s = 0.0
    assert await lab.slack.shortcut("U1", "make_automation") is not None
    await _until(lab, "That did not reach me")


async def test_the_home_tab_shows_what_is_there_now(lab: SlackLab) -> None:
    await lab.slack.open_home("U1")
    await _until_home(lab, "one sentence")
    await lab.say("post hello", POST)
    await lab.press("Run")
    lab.slack.homes.clear()
    await lab.slack.open_home("U1")
    home = await _until_home(lab, "Post a message")
    assert "Running now" in home
    assert "Waiting for you" in home
    await lab.slack.press_home("U1", "Show")
    await lab.settle()
    assert "Post a message" in lab.read()[-1]


async def test_the_home_tab_turns_its_pages_and_shows_what_a_press_changed(lab: SlackLab) -> None:
    await daily(lab, 37)
    await lab.slack.open_home("U1")
    await _until_home(lab, "(1–10 of 37)")
    await lab.slack.press_home("U1", "Next")
    home = await _until_home(lab, "(11–20 of 37)")
    assert {"Run now", "Pause", "Edit", "History"} <= set(_labels(lab))
    assert lab.talk.count("inbox") == 2, "turning a page is nothing that was said"
    assert "Resume" not in home
    await lab.slack.press_home("U1", "Pause")
    await lab.settle()
    home = await _until_home(lab, "Resume")
    assert "(11–20 of 37)" in home, "the page stays"


async def test_what_waits_for_somebody_leads_from_the_home_tab_to_its_card(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    await lab.press("Run")
    await _asks(lab, "apr_1", "Pay Acme?")
    await lab.slack.open_home("U1")
    await _until_home(lab, "Pay Acme?")
    await lab.slack.press_home("U1", "Decide")
    await lab.settle()
    assert "Pay Acme?" in lab.read()[-1]
    await lab.press("Yes")
    lab.slack.homes.clear()
    await lab.slack.open_home("U1")
    assert "Pay Acme?" not in await _until_home(lab, "Waiting for you")


async def test_what_people_wrote_stays_what_they_wrote(lab: SlackLab) -> None:
    await lab.say(LITERAL.replace("&", "&amp;"), Start(template_id="chat.say", values={"message": LITERAL}))
    [message] = written(lab, lab.slack.direct("U1").id)
    for text in (message.text, str(message.blocks)):
        assert "<!" not in text
        assert "<@" not in text
        assert "<https://evil" not in text
    assert f"Message: {LITERAL}" in read_messages([message]).lines
    assert all(one.get("verbatim") for block in message.blocks for one in _texts(block) if one["type"] == "mrkdwn")


async def test_bots_do_not_talk_in_circles(lab: SlackLab) -> None:
    """What Errand posts comes back to it, and other apps post too."""
    await lab.say(f"{MENTION} post hello", POST, channel="C1")
    other = {"type": "message", "channel": "C1", "channel_type": "channel", "ts": "1.1", "user": "UOTHER"}
    await lab.slack.deliver("events_api", lab.slack.event(other | {"bot_id": "BOTHER", "text": f"{MENTION} hi"}))
    await lab.slack.deliver("events_api", lab.slack.event(other | {"subtype": "message_changed", "text": "hi"}))
    await lab.settle()
    assert lab.interpreter.texts == ["post hello"]


async def test_of_a_channel_that_was_archived_who_asked_is_told_alone(lab: SlackLab) -> None:
    async with lab.store.begin() as records:
        await announce(records, "slack", at=lab.clock.now())
    await lab.say(f"{MENTION} post hello", POST, channel="C1")
    before = len(written(lab, "C1"))
    lab.slack.channels["C1"].is_archived = True
    await lab.say(f"{MENTION} list", Tell(topic=Topic.WORKFLOWS), channel="C1")
    assert len(written(lab, "C1")) == before
    [told] = lab.read("U1")
    assert "I can no longer write in #" in told


async def test_of_a_run_that_reports_where_errand_was_taken_out_who_asked_is_told_alone(lab: SlackLab) -> None:
    async with lab.store.begin() as records:
        await announce(records, "slack", at=lab.clock.now())
    await lab.say(f"{MENTION} post hello", POST, channel="C1")
    lab.slack.channels["C1"].members.discard("UBOT")
    await lab.press("Run", channel="C1")
    await lab.work()
    [told] = lab.read("U1")
    assert "I can no longer write in #ops" in told.replace("\u2060", "")


async def test_of_an_approver_who_has_left_whoever_waits_is_told(lab: SlackLab) -> None:
    async with lab.store.begin() as records:
        await announce(records, "slack", at=lab.clock.now())
    await lab.say("hello", user="U2")
    await lab.say(f"{MENTION} post hello", POST, channel="C1")
    await lab.press("Run", channel="C1")
    lab.slack.deactivated.add("U2")
    lab.adapter.directory._directs.found.clear()
    request = await _asks(lab, "apr_1", "Pay Acme?", user="U2")
    cards = RequestCards(store=lab.store, events=lab.bus, clock=lab.clock, home_id=await _home(lab), title="Pay")
    await cards.show(request, "ask", request.approvers)
    await lab.settle()
    assert "I could not reach Ben alone on Slack" in lab.read("U1", "C1")[-1]


async def test_only_those_who_may_decide_and_the_others_are_told_alone(lab: SlackLab) -> None:
    await lab.say(f"{MENTION} post hello", POST, channel="C1")
    await lab.press("Run", user="U2", channel="C1")
    assert lab.talk.count("runs") == 0
    private = [one for one in lab.slack.channels["C1"].messages if one.to]
    assert [one.to for one in private] == ["U2"]
    assert lab.slack.button("U1", "Run", "C1")


async def test_who_is_not_in_the_channel_any_more_is_told_alone(lab: SlackLab) -> None:
    await lab.say(f"{MENTION} post hello", POST, channel="C1")
    message, element = lab.slack.button("U2", "Run", "C1")
    lab.slack.channels["C1"].members.discard("U2")
    await lab.slack.press_element("U2", message, element)
    await lab.settle()
    assert len(lab.read("U2")) == 1
    assert lab.talk.count("runs") == 0


async def test_a_button_that_is_gone_by_now_starts_nothing_and_its_presser_is_told(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    message, element = lab.slack.button("U1", "Run")
    await lab.press("Run")
    with pytest.raises(LookupError):
        lab.slack.button("U1", "Run")
    await lab.slack.press_element("U1", message, element)
    await lab.settle()
    assert lab.talk.count("runs") == 1
    assert "already approved" in lab.read()[-1]


async def test_a_yes_on_the_web_takes_the_buttons_from_slack(lab: SlackLab) -> None:
    await lab.say(f"{MENTION} post hello", POST, channel="C1")
    _, element = lab.slack.button("U1", "Run", "C1")
    person = await lab.person()
    assert person is not None
    async with lab.store.begin() as records:
        [conversation] = await records.conversations.of_person(person.id)
    await lab.on_web(Press(action=element["value"]), person.id, conversation.id)
    await lab.settle()
    with pytest.raises(LookupError):
        lab.slack.button("U1", "Run", "C1")


async def test_the_pane_offers_sentences_and_says_that_errand_is_at_work(lab: SlackLab) -> None:
    root = await lab.slack.open_assistant("U1")
    await _until_true(lambda: root.ts in lab.slack.prompts)
    assert 1 <= len(lab.slack.prompts[root.ts]) <= 4
    await lab.say("post hello", POST, thread=root.ts)
    await _until_true(lambda: len(lab.slack.statuses) == 2)
    assert [status for _, _, status in lab.slack.statuses] == ["is thinking…", ""]
    assert {one.thread_ts for one in written(lab, lab.slack.direct("U1").id)[1:]} == {root.ts}


async def test_a_run_streams_in_the_pane_and_is_a_card_when_it_is_over(lab: SlackLab) -> None:
    root = await lab.slack.open_assistant("U1")
    await lab.say("post hello", POST, thread=root.ts)
    await lab.press("Run")
    run = written(lab, lab.slack.direct("U1").id)[-1]
    assert run.is_streaming
    assert [task["title"] for task in run.tasks.values()] == ["Post a message"]
    await lab.work()
    assert not run.is_streaming
    assert "Done" in lab.read()[-1]
    assert len(written(lab, lab.slack.direct("U1").id)) == 3, "the root, the card, the run"


async def test_a_stream_that_slack_has_ended_is_a_message_from_then_on(lab: SlackLab) -> None:
    root = await lab.slack.open_assistant("U1")
    await lab.say("post hello", POST, thread=root.ts)
    await lab.press("Run")
    lab.slack.stream_ttl_s = 0.0
    await lab.work()
    assert "Done" in lab.read()[-1]


@pytest.mark.parametrize("why", ["it waits for somebody", "it has streamed for four minutes"])
async def test_a_stream_is_closed_when(lab: SlackLab, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = await lab.slack.open_assistant("U1")
    await lab.say("post hello", POST, thread=root.ts)
    await lab.press("Run")
    run = written(lab, lab.slack.direct("U1").id)[-1]
    assert run.is_streaming
    [(run_id,)] = lab.talk.rows("SELECT id FROM runs")
    if why == "it waits for somebody":
        lab.talk.change("UPDATE runs SET state = 'waiting'")
    else:
        lab.talk.change("UPDATE runs SET state = 'running'")
        monkeypatch.setattr(lab.adapter._streams, "_longest_s", 0.0)
    await lab.bus.publish(Event(conversation_id="", run_id=str(run_id)))
    await lab.settle()
    assert not run.is_streaming
    assert "Post a message" in lab.read()[-1], "it is an ordinary message from then on"


async def test_the_stop_button_of_a_stream_stops_its_run(lab: SlackLab) -> None:
    root = await lab.slack.open_assistant("U1")
    await lab.say("post hello", POST, thread=root.ts)
    await lab.press("Run")
    await lab.slack.press_stop("U1", written(lab, lab.slack.direct("U1").id)[-1])
    await lab.settle()
    await lab.work()
    assert [row[0] for row in lab.talk.rows("SELECT state FROM runs")] == ["cancelled"]


def _texts(block: dict) -> list[dict]:  # type: ignore[type-arg]
    found = [block.get("text"), *block.get("fields", [])]
    return [one for one in found if one] + (block["elements"] if block["type"] == "context" else [])


def _opening(lab: SlackLab) -> tuple[Message, dict]:  # type: ignore[type-arg]
    """The button that opens the newest form."""
    for message in reversed(lab.slack.direct("U1").messages):
        for _, element in interactive(message.blocks):
            if element["action_id"].startswith("form:"):
                return message, element
    raise LookupError


async def _until_true(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.005)


async def _until(lab: SlackLab, words: str) -> None:
    await _until_true(lambda: any(words in text for text in lab.read()))


async def _until_home(lab: SlackLab, words: str) -> str:
    await _until_true(lambda: words in str(lab.slack.homes.get("U1")))
    return str(lab.slack.homes["U1"])


async def test_a_message_of_somebody_s_is_read_wherever_it_stands(lab: SlackLab) -> None:
    place = Place(surface="slack", channel="C1", team="T1")
    said = await lab.slack.say("U2", "the build is red &amp; late", channel="C1")
    await lab.slack.say("U2", "another", channel="C1")
    answer = await lab.slack.say("U2", "in the thread", channel="C1", thread=said.ts)
    assert await lab.adapter.said(place, said.ts) == "the build is red & late"
    assert await lab.adapter.said(place, answer.ts) == "in the thread"


async def test_a_private_value_is_seen_by_who_asked_alone(lab: SlackLab) -> None:
    await lab.say(f"{MENTION} make an offer", OFFER, channel="C1")
    assert "••• (private)" in lab.read("U1", "C1")[0]
    await lab.press("Show values", channel="C1")
    assert any(SALARY in one for one in lab.read("U1", "C1"))
    assert not any(SALARY in one for one in lab.read("U2", "C1"))
    await lab.press("Show values", user="U2", channel="C1")
    assert not any(SALARY in one for one in lab.read("U2", "C1"))


def _labels(lab: SlackLab) -> list[str]:
    return [one["text"]["text"] for _, one in interactive(lab.slack.homes["U1"]["blocks"])]


async def _home(lab: SlackLab) -> str:
    """The conversation of the only run."""
    [(home,)] = lab.talk.rows("SELECT conversation_id FROM runs")
    return str(home)


async def _asks(lab: SlackLab, request_id: str, prompt: str, *, user: str = "U1") -> ApprovalRequest:
    """An approval step of U1's run asks a user."""
    person, asking = await lab.person(user), await lab.person()
    assert person is not None
    assert asking is not None
    async with lab.store.begin() as records:
        [run] = await records.runs.of_person(asking.id, limit=1)
        request = open_request(request_id, prompt, run=run, by=asking.id, to=person.id, at=lab.clock.now())
        assert await records.approval_requests.add(request)
    return request
