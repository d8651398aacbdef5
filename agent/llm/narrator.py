"""Answers questions about the catalog, saved automations, runs and failures with a model's words, out of records that it is
given. What became of a run stands in the text as our own sentence about its record. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from pydantic import JsonValue

from agent.command import Tell, Topic
from agent.interpreter import Speaker, View
from agent.knowledge import Knowledge
from agent.live_text import LiveText, whole_sentences
from agent.llm.asking import Asking
from agent.llm.prompt import answer_prompt, shown_template
from agent.llm.prose import shown
from agent.moment import show_moment
from agent.phrases import Markdown
from agent.veil import Veil, read_veil
from catalog.retrieval.port import Retriever
from store.port import Records, Store
from store.record import Run
from tools.outbound import PromptLine

_TOPICS = {Topic.ABILITIES, Topic.WORKFLOWS, Topic.RUNS, Topic.STATUS, Topic.EXPLAIN_FAILURE}
_LEAST_WORDS = 5
_TEMPLATES = 6
_WORKFLOWS = 30
_RUNS = 10
_ANSWER_TOKENS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the model is given, and the sentences that stand for its marks."""

    records: dict[str, JsonValue]
    sentences: Mapping[str, Markdown]
    veil: Veil

    def shown(self, written: str, *, is_whole: bool) -> str:
        """What was written, as those may read it who read here."""
        return self.veil.text(shown(written, self.sentences, is_whole=is_whole))


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmNarrator:
    """Implements `agent.narrator.Narrator`. `timeout_s` is for one answer."""

    asking: Asking
    store: Store
    knowledge: Knowledge
    retriever: Retriever
    live: LiveText
    timeout_s: float

    async def narrate(self, text: str, tells: Sequence[Tell], view: View) -> str:
        """The answer, shown as it comes; empty when none came whole, or none is needed."""
        speaker = view.speaker
        if speaker is None or len(text.split()) < _LEAST_WORDS or not any(one.topic in _TOPICS for one in tells):
            return ""
        if self.asking.is_resting or await self.asking.is_spent(speaker):
            return ""
        facts = await self._facts(text, tells, view, speaker)
        try:
            return await self._written(answer_prompt(text, view, facts.records), facts, speaker)
        finally:
            self.live.end(speaker.conversation_id)

    async def _written(self, lines: Sequence[PromptLine], facts: _Facts, speaker: Speaker) -> str:
        written = ""
        until = self.asking.until(self.timeout_s)
        stream = self.asking.stream(lines, limit_tokens=_ANSWER_TOKENS, until=until, speaker=speaker)
        async with aclosing(stream) as pieces:  # type: ignore[type-var]  # a generator
            async for piece in pieces:
                if piece is None:
                    return ""
                written += piece
                so_far = facts.shown(written, is_whole=False)
                self.live.write(speaker.conversation_id, so_far)
                if self.live.is_stopped(speaker.conversation_id):
                    return whole_sentences(so_far)
        return facts.shown(written, is_whole=True)

    async def _facts(self, text: str, tells: Sequence[Tell], view: View, speaker: Speaker) -> _Facts:
        named = [template_id for tell in tells for template_id in tell.template_ids]
        found = [one.template_id for one in await self.retriever.search(text[:500], limit=_TEMPLATES)]
        templates = self.knowledge.templates
        known = [templates[one] for one in dict.fromkeys([*named, *found]) if one in templates][:_TEMPLATES]
        async with self.store.begin() as records:
            workflows = (await records.workflows.of_person(speaker.person_id))[:_WORKFLOWS]
            runs = await records.runs.of_person(speaker.person_id, limit=_RUNS)
            names = {one.id: one.name for one in workflows} | await _names(records, runs)
            veil = await self._veil(records, runs, view, speaker)
        sentences = {f"r{number}": self._sentence(run, names, view) for number, run in enumerate(runs, 1)}
        told: dict[str, JsonValue] = {
            "automations": [{"name": one.name, "state": one.state.value} for one in workflows],
            "runs": [_run(f"r{number}", run, names) for number, run in enumerate(runs, 1)],
        }
        shared = {name: veil.value(value) for name, value in told.items()}
        return _Facts(
            records={"templates": [shown_template(one) for one in known], **shared}, sentences=sentences, veil=veil
        )

    async def _veil(self, records: Records, runs: Sequence[Run], view: View, speaker: Speaker) -> Veil:
        """What may not be said there: nothing in particular where they are alone."""
        conversation = await records.conversations.get(speaker.conversation_id)
        if conversation is None or not conversation.is_shared:
            return Veil("", ())
        versions = await records.gallery.versions([(run.workflow_id, run.version) for run in runs])
        contents = [one.content for one in versions.values()]
        phrases = self.knowledge.phrases(view.locale)
        return await read_veil(records, self.knowledge, conversation, contents, phrases=phrases, zone=view.zone)

    def _sentence(self, run: Run, names: Mapping[str, str], view: View) -> Markdown:
        phrases = self.knowledge.phrases(view.locale)
        return phrases(
            "model.run",
            name=names.get(run.workflow_id) or phrases.plain("run.unnamed"),
            state=phrases.plain(f"run.state_{run.state.value}"),
            at=show_moment(run.ended_at or run.started_at or run.created_at, view.zone, view.now, phrases),
        )


async def _names(records: Records, runs: Sequence[Run]) -> dict[str, str]:
    found = await records.gallery.workflows({run.workflow_id for run in runs})
    return {one.id: one.name for one in found.values()}


def _run(mark: str, run: Run, names: Mapping[str, str]) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {
        "mark": f"[[{mark}]]",
        "automation": names.get(run.workflow_id, ""),
        "state": run.state.value,
        "at": (run.ended_at or run.started_at or run.created_at).isoformat(timespec="minutes"),
    }
    if run.failure is not None:
        told["failure"] = {
            "step": run.failure.step_id,
            "cause": run.failure.cause,
            "message": run.failure.message[:500],
            "advice": run.failure.advice,
        }
    return told
