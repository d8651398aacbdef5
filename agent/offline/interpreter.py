"""The interpreter that needs no model: rules, words and retrieval. Never acts, never decides.

Order of reading: the open choice between templates, the answer to the open question, a change to the open card, what is
said about Errand itself, a new wish. A clear new wish or command comes before an answer that does not fit its question.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, process, utils

from agent.command import Candidate, CannotHandle, Clarify, Command, ControlRun, Edit, Start
from agent.interpreter import Interpretation, View
from agent.offline import calibration
from agent.offline.approval import read_approval
from agent.offline.clock_time import zone_names
from agent.offline.command import command_part, starts_with_verb
from agent.offline.control import ControlReader
from agent.offline.evidence import Evidence, Weighed, is_complete
from agent.offline.intent import Meaning, is_negated, is_question, read_meanings
from agent.offline.language import language_of
from agent.offline.lexicon.words import alternation, intent_words
from agent.offline.open_task import (
    SCHEDULE,
    read_answer_commands,
    read_change,
    read_policy,
    read_value,
    read_verdict,
    speaks_of_edit,
)
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.value.answer import has_form_of
from agent.offline.value.generic import read_values
from agent.shelf import Changes
from catalog.loader import Catalog
from catalog.retrieval.port import Entry, Retriever
from catalog.retrieval.words import Words
from catalog.workflow import Template, TriggerChoice

_FIRM = {
    "help", "abilities", "workflows", "runs", "status", "connections", "explain_failure", "what_now", "cancel_run", "disconnect",
}  # fmt: skip
"""Said of Errand itself, whatever is asked at the moment."""


_WISHES = {"match", "clarify", "none"}


class OfflineInterpreter:
    """Reads one message in well under ten milliseconds, besides what retrieval takes."""

    def __init__(
        self, catalog: Catalog, retriever: Retriever, *, connectors: Collection[str] = (), words: Words | None = None
    ) -> None:
        self._templates = dict(catalog.templates)
        self._retriever = retriever
        self._words = words
        self._control = ControlReader(connectors)
        self._learning: asyncio.Task[Evidence] | None = None
        self._learned: Evidence | None = None
        self._news: dict[str, Entry | None] = {}

    def start(self) -> None:
        """Begin to learn the templates' words in the background. Returns at once."""
        if self._learning is None:
            self._learning = asyncio.create_task(
                asyncio.to_thread(self._learn, dict(self._templates)), name="learn templates"
            )

    async def interpret(self, text: str, view: View) -> Interpretation:
        """Commands for one message. Never raises on what people write. The first one waits until all is learned."""
        if self._learned is None:
            self.start()
            assert self._learning is not None
            self._learned = await asyncio.shield(self._learning)
        self._take_news(self._learned)
        return await self._interpret(text, view)

    def update(self, changes: Changes) -> None:
        """Know these templates and learned words from the next message on."""
        self._news |= changes

    def _learn(self, templates: Mapping[str, Template]) -> Evidence:
        _warm_up()
        return Evidence(templates, self._words)

    def _take_news(self, evidence: Evidence) -> None:
        for template_id, entry in self._news.items():
            self._templates.pop(template_id, None)
            evidence.remove(template_id)
            if entry is not None:
                self._templates[template_id] = entry.template
                evidence.put(entry.template, entry.learned)
        self._news.clear()

    @property
    def _evidence(self) -> Evidence:
        assert self._learned is not None
        return self._learned

    async def _interpret(self, text: str, view: View) -> Interpretation:
        language = _language(text, view)
        sentence = read_sentence(text, view.now, view.zone, language or view.language)
        understood = replace(await self._understood(sentence, view), language=language)
        return _with_what_is_said(understood, sentence) if understood.outcome in _WISHES else understood

    async def _understood(self, sentence: Sentence, view: View) -> Interpretation:
        meanings = read_meanings(sentence.text)
        if not meanings and not re.search(r"\w", sentence.text.plain):
            return _nothing("unclear")
        if view.choices:
            chosen = await self._choice(sentence, meanings, view)
            if chosen is not None:
                return chosen
        if view.template is not None and view.asked in {*view.template.parameters, SCHEDULE}:
            return await self._while_asked(sentence, meanings, view)
        return await self._while_free(sentence, meanings, view)

    async def _while_asked(self, sentence: Sentence, meanings: list[Meaning], view: View) -> Interpretation:
        """A question is open: its answer, unless the message is clearly something else."""
        is_quote = bool(sentence.spans) and sentence.spans[0].kind == "quoted" and sentence.spans[0].start == 0
        if not is_quote:
            verdict = read_verdict([m for m in meanings if m.intent in {"cancel", "rehearse"}], view)
            if verdict is not None:
                return _meta(verdict)
            firm = self._control.read([m for m in meanings if m.intent in _FIRM], view)
            if firm is not None:
                return _meta(firm)
            named = [m for m in meanings if m.intent in {"set", "unset"} and "name" in m.slots]
            change = read_change(named, sentence, view)
            if change is not None:
                return _meta(change)
            wish = await self._other_wish(sentence, view)
            if wish is not None:
                return wish
        answer = read_answer_commands(sentence, meanings, view)
        if answer is not None:
            return _meta(answer)
        other = self._control.read(meanings, view)
        return _meta(other) if other is not None else _nothing("unclear")

    async def _other_wish(self, sentence: Sentence, view: View) -> Interpretation | None:
        """A new wish while a question is open; a text that is asked for may say almost anything."""
        assert view.template is not None
        parameter = view.template.parameters.get(view.asked or "")
        is_text = parameter is not None and parameter.kind in {"text", "long_text", "list"}
        fits = parameter is not None and not is_text and has_form_of(parameter, sentence)
        has_switch = _switch().match(sentence.low) is not None
        if fits or not (has_switch or starts_with_verb(sentence.masked)) or (is_text and not has_switch):
            return None
        if view.asked == SCHEDULE and sentence.spoken is not None and not has_switch:
            return None
        sentence = _without_switch(sentence)
        ranked = await self._ranked(sentence)
        if not ranked or ranked[0].score < calibration.SWITCH or ranked[0].template.id == view.template.id:
            return None
        return _started(ranked[0], ranked, sentence)

    async def _while_free(self, sentence: Sentence, meanings: list[Meaning], view: View) -> Interpretation:
        """Nothing is asked: an answer to an approval request, a word on the open card, a command, or a new wish."""
        answer = read_approval(meanings, view) or read_policy(sentence, view)
        if answer is not None:
            return _meta(answer)
        if view.has_open_card or view.template is not None:
            on_card = self._on_card(sentence, meanings, view)
            if on_card is not None:
                return _meta(on_card)
        elif view.schedule is not None:
            change = read_change([m for m in meanings if m.intent == "set"], sentence, view)
            if change is not None:
                return _meta(change)
        commands = self._without_card(meanings, sentence.low, view)
        if commands is not None:
            return _meta(commands)
        return await self._wish(sentence)

    def _on_card(self, sentence: Sentence, meanings: list[Meaning], view: View) -> list[Command] | None:
        change = read_change(meanings, sentence, view)
        verdict = read_verdict(meanings, view)
        if verdict is not None and not (change and any(m.intent == "no" for m in meanings) and sentence.spans):
            return verdict
        if change is not None:
            return change
        return None if starts_with_verb(sentence.masked) else read_value(sentence, view)

    def _without_card(self, meanings: list[Meaning], low: str, view: View) -> list[Command] | None:
        """What is said about Errand itself; a bare stop ends a run, an approval answers a waiting step."""
        if not (view.has_open_card or view.template):
            for meaning in meanings:
                if meaning.intent == "cancel":
                    return [ControlRun(verb="cancel")]
                if meaning.intent == "edit":
                    return [CannotHandle(reason="unclear")]
        commands = self._control.read(meanings, view)
        if commands is None and not view.template and not is_question(low) and speaks_of_edit(meanings):
            return [Edit()]
        if commands is None and any(m.intent in {"yes", "no", "skip"} for m in meanings):
            return [CannotHandle(reason="unclear")]
        return commands

    async def _wish(self, sentence: Sentence) -> Interpretation:
        """A new wish: match, clarify or none."""
        if is_unsafe(sentence):
            return Interpretation(outcome="refuse", commands=[CannotHandle(reason="unsafe")])
        if is_negated(sentence.low) or (sentence.text.is_cut and not starts_with_verb(sentence.masked)):
            return _nothing("unclear")  # very long and not begun as a wish: it is something pasted
        sentence = _without_switch(sentence)
        ranked = await self._ranked(sentence)
        matches = [Candidate(template_id=w.template.id, score=round(max(0.0, min(1.0, w.score)), 4)) for w in ranked]
        best = ranked[0] if ranked else None
        if best is None or best.score < calibration.CLARIFY:
            return Interpretation(outcome="none", commands=[CannotHandle(reason="none")], matches=matches)
        near = [w for w in ranked if best.score - w.score < calibration.GAP]
        has_values = best.filled.typed or is_complete(best.template, best.filled)
        is_open_question = is_question(sentence.low) and not has_values
        if is_open_question and best.score < calibration.CLARIFY_QUESTION:
            return Interpretation(outcome="none", commands=[CannotHandle(reason="none")], matches=matches)
        if not is_open_question and len(near) == 1 and _is_clear(ranked, sentence):
            return _started(best, ranked, sentence)
        offered = [w for w in ranked if w.score >= max(calibration.CLARIFY, best.score - calibration.NEAR)]
        candidates = matches[: min(len(offered), calibration.OPTIONS)]
        command = Clarify(candidates=candidates, text=sentence.text.original)
        return Interpretation(outcome="clarify", commands=[command], matches=matches)

    async def _ranked(self, sentence: Sentence) -> list[Weighed]:
        query = command_part(sentence)[: calibration.LOOKED_AT]
        found = await self._retriever.search(query, limit=calibration.CANDIDATES)
        is_asking = is_question(sentence.low)
        weighed = [
            self._evidence.weigh(
                self._templates[match.template_id],
                sentence,
                match.score if is_asking else max(match.score, match.learned),
            )
            for match in found
            if match.template_id in self._templates
        ]
        return sorted(weighed, key=lambda one: -one.score)

    async def _choice(self, sentence: Sentence, meanings: list[Meaning], view: View) -> Interpretation | None:
        """An answer to "which of these?": a number, an ordinal, or the name."""
        said = sentence.low.strip(" .!#()")
        if said in intent_words().none_of_these:
            return _nothing("none")
        if any(m.intent == "cancel" for m in meanings):
            return _meta(read_verdict(meanings, view) or [])
        index = _index(said, len(view.choices))
        titles = {i: self._templates[c].title for i, c in enumerate(view.choices) if c in self._templates}
        if index is None and len(said) < 60:  # noqa: PLR2004  # a title, not a new sentence
            found = process.extractOne(
                said,
                titles,
                scorer=fuzz.token_set_ratio,
                processor=utils.default_process,
                score_cutoff=calibration.LOOSE_NAME_RATIO,
            )
            index = int(found[2]) if found else None
        if index is None or index not in titles:
            return None
        first = read_sentence(
            view.choices_text, view.now, view.zone, language_of(view.choices_text, view.language) or view.language
        )
        chosen = self._evidence.weigh(self._templates[view.choices[index]], first, 1.0)
        return _started(chosen, [chosen], first)


def _with_what_is_said(understood: Interpretation, sentence: Sentence) -> Interpretation:
    said = read_values(sentence)
    return replace(understood, values=said.values, schedule=said.schedule)


def _is_clear(ranked: list[Weighed], sentence: Sentence) -> bool:
    """Whether the best template may be taken without asking."""
    best = ranked[0].score
    is_alone = len(ranked) == 1 or best - ranked[1].score >= calibration.LEAD
    is_request = starts_with_verb(sentence.masked) or bool(ranked[0].filled.typed)
    return best >= calibration.MATCH or (best >= calibration.LONE_MATCH and is_alone and is_request)


_OUTSIDE = re.compile(r"(?:\.\./){2,}|(?<![\w.])/(?:etc|proc|sys|dev|root)/")


def is_unsafe(sentence: Sentence) -> bool:
    """Whether it asks for what lies outside: another scheme than the web's, or a path that climbs out."""
    links = (s.value.lower() for s in sentence.spans if s.kind == "url")
    paths = [sentence.masked, *(s.value for s in sentence.spans if s.kind == "file")]
    return any(not link.startswith(("http://", "https://")) for link in links) or any(map(_OUTSIDE.search, paths))


def _language(text: str, view: View) -> str:
    """The message's language; a text that was asked for may be in any, which says nothing of the person's."""
    asked = view.template.parameters.get(view.asked or "") if view.template else None
    if asked is not None and asked.kind in {"text", "long_text", "list"}:
        return ""
    return language_of(text, view.language)


def _warm_up() -> None:
    """Compile what the first message would otherwise wait for."""
    zone_names()
    sentence = read_sentence("every monday at 9 UTC", datetime(2001, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))
    read_meanings(sentence.text)
    starts_with_verb(sentence.masked)


def _index(said: str, count: int) -> int | None:
    """0-based: "2", "the second one", "option b", "last"."""
    words = (
        re.sub(r"\b(?:the|one|option|number|no|choice|please|i mean|i want|take|use|it's)\b", " ", said).split()
        or said.split()
    )
    if len(words) != 1:
        return None
    number = int(words[0]) if words[0].isdecimal() else intent_words().ordinals.get(words[0])
    if number is None or not (number == -1 or 1 <= number <= count):
        return None
    return count - 1 if number == -1 else number - 1


@cache
def _switch() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:(?:{alternation(intent_words().switch_words)})\b[\s,.:!]*)+")


def _without_switch(sentence: Sentence) -> Sentence:
    """A wish without "wait, first …" before it."""
    match = _switch().match(sentence.low)
    if match is None or match.end() >= len(sentence.low):
        return sentence
    text = sentence.text
    return read_sentence(text.literal(match.end(), len(text.plain)), sentence.now, sentence.zone, text.language)


def _started(best: Weighed, ranked: list[Weighed], sentence: Sentence) -> Interpretation:
    spoken = best.filled.spoken
    allowed = best.template.trigger.allowed
    schedule = spoken.schedule if spoken is not None and best.template.trigger.takes_schedule else None
    command = Start(
        template_id=best.template.id,
        values=best.filled.values,
        schedule=schedule,
        trigger=_trigger(sentence.low, allowed, has_schedule=schedule is not None and "schedule" in allowed),
        needs_time=bool(schedule and spoken and spoken.is_partial),
        text=sentence.text.original,
    )
    matches = [Candidate(template_id=w.template.id, score=round(max(0.0, min(1.0, w.score)), 4)) for w in ranked]
    return Interpretation(outcome="match", commands=[command], matches=matches)


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


def _meta(commands: list[Command]) -> Interpretation:
    return Interpretation(outcome="meta" if commands else "none", commands=commands or [CannotHandle(reason="unclear")])


def _nothing(reason: str) -> Interpretation:
    command = CannotHandle(reason="none") if reason == "none" else CannotHandle(reason="unclear")
    return Interpretation(outcome="none", commands=[command])
