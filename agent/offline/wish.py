"""Reads a new wish: a template, several wishes, a workflow composed for it, a question between templates, or nothing.

Knows no conversation: what is open is the interpreter's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from agent.command import Candidate, CannotHandle, Clarify, Command, Start
from agent.interpreter import Interpretation
from agent.offline import calibration
from agent.offline.command import command_part, only_tells, starts_with_verb
from agent.offline.compose.clause import begins_with_trigger, further, independent, names_trigger, part_of
from agent.offline.compose.composer import Composer, Composition
from agent.offline.evidence import Evidence, Weighed
from agent.offline.intent import is_negated, is_question
from agent.offline.language import english_words
from agent.offline.left_out import left_out
from agent.offline.lexicon.words import alternation, clause_words, intent_words
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.sign import is_complete
from agent.offline.spelling import Speller
from agent.offline.unsafe import why_unsafe
from agent.offline.verb_form import pasts
from catalog.retrieval.port import Retriever
from catalog.retrieval.words import Words
from catalog.workflow import Template, TriggerChoice
from tools.guard import AddressGuard


class WishReader:
    """Weighs templates and blocks. `learn` before anything else."""

    def __init__(
        self,
        templates: Mapping[str, Template],
        retriever: Retriever,
        composer: Composer | None,
        words: Words | None,
        guard: AddressGuard,
    ) -> None:
        self._templates = templates
        self._guard = guard
        self._retriever = retriever
        self._composer = composer
        self._words = words
        self._learned: Evidence | None = None
        self._speller: Speller | None = None

    def learn(self, templates: Mapping[str, Template]) -> None:
        """Learn the words of all templates and blocks. Takes some time."""
        if self._composer is not None:
            self._composer.learn()
        self._learned = Evidence(templates, self._words)
        asks = " ".join(ask for template in templates.values() for ask in template.asks)
        self._speller = Speller({*english_words(), *re.findall(r"[a-z]+", asks)}, right=pasts())

    @property
    def evidence(self) -> Evidence:
        assert self._learned is not None
        return self._learned

    async def read(self, sentence: Sentence) -> Interpretation:
        """A new wish: match, clarify or none. One that is not clear is read again with its slips put right."""
        read = await self._read(sentence)
        if read.outcome not in {"clarify", "none"} or sentence.text.language != "en" or self._speller is None:
            return read
        again = read_sentence(
            sentence.text.original, sentence.now, sentence.zone, sentence.text.language, self._speller
        )
        if again.low == sentence.low or not starts_with_verb(again.masked):
            return read
        spelled = await self._read(again)
        return spelled if spelled.outcome == "match" or read.outcome == "none" else read

    async def _read(self, sentence: Sentence) -> Interpretation:
        if (reason := why_unsafe(sentence, self._guard)) is not None:
            return Interpretation(outcome="refuse", commands=[CannotHandle(reason=reason)])
        if is_negated(sentence.low) or (sentence.text.is_cut and not starts_with_verb(sentence.masked)):
            return Interpretation(
                outcome="none", commands=[CannotHandle(reason="unclear")]
            )  # very long and not begun as a wish: it is something pasted
        whole, sentence = sentence, without_switch(sentence)
        ranked = await self.ranked(sentence)
        several = None if ranked and ranked[0].was_said else await self._several(whole)
        if several is not None:
            return several
        answer = self._of_templates(sentence, ranked)
        composed = await self._composed(whole, ranked, answer)
        if composed is not None:
            return composed
        if answer.outcome == "match" and not ranked[0].was_said and _leaves_out_trigger(whole, ranked[0]):
            answer = replace(answer, outcome="none", commands=[CannotHandle(reason="none")])
        return self._without_service(sentence, answer) or answer

    def _of_templates(self, sentence: Sentence, ranked: list[Weighed]) -> Interpretation:
        """What the templates alone make of a wish."""
        matches = _candidates(ranked)
        best = ranked[0] if ranked else None
        is_bare = self.evidence.is_bare(sentence)
        if best is None or (best.score < calibration.CLARIFY and not is_bare):
            return Interpretation(outcome="none", commands=[CannotHandle(reason="none")], matches=matches)
        has_values = best.filled.typed or is_complete(best.template, best.filled)
        is_open_question = is_question(sentence.low) and not has_values
        is_request = has_values or best.was_said or starts_with_verb(sentence.masked)
        if (is_open_question or not is_request) and best.score < calibration.CLARIFY_UNASKED and not is_bare:
            return Interpretation(outcome="none", commands=[CannotHandle(reason="none")], matches=matches)
        is_vague = not best.was_said and (is_bare or self.evidence.is_terse(sentence))
        if not (is_open_question or is_vague) and _is_clear(ranked, sentence):
            return self._started(best, ranked, sentence)
        offered = [w for w in ranked if w.score >= calibration.NEAR * best.score]
        candidates = matches[: min(len(offered), calibration.OPTIONS)]
        command = Clarify(candidates=candidates, text=sentence.text.original)
        return Interpretation(outcome="clarify", commands=[command], matches=matches)

    def _started(self, best: Weighed, ranked: list[Weighed], sentence: Sentence) -> Interpretation:
        """Begun with the best template; a further thing to be done that its words do not explain is left out."""
        begun = started(best, ranked, sentence)
        unexplained = (
            sentence.text.literal(*place).strip(" ,.;!?")
            for place in further(sentence)
            if not any(start < place[1] and place[0] < end for start, end in best.filled.taken)
            and self.evidence.coverage(best.template, part_of(sentence, (place,))) < calibration.UNEXPLAINED
        )
        commands = [
            replace(one, left_out=tuple(dict.fromkeys((*one.left_out, *unexplained))))
            if isinstance(one, Start)
            else one
            for one in begun.commands
        ]
        return replace(begun, commands=commands)

    async def _several(self, sentence: Sentence) -> Interpretation | None:
        """Wishes that have nothing to do with each other, when each of them is clear by itself."""
        starts: list[Command] = []
        matches: list[Candidate] = []
        for place in independent(sentence):
            wish = part_of(sentence, (place,))
            found = await self.ranked(wish)
            ranked = [w for w in found if wish.spoken or w.template.trigger.allowed != ["schedule"]]
            if not ranked or not _is_clear(ranked, wish):
                return None
            begun = started(ranked[0], ranked, wish)
            starts += begun.commands
            matches = matches or begun.matches
        return Interpretation(outcome="match", commands=starts, matches=matches) if starts else None

    async def _composed(
        self, sentence: Sentence, ranked: list[Weighed], answer: Interpretation
    ) -> Interpretation | None:
        """A workflow put together for this wish, unless a template explains it as well."""
        if self._composer is None or _is_asking(sentence) or (ranked and ranked[0].was_said):
            return None
        composed = await self._composer.compose(sentence)
        if composed is None or (answer.outcome != "none" and _explains(ranked[0], composed, answer)):
            return None
        matches = [composed.match, *_candidates(ranked)]
        return Interpretation(outcome="match", commands=[composed.start], matches=matches)

    def _without_service(self, sentence: Sentence, answer: Interpretation) -> Interpretation | None:
        """A service that was named and that nothing is there for is said, not replaced by another one."""
        if answer.outcome == "match" or _is_asking(sentence) or not _is_request(sentence):
            return None
        named = self.evidence.unserved(sentence.masked, self._composer.services if self._composer else ())
        if not named:
            return None
        command = CannotHandle(reason="service", about=", ".join(named))
        return replace(answer, outcome="none", commands=[command])

    async def ranked(self, sentence: Sentence) -> list[Weighed]:
        query = command_part(sentence)[: calibration.LOOKED_AT]
        found = await self._retriever.search(query, limit=calibration.CANDIDATES)
        return self.evidence.rank([one for one in found if self._is_said(one.template_id, sentence)], sentence)

    def _is_said(self, template_id: str, sentence: Sentence) -> bool:
        """Whether what alone starts a template is spoken of, where there are words for it."""
        template = self._templates.get(template_id)
        source = template.trigger.source if template else None
        if source is None or source.uses not in clause_words().events:
            return True
        return _event(source.uses).search(sentence.masked) is not None


def _candidates(ranked: list[Weighed]) -> list[Candidate]:
    return [Candidate(template_id=w.template.id, score=round(max(0.0, min(1.0, w.score)), 4)) for w in ranked]


def _explains(best: Weighed, composed: Composition, answer: Interpretation) -> bool:
    """Whether a template leaves nothing unexplained that a composed workflow would do. One thing to be done by hand or at
    a time is a template's, however well it fits, unless it must be asked where.
    """
    if composed.is_plain:
        return not composed.asks_where
    if best.is_adapted:
        return False  # what was made for this wish does it as well, and was made of all its parts
    taken = len(best.filled.values) - len(best.filled.guessed)
    takes_all = taken >= len(composed.start.values) and not best.filled.unused
    is_whole = takes_all and best.coverage >= calibration.EXPLAINED
    is_near = best.score >= composed.match.score - calibration.COMPOSED_LEAD
    return answer.outcome == "match" and is_whole and is_near and _starts_alike(best.template, composed)


def _starts_alike(template: Template, composed: Composition) -> bool:
    """Whether what usually starts a template is what was said; looking on a schedule is as good as being told."""
    usual, wanted = template.trigger.allowed[0], composed.allowed[0]
    if wanted == "event":
        return usual in ("event", "schedule")
    return (usual == "webhook") == (wanted == "webhook") and usual != "event"


def _leaves_out_trigger(sentence: Sentence, best: Weighed) -> bool:
    """Whether a template would do at once what is to be done when something happens."""
    return names_trigger(sentence) and sentence.spoken is None and best.template.trigger.allowed[0] == "manual"


def _is_asking(sentence: Sentence) -> bool:
    return is_question(sentence.low) and not begins_with_trigger(sentence)


def _is_request(sentence: Sentence) -> bool:
    return starts_with_verb(sentence.masked) or begins_with_trigger(sentence)


def _is_clear(ranked: list[Weighed], sentence: Sentence) -> bool:
    """Whether the best template may be taken without asking."""
    best = ranked[0]
    if best.was_said:
        return best.score >= calibration.MATCH
    rivals = [one for one in ranked[1:] if _is_usual(one, sentence) or not _is_usual(best, sentence)]
    is_alone = not rivals or rivals[0].score < calibration.CLOSE * best.score
    if starts_with_verb(sentence.masked) and not is_question(sentence.low):
        return is_alone and best.score >= calibration.MATCH
    has_values = best.filled.typed or is_complete(best.template, best.filled)
    return bool(has_values) and is_alone and best.score >= calibration.MATCH_UNASKED and not only_tells(sentence.masked)


def _is_usual(weighed: Weighed, sentence: Sentence) -> bool:
    """Whether what usually starts it is what was said: it comes again and again, or it does not. Of two templates that
    do the same, nobody wants to be asked whether they mean the one for that.
    """
    recurs = sentence.spoken is not None and sentence.spoken.schedule.is_recurring
    return (weighed.template.trigger.allowed[0] == "schedule") == recurs


@cache
def _event(source: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternation(clause_words().events[source])})\b")


@cache
def switch() -> re.Pattern[str]:
    return re.compile(
        rf"\s*(?:(?:ok|okay|oh|hm+|so|but|no)[\s,.:!]+)*(?:(?:{alternation(intent_words().switch_words)})\b[\s,.:!]*)+"
    )


def without_switch(sentence: Sentence) -> Sentence:
    """A wish without "wait, first …" before it."""
    match = switch().match(sentence.low)
    if match is None or match.end() >= len(sentence.low):
        return sentence
    text = sentence.text
    rest = text.literal(match.end(), len(text.plain))
    return read_sentence(rest, sentence.now, sentence.zone, text.language, sentence.speller)


def started(best: Weighed, ranked: list[Weighed], sentence: Sentence) -> Interpretation:
    spoken = best.filled.spoken
    allowed = best.template.trigger.allowed
    schedule = spoken.schedule if spoken is not None and best.template.trigger.takes_schedule else None
    command = Start(
        template_id=best.template.id,
        template=best.template if best.is_adapted else None,
        values=best.filled.values,
        schedule=schedule,
        trigger=_trigger(sentence.low, allowed, has_schedule=schedule is not None and "schedule" in allowed),
        needs_time=bool(schedule and spoken and spoken.is_partial),
        text=sentence.text.original,
        left_out=left_out(best.template, best.filled, sentence),
    )
    return Interpretation(outcome="match", commands=[command], matches=_candidates(ranked))


def _trigger(low: str, allowed: list[TriggerChoice], *, has_schedule: bool) -> TriggerChoice | None:
    """What was said to start it, where the template leaves a choice."""
    if has_schedule:
        return "schedule"
    if "webhook" in allowed and re.search(
        r"\b(?:when|whenever|on|via|by|from|per)\s+(?:an?\s+|the\s+|my\s+)?(?:\w+\s+)?(?:webhook|hook)\b", low
    ):
        return "webhook"
    if "manual" in allowed and re.search(r"\b(?:right now|now|immediately|at once|right away|straight away)\b", low):
        return "manual"
    return None
