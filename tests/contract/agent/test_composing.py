"""What people say is composed of the right blocks, or of none."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.command import CannotHandle, Clarify, Start
from agent.interpreter import Interpretation, View
from agent.offline.interpreter import OfflineInterpreter

pytestmark = pytest.mark.asyncio(loop_scope="session")

VIEW = View(now=datetime(2026, 12, 2, 10, tzinfo=UTC), zone=ZoneInfo("UTC"))


def begun(understood: Interpretation) -> Start:
    [command] = understood.commands
    assert isinstance(command, Start), understood
    return command


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("when mail from bo@example.com comes in put it in #desk and log it in desk.csv", "mail.new-message+chat.post+csv.add-row"),
        ("whenever https://blog.example.com/rss has a new article, share it in #news and email it to all@example.com", "feed.new-entry+chat.post+email.send"),
        ("if the webhook is called ask me first, then forward it to https://api.example.com/in", "webhook.call+flow.ask-first+http.send"),
        ('each friday at 16:00 run the query "select * from hours", write it to hours.xlsx and mail the file to boss@example.com', "time.schedule+sql.query+excel.write+email.send-file"),
        ("as soon as a file lands in the folder drop email it to ann@example.com", "files.new-file+email.send-file"),
        ("new rows of the table leads -> mail them to ann@example.com", "sql.new-row+email.send"),
        ("new mails from bo@example.com -> add a row to mails.csv", "mail.new-message+csv.add-row"),
        ("get https://api.example.com/rates and mail it to ann@example.com", "time.now+http.get+email.send"),
        ("when somebody joins #general post it in #intros", "channel.join+chat.post"),
        ("when a message with 🐛 reaction is in #support, add a row to bugs.csv", "channel.reaction+csv.add-row"),
        ("when someone reacts with :bug: in #support, email me at ann@example.com", "channel.reaction+email.send"),
        ('whenever somebody writes "refund" in #billing, email finance@example.com', "channel.message+email.send"),
        ("when someone writes in #ops on slack, add a row to ops.csv", "channel.message+csv.add-row"),
        ('when I use the shortcut "Make a ticket" on a message, add a row to tickets.csv', "channel.shortcut+csv.add-row"),
        ("when mail with a contract in the subject arrives save it to contracts.csv", "mail.new-message+csv.add-row"),
        ("pass on every mail from jo@example.com to ann@example.com", "mail.new-message+email.send"),
        ("forward all mail from ann@example.com to bo@example.com", "mail.new-message+email.send"),
        ("post new mail to hello@example.com in #desk", "mail.new-message+chat.post"),
        ("if a file called totals.csv lands in inbox/, email it to ann@example.com", "files.new-file+email.send-file"),
        ("whenever something is added to folder scans/ tell #desk", "files.new-file+chat.post"),
        ("wenn eine E-Mail von bo@example.com kommt, poste sie in #desk und füge eine Zeile zu desk.csv hinzu", "mail.new-message+chat.post+csv.add-row"),
    ],
)  # fmt: skip
async def test_each_part_becomes_its_block(interpreter: OfflineInterpreter, text: str, blocks: str) -> None:
    understood = await interpreter.interpret(text, VIEW)
    assert understood.matches[0].template_id == f"composed:{blocks}"
    assert begun(understood).template is not None


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("when a mail to hello@example.com arrives, post it in #desk", {"recipient": "hello@example.com"}),
        ("when a mail lands in hello@example.com post it in #desk", {"recipient": "hello@example.com"}),
        ("when a mail from jo@example.com containing refund arrives, post it in #desk", {"sender": "jo@example.com", "subject": "refund"}),
        ("when a mail from jo@example.com about the offer comes in, post it in #desk", {"sender": "jo@example.com", "subject": "the offer"}),
        ("when a new pdf appears in the folder scans, tell #desk", {"name": "*.pdf", "folder": "scans"}),
        ("if a file called totals.csv lands in the folder scans, tell #desk", {"name": "totals.csv", "folder": "scans"}),
    ],
)  # fmt: skip
async def test_what_is_said_of_what_comes_in_is_a_condition(
    interpreter: OfflineInterpreter, text: str, conditions: dict[str, str]
) -> None:
    start = begun(await interpreter.interpret(text, VIEW))
    assert start.values == {**conditions, "channel": "#desk"}


async def test_a_line_for_a_channel_at_a_time_is_no_shortcut(interpreter: OfflineInterpreter) -> None:
    understood = await interpreter.interpret("every friday at 15:00 put 'demo time' in #product", VIEW)
    start = begun(understood)
    assert (start.template_id, start.values["message"]) == ("chat.post-message", "demo time")
    assert start.schedule is not None


async def test_of_two_wishes_the_one_that_calls_everybody_is_asked_about(interpreter: OfflineInterpreter) -> None:
    text = 'email ann@example.com that the build is done, and post "@everyone hi" in #desk'
    first, second = (await interpreter.interpret(text, VIEW)).commands
    assert isinstance(first, Start)
    assert first.template_id == "email.send"
    assert isinstance(second, Clarify)
    assert second.text == 'post "@everyone hi" in #desk'


async def test_a_second_wish_may_be_for_another_day(interpreter: OfflineInterpreter) -> None:
    text = "email ann@example.com that the build is done, and remind me tomorrow at 9 to call bob"
    first, second = (await interpreter.interpret(text, VIEW)).commands
    assert isinstance(first, Start)
    assert isinstance(second, Start)
    assert (first.schedule, second.template_id) == (None, "chat.remind")
    assert second.schedule is not None


async def test_what_is_written_in_one_channel_goes_to_the_other(interpreter: OfflineInterpreter) -> None:
    text = "when someone writes in #ops on slack, post it to discord #archive"
    start = begun(await interpreter.interpret(text, VIEW))
    assert start.values == {"from_channel": "slack:#ops", "to_channel": "discord:#archive"}


async def test_new_things_from_a_mailbox_are_mails_that_speak_of_them(interpreter: OfflineInterpreter) -> None:
    start = begun(await interpreter.interpret("send new invoices from my inbox to #money", VIEW))
    assert start.values == {"subject": "invoice", "channel": "#money"}


@pytest.mark.parametrize(
    "text", ["send emails to ann@example.com and bo@example.com", "send an email to ann@example.com"]
)
async def test_a_mail_to_be_written_is_none_that_came_in(interpreter: OfflineInterpreter, text: str) -> None:
    understood = await interpreter.interpret(text, VIEW)
    assert understood.matches[0].template_id == "email.send"


async def test_values_go_to_the_parameters_of_their_part(interpreter: OfflineInterpreter) -> None:
    text = 'when mail from bo@example.com arrives post "New: {title}" in discord #desk and email ann@example.com'
    start = begun(await interpreter.interpret(text, VIEW))
    assert start.values == {
        "sender": "bo@example.com",
        "message": "New: {title}",
        "channel": "discord:#desk",
        "to": ["ann@example.com"],
    }


async def test_a_channel_keeps_the_surface_that_is_named_with_it(interpreter: OfflineInterpreter) -> None:
    start = begun(await interpreter.interpret("mirror #announcements from slack to discord #news", VIEW))
    assert start.template_id == "chat.mirror"
    assert start.values == {"from_channel": "slack:#announcements", "to_channel": "discord:#news"}


async def test_an_emoji_is_read_as_a_value(interpreter: OfflineInterpreter) -> None:
    start = begun(
        await interpreter.interpret("when somebody reacts with the bug emoji in #support, post it in #dev", VIEW)
    )
    assert start.values == {"channel": "#support", "emoji": "bug", "channel_2": "#dev"}


async def test_a_surface_without_a_channel_is_asked_for_it(interpreter: OfflineInterpreter) -> None:
    start = begun(await interpreter.interpret("when mail from bo@example.com arrives post it in slack", VIEW))
    assert start.template is not None
    assert start.template.parameters["channel"].is_required
    assert "channel" not in start.values


async def test_an_address_that_mail_arrives_at_is_not_who_sent_it(interpreter: OfflineInterpreter) -> None:
    start = begun(await interpreter.interpret("when an email lands in desk@example.com post it in #desk", VIEW))
    assert start.values == {"recipient": "desk@example.com", "channel": "#desk"}


@pytest.mark.parametrize(
    ("text", "template_id"),
    [
        ("when a new entry appears in https://blog.example.com/feed, post it to https://api.example.com/in", "web.new-entry-to-service"),
        ('each monday at 8 run the query "select * from hours" and email the result to boss@example.com', "data.sql-email"),
        ("post new rows of the table leads to #sales", "data.new-rows-to-chat"),
        ("new mails from bo@example.com -> #bo", "email.inbox-to-chat"),
        ("forward emails from bills@example.com to #money", "email.inbox-to-chat"),
    ],
)  # fmt: skip
async def test_a_template_that_explains_everything_goes_first(
    interpreter: OfflineInterpreter, text: str, template_id: str
) -> None:
    assert begun(await interpreter.interpret(text, VIEW)).template_id == template_id


@pytest.mark.parametrize(
    "text",
    [
        "when a customer calls, post it in #sales",
        "when the build breaks, notify #dev",
        "when an email arrives turn on the lights and post it in #ops",
        "email bo@example.com whenever the server is down for maintenance",
        "what happens when a webhook arrives?",
        "I like it when it rains and shops are open",
        "when will you post the news?",
    ],
)
async def test_a_part_that_is_no_block_for_sure_composes_nothing(interpreter: OfflineInterpreter, text: str) -> None:
    understood = await interpreter.interpret(text, VIEW)
    assert not any(isinstance(command, Start) for command in understood.commands), understood


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("when a trello card moves, post it in #dev", "trello"),
        ("when an email arrives, open a jira issue and post it in #dev", "jira"),
        ("add a task to asana", "asana"),
        ("create a task in asana", "asana"),
    ],
)
async def test_a_service_that_nothing_is_there_for_is_named(
    interpreter: OfflineInterpreter, text: str, names: str
) -> None:
    understood = await interpreter.interpret(text, VIEW)
    assert understood.outcome == "none"
    assert understood.commands == [CannotHandle(reason="service", about=names)]


async def test_wishes_that_have_nothing_to_do_with_each_other_begin_one_each(interpreter: OfflineInterpreter) -> None:
    text = "remind me at 17:00 to lock the shop, and email ann@example.com saying the shop is closed"
    understood = await interpreter.interpret(text, VIEW)
    starts = [command for command in understood.commands if isinstance(command, Start)]
    assert [start.template_id for start in starts] == ["chat.remind", "email.send"]
    assert starts[0].schedule is not None
    assert starts[1].schedule is None
