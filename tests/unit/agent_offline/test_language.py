"""Messages of other languages: which language, what they mean, when, and that values stay what was written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from agent.offline.gloss import into_english
from agent.offline.intent import is_question, read_meanings
from agent.offline.language import language_of
from agent.offline.lexicon.gloss import gloss_languages
from agent.offline.recurrence import schedule_of
from agent.offline.sentence import read_sentence
from agent.offline.text import read_text
from agent.phrases import languages
from agent.schedule_words import describe_schedule
from bot.library import read_library
from catalog.schedule import Schedule
from core.settings import load_settings

NOW = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
"""A Wednesday."""

ZONE = ZoneInfo("UTC")
OTHERS = [language for language in languages() if language != "en"]
SAID = yaml.safe_load(Path(__file__).with_name("languages.yaml").read_text("utf-8"))

SCHEDULES = [
    Schedule(at=datetime(2026, 12, 2, 18, 5, tzinfo=UTC)),
    Schedule(at=datetime(2026, 12, 3, 8, 30, tzinfo=UTC)),
    Schedule(at=datetime(2026, 12, 15, 16, 0, tzinfo=UTC)),
    Schedule(at=datetime(2027, 3, 1, 9, 15, tzinfo=UTC)),
    Schedule(rrule="FREQ=MINUTELY"),
    Schedule(rrule="FREQ=HOURLY;BYMINUTE=0,15,30,45;BYSECOND=0"),
    Schedule(rrule="FREQ=HOURLY;BYMINUTE=0;BYSECOND=0"),
    Schedule(rrule="FREQ=DAILY;BYHOUR=0,4,8,12,16,20;BYMINUTE=0;BYSECOND=0"),
    Schedule(rrule="FREQ=DAILY;BYHOUR=7;BYMINUTE=45;BYSECOND=0"),
    Schedule(rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0"),
    Schedule(rrule="FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=9;BYMINUTE=0;BYSECOND=0"),
    Schedule(rrule="FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0;BYSECOND=0"),
    Schedule(rrule="FREQ=MONTHLY;BYMONTHDAY=15;BYHOUR=10;BYMINUTE=30;BYSECOND=0"),
    Schedule(rrule="FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=18;BYMINUTE=0;BYSECOND=0"),
    Schedule(rrule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=17;BYMINUTE=0;BYSECOND=0"),
    *(
        Schedule(rrule=f"FREQ=WEEKLY;BYDAY={day};BYHOUR=16;BYMINUTE=0;BYSECOND=0")
        for day in ("MO", "TU", "WE", "TH", "FR", "SA", "SU", "TU,TH")
    ),
    *(
        Schedule(rrule=f"FREQ=MONTHLY;BYDAY={which};BYHOUR=9;BYMINUTE=0;BYSECOND=0")
        for which in ("1MO", "2TU", "3WE", "-1FR")
    ),
    Schedule(
        rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=16;BYMINUTE=0;BYSECOND=0",
        start=datetime(2026, 12, 4, 16, 0, tzinfo=UTC),
    ),
]


def test_there_is_a_gloss_for_every_language_that_answers_are_written_in() -> None:
    assert list(gloss_languages()) == OTHERS
    assert set(SAID) == set(OTHERS)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda one: one.rrule or one.at.isoformat())
@pytest.mark.parametrize("language", OTHERS)
def test_a_schedule_said_in_a_language_is_read_as_the_same_schedule(language: str, schedule: Schedule) -> None:
    words = describe_schedule(schedule, NOW, ZONE, language)
    again = schedule_of(words, NOW, ZONE, language)
    assert again is not None, words
    assert again.next_times(NOW, 4) == schedule.next_times(NOW, 4), words


def _cases(kind: str) -> list[tuple[str, str, object]]:
    found = [(language, text, want) for language in OTHERS for text, want in SAID[language][kind].items()]
    assert len(found) > 5 * len(OTHERS)
    return found


@pytest.mark.parametrize(("language", "text", "first"), _cases("times"))
def test_times_are_read(language: str, text: str, first: str) -> None:
    schedule = schedule_of(text, NOW, ZONE, language)
    assert schedule is not None
    assert [f"{at:%Y-%m-%dT%H:%M}" for at in schedule.next_times(NOW, 2)][: len(first.split())] == first.split()


@pytest.mark.parametrize(("language", "text", "intent"), _cases("meanings"))
def test_what_is_said_about_errand_is_understood(language: str, text: str, intent: str) -> None:
    sentence = read_sentence(text, NOW, ZONE, language_of(text, language) or language)
    assert intent in [meaning.intent for meaning in read_meanings(sentence.text)], sentence.text.plain


@pytest.mark.parametrize(("language", "text", "_"), _cases("questions"))
def test_questions_and_small_talk_are_no_wishes(language: str, text: str, _: str) -> None:
    text_read = into_english(read_text(text), language)
    meanings = {meaning.intent for meaning in read_meanings(text_read)}
    assert is_question(text_read.low) or meanings & {"small_talk", "greeting", "thanks", "abilities"}, text_read.plain


@pytest.mark.parametrize(
    ("language", "text"), [(one, text) for kind in ("times", "meanings", "questions") for one, text, _ in _cases(kind)]
)
def test_a_message_tells_its_language_or_nothing(language: str, text: str) -> None:
    assert language_of(text, language) in {language, ""}


@pytest.mark.parametrize(("language", "text", "values"), _cases("values"))
def test_values_stay_what_was_written(language: str, text: str, values: list[str]) -> None:
    assert language_of(text) == language
    sentence = read_sentence(text, NOW, ZONE, language)
    assert [span.value for span in sentence.spans if span.kind not in {"number", "phone"}] == values


@pytest.mark.parametrize("text", ["email bob@x.example the report", "Café Olé in Zürich", "ok", "", "☃", "no"])
def test_english_and_bare_names_are_no_other_language(text: str) -> None:
    assert language_of(text) in {"", "en"}


@pytest.mark.parametrize("language", gloss_languages())
@pytest.mark.parametrize("text", ["", " ", "\u0301", "¿?", "\U0001f600 a\u200bb", "：：", "`x` “", "ﬁ" * 50, "吗"])
def test_no_text_is_too_odd(language: str, text: str) -> None:
    read = into_english(read_text(text), language)
    assert read.places is None or len(read.places) == len(read.plain) == len(read.low)
    assert read.literal(0, len(read.plain)) in text or "\u0301" in text


def test_no_ask_of_the_catalog_is_taken_for_another_language(tmp_path: Path) -> None:
    catalog = read_library(load_settings(data=tmp_path)).catalog
    asks = [ask for template in (*catalog, *catalog.block_templates()) for ask in template.asks]
    assert len(asks) > 100  # all of them, not a few
    assert [ask for ask in asks if language_of(ask) not in {"en", ""}] == []


@pytest.mark.parametrize(
    "text",
    [
        "dump a database table to customers.csv",
        "export the table users",
        "rss to slack",
        'note "eggs" in list.txt',
        "base table report",
    ],
)
def test_short_english_wishes_are_not_taken_for_another_language(text: str) -> None:
    assert language_of(text) in {"en", ""}
