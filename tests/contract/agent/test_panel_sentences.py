"""What the web panel says for people at a press, and offers as examples, is understood in each language."""

from __future__ import annotations

import pytest

from agent.command import Command, Start
from agent.interpreter import View
from agent.linking import read
from agent.offline.interpreter import OfflineInterpreter
from agent.offline.language import language_of
from agent.phrases import languages, load_phrases
from agent.vocabulary import name_of
from tests.contract.agent.test_what_is_meant import VIEW

BUTTON_LIMIT = 75
EXAMPLES = {"example_reminder": "chat.remind", "example_check": "web.site-down", "example_mail": "email.recurring"}


async def _understood(interpreter: OfflineInterpreter, language: str, name: str) -> list[Command]:
    text = load_phrases(language).plain(f"panel.{name}")
    assert language_of(text, language) == language
    view = View(now=VIEW.now, zone=VIEW.zone, locale=language)
    return list((await interpreter.interpret(text, view)).commands)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_starts_what_it_says(interpreter: OfflineInterpreter, language: str, name: str) -> None:
    [command] = await _understood(interpreter, language, name)
    assert isinstance(command, Start)
    assert len(load_phrases(language).plain(f"panel.{name}")) <= BUTTON_LIMIT, (
        "it is a button in Slack and on Discord, too"
    )
    assert command.template_id == EXAMPLES[name]


@pytest.mark.parametrize("language", languages())
async def test_the_button_for_failed_runs_is_understood(interpreter: OfflineInterpreter, language: str) -> None:
    [command] = await _understood(interpreter, language, "say_failed_runs")
    assert name_of(command) == "list_failed"


@pytest.mark.parametrize("language", languages())
def test_the_button_for_linking_is_understood(language: str) -> None:
    assert read(load_phrases(language).plain("panel.say_link"))


@pytest.mark.parametrize("language", languages())
def test_what_to_say_for_a_new_code_is_that_sentence(language: str) -> None:
    say = load_phrases(language).plain("panel.say_link")
    assert say in load_phrases(language).plain("link.wrong", say=say)
