"""Tells in which language a message is written, by its words. Knows no grammar and keeps nothing between messages."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from agent.offline.lexicon.gloss import HAN, GlossLexicon, fold, gloss_languages, gloss_lexicon
from agent.offline.lexicon.words import clause_words, intent_words, sentence_words, time_words, value_words

_SILENT = re.compile(
    r"```.*?```|`[^`]*`|\"[^\"]*\"|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|「[^「」]*」|《[^《》]*》|(?<!\w)'[^'\n]*'(?!\w)|<[^<>\s]*>"
    r"|[\w.+%-]+@[\w.-]+|(?:https?://|www\.)\S+|(?:[#@/]|[\w-]+\.(?=\w))[\w./#@-]*",
    re.DOTALL,
)
"""Quotes, code and addresses do not say which language somebody speaks."""

_EDGES = re.compile(rf"(?<=[{HAN}])(?=[^\s{HAN}])|(?<=[^\s{HAN}])(?=[{HAN}])")
_WORD = re.compile(rf"[^\W\d_{HAN}]+")
_LOOKED_AT = 600
_ENOUGH = 0.9
"""About one word that no other language has."""

_SHARE = 0.34
"""So many of the words must be of the language."""

_SIGN = 0.8
_USUAL = 0.1


def language_of(message: str, usual: str = "en") -> str:
    """The language's short tag, or nothing when the words do not tell; `usual` wins where two are equally likely."""
    apart = _EDGES.sub(" ", message[:_LOOKED_AT].lower())
    said = _SILENT.sub(lambda silent: " " if silent[0][0].isalnum() else f"{silent[0][0]} ", apart)
    if _is_chinese(said):
        return "zh"
    words = _WORD.findall(fold(said))
    whole = _whole_messages().get(" ".join(words), ())
    if whole:
        return usual if usual in whole else whole[0]
    scores = _signs(said)
    known = Counter[str]()
    for word in words:
        languages = _speakers().get(word, ())
        for language in languages:
            scores[language] = scores.get(language, 0.0) + 1 / len(languages)
            known[language] += 1
    scores[usual] = scores.get(usual, 0.0) + _USUAL
    best = min(scores, key=lambda language: (-scores[language], language))
    return best if scores[best] >= _ENOUGH and known[best] >= _SHARE * len(words) else ""


@cache
def _whole_messages() -> dict[str, tuple[str, ...]]:
    """Messages that are no English -> the languages in which they are usual"""
    found: dict[str, tuple[str, ...]] = {}
    for language in gloss_languages():
        for phrases in gloss_lexicon(language).alone.values():
            for phrase in phrases:
                words = _WORD.findall(fold(phrase))
                if any("en" not in _speakers().get(word, ()) for word in words):
                    found[" ".join(words)] = (*found.get(" ".join(words), ()), language)
    return found


def _is_chinese(said: str) -> bool:
    characters = len(re.findall(f"[{HAN}]", said))
    others = len(_WORD.findall(said))
    return characters > 0 and characters >= 2 * others


def _signs(said: str) -> dict[str, float]:
    """What letters alone say: ñ, ß, ã."""
    scores: dict[str, float] = {}
    for language in gloss_languages():
        found = sum(sign in said for sign in gloss_lexicon(language).signs)
        if found:
            scores[language] = _SIGN * found
    return scores


@cache
def _speakers() -> dict[str, tuple[str, ...]]:
    """Word, without accents -> the languages that have it"""
    speakers: dict[str, tuple[str, ...]] = dict.fromkeys(english_words(), ("en",))
    for language in gloss_languages():
        for word in _own(gloss_lexicon(language)):
            speakers[word] = (*speakers.get(word, ()), language)
    return speakers


def _own(lexicon: GlossLexicon) -> set[str]:
    alone = (phrase for phrases in lexicon.alone.values() for phrase in phrases)
    phrases = (*(phrase for phrase, _ in lexicon.phrases), *alone)
    return {word for phrase in phrases for word in _WORD.findall(fold(phrase))} | set(map(fold, lexicon.marks))


@cache
def english_words() -> frozenset[str]:
    """The English words that the readers know."""
    words, times, intents, values = sentence_words(), time_words(), intent_words(), value_words()
    lists = [
        words.openers, words.verbs, words.carriers, words.small_words, words.prepositions, words.clause_words, words.services,
        words.text_leads, words.skip, intents.polite, intents.questions, intents.negations, intents.switch_words, intents.now_words,
        intents.control_nouns, times.adverbs, *times.weekdays.values(), *times.months.values(), *times.units.values(),
        *times.numbers.values(), *times.ordinals.values(), *times.dayparts.values(),
        *(label.words for label in values.labels.values()), *values.lists.values(), values.creating, values.items, values.appointments,
        values.due, values.guests, values.contents, values.messaging, values.comparing, values.moving, values.marking, values.formats,
        clause_words().nouns, clause_words().awaiting,
    ]  # fmt: skip
    patterns = (pattern for intent in intents.intents for pattern in intent.patterns)
    found = {word for listed in lists for phrase in listed for word in _WORD.findall(phrase)}
    found |= {word.lower() for word in values.acronyms}
    return frozenset(found) | {word for pattern in patterns for word in re.findall(r"(?<![\\\w<])[a-z]{2,}", pattern)}
