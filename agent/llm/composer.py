"""Has the model write a workflow for a wish that no template covers, out of the step types that there are. What it writes is
checked and sent back with the checks' words, twice at most. It becomes a card like any other; nothing is run here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from agent.command import Start
from agent.interpreter import View
from agent.llm.asking import Asking
from agent.llm.composition import composition_problems
from agent.llm.prompt import instructions, repair_lines
from agent.llm.proof import Proof
from agent.llm.quoting import Quoting
from agent.llm.step_list import sources_shown, steps_shown
from catalog.expression import Expressions
from catalog.kind import KINDS
from catalog.schedule import Schedule
from catalog.workflow import Parameter, Step, Template, TriggerSpec
from store.record import Purpose
from tools.outbound import PromptLine
from tools.registry import StepRegistry

_log = logging.getLogger(__name__)

_REPAIRS = 2
_ANSWER_TOKENS = 4000
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


class _Composition(BaseModel):
    """An automation for the wish, with the values that the message gives for its parameters."""

    model_config = ConfigDict(extra="forbid", title="workflow")

    title: str = Field(min_length=3, max_length=80, description="An imperative, e.g. “Mail new orders to the team”.")
    parameters: dict[str, Parameter] = {}
    trigger: TriggerSpec = TriggerSpec()
    steps: list[Step] = Field(min_length=1, max_length=20)
    result: str = Field(default="", max_length=2000)
    values: dict[str, JsonValue] = {}
    schedule: Schedule | None = None
    needs_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Writes workflows. `timeout_s` is for one of them, repairs included."""

    asking: Asking
    steps: StepRegistry
    connectors: Collection[str]
    expressions: Expressions
    timeout_s: float

    async def compose(self, text: str, view: View) -> Start | None:
        """A workflow for the wish, checked; none when the model has no fitting one in time."""
        lines = self._prompt(text, view)
        until = self.asking.until(self.timeout_s)
        for _ in range(1 + _REPAIRS):
            answer = await self.asking.structured(
                Purpose.COMPOSE,
                lines,
                schema=_Composition.model_json_schema(),
                limit_tokens=_ANSWER_TOKENS,
                until=until,
                speaker=view.speaker,
            )
            if answer is None or answer.is_refusal:
                return None
            start, problems = self._read(answer.value, text, view) if answer.value else (None, [answer.problem])
            if start is not None and not problems:
                return start
            _log.info("the composed workflow does not fit: %s", "; ".join(problems))
            lines = repair_lines(lines, answer.value, problems)
        return None

    def _prompt(self, text: str, view: View) -> list[PromptLine]:
        quoting, local = Quoting(), view.now.astimezone(view.zone)
        blocks = [
            quoting.quote("step types", steps_shown(self.steps), 60_000),
            quoting.quote("sources", sources_shown(self.steps), 20_000),
            f"Kinds of parameters: {', '.join(KINDS)}. It is {local:%Y-%m-%d %H:%M} in {view.zone.key}.",
            quoting.quote("message", text),
        ]
        return [
            PromptLine(role="system", text=f"{instructions()['compose']}\n{quoting.rule}"),
            PromptLine(role="user", text="\n\n".join(blocks)),
        ]

    def _read(self, value: JsonValue, text: str, view: View) -> tuple[Start | None, list[str]]:
        """The command, and what is wrong with it."""
        try:
            written = _Composition.model_validate(value)
            template = _template(written, text)
        except ValidationError as error:
            return None, [
                f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)[:12]
            ]
        start = Start(
            template_id=template.id,
            template=template,
            values={name: value for name, value in written.values.items() if value is not None},
            schedule=written.schedule,
            needs_time=written.needs_time,
            text=text,
        )
        said = "\n".join([text, *(one.text for one in view.turns if one.who == "person")])
        problems = composition_problems(template, self.steps, self.expressions, said)
        if not problems:
            proof = Proof(templates={template.id: template}, connectors=self.connectors, view=view, written=said)
            problems = proof.problems([start])
        return start, problems


def _template(written: _Composition, text: str) -> Template:
    """The workflow as a template of its own. Raises ValidationError."""
    fields = written.model_dump(
        include={"title", "parameters", "trigger", "steps", "result"}, exclude_unset=True, by_alias=True
    )
    slug = _NOT_SLUG.sub("-", written.title.lower()).strip("-")[:40].strip("-") or "workflow"
    return Template.model_validate(
        {
            **fields,
            "id": f"composed.{slug}",
            "summary": f"Put together for this wish: {written.title}"[:200],
            "category": "task",
            "asks": [_first_line(text)],
        }
    )


def _first_line(text: str) -> str:
    lines: Sequence[str] = text.strip().splitlines()
    return (lines[0] if lines else text)[:200]
