"""What starts a wish and what is to be done, told apart without knowing any block."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.offline.compose.clause import begins_with_trigger, independent, splits
from agent.offline.sentence import Sentence, read_sentence

NOW = datetime(2026, 12, 2, 10, tzinfo=UTC)


def read(text: str) -> Sentence:
    return read_sentence(text, NOW, ZoneInfo("UTC"))


def first(text: str) -> tuple[str | None, list[str]]:
    """The likeliest way to read a text."""
    split = next(splits(read(text)))
    trigger = text[slice(*split.trigger)].strip() if split.trigger else None
    return trigger, [" ".join(text[slice(*place)].strip() for place in clause) for clause in split.actions]


@pytest.mark.parametrize(
    ("text", "trigger", "actions"),
    [
        ("when a mail comes, post it here", "when a mail comes", ["post it here"]),
        ("when a mail comes in post it here", "when a mail comes in", ["post it here"]),
        ("please, whenever a file is added: tell me", "whenever a file is added", ["tell me"]),
        ("if somebody writes then email me and post it", "if somebody writes", ["email me", "post it"]),
        ("post it here when a mail comes", "when a mail comes", ["post it here"]),
        ("tell me once a row is added and save it", "once a row is added", ["tell me", "save it"]),
        ("when a new blog post is out, share it", "when a new blog post is out", ["share it"]),
        ("when I get mail from bo@x.io forward it", "when I get mail from bo@x.io", ["forward it"]),
        ("new orders -> #sales", "new orders", ["#sales"]),
        ("webhook comes in -> wait a minute → post it", "webhook comes in", ["wait a minute", "post it"]),
        ("any mail to a@x.io: post it, then save it", "any mail to a@x.io", ["post it", "save it"]),
        ("for each new mail ask me first and then send it", "for each new mail", ["ask me first", "send it"]),
        ("on every new row: add it, then send it", "on every new row", ["add it", "send it"]),
        ("send new rows of it to #sales", "new rows of it", ["send to #sales"]),
        ("every monday at 9 fetch it and email it", None, ["fetch it", "email it"]),
        ("fetch it, save it; then tell me", None, ["fetch it", "save it", "tell me"]),
        ('post "first this, then post that" here', None, ['post "first this, then post that" here']),
    ],
)
def test_a_wish_is_split(text: str, trigger: str | None, actions: list[str]) -> None:
    assert first(text) == (trigger, actions)


@pytest.mark.parametrize(
    "text",
    [
        "remind me at 5 to call Bob, and email ana@x.io the notes",
        'post "hi" in #a and email bob@x.io saying "ho"',
        "email ana@x.io saying hi, then remind me tomorrow at 9 to call",
    ],
)
def test_wishes_that_have_nothing_to_do_with_each_other_are_several(text: str) -> None:
    assert len(independent(read(text))) == 2


@pytest.mark.parametrize(
    "text",
    [
        "fetch https://a.io/b and email it to ana@x.io",
        'every monday at 9 post "hi" in #a and email bob@x.io',
        'post "hi" in #a and email bob@x.io every friday at 10',
        'when a mail comes post "hi" in #a and email bob@x.io',
        "remind me to wash and clean the car",
        "monday",
        "",
    ],
)
def test_things_that_share_something_are_one_wish(text: str) -> None:
    assert independent(read(text)) == ()


def test_a_condition_is_no_question_unless_it_ends_like_one() -> None:
    assert begins_with_trigger(read("when a mail comes, tell me"))
    assert not begins_with_trigger(read("when does it run?"))
    assert not begins_with_trigger(read("tell me when a mail comes"))
