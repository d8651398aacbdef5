"""What a folder of cases holds: requests, negatives and dialogues with what is right. Reads them, judges nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

OWN = Path(__file__).parent / "own"
NOW = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
"""The moment at which every message is said: a Wednesday."""

Values = dict[str, JsonValue]


class _Case(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Second(_Case):
    """The other wish of a message."""

    intent_key: str
    params: Values = {}


class Request(_Case):
    """A wish. `params_rel` are values that need the clock, `params_alt` values of which one is enough; `missing` is what
    has to be asked for. A `?` in `schedule` was not said.
    """

    id: int | str
    text: str
    lang: str = "en"
    services: list[str] = []
    services_explicit: list[str] = []
    accept_services: list[list[str]] = []
    intent_key: str
    params: Values = {}
    params_rel: Values = {}
    params_alt: dict[str, list[JsonValue]] = {}
    missing: list[str] = []
    trigger: Literal["manual", "schedule", "webhook", "event"]
    event: str | None = None
    schedule: str | None = None
    schedule_alt: list[str] = []
    timezone: str | None = None
    second: Second | None = None
    tags: list[str] = []

    @property
    def wanted(self) -> Values:
        """All values that the message holds, one of each name; how often is part of the schedule."""
        either = {name: values[0] for name, values in self.params_alt.items() if name not in self.missing}
        return {n: v for n, v in {**either, **self.params_rel, **self.params}.items() if n != "interval_weeks"}


class Negative(_Case):
    """A message on which nothing may be proposed; of kind `meta`, `expect` names the command that is meant."""

    id: int | str
    text: str
    kind: str
    expect: str
    params: Values = {}
    schedule_time: str | None = None
    must_not_contain: list[str] = []


class DialogueTurn(_Case):
    """One message of a person; `gives` are the values in it."""

    user: str
    kind: str
    gives: Values = {}
    as_: str = ""
    expect_meta: str | None = None
    optional: bool = False


class Also(_Case):
    """What else was begun on the way."""

    intent_key: str
    params: Values = {}


class Final(_Case):
    """How a dialogue ends: what was begun with which values, or nothing."""

    intent_key: str | None = None
    services: list[str] = []
    params: Values = {}
    outcome: Literal["confirmed", "edited", "cancelled", "switched"]
    schedule: str | None = None
    timezone: str | None = None
    not_values: list[str] = []
    absent: list[str] = []
    approver: str | None = None
    also: list[Also] = []


class Dialogue(_Case):
    """A whole conversation."""

    id: int | str
    lang: str = "en"
    turns: list[DialogueTurn]
    expect_final: Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """One folder. `names` maps a value's name to others that mean the same."""

    requests: list[Request]
    negatives: list[Negative]
    dialogues: list[Dialogue]
    names: dict[str, list[str]]


def read_cases(folder: Path) -> Cases:
    """Raises OSError or ValidationError when something is missing or has another shape."""
    maps = json.loads((folder / "label_maps.json").read_text("utf-8"))
    dialogues = []
    for line in _lines(folder / "dialogues.jsonl"):
        for turn in line["turns"]:
            turn["as_"] = turn.pop("as", "")
        dialogues.append(Dialogue.model_validate(line))
    return Cases(
        requests=[Request.model_validate(line) for line in _lines(folder / "requests.jsonl")],
        negatives=[Negative.model_validate(line) for line in _lines(folder / "negatives.jsonl")],
        dialogues=dialogues,
        names=maps["param_key_aliases"],
    )


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
