"""The yardstick itself: schedules by their times, values by what they mean, and sets that say what they claim."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.command import Start
from agent.interpreter import Interpretation
from agent.offline.recurrence import schedule_of
from benchmarks.understanding.case import NOW, OWN, Request, read_cases
from benchmarks.understanding.right import found, is_right, read_rightness
from benchmarks.understanding.times import same_times
from benchmarks.understanding.value import has, invented, same
from catalog.loader import TEMPLATES, load_catalog
from catalog.schedule import Schedule
from tools.connector import load_connectors
from tools.registry import load_steps

UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("every monday at 9", "0 9 * * 1"),
        ("every weekday at 8:30", "30 8 * * 1-5"),
        ("on the first monday of each month at 10", "0 10 * * 1#1"),
        ("on the last friday of each month at 15:00", "0 15 * * 5L"),
        ("on the last day of each month at 18:00", "0 18 L * *"),
        ("every 5 minutes", "*/5 * * * *"),
        ("every monday at 9", "? ? * * 1"),
    ],
)
def test_a_schedule_is_the_label_s_when_it_fires_at_the_same_times(words: str, label: str) -> None:
    assert same_times(schedule_of(words, NOW, UTC_ZONE), [label], now=NOW)


def test_other_times_other_days_and_other_weeks_are_not_the_same() -> None:
    monday = Schedule(cron="0 9 * * 1")
    assert not same_times(monday, ["0 9 * * 2"], now=NOW)
    assert not same_times(monday, ["30 9 * * 1"], now=NOW)
    assert not same_times(monday, ["0 9 * * 1"], now=NOW, zone="Asia/Tokyo")
    assert not same_times(monday, ["0 9 * * 1"], now=NOW, weeks=2)
    assert not same_times(None, ["0 9 * * 1"], now=NOW)
    assert same_times(
        Schedule(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=9;BYMINUTE=0"), ["0 9 * * 1"], now=NOW, weeks=2
    )


def test_values_are_compared_by_what_they_mean() -> None:
    assert same("#ops", "ops")
    assert same("<#C1|ops>", "#ops")
    assert same("+44 7700 900123", "+447700900123")
    assert same(["a@x.io", "b@x.io"], "b@x.io, a@x.io")
    assert same(12.0, "12")
    assert same("2026-12-03T10:00", "2026-12-03 10:00:00")
    assert same({"ok": 1}, '{"ok": 1}')
    assert not same("a@x.io", "b@x.io")
    assert not has("to", ["a@x.io"], {"to": ["c@x.io"], "body": "a@x.io"}, {})


def test_a_value_that_the_message_does_not_hold_is_invented() -> None:
    request = Request(
        id=1,
        text="mail ana@x.io about lunch",
        intent_key="e",
        trigger="manual",
        params={"to": "ana@x.io"},
        missing=["body"],
    )
    assert invented(request, {"to": ["ana@x.io"], "subject": "lunch"}, {}) == []
    assert invented(request, {"to": ["bob@x.io"]}, {}) == ["to"]
    assert invented(request, {"body": "lunch"}, {}) == ["body"]


def test_nothing_is_found_where_the_outcome_is_that_nothing_fits() -> None:
    start = [Start(template_id="email.send")]
    assert found(Interpretation(outcome="none", commands=[])) == []
    assert found(Interpretation(outcome="match", commands=list(start))) == []
    assert is_right("composed:rss.new_items>email.send", ["composed:rss.*>email.send"])
    assert not is_right("composed:rss.new_items>chat.post", ["composed:rss.*>email.send"])


def test_our_own_set_speaks_of_many_templates_and_has_no_text_twice() -> None:
    catalog = load_catalog([TEMPLATES], load_steps(), load_connectors())
    cases = read_cases(Path(OWN))
    read_rightness(catalog.templates)
    assert len(set(catalog.templates) & {request.intent_key for request in cases.requests}) >= 72
    assert len(cases.requests) >= 250
    assert len(cases.negatives) >= 150
    assert len(cases.dialogues) >= 20
    texts = Counter(one.text.casefold() for one in (*cases.requests, *cases.negatives))
    assert [text for text, count in texts.items() if count > 1] == []
