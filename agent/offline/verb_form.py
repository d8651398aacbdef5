"""Other forms of the English verbs that wishes begin with: emailing, emailed. Knows no sentence."""

from __future__ import annotations

from functools import cache

from agent.offline.lexicon.words import sentence_words

_VOWELS = "aeiou"
_SHORTEST = 3


@cache
def gerunds() -> dict[str, str]:
    """Emailing -> email, making -> make, putting -> put."""
    return {form: verb for verb in sorted(sentence_words().verbs) for form in (f"{_stem(verb)}ing", f"{verb}ing")}


@cache
def pasts() -> frozenset[str]:
    """What somebody has done already: emailed, copied, sent."""
    return frozenset(form for verb in sentence_words().verbs for form in _past(verb)) | sentence_words().irregular_pasts


def _past(verb: str) -> set[str]:
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return {f"{verb[:-1]}ied"}
    return {f"{_stem(verb)}ed"} if verb.endswith("e") else {f"{_stem(verb)}ed", f"{verb}ed"}


def _stem(verb: str) -> str:
    if verb.endswith("e"):
        return verb[:-1]
    is_doubled = (
        len(verb) >= _SHORTEST and verb[-1] not in f"{_VOWELS}wxy" and verb[-2] in _VOWELS and verb[-3] not in _VOWELS
    )
    return f"{verb}{verb[-1]}" if is_doubled else verb
