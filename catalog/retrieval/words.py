"""Splits sentences into the terms that retrieval compares: stems and concepts, each with how much it tells.

Addresses, numbers and times are recognised and named by what they are: which address it is says nothing about the wish.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SYNONYMS = Path(__file__).parent / "synonyms.yaml"
_LONGEST_TEXT = 2000
_GAP = 5
_MOST_KNOWN_WORDS = 20_000
_TOKEN = re.compile(
    r"""\{(?P<mark>text|name|time|number|money|phone|person|channel|email|url|csv|tsv|xlsx?|pdf|json|txt|md|html?|xml|ya?ml|zip)\}
    |(?P<url>https?://\S+|www\.\S+|(?<![\w@.])(?:[\w-]+\.)+(?:com|org|net|io|dev|app|ai|co|eu|de|fr|uk|us|test)\b(?:/\S*)?(?!@))
    |(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    |(?P<file>[\w/-]+\.(?P<format>csv|tsv|xlsx?|pdf|json|txt|md|html?|xml|ya?ml|zip))\b
    |(?P<channel>[#]\w[\w-]*)
    |(?P<person>@\w[\w.-]*)
    |(?P<time>\d{1,2}:\d{2}(?:\s*[ap]m\b)?|\d{1,2}\s*[ap]m\b)
    |(?P<number>\d[\d.,]*)
    |(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)""",
    re.VERBOSE,
)  # fmt: skip
_FORMATS = frozenset("csv tsv xls xlsx pdf json txt md htm html xml yaml yml zip".split())  # noqa: SIM905  # words, easier to read so
_FILLERS = frozenset(
    """a an the this that these those it its i me my mine we us our you your he she they them their his her is are was were
    be been being am do does did have has had will would can could should shall may might must to of for from in on at by
    with about as into and or but if then than so please just also some any all there what how which who when where
    why not no yes hey hi hello want need like able let get got thanks thank up out via someone somebody something anyone anybody""".split()  # noqa: SIM905  # prose
)
_TIMES = frozenset(
    """every each day daily nightly quarterly week weekly month monthly year yearly hour hourly minute minutes hours days weeks months monday
    tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun weekday weekdays weekend morning evening
    afternoon night noon midnight today tomorrow tonight am pm o'clock first last next other second quarter january
    february march april june july august september october november december""".split()  # noqa: SIM905  # words, easier to read so
)
_REPEATING = frozenset("every each daily weekly monthly yearly hourly nightly quarterly".split())  # noqa: SIM905  # words, easier to read so
_TURNS = {"to": ">", "into": ">", "as": ">", "from": "from "}
_NO_TARGET = frozenset({"a", "an", "the", "<file>"})
_FILLER_WEIGHT, _TIME_WEIGHT, _NAMED_WEIGHT, _REPEATING_WEIGHT, _WORD_WEIGHT = 0.08, 0.2, 0.35, 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Term:
    """One word: as written, its stem, the concepts that it stands for, and how much it tells (0 to 1)."""

    text: str
    stem: str
    concepts: tuple[str, ...]
    weight: float


class Words:
    """A vocabulary of synonyms and the words seen so far. Safe to share between threads: entries are only added."""

    def __init__(self, synonyms: Path = SYNONYMS) -> None:
        import snowballstemmer  # all its languages at once; not before the words are needed

        self._stemmer = snowballstemmer.stemmer("english")
        self._known: dict[str, Term] = {}
        self._single: dict[str, tuple[str, ...]] = {}
        self._phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._gapped: list[tuple[list[str], list[str], str]] = []
        read = yaml.load(synonyms.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  # the safe one
        for concept, words in read.items():
            for word in words:
                self._learn(concept, str(word).lower())
        self._longest = max(map(len, self._phrases), default=1)
        self._recent = lru_cache(maxsize=64)(self._terms)

    def terms(self, text: str) -> Sequence[Term]:
        """Return the terms of a sentence, in order; a phrase such as “let me know” adds one term for its concept."""
        return self._recent(text)

    def _terms(self, text: str) -> tuple[Term, ...]:
        plain = unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).casefold().replace("’", "'")
        terms = [term for part in plain.split() for term in self._part(part)]
        return (*terms, *self._phrases_in([term.stem for term in terms]), *_turns(terms), *_repeats(terms))

    def _learn(self, concept: str, written: str) -> None:
        stems, *after = (
            [self._stem(part) for part in re.findall(r"[\w:'-]+", piece)] for piece in written.split("…", 1)
        )
        if after:
            self._gapped.append((stems, after[0], concept))
        elif len(stems) == 1:
            self._single[stems[0]] = (*self._single.get(stems[0], ()), concept)
        elif stems:
            self._phrases[tuple(stems)] = (*self._phrases.get(tuple(stems), ()), concept)

    def _stem(self, word: str) -> str:
        return str(self._stemmer.stemWord(word))

    def _part(self, part: str) -> Iterable[Term]:
        """Read what stands between two spaces; nearly always it is a word seen before."""
        known = self._known.get(part)
        if known is not None:
            return (known,)
        return [term for match in _TOKEN.finditer(part) for term in self._read(match)]

    def _read(self, match: re.Match[str]) -> Iterable[Term]:
        kind = match["mark"] or match.lastgroup or "word"
        if match["format"] or kind in _FORMATS:
            return (self._named("file"), self._word(match["format"] or kind))
        return (self._word(match[0]),) if kind == "word" else (self._named(kind),)

    def _named(self, kind: str) -> Term:
        concepts = {
            "url": ("site",),
            "email": ("email",),
            "file": ("file",),
            "channel": ("chat",),
            "person": ("chat",),
        }.get(kind, ())
        weight = _NAMED_WEIGHT if concepts else _FILLER_WEIGHT
        return Term(f"<{kind}>", f"<{kind}>", concepts, weight)

    def _word(self, word: str) -> Term:
        known = self._known.get(word)
        if known is None:
            stem = self._stem(word.removesuffix("'s"))
            weight = _FILLER_WEIGHT if word in _FILLERS else _TIME_WEIGHT if word in _TIMES else _WORD_WEIGHT
            known = Term(word, stem, self._single.get(stem, ()), weight)
            if len(self._known) < _MOST_KNOWN_WORDS:
                self._known[word] = known
        return known

    def _phrases_in(self, stems: list[str]) -> Iterable[Term]:
        for length in range(2, self._longest + 1):
            for start in range(len(stems) - length + 1):
                concepts = self._phrases.get(tuple(stems[start : start + length]))
                if concepts:
                    yield Term("", "", concepts, _WORD_WEIGHT)
        for before, after, concept in self._gapped:
            if before[0] in stems and _has_gapped(stems, before, after):
                yield Term("", "", (concept,), _WORD_WEIGHT)


def _has_gapped(stems: list[str], before: list[str], after: list[str]) -> bool:
    """Whether one piece of a phrase stands before the other with a few words between them."""
    for start in range(len(stems) - len(before)):
        if stems[start : start + len(before)] == before:
            first = start + len(before) + 1
            return any(stems[at : at + len(after)] == after for at in range(first, min(first + _GAP, len(stems))))
    return False


def _turns(terms: list[Term]) -> Iterable[Term]:
    """What something is turned into or made from: “csv to json” and “json to csv” differ in nothing else."""
    for place, term in enumerate(terms):
        mark = _TURNS.get(term.text)
        following = [it for it in terms[place + 1 : place + 3] if it.text not in _NO_TARGET] if mark else []
        if following and following[0].weight == _WORD_WEIGHT:
            target = following[0]
            concepts = tuple(f"{mark}{concept}" for concept in target.concepts)
            yield Term(f"{mark}{target.text}", f"{mark}{target.stem}", concepts, _WORD_WEIGHT)


def _repeats(terms: list[Term]) -> Iterable[Term]:
    if any(term.text in _REPEATING for term in terms):
        yield Term("<repeating>", "<repeating>", (), _REPEATING_WEIGHT)
