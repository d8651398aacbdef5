"""How well a message fits templates, weighed from retrieval and from what can be told without it.

Two questions with weights of their own (`agent.offline.calibration`): which template is nearest, and how surely the nearest
one is what was meant. The first compares templates, the second looks at the message, so that small talk is no wish even
where one template is nearer to it than the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log

from agent.offline import calibration as weight
from agent.offline.command import starts_with_verb
from agent.offline.general import any_of, generalise
from agent.offline.intent import is_question
from agent.offline.known_words import as_asked, bare, endings_of, tokens, without_names, without_values
from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.sentence import Sentence
from agent.offline.sign import form_signs, message_signs, weigh
from agent.offline.value.fill import Filled, fill
from agent.offline.way import read_way
from catalog.mailed import can_be_mailed, mailed
from catalog.retrieval.port import Match
from catalog.retrieval.words import Term, Words
from catalog.workflow import Template

About = tuple[list[frozenset[str]], list[frozenset[str]]]
"""What a template is about: for each word of its title, and for what most of its asks share, tokens of which one will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A template with what it would be given. `nearness` compares it with others; `score` (0 to 1) says how surely it is
    meant; `coverage` is the part of what was said that its words explain. `was_said`: the same was said for it before.
    `is_adapted`: it tells by another way than the one in the catalog.
    """

    template: Template
    filled: Filled
    score: float
    nearness: float = 0.0
    coverage: float = 1.0
    was_said: bool = False
    is_adapted: bool = False


class Evidence:
    """Knows the words of every template. They come and go one by one; weighing one takes well under a millisecond."""

    def __init__(self, templates: Mapping[str, Template], words: Words | None = None) -> None:
        self._words = words or Words()
        self._known: dict[str, frozenset[str]] = {}
        self._templates: dict[str, Template] = {}
        self._about: dict[str, About] = {}
        self._asks: dict[str, set[str]] = {}
        self._endings: dict[str, frozenset[str]] = {}
        self._mailable: dict[str, dict[bool, Template]] = {}
        self._learned: dict[str, re.Pattern[str]] = {}
        self._asking: dict[str, Template] = {}
        self._names: dict[str, re.Pattern[str]] = {}
        self._taught: dict[str, frozenset[str]] = {}
        self._shared: Counter[str] = Counter()
        self._subjects: Counter[str] = Counter()
        self._services: Counter[str] = Counter()
        self._services_of: dict[str, frozenset[str]] = {}
        self._mail_words = frozenset(token for term in self._words.terms("e-mail email mail") for token in tokens(term))
        for template in templates.values():
            self.put(template)

    def put(self, template: Template, learned: Collection[str] = (), *, is_called_by_name: bool = False) -> None:
        """Learn the words of a template that is not known yet, and those that people said for it."""
        self._templates[template.id] = template
        self._learn(template)
        self._asks[template.id] = {bare(ask) for ask in template.asks}
        self._endings[template.id] = endings_of(template)
        if can_be_mailed(template):
            self._mailable[template.id] = {}
        self._shared.update(self._known[template.id])
        self._subjects.update(self._subjects_of(template))
        self._services_of[template.id] = frozenset(service.lower() for service in template.services)
        self._services.update(self._services_of[template.id])
        if is_called_by_name:
            self._asking[template.id] = as_asked(template)
            self._names[template.id] = re.compile(rf"\b{re.escape(template.title.casefold())}\b")
        if learned:
            terms = (term for words in learned for term in self._words.terms(words))
            self._learned[template.id] = any_of(learned)
            self._taught[template.id] = frozenset(token for term in terms for token in tokens(term))

    def remove(self, template_id: str) -> None:
        """Forget a template, if it is known."""
        if template_id in self._known:
            self._shared -= Counter(self._known.pop(template_id))
            self._subjects -= Counter(self._subjects_of(self._templates.pop(template_id)))
            self._services -= Counter(self._services_of.pop(template_id))
            for kept in (
                self._about,
                self._asks,
                self._endings,
                self._mailable,
                self._learned,
                self._taught,
                self._names,
                self._asking,
            ):
                kept.pop(template_id, None)

    def rank(self, found: Iterable[Match], sentence: Sentence) -> list[Weighed]:
        """Weigh what was retrieved for one sentence, best first."""
        weighed = [self._weigh(match, sentence) for match in found if match.template_id in self._templates]
        weighed.sort(key=lambda one: -one[0].nearness)
        if not weighed:
            return []
        best, signs = weighed[0]
        gap = best.nearness - weighed[1][0].nearness if len(weighed) > 1 else weight.GAP_AT_MOST
        surety = max(best.score, 1 / (1 + exp(-weigh(weight.SURETY, self.wish_signs(best, signs, gap, sentence)))))
        return [replace(one, score=surety * exp(one.nearness - best.nearness)) for one, _ in weighed]

    def is_bare(self, sentence: Sentence) -> bool:
        """Whether a message only names what templates are about ("csv", "a webhook"), and not what should happen."""
        told = {
            term.stem for term in self._words.terms(sentence.masked[: weight.LOOKED_AT]) if term.weight > weight.TELLING
        }
        return bool(told) and not (sentence.spans or is_question(sentence.low)) and told <= self._subjects.keys()

    def is_terse(self, sentence: Sentence) -> bool:
        """Whether it is a single word that tells something, with nothing else: too little to begin anything."""
        terms = self._words.terms(sentence.masked[: weight.LOOKED_AT])
        return not sentence.spans and sum(term.text != "" and term.weight > weight.TELLING for term in terms) < 2  # noqa: PLR2004  # one tells too little

    def signs(self, match: Match, sentence: Sentence) -> tuple[Filled, dict[str, float]]:
        """What speaks for and against one template, by the names of `calibration.NEARNESS`."""
        template = self.adapted(match.template_id, sentence)
        filled = fill(self._asking.get(template.id, template), sentence)
        signs = form_signs(template, sentence, filled, self._endings[template.id])
        signs |= self._about_signs(template, sentence.low)
        signs["coverage"] = self._coverage(template, sentence, filled)
        learned = 0.0 if is_question(sentence.low) else match.learned
        return filled, signs | {"vector": max(match.vector, learned), "lexical": match.lexical}

    def wish_signs(self, best: Weighed, signs: Mapping[str, float], gap: float, sentence: Sentence) -> dict[str, float]:
        """What speaks for and against its being a wish for the nearest template, by the names of `calibration.SURETY`."""
        named = {"vector", "coverage", "title", "unused", "lacks", "complete", "event_unsaid", "file_unusual"}
        message = message_signs(sentence, best.filled)
        return {
            **{name: signs.get(name, 0.0) for name in named},
            **message,
            "nearness": best.nearness,
            "gap": min(gap, weight.GAP_AT_MOST),
            "foreign": float(bool(self._foreign(best.template, sentence.low))),
        }

    def _weigh(self, match: Match, sentence: Sentence) -> tuple[Weighed, dict[str, float]]:
        filled, signs = self.signs(match, sentence)
        template = self.adapted(match.template_id, sentence)
        is_learned = self._is_learned(template, sentence, filled) or self._is_named(template, sentence)
        score = weight.SAME_ASK if bare(sentence.low) in self._asks[template.id] else weight.LEARNED * is_learned
        one = Weighed(
            template=template,
            filled=filled,
            score=score,
            nearness=weigh(weight.NEARNESS, signs) + (weight.SAID_BEFORE if score else 0.0),
            coverage=signs["coverage"],
            was_said=score > 0,
            is_adapted=template is not self._templates[template.id],
        )
        return one, signs

    def adapted(self, template_id: str, sentence: Sentence) -> Template:
        """The template as this message wants it: one that tells in chat may tell by e-mail."""
        template = self._templates[template_id]
        if template_id not in self._mailable or not (way := read_way(sentence)).by_mail:
            return template
        variants = self._mailable[template_id]
        if way.in_chat not in variants:
            variants[way.in_chat] = mailed(template, beside_chat=way.in_chat)
        return variants[way.in_chat]

    def weigh_part(self, template: Template, sentence: Sentence, retrieved: float) -> Weighed:
        """Score a block for one part of a sentence: by its words and values alone, without what a whole wish looks like."""
        filled = fill(template, sentence)
        coverage = self._coverage(template, sentence, filled, of_nothing=1.0 if filled.typed else 0.0)
        score = weight.RETRIEVAL * retrieved + weight.COVERAGE * coverage
        score += (
            min(weight.TYPED_VALUES_AT_MOST, weight.TYPED_VALUE * filled.typed) + weight.PART_UNUSED * filled.unused
        )
        score += self._services_named(template, sentence.low)
        return Weighed(template=template, filled=filled, score=score, coverage=coverage)

    def coverage(self, template: Template, part: Sentence) -> float:
        """The share of what a part of a sentence says that a template's words explain; of nothing said, all."""
        return self._coverage(template, part, Filled(), of_nothing=1.0)

    def unserved(self, low: str, also: Collection[str]) -> list[str]:
        """The services named of which no template and nothing in `also` knows."""
        found = dict.fromkeys(_foreign_services().findall(low))
        return [name for name in found if name not in self._services and name not in also]

    def _is_learned(self, template: Template, sentence: Sentence, filled: Filled) -> bool:
        """Whether somebody said the same before, give or take values, and said yes to what came of it."""
        learned = self._learned.get(template.id)
        if learned is None or is_question(sentence.low):
            return False
        return learned.fullmatch(generalise(sentence, filled.values, template)) is not None

    def _is_named(self, template: Template, sentence: Sentence) -> bool:
        """Whether it is the name of a saved template and little else: “do the quarter books with may.csv”."""
        name = self._names.get(template.id)
        if name is None or is_question(sentence.low):
            return False
        rest, times = name.subn(" ", generalise(sentence, {}, template))
        words = sentence_words()
        other = [word for word in rest.split() if not (word.startswith("{") or word in words.small_words)]
        return times > 0 and (not other or (len(other) == 1 and other[0] in words.verbs))

    def _subjects_of(self, template: Template) -> set[str]:
        return {term.stem for term in self._words.terms(" ".join((*template.services, template.category)))}

    def _learn(self, template: Template) -> None:
        """Note the words of a template, and what it is about: its title's words and those that most asks share."""
        named = (
            text
            for n, p in template.parameters.items()
            for text in (n.replace("_", " "), p.label, *p.words, *p.options)
        )
        other = ". ".join((template.summary, *template.services, *named))
        title, asks = self._words.terms(template.title), [self._words.terms(ask) for ask in template.asks]
        everything = (*title, *(term for terms in asks for term in terms), *self._words.terms(other))
        self._known[template.id] = frozenset(token for term in everything for token in tokens(term))
        counts = Counter(
            token
            for terms in asks
            for token in {token for t in terms if t.weight >= weight.TELLING for token in tokens(t)} - {""}
        )
        self._about[template.id] = (
            [frozenset(tokens(term)) for term in title if term.text and term.weight >= weight.TELLING],
            [frozenset({token}) for token, count in counts.items() if count >= weight.SHARED * len(asks)],
        )

    def _about_signs(self, template: Template, low: str) -> dict[str, float]:
        """Which part of what a template is about the message says: of its title, and of what most of its asks share."""
        said = {token for term in self._words.terms(low[: weight.LOOKED_AT]) for token in tokens(term)}
        title, shared = (
            sum(not said.isdisjoint(any_of) for any_of in about) / len(about) if about else 1.0
            for about in self._about[template.id]
        )
        return {"title": title, "shared": shared}

    def _coverage(self, template: Template, sentence: Sentence, filled: Filled, *, of_nothing: float = 0.0) -> float:
        """The part of the message's meaning that the template's words explain. Values count neither way, unless they
        are only what was left over: then they count against it where the template does not know their words. `of_nothing`
        is the share when there is nothing but values.
        """
        known = self._known[template.id]
        if template is not self._templates[template.id]:
            known |= self._mail_words
        if template.id in self._taught and not is_question(sentence.low):
            known |= self._taught[template.id]
        explained = total = 0.0
        is_firm = bool(filled.typed or filled.spoken)
        rest, guessed = without_values(sentence, filled)
        if starts_with_verb(sentence.masked):
            rest = without_names(template, rest, filled)
        for text, share in ((rest, 1.0), (guessed, weight.GUESSED_FIRM if is_firm else weight.GUESSED)):
            for term in self._words.terms(text[: weight.LOOKED_AT]):
                if term.weight < weight.TELLING or not term.text:
                    continue
                worth = share * term.weight * self._rarity(term)
                if term.text in sentence_words().verbs and term.stem not in known:
                    worth *= weight.OTHER_VERB
                is_known = term.stem in known or any(token in known for token in tokens(term))
                total += worth
                explained += worth if term.stem in known else weight.SYNONYM * worth if is_known else 0.0
        if total == 0:
            return of_nothing
        is_thin = explained < weight.THIN and not (is_firm or starts_with_verb(sentence.masked))
        return (0.5 if is_thin else 1.0) * explained / total

    def _rarity(self, term: Term) -> float:
        """Words that many templates share tell them apart the less."""
        count = self._shared.get(term.stem, 0)
        return 1.0 if not count else 0.3 + 0.7 * log(1 + len(self._known) / count) / log(1 + len(self._known))

    def _services_named(self, template: Template, low: str) -> float:
        named = set(_service_pattern(frozenset(self._services)).findall(low)) if self._services else set()
        own = {service.lower() for service in template.services}
        foreign = set(_foreign_services().findall(low)) - own
        return (weight.SERVICE_NAMED if named & own else 0.0) + (weight.SERVICE_ELSEWHERE if foreign else 0.0)

    def _foreign(self, template: Template, low: str) -> set[str]:
        """The services named that the template does not use."""
        own = {service.lower() for service in template.services}
        return set(_foreign_services().findall(low)) - own


@lru_cache(maxsize=4)
def _service_pattern(services: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternation(sorted(services))})\b")


@lru_cache(maxsize=1)
def _foreign_services() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternation(sentence_words().services)})\b")
