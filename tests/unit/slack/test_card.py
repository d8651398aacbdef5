"""Whatever a part holds, Slack takes its blocks: within all limits, with a text beside, and with nothing in it that calls people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.phrases import load_phrases
from agent.reply import PARTS, FormPart, Part
from bot.surface.arrival import Handed
from bot.surfaces.slack.card import Cards
from bot.surfaces.slack.form import Belongs, modal, picked_ids, read_fields, read_files
from bot.surfaces.slack.mrkdwn import cut, literal, to_texts
from tests.fakes import parts as samples
from tests.fakes.block_kit import lint_message, lint_view

ENGLISH = load_phrases("en")
CARDS = Cards(phrases=ENGLISH, message_id="msg_1", files_url="https://errand.example")
PIECES = [
    "<!channel>", "<@U1>", "@everyone", "&amp;", "<", ">", "&", "*", "_", "~", "`", "```", "\n", "\n\n", " ", "# ", "> ",
    "- ", "1. ", "| a | b |\n| - | - |\n| c | d |\n", "[x](https://e.example/a|b)", "![i](u)", "https://e.example/<x>",
    "\x00", "\x1b[31m", "\u2028", "é", "漢字", "👩‍👩‍👧", "\U0001f600", "word ", "x" * 700, "**b**", "~~s~~", "&lt;",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30).map("".join)
LONG = st.builds(lambda text, times: text * times, TEXTS, st.integers(1, 60))
POOL = st.lists(TEXTS | LONG, min_size=1, max_size=5)
ALIVE = re.compile(r"<[!@#]|<(?!https?://|mailto:)")


def mixed(value: Any, texts: Any) -> Any:
    """The sample with every free text drawn anew."""
    return _mixed(value, texts, "")


def _mixed(value: Any, texts: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _mixed(inner, texts, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mixed(inner, texts, key) for inner in value]
    free = {
        *("title", "summary", "text", "label", "value", "detail", "words", "state_text", "error", "advice", "result"),
        *(
            "question",
            "confirm",
            "name",
            "hint",
            "empty",
            "limits",
            "warnings",
            "notes",
            "options",
            "submit",
            "problem",
        ),
    }
    return texts() if isinstance(value, str) and key in free else value


SAMPLES = {
    "proposal": samples.proposal(),
    "run": samples.run(),
    "failed": samples.run_failed(),
    "workflow": samples.workflow(),
    "approval": samples.approval(),
    "choices": samples.choices(),
    "list": samples.connections(),
    "trace": samples.trace(),
    "form": samples.form(),
    "text": {"kind": "text", "text": ""},
}


@pytest.mark.parametrize("kind", SAMPLES)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=POOL)
def test_slack_takes_whatever_a_part_holds(kind: str, texts: list[str]) -> None:
    around = cycle(texts)
    read: list[Part] = PARTS.validate_python([mixed(SAMPLES[kind], lambda: next(around))])
    messages = CARDS.messages(read)
    assert messages
    for message in messages:
        assert lint_message(message.blocks, message.text) == []
        assert not ALIVE.search(message.text)
        for block in message.blocks:
            for text in _mrkdwn(block):
                assert not ALIVE.search(text), text


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=POOL)
def test_slack_takes_whatever_a_form_holds(texts: list[str]) -> None:
    around = cycle(texts)
    made = mixed(SAMPLES["form"], lambda: next(around))
    made["fields"] = [field | {"name": f"field {at}"} for at, field in enumerate(made["fields"])]
    form = FormPart.model_validate(made)
    view = modal(form, Belongs(action=form.action, channel="C1", zone="Europe/Berlin"), ENGLISH)
    assert lint_view(view) == []


def test_many_parts_are_several_messages_and_keep_every_button() -> None:
    item = {
        "title": "One",
        "detail": "x" * 300,
        "actions": [samples.action(f"show:{at}", f"Show {at}") for at in range(4)],
    }
    read: list[Part] = PARTS.validate_python([{"kind": "list", "title": "All", "items": [item] * 60}])
    messages = CARDS.messages(read)
    assert len(messages) > 1
    assert all(lint_message(one.blocks, one.text) == [] for one in messages)
    assert sum(len(block["elements"]) for one in messages for block in one.blocks if block["type"] == "actions") == 240  # type: ignore[arg-type]


def test_a_fence_is_closed_where_it_was_opened() -> None:
    code = "\n".join(f"line {number} of the code" for number in range(400))
    texts = to_texts(f"Before\n\n```\n{code}\n```\n\nAfter", 2900)
    assert len(texts) > 2
    assert all(text.count("```") % 2 == 0 for text in texts)
    assert all(f"line {number} of" in "\n".join(texts) for number in range(400))


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_cutting_loses_nothing_but_white_space(text: str) -> None:
    written = literal(text)
    pieces = cut(written, 50)
    assert all(len(piece) <= 50 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(written.split())


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** and *it* and ~~gone~~", "*bold* and _it_ and ~gone~"),
        ("# Title", "*Title*"),
        ("[docs](https://e.example/x)", "<https://e.example/x|docs>"),
        ("[files](files/a.csv)", "<https://errand.example/api/files/a.csv|files>"),
        ("[bad](javascript:alert)", "[bad](javascript:alert)"),
        ("see https://e.example/x.", "see <https://e.example/x|https://e.example/x>."),
        ("<!channel> &", "&lt;!channel&gt; &amp;"),
        ("\\*not bold\\*", "*\u2060not bold*"),
        ("- a\n- b", "• a\n• b"),
        ("2. a\n3. b", "2. a\n3. b"),
        ("> said", "> said"),
        ("`a<b`", "`a&lt;b`"),
        ("**a\nb**", "*a*\n*b*"),
    ],
)
def test_markdown_means_the_same_in_slack(markdown: str, shown: str) -> None:
    assert to_texts(markdown, 2900, files_url="https://errand.example") == [shown]


def test_every_control_is_read_back_as_it_was_filled() -> None:
    form = FormPart.model_validate(samples.form())
    belongs = Belongs(action=form.action, channel="C1", zone="Europe/Berlin")
    view = modal(form, belongs, ENGLISH)
    kinds = {one["block_id"]: one["element"]["type"] for one in view["blocks"] if one["type"] == "input"}  # type: ignore[index, call-overload, union-attr]
    assert kinds["field:day"] == "datepicker"
    assert kinds["field:at"] == "timepicker"
    assert kinds["field:form"] == "static_select"
    assert kinds["field:copy"] == "checkboxes"
    assert kinds["field:count"] == "number_input"
    state = {
        "field:subject": {"value": {"type": "plain_text_input", "value": "x"}},
        "field:copy": {"value": {"type": "checkboxes", "selected_options": []}},
        "field:form": {"value": {"type": "static_select", "selected_option": {"value": "CSV"}}},
        "field:day": {"value": {"type": "datepicker", "selected_date": "2026-12-08"}},
        "field:when": {"value": {"type": "datetimepicker", "selected_date_time": 1796684400}},
        "field:who": {"value": {"type": "users_select", "selected_user": "U2"}},
        "other": {"value": {"value": "no field of ours"}},
    }
    assert picked_ids(state) == {"U2"}
    assert read_fields(state, belongs, {"U2": "@ben"}) == {
        "subject": "x",
        "copy": False,
        "form": "CSV",
        "day": "2026-12-08",
        "when": "2026-12-08T00:00",
        "who": "@ben",
    }


@pytest.mark.parametrize(
    ("control", "value", "element"),
    [
        ("person", None, "users_select"),
        ("person", "@ana", "plain_text_input"),
        ("channel", None, "conversations_select"),
        ("channel", "#ops", "plain_text_input"),
        ("datetime-local", "2026-12-08T09:00", "datetimepicker"),
        ("date", "2026-02-31", "datepicker"),
        ("email", "ana@acme.example", "email_text_input"),
        ("url", "https://acme.example", "url_text_input"),
        ("password", None, "plain_text_input"),
        ("file", None, "file_input"),
    ],
)
def test_each_kind_of_value_has_its_control(control: str, value: str | None, element: str) -> None:
    field = {"name": "x", "label": "X", "input": control, "value": value}
    form = FormPart.model_validate(samples.form() | {"fields": [field]})
    view = modal(form, Belongs(action="a", channel="C1", zone="Europe/Berlin"), ENGLISH)
    assert lint_view(view) == []
    [block] = [one for one in view["blocks"] if one["type"] == "input"]  # type: ignore[index, call-overload, union-attr]
    assert block["element"]["type"] == element  # type: ignore[index, call-overload]
    assert ("initial_date" in block["element"]) is False  # type: ignore[index, call-overload, operator]


def test_a_file_can_be_handed_in_or_named_and_neither_has_to_be() -> None:
    empty = {"name": "list", "label": "List", "input": "file"}
    named = {"name": "other", "label": "Other", "input": "file", "value": "a.csv"}
    form = FormPart.model_validate(samples.form() | {"fields": [empty, named]})
    view = modal(form, Belongs(action="a", channel="C1"), ENGLISH)
    assert lint_view(view) == []
    blocks = {one["block_id"]: one for one in view["blocks"] if one["type"] == "input"}  # type: ignore[index, call-overload, union-attr]
    assert [(name, one["element"]["type"], one["optional"]) for name, one in blocks.items()] == [  # type: ignore[index, call-overload]
        ("field:list", "file_input", True),
        ("field:other", "plain_text_input", False),
        ("file:other", "file_input", True),
    ]
    file = {"id": "F1", "name": "b.csv", "mimetype": "text/csv", "size": 3, "url_private_download": "https://x/1"}
    state = {
        "field:list": {"value": {"type": "file_input", "files": []}},
        "field:other": {"value": {"type": "plain_text_input", "value": "a.csv"}},
        "file:other": {"value": {"type": "file_input", "files": [file]}},
    }
    assert read_fields(state, Belongs(action="a", channel="C1"), {}) == {"other": "a.csv"}
    assert read_files(state) == {
        "other": Handed(id="F1", name="b.csv", size=3, media_type="text/csv", url="https://x/1")
    }


def test_a_form_of_nothing_but_files_still_fits() -> None:
    fields = [{"name": f"f{number}", "label": "F", "input": "file", "value": "a.csv"} for number in range(90)]
    form = FormPart.model_validate(samples.form() | {"fields": fields})
    assert lint_view(modal(form, Belongs(action="a", channel="C1"), ENGLISH)) == []


def _mrkdwn(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [text for inner in value.values() for text in _mrkdwn(inner)]
    return [text for inner in value for text in _mrkdwn(inner)] if isinstance(value, list) else []
