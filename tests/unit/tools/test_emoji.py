"""One emoji is the same by its name and by its character."""

from __future__ import annotations

import pytest

from tools.emoji import emoji_of
from tools.sources.channel import SOURCES


@pytest.mark.parametrize(
    ("one", "other"),
    [(":bug:", "🐛"), ("white_check_mark", "✅"), ("+1", "👍"), ("+1::skin-tone-3", "thumbsup"), ("heart", "❤️")],
)
def test_a_name_and_a_character_are_one(one: str, other: str) -> None:
    assert emoji_of(one) == emoji_of(other)


def test_one_of_a_teams_own_is_known_by_its_name() -> None:
    assert emoji_of(":party_parrot:") == "party_parrot"


@pytest.mark.parametrize(
    ("said", "given", "is_meant"), [("🐛", "bug", True), ("bug", "🐛", True), ("bug", "eyes", False)]
)
def test_a_reaction_is_meant_however_it_was_said(said: str, given: str, is_meant: bool) -> None:
    [source] = [one for one in SOURCES if one.name == "chat.reaction"]
    assert source.fits is not None
    item = {"by": "Ada", "surface": "slack", "channel": "C1", "emoji": given}
    assert source.fits(source.params.model_validate({"channel": "#ops", "emoji": said}), item) is is_meant
