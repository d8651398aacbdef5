"""The fixed words of cards are in the language of the conversation, and every word that a surface names is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from agent.card_words import card_words
from agent.phrases import load_phrases
from tests.fakes.talk import Talk

BOT = Path(__file__).parents[3] / "bot"
KINDS = get_args(get_type_hints(card_words)["kind"])


@pytest.mark.parametrize(
    ("text", "said", "once"),
    [
        ("remind me tomorrow at 9 to pay the rent", "from your message", "sends once"),
        ("erinnere mich morgen um 9 Uhr daran, die Miete zu überweisen", "aus deiner Nachricht", "sendet einmal"),
        ("recuérdame mañana a las 9 pagar el alquiler", "de tu mensaje", "envía una vez"),
        ("rappelle-moi demain à 9h de payer le loyer", "de ton message", "envoie une fois"),
        ("me lembra amanhã às 9h de pagar o aluguel", "da sua mensagem", "envia uma vez"),
        ("明天早上9点提醒我交房租", "来自你的消息", "只发一次"),
    ],
)
async def test_a_card_has_its_words_in_the_language_of_the_conversation(
    talk: Talk, text: str, said: str, once: str
) -> None:
    await talk.say(text)
    assert (talk.card.words["message"], talk.card.words["once"]) == (said, once)
    assert all(value.source in talk.card.words for value in talk.card.values)
    assert all(step.effect in talk.card.words for step in talk.card.steps)


def test_every_word_that_the_panel_and_the_terminal_name_is_there() -> None:
    sources = [*(BOT / "web" / "static" / "parts").glob("*.js"), BOT / "terminal" / "view.py"]
    named = {
        name
        for source in sources
        for match in re.findall(
            r"(?<!schedule\.)\bwords(?:\.(?!js\b)(\w+)|\[['\"](\w+)['\"]\])", source.read_text("utf-8")
        )
        for name in match
        if name
    }
    known = {name for kind in KINDS for name in card_words(load_phrases("en"), kind)}
    assert len(named) > 20
    assert named <= known
