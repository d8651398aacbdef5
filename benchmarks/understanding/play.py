"""Plays dialogues through the real turn and compares how they end. The order of Errand's questions is free: what it asks
out of turn is answered from what the person says later, and what nobody thought of with a plain answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from benchmarks.understanding.case import NOW, Cases, Dialogue, Final, Values
from benchmarks.understanding.right import Rightness, is_right, shape
from benchmarks.understanding.stage import Stage, command_of
from benchmarks.understanding.times import same_times
from benchmarks.understanding.value import has, plain
from catalog.proposal import ProposalContent
from catalog.workflow import Template

_QUESTIONS = 4
_PLAIN_ANSWERS = {"long_text": "Here is the text.", "text": "the usual", "list": "one, two"}


@dataclass(slots=True, kw_only=True)
class DialogueFigures:
    """Counts, and how each dialogue that went otherwise ended."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


async def play_dialogues(stage: Stage, cases: Cases, rightness: Rightness) -> DialogueFigures:
    figures = DialogueFigures()
    for dialogue in cases.dialogues:
        is_covered = _is_covered(dialogue.expect_final, rightness)
        problem = await _Play(stage, dialogue, cases.names, rightness).problem()
        figures.counts["all"] += 1
        figures.counts["covered"] += is_covered
        figures.counts["as expected"] += not problem
        figures.counts["covered as expected"] += is_covered and not problem
        if problem:
            label = "" if is_covered else "(not covered) "
            figures.wrong.append(f"dialogue  {dialogue.id:>4} {label}{problem}")
    return figures


def _is_covered(final: Final, rightness: Rightness) -> bool:
    keys = [final.intent_key, *(one.intent_key for one in final.also)] if final.intent_key else []
    return all(rightness.entries(key) for key in keys if key)


class _Play:
    """One dialogue in one conversation of whoever speaks first."""

    def __init__(
        self, stage: Stage, dialogue: Dialogue, names: Mapping[str, Sequence[str]], rightness: Rightness
    ) -> None:
        self._stage, self._dialogue, self._names, self._rightness = stage, dialogue, names, rightness
        self._owner = f"{dialogue.turns[0].as_ or 'me'}_{dialogue.id}"

    async def problem(self) -> str:
        """What went otherwise; empty: nothing."""
        place = await self._stage.begin(self._owner)
        approvers = self._stage.approvers()
        missed = ""
        for turn in self._dialogue.turns:
            by = f"{turn.as_}_{self._dialogue.id}" if turn.as_ else self._owner
            if turn.kind == "confirm":
                await self._answer_questions(place, by)
            taken = await self._stage.say(turn.user, place, by)
            if turn.expect_meta and taken.interpretation is not None:
                name = command_of(taken)
                if not self._rightness.is_command(name, turn.expect_meta):
                    missed = f"{turn.user!r} is {name}"
        return missed or await self._ending(self._stage.approvers() - approvers)

    async def _answer_questions(self, place: str, by: str) -> None:
        """Answer what is asked before a yes makes sense."""
        for _ in range(_QUESTIONS):
            task = (await self._stage.state(place)).task
            if task is None or task.asked is None:
                return
            template = task.template or self._rightness.templates[task.template_id]
            await self._stage.say(self._answer(task.asked, template), place, by)

    def _answer(self, asked: str, template: Template) -> str:
        given = {n: v for turn in self._dialogue.turns for n, v in turn.gives.items()}
        given |= self._dialogue.expect_final.params
        for name, value in given.items():
            if asked in {name, *self._names.get(name, ())}:
                return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        parameter = template.parameters.get(asked)
        return _PLAIN_ANSWERS.get(parameter.kind if parameter else "", "tomorrow at 9")

    async def _ending(self, approvers: set[str]) -> str:
        final, begun = self._dialogue.expect_final, await self._stage.begun(self._owner)
        if final.outcome == "cancelled":
            return f"began {[one.template_id for one in begun]}" if begun else ""
        wanted = [(final.intent_key or "", final.params), *((one.intent_key, one.params) for one in final.also)]
        for key, params in wanted:
            problems = [self._differs(one, key, params) for one in begun]
            if not begun or all(problems):
                return f"{key}: {problems[0] if problems else 'nothing began'}"
        main = next(one for one in begun if not self._differs(one, *wanted[0]))
        if final.approver and f"{final.approver}_{self._dialogue.id}" not in approvers:
            return f"{final.approver} approved nothing"
        return self._schedule_differs(main, final) or _holds(main.params, final)

    def _differs(self, content: ProposalContent, intent_key: str, params: Values) -> str:
        entries = self._rightness.entries(intent_key)
        name = content.template_id or ""
        if name not in self._rightness.templates:
            name = shape(content.workflow)
        if not is_right(name, entries):
            return f"began {name}"
        values = dict(content.params)
        if content.schedule is not None and content.schedule.at is not None:
            values["at"] = content.schedule.at.strftime("%Y-%m-%dT%H:%M")
        lost = [n for n, wanted in params.items() if wanted != "" and not has(n, [wanted], values, self._names)]
        return f"{lost} not in {values}" if lost else ""

    def _schedule_differs(self, content: ProposalContent, final: Final) -> str:
        if final.schedule is None:
            return ""
        zone = final.timezone or "UTC"
        is_same = same_times(content.schedule, [final.schedule], now=NOW, zone=zone)
        return "" if is_same else f"{final.schedule} is not {content.schedule}"


def _holds(values: dict[str, JsonValue], final: Final) -> str:
    """What is among the values and must not be."""
    whole = plain(" ".join(str(value) for value in values.values()))
    unwanted = [value for value in final.not_values if plain(value) in whole]
    unwanted += [name for name in final.absent if values.get(name) not in (None, "", [])]
    return f"holds {unwanted}" if unwanted else ""
