"""Reads a message of another language as English, word by word, so that every rule for English sentences applies to it.

Quotes, code, addresses and unknown words stay as they are, and each character keeps the place in the original that it
stands for: values are always what was written. Translates nothing for people to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.offline.language import english_words
from agent.offline.lexicon.gloss import HAN, Rewrite, fold, gloss_languages, gloss_lexicon
from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.span import SpanKind, find_spans
from agent.offline.text import Text, lower

_KEPT: frozenset[SpanKind] = frozenset({"quoted", "code", "url", "email", "mention", "channel", "file", "json"})
_HIDDEN = "\ue000"
_STEM = 4
_PHRASE = 3
_TYPO = 5
"""Shorter words are alike by chance."""

_POLITE = frozenset({"please", "thanks", "ok", "okay"})
_JOINTS = {" ", "'", "-"}
_TOKEN = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]+")
_SPACED = re.compile(
    rf"(?<=[{HAN}])(?=[\w#@<\"“„`/+-])(?![{HAN}])|(?<=[\w>\"”`./])(?<![{HAN}])(?=[{HAN}])|(?<=[,:;!?])(?=[{HAN}])"
)

_SURPLUS = re.compile(r"^ +| +(?= |[,.:;!?](?: |$))| +$")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A text on its way: folded characters and, for each, the part of the first text that it stands for."""

    chars: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Dictionary:
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


def into_english(text: Text, language: str) -> Text:
    """The same message as its English words. What is English or of an unknown language stays as it is."""
    if language not in gloss_languages():
        return text
    spaced = _spaced(text)
    draft = _hidden(spaced)
    words = _dictionary(language)
    alone = _alone(draft.chars, words)
    if alone is not None:
        return _as_text(_Draft(alone, ((0, len(spaced.plain)),) * len(alone)), spaced, language)
    for find, say in words.rewrites:
        draft = _rewritten(draft, find, say, words.tables)
    draft = _glossed(_verb_first(draft, words), words)
    return _as_text(_rewritten(draft, _SURPLUS, "", {}), spaced, language)


def _alone(chars: str, words: _Dictionary) -> str | None:
    """What a whole message says that is nothing but usual words that mean the same, or one usual phrase: “sí, dale”."""
    if re.search(rf"[{_HIDDEN}\d]", chars):
        return None
    tokens = tuple(_TOKEN.findall(chars))
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


def _as_text(draft: _Draft, source: Text, language: str) -> Text:
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
    draft = _rewritten(_Draft(plain, tuple((i, i + 1) for i in range(len(plain)))), _SPACED, " ", {})
    return replace(
        text, plain=draft.chars, low=lower(draft.chars), places=tuple(_origin(text, place) for place in draft.places)
    )


def _hidden(text: Text) -> _Draft:
    chars = list(fold(text.plain).replace("’", "'"))
    for span in find_spans(text):
        if span.kind in _KEPT:
            chars[span.start : span.end] = _HIDDEN * (span.end - span.start)
    return _Draft("".join(chars), tuple((i, i + 1) for i in range(len(chars))))


def _rewritten(draft: _Draft, find: re.Pattern[str], say: str, tables: dict[str, dict[str, str]]) -> _Draft:
    """Every place that fits, said otherwise; groups that are kept keep their places."""
    chars: list[str] = []
    places: list[Place] = []
    at = 0
    for match in find.finditer(draft.chars):
        start, end = match.span()
        chars.append(draft.chars[at:start])
        places += draft.places[at:start]
        for said, place in _said(match, say, tables):
            kept = draft.places[place[0] : place[1]]
            chars.append(said if said is not None else draft.chars[place[0] : place[1]])
            places += kept if said is None else (_around(draft, *place),) * len(said)
        at = end
    if not chars:
        return draft
    return _Draft("".join(chars) + draft.chars[at:], (*places, *draft.places[at:]))


def _said(match: re.Match[str], say: str, tables: dict[str, dict[str, str]]) -> list[tuple[str | None, Place]]:
    """The parts of what is said instead, each with the place it stands for; None: the characters that stand there."""
    parts: list[tuple[str | None, Place]] = []
    at = match.start()
    for index, piece in enumerate(_parts(say)):
        if index % 2 == 0:
            following = [match.start(name) for name in _parts(say)[index + 1 :: 2] if match.start(name) >= at]
            until = min(following, default=match.end())
            parts.append((piece, (at, max(at, until))))
        elif match[piece] is not None:
            parts.append((tables.get(piece.rstrip("0123456789"), {}).get(match[piece]), match.span(piece)))
            at = max(at, match.end(piece))
    return [part for part in parts if part[0] != ""]


@lru_cache(maxsize=2_000)
def _parts(say: str) -> list[str]:
    """Words and names of groups in turn."""
    return re.split(r"\{(\w+)\}", say)


def _around(draft: _Draft, start: int, end: int) -> Place:
    """The part of the first text that a stretch stands for."""
    if end > start:
        return min(p[0] for p in draft.places[start:end]), max(p[1] for p in draft.places[start:end])
    at = draft.places[start][0] if start < len(draft.places) else draft.places[-1][1] if draft.places else 0
    return at, at


def _verb_first(draft: _Draft, words: _Dictionary) -> _Draft:
    return draft if words.last_verb is None else _rewritten(draft, words.last_verb, "{lead}{verb} {rest}", {})


def _glossed(draft: _Draft, words: _Dictionary) -> _Draft:
    """Word by word, the longest phrase first."""
    chars: list[str] = []
    places: list[Place] = []
    tokens = [match.span() for match in _TOKEN.finditer(draft.chars)]
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
                chars.append(piece if piece is not None else draft.chars[first:last])
                places += (_around(draft, first, last),) * len(piece) if piece is not None else draft.places[first:last]
        elif said is None:
            chars.append(draft.chars[start:end])
            places += draft.places[start:end]
        else:
            chars.append(said)
            places += (_around(draft, start, end),) * len(said)
        at, index = end, index + count
    return _Draft("".join(chars) + draft.chars[at:], (*places, *draft.places[at:]))


def _phrase(chars: str, tokens: list[Place], index: int, words: _Dictionary) -> tuple[str | None, int]:
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


def _alike(word: str, words: _Dictionary) -> str | None:
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
    if len(word) < _TYPO or word in english_words():
        return None
    found = process.extractOne(word, words.by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=1)
    return words.phrases[found[0]][-1][1] if found else None


def _segments(chars: str, start: int, end: int, words: _Dictionary) -> list[tuple[str | None, int, int]]:
    """A run of Chinese characters cut into the longest known words; None: what is not known."""
    found: list[tuple[str | None, int, int]] = []
    at = start
    while at < end:
        for size in range(min(words.longest, end - at), 0, -1):
            said = next((english for _, english in words.phrases.get(chars[at : at + size], ())), None)
            if said is not None:
                found.append((f" {said} ", at, at + size))
                at += size
                break
        else:
            if found and found[-1][0] is None:
                found[-1] = (None, found[-1][1], at + 1)
            else:
                found.append((None, at, at + 1))
            at += 1
    return found


@cache
def _dictionary(language: str) -> _Dictionary:
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
            tokens = tuple(_TOKEN.findall(folded))
            phrases.setdefault(tokens[0], []).append((tokens, english))
    by_letter: dict[str, list[str]] = {}
    for word, options in phrases.items():
        options.sort(key=lambda option: -len(option[0]))
        if len(options[-1][0]) == 1 and len(word) >= _TYPO:
            by_letter.setdefault(word[0], []).append(word)
    alone = {" ".join(_TOKEN.findall(fold(p))): english for english, listed in lexicon.alone.items() for p in listed}
    return _Dictionary(
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
        rf"(?!\s*(?:{alternation(sorted(asked))})\b)(?P<rest>.+?)\s+(?<! zu )(?P<verb>{alternation(infinitives)})(?=[\s.!?]*$)"
    )
