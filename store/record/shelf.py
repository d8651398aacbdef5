"""What use adds to the catalog: templates that people saved, words that they said, and what was suggested to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.record.json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedTemplate:
    """A template that somebody made of an automation in chat. `id` is the template's, `content` the template without
    words learned later. `version` counts how often it was saved or renamed.
    """

    id: str
    name: str
    content: JsonObject
    person_id: str
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedAsk:
    """Words for a template, with placeholders where values were. `person_id` said them last, at `at`."""

    words: str
    template_id: str
    person_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A suggestion (`sug`) to run by itself what a person keeps starting by hand. It is made once.

    `digest` is that of the values of `version` of the workflow; `schedules` are the times on the buttons.
    """

    id: str
    person_id: str
    template_id: str
    digest: str
    workflow_id: str
    version: int
    schedules: list[JsonObject]
    at: datetime
