"""State, action ids, intake, times, and code fences: each by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent import intake
from agent.actions import answer, approve, read_press, read_submit
from agent.command import (
    AnswerCheck,
    CannotHandle,
    Confirm,
    Connect,
    ControlHook,
    ControlWorkflow,
    FillForm,
    SetValue,
)
from agent.fence import fenced
from agent.moment import show_moment, show_span
from agent.phrases import load_phrases
from agent.state import STATE_BYTES, DialogueState, HeldValue, Task, load_state
from core.canonical import encode

NOW = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_state_survives_being_stored() -> None:
    task = Task(template_id="a.b", values={"x": HeldValue(value=[1, {"a": None}], source="answer")}, asked="y")
    state = DialogueState(tasks=[task], last_run_id="run_1", misses=2)
    assert load_state(state.to_json()) == state


def test_a_state_that_cannot_be_read_starts_afresh() -> None:
    assert load_state({"tasks": [{"nonsense": True}], "from": "the future"}) == DialogueState()


def test_a_state_stays_small_by_letting_its_oldest_tasks_go() -> None:
    tasks = [Task(template_id=f"a.{n}", values={"x": HeldValue(value="x" * 150_000, source="edit")}) for n in range(4)]
    kept = DialogueState(tasks=tasks).to_json()
    assert len(encode(kept)) <= STATE_BYTES
    assert [task.template_id for task in load_state(kept).tasks] == ["a.2", "a.3"]


def test_a_single_task_that_is_too_large_is_let_go() -> None:
    huge = Task(template_id="a.b", values={"x": HeldValue(value="x" * (STATE_BYTES + 1), source="edit")})
    assert DialogueState(tasks=[huge]).to_json() == {}


def test_action_ids_are_read_back() -> None:
    assert read_press(approve("prp_1", "0123456789abcdef")) == Confirm(proposal_id="prp_1", digest="0123456789ab")
    assert read_press(answer("when", "a:b: c")) == SetValue(name="when", value="a:b: c")
    assert read_press("check-retry:run_1:ask:-1:2") == AnswerCheck(answer="retry", run_id="run_1", place="ask:-1:2")
    assert read_press("run-now:wfl_1") == ControlWorkflow(verb="run", workflow_id="wfl_1")
    assert read_press("sign-hook:wfl_1") == ControlHook(verb="sign", workflow_id="wfl_1")
    assert read_press("renew-hook:wfl_1") == ControlHook(verb="renew", workflow_id="wfl_1")
    assert read_submit("sign-hook:wfl_1", {}) == ControlHook(verb="sign", workflow_id="wfl_1", fields={})
    assert read_submit("fill:prp_1", {"a": 1}) == FillForm(proposal_id="prp_1", fields={"a": 1})
    assert read_submit("connect:smtp", {}) == Connect(connector="smtp", fields={})


@given(st.text(max_size=60))
def test_any_text_can_be_an_action_id(text: str) -> None:
    read_press(text)
    assert read_submit(text.replace(":", ""), {}) == CannotHandle(reason="stale_action")


@given(st.text(max_size=300))
def test_a_cleaned_text_can_be_stored_and_is_clean(text: str) -> None:
    cleaned = intake.clean(text)
    assert cleaned.encode().decode() == cleaned
    assert intake.clean(cleaned) == cleaned
    assert not set(cleaned) & {"\x00", "\r", "\u200b", "\u202e", "\ufeff"}


def test_joined_emoji_and_scripts_with_joiners_are_kept() -> None:
    assert intake.clean("\U0001f469\u200d\U0001f680 می\u200cخواهم") == "\U0001f469\u200d\U0001f680 می\u200cخواهم"


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        (timedelta(0), "today at 11:00"),
        (timedelta(seconds=75), "today at 11:01:15"),
        (timedelta(hours=13), "tomorrow at 00:00"),
        (timedelta(hours=-12), "yesterday at 23:00"),
        (timedelta(days=5), "Mon 7 Dec at 11:00"),
        (timedelta(days=33), "Mon 4 Jan 2027 at 11:00"),
    ],
)
def test_moments_are_said_from_where_one_stands(after: timedelta, shown: str) -> None:
    assert show_moment(NOW + after, BERLIN, NOW, load_phrases()) == shown


@pytest.mark.parametrize(
    ("span_ms", "shown"),
    [
        (-5, "0 ms"),
        (340, "340 ms"),
        (1000, "1 s"),
        (2400, "2.4 s"),
        (60_000, "1 min"),
        (185_000, "3 min 5 s"),
        (7_800_000, "2 h 10 min"),
        (3_600_000, "1 h"),
    ],
)
def test_spans_are_short(span_ms: int, shown: str) -> None:
    assert show_span(span_ms) == shown


@pytest.mark.parametrize("body", ["```\n# out\n```", "````", "plain", '{"a": "`` ` ```"}', "${{ x }}<script>"])
def test_a_recorded_request_cannot_leave_its_fence(body: str) -> None:
    html = MarkdownIt("commonmark").render(
        fenced({"method": "POST", "url": "http://x/`", "headers": {"a": "b"}, "body": body})
    )
    assert html.startswith("<pre><code>POST http://x/`\na: b\n\n")
    assert html.count("<") == 4
