"""What is read and compiled while nobody waits, so that no first message pays for it."""

from __future__ import annotations

from agent.offline.dictionary import dictionary_of
from agent.offline.lexicon.gloss import gloss_languages
from agent.phrases import languages, load_phrases
from tests.unit.agent_offline.little import interpreter, view


async def test_the_words_of_every_language_are_known_after_the_first_message_of_any() -> None:
    dictionary_of.cache_clear()
    await interpreter().interpret("hello", view())
    assert dictionary_of.cache_info().currsize == len(gloss_languages()) > 1


def test_the_sentences_of_a_language_are_read_once() -> None:
    assert languages()
    assert all(load_phrases(language) is load_phrases(f"{language}-XX") for language in languages())
