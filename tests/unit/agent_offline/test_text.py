"""What form alone tells: normalisation with the way back, and spans."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.offline.span import find_spans
from agent.offline.text import LONGEST_ANALYSED, read_text

SPANS = [
    ('say "Don\'t panic" and don\'t run', [("quoted", "Don't panic")]),
    ("say 'rock' to the boss' dog", [("quoted", "rock")]),
    ("sag „hallo“ und «salut» and “hi”", [("quoted", "hallo"), ("quoted", "salut"), ("quoted", "hi")]),
    ("it's Ana's and don't", []),
    ("run `ls -l` and ```sql\nselect 1\n```", [("code", "ls -l"), ("code", "select 1")]),
    ("see https://a.example/x(1). or (http://b.example)", [("url", "https://a.example/x(1)"), ("url", "http://b.example")]),
    ("open http://[::1]:6379/ or shop.example.com", [("url", "http://[::1]:6379/"), ("url", "https://shop.example.com")]),
    ("to a.b+c@x.example, 'd@x.example'", [("email", "a.b+c@x.example"), ("email", "d@x.example")]),
    ("to <mailto:a@x.example|a@x.example>", [("email", "a@x.example")]),
    ("in <#C04AB12ZZ|billing> and <#C1> and #team-x but not #42", [("channel", "#billing"), ("channel", "slack:C1"), ("channel", "#team-x"), ("number", "42")]),
    ("ask <@U1> <@!123> @noor.", [("mention", "slack:U1"), ("mention", "discord:123"), ("mention", "@noor")]),
    ("from report.csv, data/x.xlsx (see a.pdf)", [("file", "report.csv"), ("file", "data/x.xlsx"), ("file", "a.pdf")]),
    ("under 30 euros, $5k or 3,400 CAD", [("money", "30 euros"), ("money", "$5k"), ("money", "3,400 CAD")]),
    ("call +1 415 555 0134 or (415) 555-0134", [("phone", "+1 415 555 0134"), ("phone", "(415) 555-0134")]),
    ("above 20% or -5 but not C7 or 9am or 10:30", [("number", "20%"), ("number", "-5")]),
    ('post {"a": {"b": 1}} but not {a} or ${{ x }}', [("json", '{"a": {"b": 1}}')]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "spans"), SPANS)
def test_spans_are_found_by_their_form(text: str, spans: list[tuple[str, str]]) -> None:
    assert [(s.kind, s.value) for s in find_spans(read_text(text))] == spans


def test_invisible_characters_are_not_matched_but_stay_in_values() -> None:
    text = read_text("can\u200bcel “a\u200db”")
    assert text.low.startswith("cancel")
    assert find_spans(text)[0].value == "a\u200db"


def test_a_decomposed_letter_is_one_letter() -> None:
    assert read_text("si\u0301").low == "s\u00ed"


def test_a_value_at_the_end_of_what_is_analysed_goes_on_to_the_end() -> None:
    original = "x" * (LONGEST_ANALYSED + 500)
    text = read_text(original)
    assert len(text.plain) == LONGEST_ANALYSED
    assert text.literal(10, len(text.plain)) == original[10:]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_positions_lead_back_to_the_original(original: str) -> None:
    text = read_text(original)
    assert len(text.plain) == len(text.low)
    end = 0
    for span in find_spans(text):
        assert end <= span.start < span.end <= len(text.plain)
        assert text.literal(span.start, span.end) in original
        end = span.end
