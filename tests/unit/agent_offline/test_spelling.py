"""Which slips of the keys are put right, and what is left as it is."""

from __future__ import annotations

import pytest

from agent.offline.language import english_words
from agent.offline.spelling import Speller, times_right
from agent.offline.text import read_text

SPELLER = Speller(english_words())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sned an emial", "send an email"),
        ("plese convret it", "please convert it"),
        ("evrey mornign", "every morning"),
        ("wrote to the past", "wrote to the past"),
        ("send 'sned it' to emial@x.example", "send 'sned it' to emial@x.example"),
        ("send it to Emial and #emial", "send it to Emial and #emial"),
        ("a moth in the mouth", "a moth in the mouth"),
    ],
)
def test_only_what_is_said_to_errand_is_put_right(written: str, read: str) -> None:
    assert SPELLER.put_right(read_text(written)).plain == read


def test_a_word_that_was_put_right_is_still_what_was_written() -> None:
    text = SPELLER.put_right(read_text("sned the emial now"))
    place = text.low.index("email")
    assert text.literal(place, place + 5) == "emial"
    assert text.literal(0, len(text.plain)) == "sned the emial now"
    assert text.find(text.low, "emial") == (place, place + 5)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("on wednseday and next Thursady", "on wednesday and next thursday"),
        ("ask Mondal about the mourning", "ask Mondal about the mourning"),
        ("every 5 minuets", "every 5 minutes"),
        ("sned it", "sned it"),
    ],
)
def test_words_for_times_are_always_put_right(written: str, read: str) -> None:
    assert times_right(read_text(written)).plain == read
