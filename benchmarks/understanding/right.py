"""Which templates are right for an intent: a table that a person has looked through (`right.json`). Computes nothing.

An entry is a template's id, or `composed:<what starts it>><what it does>` for a workflow that is built for the wish:
`composed:email.new>chat.post`. What starts it is `manual`, `schedule`, `webhook` or a source's name; `*` is any.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from agent.command import Start
from agent.interpreter import Interpretation
from benchmarks.understanding.case import Request
from catalog.workflow import Template

TABLE = Path(__file__).parent / "right.json"
COMPOSED = "composed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rightness:
    """`serves` says which services a template's own ones stand for, `optional` which need no account of their own, and
    `commands` which other commands are as right as the one that was expected.
    """

    intents: Mapping[str, list[str]]
    serves: Mapping[str, list[str]]
    optional: frozenset[str]
    commands: Mapping[str, list[str]]
    templates: Mapping[str, Template]

    def of(self, request: Request) -> list[str]:
        """What is right for a request; empty: nothing in the catalog does it, or not with the services that it names."""
        named = set() if request.accept_services else set(request.services_explicit) - self.optional
        return [entry for entry in self.entries(request.intent_key) if named <= self._served(entry)]

    def entries(self, intent_key: str) -> list[str]:
        """All that is right for an intent, whatever services are named. A template's own id is an intent, too."""
        own = [intent_key] if intent_key in self.templates else []
        return [*own, *self.intents.get(intent_key, [])]

    def is_command(self, name: str, expected: str) -> bool:
        """Whether a command of this name answers what was expected."""
        return name == expected or name in self.commands.get(expected, ())

    def _served(self, entry: str) -> set[str]:
        template = self.templates.get(entry)
        if template is not None:
            services = {*template.services, *template.trigger.allowed}
        else:
            services = {part for word in entry.removeprefix(f"{COMPOSED}:").split(">") for part in _services(word)}
        return {other for one in services for other in (one, *self.serves.get(one, ()))}


def read_rightness(templates: Mapping[str, Template]) -> Rightness:
    """Raises ValueError when the table names a template that does not exist."""
    table = json.loads(TABLE.read_text("utf-8"))
    unknown = {
        entry
        for entries in table["intents"].values()
        for entry in entries
        if not entry.startswith(COMPOSED) and entry not in templates
    }
    if unknown:
        raise ValueError(f"{TABLE.name} names what is not in the catalog: {sorted(unknown)}")
    return Rightness(
        intents=table["intents"],
        serves=table["serves"],
        optional=frozenset(table["optional"]),
        commands=table["commands"],
        templates=templates,
    )


def found(interpretation: Interpretation) -> list[str]:
    """What was found, best first, as the table names it; nothing when the outcome is that nothing fits."""
    if interpretation.outcome not in {"match", "clarify"}:
        return []
    ids = [match.template_id for match in interpretation.matches]
    start = started(interpretation)
    if start is not None and start.template is not None and start.template_id.startswith(f"{COMPOSED}."):
        return [shape(start.template), *(one for one in ids if one != start.template_id)]
    return ids


def started(interpretation: Interpretation) -> Start | None:
    return next((one for one in interpretation.commands if isinstance(one, Start)), None)


def shape(template: Template) -> str:
    """How the table names a composed workflow."""
    source = template.trigger.source
    begins = source.uses if source else template.trigger.allowed[0]
    return f"{COMPOSED}:{begins}>{'+'.join(step.uses for step in template.steps)}"


def is_right(name: str, entries: list[str]) -> bool:
    return any(fnmatchcase(name, entry) for entry in entries)


def _services(word: str) -> list[str]:
    return [part.split(".")[0] for part in word.split("+")]
