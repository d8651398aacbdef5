"""What the conversation knows besides the records: templates, step types, connectors, words, and who seals secrets.

Made once by the composition root. Every function here is pure and quick; none of them opens a socket or a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from agent.phrases import Phrases, load_phrases
from agent.shelf import Shelf
from catalog.expression import Expressions
from catalog.schedule import Schedule
from catalog.workflow import Template, Workflow
from core.clock import Clock
from tools.connector import Connector
from tools.registry import StepRegistry


class Sealer(Protocol):
    """Encrypts an account's fields (`store.vault`)."""

    def seal(self, fields: Mapping[str, str]) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """`favourites` are ids of templates whose sentences are suggested first. `read_schedule` reads "every monday at 9" (none: it is no time); `describe_schedule` says one in words; both in a language.

    `generalise` gives what may be learned from a wish for a template (`agent.offline.general`); `learns`: the operator wants it.
    `leads_inside`: whether a web address can be told to be one that no step may reach (`tools.guard`).
    `public_url` is the address under which webhooks reach this Errand; it may be known only after the start.
    """

    templates: Shelf
    step_types: StepRegistry
    connectors: Mapping[str, Connector]
    sealer: Sealer
    expressions: Expressions
    describe_schedule: Callable[[Schedule, datetime, ZoneInfo, str], str]
    read_schedule: Callable[[str, datetime, ZoneInfo, str], Schedule | None]
    public_url: Callable[[], str]
    clock: Clock
    leads_inside: Callable[[str], bool]
    generalise: Callable[[str, Template, Mapping[str, JsonValue], datetime, ZoneInfo], str]
    learns: bool = True
    favourites: Sequence[str] = ()

    def template_of(self, template_id: str, own: Template | None) -> Template | None:
        """The template of that id: the one that a task brings along, or the catalog's."""
        return own or self.templates.get(template_id)

    def phrases(self, locale: str) -> Phrases:
        """The sentences for a locale."""
        return load_phrases(locale)

    def connectors_of(self, workflow: Workflow) -> list[str]:
        """The accounts that a workflow needs: its source's, then its steps', in their order."""
        source = self.step_types.source(workflow.trigger.source.uses) if workflow.trigger.source else None
        types = (source, *(self.step_types.find(step.uses) for step in workflow.steps))
        return list(dict.fromkeys(found.connector for found in types if found and found.connector))

    def connector_title(self, name: str) -> str:
        return self.connectors[name].title if name in self.connectors else name
