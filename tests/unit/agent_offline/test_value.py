"""Values read out of sentences for templates; nothing is invented."""

import json
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.offline.sentence import read_sentence
from agent.offline.value.fill import fill
from tests.unit.agent_offline.little import NOW, TEMPLATES, ZONE

CASES = [
    ("email.send", "email ana@x.example with subject Stop the press and text cancel everything", {"to": ["ana@x.example"], "subject": "Stop the press", "body": "cancel everything"}),
    ("email.send", "email p@x.example subject 'Hours' body 'see sheet'", {"to": ["p@x.example"], "subject": "Hours", "body": "see sheet"}),
    ("email.send", "email p@x.example 'on my way'", {"to": ["p@x.example"], "body": "on my way"}),
    ("email.send", "@errand plz email p@x.example: i'll be 20 min late 🙏", {"to": ["p@x.example"], "body": "i'll be 20 min late 🙏"}),
    ("email.send", "EMAIL A@X.EXAMPLE NOW: THE ROOM IS FLOODED", {"to": ["A@X.EXAMPLE"], "body": "THE ROOM IS FLOODED"}),
    ("email.send", "mail to: a@x.example; b@x.example\nsubject: Parking\nPlease park on level 2.", {"to": ["a@x.example", "b@x.example"], "subject": "Parking", "body": "Please park on level 2."}),
    ("email.send", "email a@x.example cc b@x.example about lunch", {"to": ["a@x.example"], "cc": ["b@x.example"], "subject": "lunch"}),
    ("email.send", "not to bob@x.example but alice@x.example about lunch", {"to": ["alice@x.example"], "subject": "lunch"}),
    ("email.send", "email a@x.example that the parts have arrived", {"to": ["a@x.example"], "body": "the parts have arrived"}),
    ("email.send", "send a@x.example an email with hello in the subject saying all is well", {"to": ["a@x.example"], "subject": "hello", "body": "all is well"}),
    ("email.send", "mail a@x.example with 'past due' in its subject", {"to": ["a@x.example"], "subject": "past due"}),
    ("email.send", "send an email", {}),
    ("email.send", "drop an e-mail to the landlord", {}),
    ("email.recurring", "every friday at 16:00 mail the weekly agenda to leads@x.example", {"to": ["leads@x.example"], "subject": "weekly agenda"}),
    ("chat.remind", "remind me every monday at 9 about the 3pm call", {"message": "the 3pm call"}),
    ("chat.remind", 'remind me tomorrow at 9 to write "cancel" to Bob', {"message": "cancel"}),
    ("chat.remind", "in 20 minutes remind us to stop the oven", {"message": "stop the oven"}),
    ("web.price-watch", "alert me if https://shop.example.com gets cheaper than 50 euros, check every hour", {"url": "https://shop.example.com", "limit": "50"}),
    ("data.merge", "append new.csv to all.csv", {"second": "all.csv", "first": "new.csv"}),
    ("time.focus", "50 minutes of deep work then a 10 minute break", {"work": 3000, "rest": 600}),
    ("time.focus", "focus for half an hour", {"work": 1800}),
    ("web.form", "post name=Ana, city=Rome to https://x.example/form, urgent", {"url": "https://x.example/form", "data": {"name": "Ana", "city": "Rome"}, "urgent": True}),
    ("web.form", "submit a form to https://x.example with level very high, not urgent, due 3 march 2027", {"url": "https://x.example", "level": "very_high", "urgent": False, "day": "2027-03-03"}),
    ("web.form", 'send {"a": 1} to https://x.example', {"url": "https://x.example", "data": '{"a": 1}'}),
]  # fmt: skip


@pytest.mark.parametrize(("template", "text", "values"), CASES)
def test_the_values_in_a_sentence_are_taken(template: str, text: str, values: dict[str, object]) -> None:
    assert fill(TEMPLATES[template], read_sentence(text, NOW, ZONE)).values == values


def test_a_schedule_is_no_length_of_time() -> None:
    found = fill(TEMPLATES["web.site-down"], read_sentence("check https://a.example every 5 minutes", NOW, ZONE))
    assert found.values == {"url": "https://a.example"}
    assert found.spoken is not None


def test_a_long_text_is_taken_whole_beyond_what_is_analysed() -> None:
    body = "word " * 1_000 + "end"
    found = fill(TEMPLATES["email.send"], read_sentence(f"email a@x.example: {body}", NOW, ZONE))
    assert found.values["body"] == body


_ALPHABET = 'to about \'a b\' "c" subject: saying that every monday at 9 a@b.example c@d.example, no, x.csv y.csv 30 euros name=v {"k":1} https://e.example \n and not but'


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(st.text(max_size=150), st.lists(st.sampled_from(_ALPHABET.split(" ")), max_size=16).map(" ".join)),
    template=st.sampled_from(sorted(TEMPLATES)),
)
def test_no_value_is_invented(text: str, template: str) -> None:
    """Every word of every text value stands in the message; numbers, dates and yes or no are read from it."""
    found = fill(TEMPLATES[template], read_sentence(text, NOW, ZONE))
    message = _flat(text)
    for name, value in found.values.items():
        kind = TEMPLATES[template].parameters[name].kind
        if kind in {"duration", "date", "yes_no", "choice"}:
            continue
        texts = [value] if isinstance(value, str) else json.loads(json.dumps(value))
        for one in texts.values() if isinstance(texts, dict) else texts:
            for word in _flat(str(one)).removeprefix("https://").split():
                assert word in message, (name, value)


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).lower()
