"""Where a channel is: beside its name, or said for the message as a whole."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.offline.command import starts_with_verb
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.value.channel import named_surface, on_surface

NOW = datetime(2026, 12, 2, 10, tzinfo=UTC)


def read(text: str) -> Sentence:
    return read_sentence(text, NOW, ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("discord: post 'match at 8' to #arena", "discord:#arena"),
        ("slack #desk that the mail is here", "slack:#desk"),
        ("every monday remind #crew in discord", "discord:#crew"),
        ("post 'soup' in #kitchen with a slack message", "slack:#kitchen"),
        ("post 'soup' in #kitchen", "#kitchen"),
        ("post in #kitchen: we moved to slack", "#kitchen"),
    ],
)
def test_a_channel_is_on_the_surface_that_was_named(text: str, channel: str) -> None:
    sentence = read(text)
    [span] = [one for one in sentence.spans if one.kind == "channel"]
    assert on_surface(sentence, span) == channel


def test_of_two_surfaces_each_channel_keeps_the_one_beside_it() -> None:
    sentence = read("mirror #press from slack to discord #fans")
    assert [on_surface(sentence, one) for one in sentence.spans] == ["slack:#press", "discord:#fans"]
    assert named_surface(sentence) == ""


@pytest.mark.parametrize(
    "text", ["email ann@example.com that slack is down", "what is discord?", "slack is slow today"]
)
def test_speaking_about_a_surface_names_no_place(text: str) -> None:
    assert named_surface(read(text)) == ""


@pytest.mark.parametrize(
    ("text", "is_wish"),
    [
        ("csv to json: rows.csv", True),
        ("xlsx -> pdf", True),
        ("weekly report to ann@example.com every friday", True),
        ("short notice by mail to ann@example.com", True),
        ("an email to ann@example.com bounced", False),
        ("the report to ann@example.com was late", False),
        ("json is fine", False),
    ],
)
def test_naming_what_is_wanted_is_a_wish(text: str, is_wish: bool) -> None:
    assert starts_with_verb(read(text).masked) is is_wish
