"""Values that the source of an automation refuses are refused before its card is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.command import SetValue, Start
from catalog.check import check_workflow
from catalog.workflow import Template
from tests.fakes.clock import FixedClock
from tests.fakes.talk import Talk
from tools.registry import load_steps

TEMPLATE = Template.model_validate(
    {
        "id": "chat.on-pattern",
        "title": "Answer a pattern",
        "summary": "Posts your text here whenever you write what fits.",
        "category": "chat",
        "asks": ["answer what looks like an order number", "answer orders", "when an order comes", "on a pattern"],
        "parameters": {
            "pattern": {"kind": "text", "ask": "Which pattern?", "label": "Pattern"},
            "message": {"kind": "text", "default": "Seen."},
        },
        "trigger": {
            "allowed": ["event"],
            "source": {"uses": "chat.message", "with": {"matches": "${{ params.pattern }}"}},
        },
        "steps": [{"id": "post", "uses": "chat.post", "with": {"text": "${{ params.message }}"}}],
        "sample": {"pattern": "A-[0-9]+"},
    }
)


@pytest.fixture
async def listening(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Talk]:
    talk = await Talk.open(tmp_path, clock, templates={TEMPLATE.id: TEMPLATE})
    yield talk
    await talk.store.close()


def test_the_template_itself_is_sound() -> None:
    """A whole parameter may be a pattern, so that only the value can tell whether it is one."""
    assert check_workflow(TEMPLATE, load_steps()) == []


async def test_a_text_that_is_no_pattern_is_refused_and_asked_for_again(listening: Talk) -> None:
    await listening.say("on a pattern", Start(template_id=TEMPLATE.id, values={"pattern": "A-("}))
    assert "**Pattern**: This is not a pattern: missing )" in listening.said
    assert "Which pattern?" in listening.said
    assert listening.count("proposals") == 0
    await listening.say("[", SetValue(name="pattern", value="["))
    assert "This is not a pattern" in listening.said
    await listening.say("A-[0-9]+", SetValue(name="pattern", value="A-[0-9]+"))
    assert "message here that matches A-[0-9]+" in listening.card.trigger_text


async def test_a_card_is_not_changed_to_a_text_that_is_no_pattern(listening: Talk) -> None:
    await listening.say("on a pattern", Start(template_id=TEMPLATE.id, values={"pattern": "A"}))
    await listening.say("make it (", SetValue(name="pattern", value="("))
    assert "This is not a pattern" in listening.said
    assert listening.rows("SELECT count(*), min(state) FROM proposals") == [(1, "open")]
