"""The interpreter that needs no model: rules, words and retrieval. Never acts, never decides.

Order of reading: the open choice between templates, the answer to the open question, a change to the open card, what is
said about Errand itself, a new wish. A clear new wish or command comes before an answer that does not fit its question.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from agent.command import CannotHandle, Command, ControlRun, Decline, EditWorkflow, Tell, Topic
from agent.interpreter import Interpretation, View
from agent.mention import asked_about
from agent.offline import calibration
from agent.offline.approval import read_approval
from agent.offline.calling import SCHEDULE
from agent.offline.choice import index_of
from agent.offline.coming_back import without_lead
from agent.offline.command import starts_with_verb
from agent.offline.compose.composer import Composer
from agent.offline.control import OF_SHELF, ControlReader, names_workflow
from agent.offline.evidence import Evidence, Weighed
from agent.offline.intent import Meaning, is_question, read_meanings
from agent.offline.language import language_of
from agent.offline.lexicon.words import intent_words
from agent.offline.open_task import read_answer_commands, read_change, read_value, read_verdict, speaks_of_edit
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.small_change import STRANGE, read_small_change
from agent.offline.time_change import read_policy, read_zone
from agent.offline.time_zone import zone_names
from agent.offline.value.answer import has_form_of
from agent.offline.value.fill import fill
from agent.offline.value.generic import read_values
from agent.offline.wish import WishReader, started, switch, without_switch
from agent.phrases import languages, load_phrases
from agent.shelf import Changes
from catalog.loader import Catalog
from catalog.retrieval.port import Entry, Retriever
from catalog.retrieval.words import Words
from catalog.workflow import Template
from tools.guard import AddressGuard

_FIRM = {
    "help", "abilities", "able", "workflows", "runs", "status", "run_status", "history", "connections", "explain_failure",
    "what_now", "question_asked", "who_approves", "approvals", "cancel_run", "cancel_all", "disconnect", "undo", "failed",
    *OF_SHELF,
}  # fmt: skip
"""Said of Errand itself, whatever is asked at the moment."""


_UNCLEAR: list[Command] = [CannotHandle(reason="unclear")]
_WISHES = {"match", "clarify", "none"}


class OfflineInterpreter:
    """Reads one message in well under ten milliseconds, besides what retrieval takes."""

    def __init__(
        self,
        catalog: Catalog,
        retriever: Retriever,
        blocks: Retriever | None = None,
        *,
        guard: AddressGuard,
        connectors: Collection[str] = (),
        words: Words | None = None,
    ) -> None:
        self._templates = dict(catalog.templates)
        composer = Composer(catalog.blocks, blocks, words) if blocks is not None else None
        self._wishes = WishReader(self._templates, retriever, composer, words, guard)
        self._control = ControlReader(connectors)
        self._learning: asyncio.Task[None] | None = None
        self._news: dict[str, Entry | None] = {}

    def start(self) -> None:
        """Begin to learn the templates' words in the background. Returns at once."""
        if self._learning is None:
            self._learning = asyncio.create_task(
                asyncio.to_thread(self._learn, dict(self._templates)), name="learn templates"
            )

    async def wait_until_ready(self) -> None:
        self.start()
        assert self._learning is not None
        await asyncio.shield(self._learning)

    async def interpret(self, text: str, view: View) -> Interpretation:
        """Commands for one message. Never raises on what people write. The first one waits until all is learned."""
        await self.wait_until_ready()
        self._take_news(self._wishes.evidence)
        return await self._interpret(text, view)

    def update(self, changes: Changes) -> None:
        """Know these templates and learned words from the next message on."""
        self._news |= changes

    def _learn(self, templates: Mapping[str, Template]) -> None:
        _warm_up(templates.values())
        self._wishes.learn(templates)

    def _take_news(self, evidence: Evidence) -> None:
        for template_id, entry in self._news.items():
            self._templates.pop(template_id, None)
            evidence.remove(template_id)
            if entry is not None:
                self._templates[template_id] = entry.template
                evidence.put(entry.template, entry.learned, is_called_by_name=entry.is_saved)
        self._news.clear()

    async def _interpret(self, text: str, view: View) -> Interpretation:
        language = _language(text, view)
        sentence = read_sentence(text, view.now, view.zone, language or view.language)
        understood = replace(await self._understood(sentence, view), language=language)
        if not view.choices:
            understood = asked_about(understood, sentence.text.original)
        match understood.commands:
            case [Tell(topic=Topic.ABILITIES, about=str() as about)] if about:
                return replace(understood, commands=[await self._able(about, sentence)])
            case _:
                return _with_what_is_said(understood, sentence) if understood.outcome in _WISHES else understood

    async def _able(self, about: str, sentence: Sentence) -> Command:
        """Whether something can be done here, from the catalog: what uses that service, or what the words lead to."""
        low = about.lower().strip(" ?!.")
        of_service = [t.id for t in self._templates.values() if low in {one.lower() for one in t.services}]
        ranked = await self._wishes.ranked(read_sentence(about, sentence.now, sentence.zone))
        found = [w.template.id for w in ranked if w.score >= calibration.CLARIFY]
        able = tuple(dict.fromkeys([*of_service, *found]))[: 2 * calibration.OPTIONS]
        return Tell(topic=Topic.ABILITIES, about=about, template_ids=able)

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
        assert view.template is not None
        sentence, meanings = _come_back(sentence, meanings, view.template)
        is_quote = bool(sentence.spans) and sentence.spans[0].kind == "quoted" and sentence.spans[0].start == 0
        if not is_quote:
            verdict = read_verdict([m for m in meanings if m.intent in {"cancel", "rehearse"}], view)
            if verdict is not None:
                return _meta(verdict)
            firm = self._control.read([m for m in meanings if m.intent in _FIRM or names_workflow(m, view)], view)
            if firm is not None:
                return _meta(firm)
            named = [m for m in meanings if m.intent in {"set", "unset"} and "name" in m.slots]
            change = read_change(named, sentence, view) or read_zone(meanings, sentence, view)
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
        has_switch = switch().match(sentence.low) is not None
        if fits or not (has_switch or starts_with_verb(sentence.masked)) or (is_text and not has_switch):
            return None
        if view.asked == SCHEDULE and sentence.spoken is not None and not has_switch:
            return None
        sentence = without_switch(sentence)
        ranked = await self._wishes.ranked(sentence)
        if not ranked or ranked[0].score < calibration.SWITCH or ranked[0].template.id == view.template.id:
            return None
        return started(ranked[0], ranked, sentence)

    async def _while_free(self, sentence: Sentence, meanings: list[Meaning], view: View) -> Interpretation:
        """Nothing is asked: an answer to an approval request, a word on the open card, a command, or a new wish."""
        answer = self._control.read([m for m in meanings if m.intent in OF_SHELF], view)
        answer = answer or read_approval(meanings, view) or read_policy(sentence, view)
        if answer is not None:
            return _meta(answer)
        if view.has_open_card or view.template is not None:
            if view.template is not None:
                sentence, meanings = _come_back(sentence, meanings, view.template)
            on_card = self._on_card(sentence, meanings, view)
            if on_card is not None:
                return _meta(on_card)
        elif view.schedule is not None:
            change = read_change([m for m in meanings if m.intent == "set"], sentence, view)
            if change is not None:
                return _meta(change)
        commands = self._without_card(meanings, sentence, view)
        if commands is not None:
            return _meta(commands)
        wish = await self._wishes.read(sentence)
        if wish.outcome in {"clarify", "none"} and (small := read_small_change(sentence, view, strange=STRANGE)):
            return _meta(small)  # rather than a template that is hardly meant
        return wish

    def _on_card(self, sentence: Sentence, meanings: list[Meaning], view: View) -> list[Command] | None:
        change = read_change(meanings, sentence, view)
        but = next((m.slots["comment"] for m in meanings if m.intent == "approve_with" and "comment" in m.slots), "")
        if but and not change:
            said = read_sentence(but, sentence.now, sentence.zone, sentence.text.language)
            return read_change(read_meanings(said.text), said, view) or read_value(said, view) or _UNCLEAR
        verdict = read_verdict(meanings, view)
        if verdict is not None and not (change and any(m.intent == "no" for m in meanings) and sentence.spans):
            return verdict
        if change is not None:
            return change
        small = read_small_change(sentence, view)
        return small if small or starts_with_verb(sentence.masked) else read_value(sentence, view)

    def _without_card(self, meanings: list[Meaning], sentence: Sentence, view: View) -> list[Command] | None:
        """What is said about Errand itself; a bare stop ends a run, an approval answers a waiting step."""
        if not (view.has_open_card or view.template):
            for meaning in meanings:
                if meaning.intent == "cancel":
                    return [ControlRun(verb="cancel")]
                if meaning.intent == "edit":
                    return [EditWorkflow()]
        commands = self._control.read(meanings, view)
        if (
            commands is None
            and not view.template
            and not is_question(sentence.low)
            and speaks_of_edit(meanings, sentence)
        ):
            return [EditWorkflow(change=sentence.text.original)]
        if commands is None and any(m.intent in {"yes", "no", "skip"} for m in meanings):
            return [CannotHandle(reason="unclear")]
        return commands

    async def _choice(self, sentence: Sentence, meanings: list[Meaning], view: View) -> Interpretation | None:
        """An answer to "which of these?": a number, an ordinal, or the name."""
        said = sentence.low.strip(" .!#()")
        if len(view.choices) == 1 and any(m.intent == "no" for m in meanings):
            return _meta([Decline()])
        if said in intent_words().none_of_these:
            return _nothing("none")
        if any(m.intent == "cancel" for m in meanings):
            return _meta(read_verdict(meanings, view) or [])
        titles = {i: self._templates[c].title for i, c in enumerate(view.choices) if c in self._templates}
        index = index_of(said, titles, len(view.choices))
        if index is None:
            return None
        first = read_sentence(
            view.choices_text, view.now, view.zone, language_of(view.choices_text, view.language) or view.language
        )
        if index not in titles:  # one that was composed for that sentence
            return await self._wishes.read(first)
        known = self._templates[view.choices[index]]
        template = self._wishes.evidence.adapted(known.id, first)
        chosen = Weighed(template=template, filled=fill(template, first), score=1.0, is_adapted=template is not known)
        return started(chosen, [chosen], first)


def _come_back(sentence: Sentence, meanings: list[Meaning], template: Template) -> tuple[Sentence, list[Meaning]]:
    returned = without_lead(sentence, template)
    return (sentence, meanings) if returned is sentence else (returned, read_meanings(returned.text))


def _with_what_is_said(understood: Interpretation, sentence: Sentence) -> Interpretation:
    said = read_values(sentence)
    return replace(understood, values=said.values, schedule=said.schedule)


def _language(text: str, view: View) -> str:
    """The message's language; a text that was asked for may be in any, which says nothing of the person's."""
    asked = view.template.parameters.get(view.asked or "") if view.template else None
    if asked is not None and asked.kind in {"text", "long_text", "list"}:
        return ""
    return language_of(text, view.language)


def _warm_up(templates: Iterable[Template]) -> None:
    """Read and compile what the first message of each language would otherwise wait for."""
    zone_names()
    for language in languages():
        load_phrases(language)
        sentence = read_sentence(_USUAL, datetime(2001, 1, 1, tzinfo=UTC), ZoneInfo("UTC"), language)
        read_meanings(sentence.text)
        starts_with_verb(sentence.masked)
        language_of(_USUAL)
        read_values(sentence)
    for template in islice(templates, _WARMED):
        fill(template, sentence)


_USUAL = "when a row is added to the sheet 'list' with name: 'x', email it to bob@example.com every monday at 9 UTC"
_WARMED = 200
"""Templates whose words are compiled before they are needed."""


def _meta(commands: list[Command]) -> Interpretation:
    return Interpretation(outcome="meta" if commands else "none", commands=commands or [CannotHandle(reason="unclear")])


def _nothing(reason: str) -> Interpretation:
    command = CannotHandle(reason="none") if reason == "none" else CannotHandle(reason="unclear")
    return Interpretation(outcome="none", commands=[command])
