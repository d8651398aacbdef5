"""“Me” among the people whom a value names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.command import ChangeGroup, SetValue, Start
from agent.oneself import is_oneself
from agent.phrases import languages
from catalog.workflow import Template
from store.record import Role
from tests.fakes.talk import Talk

ASKING = Template.model_validate(
    {
        "id": "composed.ask",
        "title": "Ask them",
        "summary": "Asks the people that you name.",
        "category": "chat",
        "asks": ["ask them"],
        "parameters": {
            "whom": {"kind": "list", "people": True, "ask": "Whom?", "label": "Whom"},
            "lines": {"kind": "list", "default": None, "label": "Lines"},
        },
        "trigger": {"allowed": ["manual"]},
        "steps": [{"id": "ask", "uses": "chat.post", "with": {"text": "${{ params.whom | join(' ') }}"}}],
    }
)
ASK = Start(template_id=ASKING.id, template=ASKING)


async def shown(talk: Talk, *whom: str) -> dict[str, str]:
    await talk.say("ask them", replace(ASK, values={"whom": list(whom), "lines": ["me"]}))
    return {one.label: one.value for one in talk.card.values}


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "me"),
        ("en", "Myself."),
        ("de", "ich"),
        ("de", "mich selbst"),
        ("de", "me"),
        ("es", "yo"),
        ("fr", "moi-même"),
        ("pt", "eu"),
        ("zh", "我"),
    ],
)
async def test_me_is_whoever_says_it_by_name(talk: Talk, locale: str, said: str) -> None:
    talk.change(f"UPDATE people SET locale = '{locale}'")
    assert await shown(talk, "Ben", said) == {"Whom": "Ben, Ana", "Lines": "me"}


@pytest.mark.parametrize(
    ("locale", "said"),
    [("de", "Bea und ich"), ("es", "Bea y yo"), ("fr", "Bea et moi"), ("pt", "Bea e eu"), ("zh", "Bea和我")],
)
async def test_me_is_found_behind_the_last_and(talk: Talk, locale: str, said: str) -> None:
    talk.change(f"UPDATE people SET locale = '{locale}'")
    assert (await shown(talk, "Ben", said))["Whom"] == "Ben, Bea, Ana"


async def test_somebody_whose_name_has_an_and_in_it_is_one_person(talk: Talk) -> None:
    await talk.add_person("usr_jose", "José Ortega y Gasset", Role.MEMBER)
    assert (await shown(talk, "José Ortega y Gasset", "me"))["Whom"] == "José Ortega y Gasset, Ana"


async def test_a_word_of_another_language_is_a_name(talk: Talk) -> None:
    assert (await shown(talk, "Yo", "Eu"))["Whom"] == "Yo, Eu"


async def test_who_is_called_like_somebody_else_is_meant_by_their_id(talk: Talk) -> None:
    await talk.add_person("usr_other", "ana", Role.MEMBER)
    assert (await shown(talk, "Ben", "me"))["Whom"] == "Ben, usr_ana"


async def test_who_names_themselves_twice_is_asked_once(talk: Talk) -> None:
    assert (await shown(talk, "Ana", "me", "Ben"))["Whom"] == "Ana, Ben"


async def test_an_edit_names_people_as_well(talk: Talk) -> None:
    await shown(talk, "Ben")
    before = talk.card.digest
    await talk.say("ask me", SetValue(name="whom", value=["me"]))
    assert {one.label: one.value for one in talk.card.values}["Whom"] == "Ana"
    assert talk.card.digest != before


async def test_an_owner_puts_themselves_into_a_group(talk: Talk) -> None:
    talk.change("UPDATE people SET role = 'owner'")
    await talk.say("add me to the group finance", ChangeGroup(verb="add", person="me", group="finance"))
    assert "Ana is in the group finance now" in talk.said


@pytest.mark.parametrize("language", languages())
def test_each_language_has_its_words(language: str) -> None:
    words = {"en": "myself", "de": "mich", "es": "yo", "fr": "moi", "pt": "eu", "zh": "我"}
    assert is_oneself(words[language], language)
