"""The words of one language as they are looked up: phrases by their first word, beginnings and ends of words, and rewrites. Reads no message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from agent.offline.lexicon.gloss import HAN, Rewrite, fold, gloss_lexicon
from agent.offline.lexicon.words import alternation, sentence_words

TYPO = 5
"""Shorter words are alike by chance."""


_POLITE = frozenset({"please", "thanks", "ok", "okay"})


TOKEN = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]+")


@dataclass(frozen=True, slots=True)
class Dictionary:
    """`phrases`: first word -> (words, English), longest first. `heads` and `tails`: how words begin and end."""

    phrases: dict[str, list[tuple[tuple[str, ...], str]]]
    alone: dict[str, str]
    heads: dict[str, str]
    tails: dict[str, str]
    by_letter: dict[str, list[str]]
    polite: frozenset[str]
    longest: int
    rewrites: list[tuple[re.Pattern[str], str]]
    tables: dict[str, dict[str, str]]
    last_verb: re.Pattern[str] | None


@cache
def dictionary_of(language: str) -> Dictionary:
    """Made once for each language."""
    lexicon = gloss_lexicon(language)
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    heads: dict[str, str] = {}
    tails: dict[str, str] = {}
    for phrase, english in lexicon.phrases:
        folded = fold(phrase)
        if folded.endswith("*"):
            heads[folded[:-1]] = english
        elif folded.startswith("*"):
            tails[folded[1:]] = english
        else:
            tokens = tuple(TOKEN.findall(folded))
            phrases.setdefault(tokens[0], []).append((tokens, english))
    by_letter: dict[str, list[str]] = {}
    for word, options in phrases.items():
        options.sort(key=lambda option: -len(option[0]))
        if len(options[-1][0]) == 1 and len(word) >= TYPO:
            by_letter.setdefault(word[0], []).append(word)
    alone = {" ".join(TOKEN.findall(fold(p))): english for english, listed in lexicon.alone.items() for p in listed}
    return Dictionary(
        phrases=phrases,
        alone=alone,
        heads=heads,
        tails=tails,
        by_letter=by_letter,
        polite=frozenset(" ".join(p) for options in phrases.values() for p, said in options if said in _POLITE)
        | _POLITE,
        longest=max(map(len, phrases)),
        rewrites=[_compiled(one, lexicon.tables) for one in lexicon.rewrites],
        tables={name: {fold(k): v for k, v in table.items()} for name, table in lexicon.tables.items()},
        last_verb=_last_verb(phrases) if lexicon.has_last_verb else None,
    )


def _compiled(rewrite: Rewrite, tables: dict[str, dict[str, str]]) -> tuple[re.Pattern[str], str]:
    find = rewrite.find
    for name, table in tables.items():
        find = find.replace(f"{{{name}}}", alternation([fold(key) for key in table]))
    return re.compile(find), rewrite.say


def _last_verb(phrases: dict[str, list[tuple[tuple[str, ...], str]]]) -> re.Pattern[str]:
    """A wish that ends with its verb: what leads to it, the rest and the verb."""
    verbs = sentence_words().verbs
    asked = {
        word for word, options in phrases.items() for phrase, said in options if len(phrase) == 1 and said in verbs
    }
    openers = {
        " ".join(phrase)
        for options in phrases.values()
        for phrase, said in options
        if said in {*sentence_words().openers}
    }
    infinitives = sorted(word for word in asked if word.endswith("n"))
    return re.compile(
        rf"^(?P<lead>(?:[\s,]*\b(?:{alternation(sorted(openers))})\b[\s,]*)*(?:(?:wenn|sobald|falls|immer wenn)\b[^,]*,\s*(?:dann\s+)?)?)"
        rf"(?!\s*(?:{alternation(sorted(asked))})\b)(?P<rest>(?:(?!:\s).)+?)\s+(?<! zu )(?P<verb>{alternation(infinitives)})(?=[\s.!?]*$|:\s)"
    )
