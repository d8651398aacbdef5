"""What people say in Slack, clumsily as people do, is heard as they meant it: edited, passed on, with mentions anywhere."""

from __future__ import annotations

import pytest

from agent.command import SetValue, Start
from tests.contract.surfaces.slack.lab import SlackLab
from tests.contract.surfaces.slack.test_conversation import MENTION, POST, written
from tests.fakes.slack_workspace import Message


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (f"hey {MENTION}, could you post hello", "hey could you post hello"),
        (f"{MENTION}: post hello", "post hello"),
        (f"post hello {MENTION}", "post hello"),
        (f"{MENTION} {MENTION} post hello", "post hello"),
        (f"{MENTION} post hello\n&gt; and this", "post hello\n> and this"),
        (f"{MENTION} let <@U2> post to <#C2> and <#C1|>", "let @Ben post to #finance and #ops"),
        (f"{MENTION} ask <@U999|zoe> or <@U999>", "ask @zoe or @U999"),
        (f"{MENTION} tell <!subteam^S1|@crew> in <!here>", "tell @crew in @here"),
        (MENTION, "help"),
    ],
)
async def test_a_mention_is_taken_out_and_others_are_called_by_their_names(
    lab: SlackLab, said: str, heard: str
) -> None:
    await lab.say(said, channel="C1")
    assert lab.interpreter.texts == [heard]


async def test_who_is_called_like_another_is_not_taken_for_them(lab: SlackLab) -> None:
    lab.slack.add_user("U7", "Ben")
    await lab.say("hello", user="U7")
    await lab.say(f"{MENTION} ask <@U2> and <@U7>", channel="C1")
    assert lab.interpreter.texts[-1] == "ask @U2 and @Ben", "this Ben is known here, the other is not"


async def test_a_mention_that_is_added_later_is_heard_and_one_that_is_corrected_is_not_heard_twice(
    lab: SlackLab,
) -> None:
    forgotten = await lab.slack.say("U1", "post hello", channel="C1")
    await lab.settle()
    assert lab.interpreter.texts == []
    lab.means(POST)
    await lab.slack.edit(forgotten, f"{MENTION} post hello")
    await lab.settle()
    await lab.slack.edit(forgotten, f"{MENTION} post hello!")
    await lab.settle()
    assert lab.interpreter.texts == ["post hello"]
    assert [one.thread_ts for one in written(lab, "C1")] == [forgotten.ts]


async def test_what_was_passed_on_is_part_of_the_wish(lab: SlackLab) -> None:
    said = await lab.slack.say("U2", "post hello every day", channel="C1")
    for text in ("", "do this:"):
        lab.means(POST)
        await lab.slack.say("U1", text, passes_on=said)
    await lab.settle()
    assert lab.interpreter.texts == ["post hello every day", "do this:\npost hello every day"]


async def test_a_reply_below_a_card_goes_on_with_that_card(lab: SlackLab) -> None:
    await lab.say("post", Start(template_id="chat.say"))
    [question] = written(lab, lab.slack.direct("U1").id)
    await lab.say("Good morning", SetValue(name="message", value="Good morning"), thread=question.ts)
    assert "Good morning" in lab.read()[-1]
    [_, card] = [one for one in lab.slack.direct("U1").messages if one.bot_id]
    assert card.thread_ts == question.ts, "it is answered where it was said"
    await lab.press("Run")
    with pytest.raises(LookupError):
        lab.slack.button("U1", "Run")
    assert lab.talk.count("conversations") == 2, "theirs, and the one that every test begins with"


async def test_what_slack_itself_says_is_no_wish(lab: SlackLab) -> None:
    event = {"type": "message", "channel": "C1", "ts": "1.1", "user": "USLACKBOT", "text": f"{MENTION} hi"}
    await lab.slack.deliver("events_api", lab.slack.event(event))
    await lab.settle()
    assert lab.interpreter.texts == []


async def test_of_a_thread_of_a_thousand_messages_the_last_ones_count(lab: SlackLab) -> None:
    root = await lab.slack.say("U2", "hello", channel="C1")
    for number in range(1100):
        text = f"mail m{number}@acme.example"
        answer = Message(ts=lab.slack.new_ts(), channel="C1", user="U2", text=text, thread_ts=root.ts)
        lab.slack.channels["C1"].messages.append(answer)
    await lab.say(f"{MENTION} mail them", Start(template_id="mail.send"), channel="C1", thread=root.ts)
    [question] = written(lab, "C1")
    assert "m1099@acme.example" in str(question.blocks)
    found = await lab.adapter._posted("C1", root.ts, question.metadata["event_payload"]["key"])
    assert found == {0: question.ts}, "what is there already is not posted twice"


async def test_a_channel_is_found_as_soon_as_errand_is_in_it(lab: SlackLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.surfaces.slack.directory._MISSED_S", 0.0)
    assert await lab.adapter.find_channel("#launch") is None
    lab.slack.add_channel("C5", "launch", "U1", "UBOT")
    assert await lab.adapter.find_channel("#launch") == "C5"
