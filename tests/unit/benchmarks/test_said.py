"""What `errand interpret` prints as `params`."""

from zoneinfo import ZoneInfo

from pydantic import JsonValue

from agent.command import Command, Start
from agent.interpreter import Interpretation
from bot.said import all_said
from catalog.workflow import Template

TEMPLATE = Template.model_validate(
    {
        "id": "chat.tell",
        "title": "Tell a channel",
        "summary": "Tells a channel.",
        "category": "chat",
        "asks": ["tell a", "tell b", "tell c", "tell d"],
        "parameters": {
            "channel": {"kind": "channel", "ask": "Where?", "label": "Channel"},
            "message": {"kind": "long_text", "ask": "What?", "label": "Message"},
        },
        "trigger": {"allowed": ["manual"]},
        "steps": [{"id": "post", "uses": "chat.post", "with": {"text": "x"}}],
        "result": "Done.",
        "sample": {"channel": "#desk", "message": "x"},
    }
)


def said(start: dict[str, JsonValue] | None, values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    commands: list[Command] = [Start(template_id=TEMPLATE.id, values=start)] if start is not None else []
    understood = Interpretation(outcome="match", commands=commands, values=values)
    return all_said(understood, TEMPLATE if start is not None else None, ZoneInfo("UTC"))


def test_a_value_under_another_name_is_not_there_twice() -> None:
    assert said({"message": "soup"}, {"text": "Soup", "format": "pdf"}) == {"message": "soup", "format": "pdf"}


def test_a_channel_and_its_surface_are_two_values() -> None:
    found = said({"channel": "discord:#arena", "message": "x"}, {"channel": "#arena"})
    assert found == {"channel": "#arena", "surface": "discord", "message": "x"}


def test_of_two_channels_each_has_its_surface() -> None:
    found = said(None, {"from_channel": "slack:#a", "to_channel": "discord:#b"})
    assert found == {"from_channel": "#a", "from_surface": "slack", "to_channel": "#b", "to_surface": "discord"}


def test_a_value_that_does_not_fit_is_left_to_what_was_read() -> None:
    assert said({"channel": "no channel at all!", "message": "x"}, {"user": "@ann"}) == {"message": "x", "user": "@ann"}
