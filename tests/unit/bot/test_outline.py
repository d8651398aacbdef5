"""What parts say on outside surfaces, before any adapter lays it out; and how texts are written in any dialect."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.reply import PARTS, FormPart, ListPart, Part, ProposalCard, RunCard, ShownValue, TextPart
from bot.surface.cutting import cut, join, to_texts
from bot.surface.dialect import Dialect
from bot.surface.element import Buttons, Line, Lines, Opening, Rich, Title, Value, Values
from bot.surface.outline import in_short, outline
from bot.surfaces.discord.markup import MARKUP
from bot.surfaces.slack.mrkdwn import MRKDWN
from tests.contract.surfaces.battery import EVERY_PART
from tests.fakes.parts import step

DIALECTS = pytest.mark.parametrize("dialect", [MRKDWN, MARKUP], ids=["slack", "discord"])
PIECES = ["`", "```", "``", "x", "\n", "\n\n", "\x00", "> ", "- ", "**b** ", "word ", "<@1>", "https://e.example/a "]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=40).map("".join)


def read(kind: str, **changed: object) -> Part:
    (part,) = PARTS.validate_python([EVERY_PART[kind] | changed])
    return part


@pytest.mark.parametrize("kind", EVERY_PART)
def test_an_outline_says_something_with_each_of_its_elements(kind: str) -> None:
    found = list(outline(read(kind)))
    assert found
    for element in found:
        match element:
            case Lines(lines):
                assert lines
                assert not any(line.is_empty for line in lines)
            case Values(some) | Buttons(some):
                assert some
            case Rich(markdown):
                assert markdown.strip()
            case _:
                pass


def test_a_part_that_holds_nothing_says_nothing() -> None:
    assert list(outline(TextPart(text=" "))) == []
    assert list(outline(ListPart(title="", items=[]))) == []


def test_a_card_ends_with_its_buttons_and_a_form_with_what_opens_it() -> None:
    first, *_, last = outline(read("proposal"))
    assert isinstance(first, Title)
    assert isinstance(last, Buttons)
    form = read("form")
    assert list(outline(form))[-1] == Opening(form)  # type: ignore[arg-type]  # it is one


@pytest.mark.parametrize(("took_ms", "said"), [(12, "12 ms"), (31_000, "31 s"), (7_260_000, "2 h 1 min")])
def test_how_long_a_step_took_is_said_as_people_say_it(took_ms: int, said: str) -> None:
    card = read("running", steps=[step("wait", "Wait for an answer", "succeeded", took_ms=took_ms)])
    [line] = [
        line for one in outline(card) if isinstance(one, Lines) for line in one.lines if line.text.startswith("Wait")
    ]
    assert line.text == f"Wait for an answer · {said}"


def test_where_a_value_is_from_is_said_when_nobody_has_written_it() -> None:
    card = read("proposal", words={"default": "by default", "changed": "new", "message": "yours"})
    assert isinstance(card, ProposalCard)
    one = ShownValue(name="x", label="X", value="1", source="message")
    values = [one, one.model_copy(update={"source": "default"}), one.model_copy(update={"is_changed": True})]
    shown = next(one for one in outline(card.model_copy(update={"values": values})) if isinstance(one, Values))
    assert shown.values == [Value("X", "1"), Value("X", "1", "by default"), Value("X", "1", "new")]


def test_a_trace_says_how_many_attempts_it_leaves_out() -> None:
    step = EVERY_PART["trace"]["steps"][0]  # type: ignore[index]
    attempt = step["attempts"][0]  # type: ignore[index, call-overload]
    steps = [step | {"attempts": [attempt] * 50, "left_out": 3}, step | {"attempts": [attempt] * 2, "left_out": 0}]  # type: ignore[operator]
    said = [line.text for one in outline(read("trace", steps=steps)) if isinstance(one, Lines) for line in one.lines]
    assert [text for text in said if text.startswith("…")] == ["… +23", "… +2"]


def test_what_went_wrong_is_not_in_small_letters() -> None:
    failed = read("failed")
    assert isinstance(failed, RunCard)
    large = [one for one in outline(failed) if isinstance(one, Lines) and not one.is_small]
    assert any(line.text == failed.error for one in large for line in one.lines)


def test_a_part_in_short_is_its_text_or_its_title_and_state() -> None:
    assert in_short(TextPart(text="**Hi**")) == Rich("**Hi**")
    assert in_short(FormPart(action="a", title="Fill in", fields=[], submit="Save")) == Line(text="Fill in")
    run = read("failed")
    assert isinstance(run, RunCard)
    assert in_short(run) == Line(text=f"{run.title}: {run.state_text}")


@DIALECTS
@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_no_code_ends_the_fence_around_it(dialect: Dialect, text: str) -> None:
    (whole, *more) = to_texts("~~~\n" + text.replace("~", "") + "\n~~~", 100_000, dialect) or ["```\n```"]
    assert not more
    assert re.findall("`{3,}", whole) == ["```", "```"]


@DIALECTS
@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_cutting_and_joining_lose_nothing_but_white_space(dialect: Dialect, text: str) -> None:
    written = dialect.literal(text)
    assert "".join("".join(cut(written, 40, dialect)).split()) == "".join(written.split())
    joined = join(written.split("\n"), 40, dialect)
    assert all(dialect.length(one) <= 40 for one in joined)
    assert "".join("".join(joined).split()) == "".join(written.split())


@DIALECTS
def test_a_line_says_only_what_it_has(dialect: Dialect) -> None:
    bold = dialect.marks["strong"]
    assert dialect.line(Line(mark="✅", text="done")) == "✅ done"
    assert dialect.line(Line(mark="1.", strong="Look", text="there")) == f"1. {bold}Look{bold} there"
    assert dialect.line(Line(mark="→", code="a`b")) == "→ `aˋb`"
    assert dialect.line(Line(text="above", detail="below")).split("\n")[0] == "above"
