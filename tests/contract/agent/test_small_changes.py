"""What is said of an open card changes it, in each language and however it is put; what is not about it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from pydantic import JsonValue

from agent.command import Command, ControlWorkflow, SetSchedule, SetValue, Tell, Topic
from agent.interpreter import View
from agent.offline.interpreter import OfflineInterpreter
from catalog.loader import Catalog
from catalog.schedule import Schedule

pytestmark = pytest.mark.asyncio(loop_scope="session")

FRIDAYS = Schedule(rrule="FREQ=WEEKLY;BYDAY=FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0", timezone="UTC")
MAIL: dict[str, JsonValue] = {"to": ["bob@acme.io"], "subject": "Report", "body": "Hello"}
POST: dict[str, JsonValue] = {"message": "Good morning", "channel": "#team"}
ROWS = [
    (language, change, text)
    for language, changes in yaml.safe_load(Path(__file__).with_name("small_changes.yaml").read_text("utf-8")).items()
    for change, texts in changes.items()
    for text in texts
]


def card(catalog: Catalog, template_id: str, values: dict[str, JsonValue], language: str) -> View:
    return View(
        now=datetime(2026, 12, 2, 10, tzinfo=UTC),
        zone=ZoneInfo("UTC"),
        locale=language,
        template=catalog.templates[template_id],
        values=values,
        has_open_card=True,
        schedule=FRIDAYS,
    )


def expected(change: str) -> Command:
    what, _, value = change.partition(" ")
    match what:
        case "at" | "days":
            days, clock = (value, "9:0") if what == "days" else ("FR", value)
            hour, minute = map(int, clock.split(":"))
            rule = f"FREQ=WEEKLY;BYDAY={days};BYHOUR={hour};BYMINUTE={minute};BYSECOND=0"
            return SetSchedule(schedule=FRIDAYS.model_copy(update={"rrule": rule}))
        case "adds" | "to":
            return SetValue(name="to", value=["bob@acme.io", "ana@acme.io"][what == "to" :])
        case "cc":
            return SetValue(name="cc", value=["cy@acme.io"])
        case "channel":
            return SetValue(name="channel", value="#sales")
        case _:
            return SetValue(name=what, value=value)


async def test_there_are_a_dozen_ways_in_every_language() -> None:
    counts = {language: sum(row[0] == language for row in ROWS) for language in ("en", "de", "es", "fr", "pt", "zh")}
    assert min(counts.values()) > 12


@pytest.mark.parametrize(("language", "change", "text"), ROWS)
async def test_a_change_is_read_however_it_is_put(
    interpreter: OfflineInterpreter, catalog: Catalog, language: str, change: str, text: str
) -> None:
    template, values = ("chat.post-message", POST) if change == "channel" else ("email.send", MAIL)
    understood = await interpreter.interpret(text, card(catalog, template, values, language))
    assert understood.commands == [expected(change)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "remind me at 5 to call bob"),
        ("en", "post hello in #sales"),
        ("en", "ping https://x.example.com every hour"),
        ("en", "when does it run on monday?"),
        ("en", "who is ana@acme.io?"),
        ("en", "add ana@acme.io to the group finance"),
        ("en", "pause it until monday"),
        ("en", "when someone writes in #ops email ana@acme.io"),
        ("de", "erinnere mich um 5 an den Müll"),
        ("de", "wann läuft es am Montag?"),
    ],
)
async def test_what_is_something_else_changes_no_card(
    interpreter: OfflineInterpreter, catalog: Catalog, language: str, text: str
) -> None:
    understood = await interpreter.interpret(text, card(catalog, "email.send", MAIL, language))
    assert not any(isinstance(command, (SetValue, SetSchedule)) for command in understood.commands)


@pytest.mark.parametrize(
    ("language", "text", "topic"),
    [
        ("en", "what can you do with csv?", Topic.ABILITIES),
        ("en", "why do you ask?", Topic.QUESTION),
        ("en", "list my automations", Topic.WORKFLOWS),
        ("de", "was kannst du mit csv machen?", Topic.ABILITIES),
        ("de", "was kann man hier alles machen?", Topic.ABILITIES),
        ("de", "kannst du auch slack?", Topic.ABILITIES),
        ("de", "geht das auch mit excel?", Topic.ABILITIES),
        ("de", "warum fragst du das?", Topic.QUESTION),
        ("de", "wozu brauchst du das?", Topic.QUESTION),
        ("es", "¿qué puedes hacer?", Topic.ABILITIES),
        ("es", "¿sabes usar slack?", Topic.ABILITIES),
        ("es", "¿por qué preguntas?", Topic.QUESTION),
        ("es", "¿para qué lo necesitas?", Topic.QUESTION),
        ("es", "¿qué automatizaciones tengo?", Topic.WORKFLOWS),
        ("fr", "que peux-tu faire avec csv ?", Topic.ABILITIES),
        ("fr", "tu sais utiliser slack ?", Topic.ABILITIES),
        ("fr", "pourquoi tu demandes ça ?", Topic.QUESTION),
        ("pt", "o que você faz com csv?", Topic.ABILITIES),
        ("pt", "você sabe usar slack?", Topic.ABILITIES),
        ("pt", "por que você pergunta?", Topic.QUESTION),
        ("pt", "para que precisa disso?", Topic.QUESTION),
        ("zh", "你能用csv做什么？", Topic.ABILITIES),
        ("zh", "你会用slack吗？", Topic.ABILITIES),
        ("zh", "为什么要问？", Topic.QUESTION),
        ("zh", "为什么问这个？", Topic.QUESTION),
        ("zh", "这是什么意思？", Topic.QUESTION),
        ("zh", "显示我的自动化", Topic.WORKFLOWS),
        ("zh", "这怎么用？", Topic.HELP),
    ],
)
async def test_a_question_about_errand_is_no_text_that_was_asked_for(
    interpreter: OfflineInterpreter, catalog: Catalog, language: str, text: str, topic: Topic
) -> None:
    asked = replace(card(catalog, "email.send", MAIL, language), has_open_card=False, asked="subject")
    [command] = (await interpreter.interpret(text, asked)).commands
    assert isinstance(command, Tell)
    assert command.topic is topic
    quoted = (await interpreter.interpret(f'"{text}"', asked)).commands
    assert quoted == [SetValue(name="subject", value=text)]


@pytest.mark.parametrize("text", ["pause the site check", "delete site check", "run the site check now"])
async def test_a_command_to_an_automation_there_is_is_no_text_that_was_asked_for(
    interpreter: OfflineInterpreter, catalog: Catalog, text: str
) -> None:
    asked = replace(card(catalog, "email.send", MAIL, "en"), has_open_card=False, asked="subject")
    known = replace(asked, workflow_names=["Site check"])
    [command] = (await interpreter.interpret(text, known)).commands
    assert isinstance(command, ControlWorkflow)
    assert (await interpreter.interpret(text, asked)).commands == [SetValue(name="subject", value=text)]
