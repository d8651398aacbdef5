"""Reads a message of another language as English, word by word, so that every rule for English sentences applies to it.

Quotes, code, addresses and unknown words stay as they are, and each character keeps the place in the original that it
stands for: values are always what was written. Translates nothing for people to read.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.offline.dictionary import TOKEN, TYPO, Dictionary, dictionary_of
from agent.offline.draft import Draft, Place, around, rewritten
from agent.offline.language import english_words
from agent.offline.lexicon.gloss import HAN, fold, gloss_languages
from agent.offline.span import SpanKind, find_spans
from agent.offline.text import Text, lower

_KEPT: frozenset[SpanKind] = frozenset({"quoted", "code", "url", "email", "mention", "channel", "file", "json"})
_HIDDEN = "\ue000"
_STEM = 4
_PHRASE = 3

_JOINTS = {" ", "'", "-"}
_SPACED = re.compile(
    rf"(?<=[{HAN}])(?=[\w#@<\"“„`/+-])(?![{HAN}])|(?<=[\w>\"”`./])(?<![{HAN}])(?=[{HAN}])|(?<=[,:;!?])(?=[{HAN}])"
)

_SURPLUS = re.compile(r"^ +| +(?= |[,.:;!?](?: |$))| +$")


def into_english(text: Text, language: str) -> Text:
    """The same message as its English words. What is English or of an unknown language stays as it is."""
    if language not in gloss_languages():
        return text
    spaced = _spaced(text)
    draft = _hidden(spaced)
    words = dictionary_of(language)
    alone = _alone(draft.chars, words)
    if alone is not None:
        return _as_text(Draft(alone, ((0, len(spaced.plain)),) * len(alone)), spaced, language)
    for find, say in words.rewrites:
        draft = rewritten(draft, find, say, words.tables)
    draft = _glossed(_verb_first(draft, words), words)
    return _as_text(rewritten(draft, _SURPLUS, "", {}), spaced, language)


def _alone(chars: str, words: Dictionary) -> str | None:
    """What a whole message says that is nothing but usual words that mean the same, or one usual phrase: “sí, dale”."""
    if re.search(rf"[{_HIDDEN}\d]", chars):
        return None
    tokens = tuple(TOKEN.findall(chars))
    whole = (
        next((said for phrase, said in words.phrases.get(tokens[0], ()) if phrase == tokens), None) if tokens else None
    )
    said: set[str] = set()
    at = 0
    while at < len(tokens):
        for end in range(len(tokens), at, -1):
            part = " ".join(tokens[at:end])
            if part in words.alone or part in words.polite:
                said |= {words.alone[part]} if part in words.alone else set()
                break
        else:
            return whole if len(tokens) > 1 or len("".join(tokens)) >= _PHRASE else None
        at = end
    return said.pop() if len(said) == 1 else whole if len(tokens) > 1 else None


def _as_text(draft: Draft, source: Text, language: str) -> Text:
    """Untouched characters come back as they were written, capitals and all."""
    kept = (
        source.plain[start] if end == start + 1 and char in {_HIDDEN, fold(source.plain[start])} else char
        for char, (start, end) in zip(draft.chars, draft.places, strict=True)
    )
    plain = "".join(kept)
    places = tuple(_origin(source, place) for place in draft.places)
    return replace(source, plain=plain, low=lower(plain), places=places, language=language)


def _origin(source: Text, place: Place) -> Place:
    start, end = place
    if source.places is None:
        return place
    if end > start:
        return source.places[start][0], source.places[end - 1][1]
    at = source.places[start][0] if start < len(source.places) else len(source.original)
    return at, at


def _spaced(text: Text) -> Text:
    """With spaces where Chinese characters meet others, so that words have edges."""
    if not re.search(f"[{HAN}]", text.plain):
        return text
    plain = text.plain.translate({ord("。"): ".", ord("、"): ","})
    draft = rewritten(Draft(plain, tuple((i, i + 1) for i in range(len(plain)))), _SPACED, " ", {})
    return replace(
        text, plain=draft.chars, low=lower(draft.chars), places=tuple(_origin(text, place) for place in draft.places)
    )


def _hidden(text: Text) -> Draft:
    chars = list(fold(text.plain).replace("’", "'"))
    for span in find_spans(text):
        if span.kind in _KEPT:
            chars[span.start : span.end] = _HIDDEN * (span.end - span.start)
    return Draft("".join(chars), tuple((i, i + 1) for i in range(len(chars))))


def _verb_first(draft: Draft, words: Dictionary) -> Draft:
    return draft if words.last_verb is None else rewritten(draft, words.last_verb, "{lead}{verb} {rest}", {})


def _glossed(draft: Draft, words: Dictionary) -> Draft:
    """Word by word, the longest phrase first."""
    chars: list[str] = []
    places: list[Place] = []
    tokens = [match.span() for match in TOKEN.finditer(draft.chars)]
    at = index = 0
    while index < len(tokens):
        start, end = tokens[index]
        is_han = "\u4e00" <= draft.chars[start] <= "\u9fff"
        said, count = (None, 1) if is_han else _phrase(draft.chars, tokens, index, words)
        between = draft.chars[at:start]
        is_joined = bool(between) and between in _JOINTS - {" "} and (said is not None or bool(chars))
        chars.append(" " if is_joined else between)
        places += draft.places[at:start]
        end = tokens[index + count - 1][1]
        if is_han:
            for piece, first, last in _segments(draft.chars, start, end, words):
                chars.append(f" {piece} " if piece is not None else draft.chars[first:last])
                places += _set_off(draft, first, last, piece) if piece is not None else draft.places[first:last]
        elif said is None:
            chars.append(draft.chars[start:end])
            places += draft.places[start:end]
        else:
            chars.append(said)
            places += (around(draft, start, end),) * len(said)
        at, index = end, index + count
    return Draft("".join(chars) + draft.chars[at:], (*places, *draft.places[at:]))


def _set_off(draft: Draft, start: int, end: int, said: str) -> tuple[Place, ...]:
    """The places of a word and of the spaces around it, which stand for nothing."""
    place = around(draft, start, end)
    return ((place[0], place[0]), *(place,) * len(said), (place[1], place[1]))


def _phrase(chars: str, tokens: list[Place], index: int, words: Dictionary) -> tuple[str | None, int]:
    """What the words from here on are read as, and how many they are."""
    first = chars[slice(*tokens[index])]
    for phrase, said in words.phrases.get(first, ()):
        if _stands(chars, tokens[index : index + len(phrase)], phrase):
            return said, len(phrase)
    return _alike(first, words), 1


def _stands(chars: str, tokens: list[Place], phrase: tuple[str, ...]) -> bool:
    if len(tokens) < len(phrase):
        return False
    for number, (start, end) in enumerate(tokens):
        if chars[start:end] != phrase[number]:
            return False
        if number and chars[tokens[number - 1][1] : start] not in _JOINTS:
            return False
    return True


def _alike(word: str, words: Dictionary) -> str | None:
    """By how a word begins or ends; else by one slip of the keys."""
    for size in range(len(word), _STEM - 1, -1):
        if word[:size] in words.heads:
            return words.heads[word[:size]]
    for size in range(len(word) - 2, _STEM - 1, -1):
        said = words.tails.get(word[-size:])
        if said is not None:
            lead = word[:-size].removesuffix("s")
            known = words.phrases.get(lead, ()) or words.phrases.get(word[:-size], ())
            alone = next((english for phrase, english in known if len(phrase) == 1), None)
            return f"{alone or words.heads.get(lead) or lead} {said}"
    if len(word) < TYPO or word in english_words():
        return None
    found = process.extractOne(word, words.by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=1)
    return words.phrases[found[0]][-1][1] if found else None


def _segments(chars: str, start: int, end: int, words: Dictionary) -> list[tuple[str | None, int, int]]:
    """A run of Chinese characters cut into the longest known words; None: what is not known."""
    found: list[tuple[str | None, int, int]] = []
    at = start
    while at < end:
        for size in range(min(words.longest, end - at), 0, -1):
            said = next((english for _, english in words.phrases.get(chars[at : at + size], ())), None)
            if said is not None:
                found.append((said, at, at + size))
                at += size
                break
        else:
            if found and found[-1][0] is None:
                found[-1] = (None, found[-1][1], at + 1)
            else:
                found.append((None, at, at + 1))
            at += 1
    return found
