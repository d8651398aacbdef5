"""Which messages are meant."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tools.sources.chat import Params, fits


@pytest.mark.parametrize(
    ("params", "text", "is_meant"),
    [
        ({"keyword": "standup"}, " Standup! ", True),
        ({"keyword": "standup"}, "is the standup today", False),
        ({"contains": "on fire"}, "The server is ON FIRE, help", True),
        ({"contains": "fire"}, "fireworks", False),
        ({"contains": "a+b?"}, "is a+b? right", True),
        ({"matches": r"order #\d+"}, "where is Order #17", True),
        ({"matches": r"^order"}, "my order", False),
        ({"matches": r"(a|aa)+$"}, "a" * 5000 + "b", False),
    ],
)
def test_a_message_is_meant(params: dict[str, str], text: str, is_meant: bool) -> None:
    assert fits(Params.model_validate(params), {"text": text, "by": "Ada"}) is is_meant


@pytest.mark.parametrize("params", [{}, {"keyword": "a", "contains": "b"}, {"matches": "("}, {"keyword": ""}])
def test_exactly_one_that_can_be_followed(params: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Params.model_validate(params)


@pytest.mark.parametrize(
    ("params", "is_meant"),
    [
        ({"channel": "#ops"}, True),
        ({"channel": "slack:#ops"}, True),
        ({"channel": "any", "contains": "disk"}, True),
        ({"channel": "any", "contains": "lunch"}, False),
        ({"contains": "disk"}, False),
    ],
)
def test_in_a_channel_each_message_may_be_meant(params: dict[str, str], is_meant: bool) -> None:
    message = {"text": "The disk is full", "by": "Ada", "surface": "slack", "channel": "C1", "channel_name": "#ops"}
    assert fits(Params.model_validate(params), message) is is_meant


def test_a_channel_may_say_its_surface() -> None:
    params = Params.model_validate({"channel": "slack:#ops"})
    assert (params.surface, params.channel) == ("slack", "#ops")
