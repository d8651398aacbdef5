"""The interface of a step type: what it needs, what it gives, what it does to the world.

A step type is declared once; validation, cards, docs, tests and the model's tools are derived from it. Each module in
`tools/steps/` lists its own in `STEPS`; the registry finds them by listing the folder. Knows nothing of runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from core.clock import Clock
from tools.approval import Approvals
from tools.outbound import Accounts, Chat, Children, Database, Files, Http, MailBox, Memory, Model


class Effect(StrEnum):
    """What a step does to the world."""

    READ = "read"
    IDEMPOTENT = "idempotent"
    ONCE = "once"


class Risk(StrEnum):
    """How much a card warns: nothing leaves, something leaves, something is lost or cannot be taken back."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"


LITERAL: dict[str, JsonValue] = {"literal": True}
"""Marks a parameter that is code of some language (SQL, a regular expression …): `Field(json_schema_extra=LITERAL)`.

Such a text is written out, or is one whole expression; values are never pasted into the middle of it.
"""


class StepParams(BaseModel):
    """Parameters of a step: what stands under `with`, after its expressions were resolved."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # built at first use: a quick start


class StepResult(BaseModel):
    """What a step gives to later steps: `${{ steps.<id>.<field> }}`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """What a paused step was told: `signal` is none when its time came."""

    signal: dict[str, JsonValue] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Returned instead of a result: wait, holding no worker, until a time or a signal; then `run` is called again.

    `waiting_for` says on what: `timer` (`until` is set), `approval` (`prompt` is asked; `until` says when to look again) or
    `run` (a child's end).
    """

    waiting_for: Literal["timer", "approval", "run", "event"]
    until: datetime | None = None
    prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """All that a step may use. `started_at` is the start of its first attempt; `idempotency_key` is the same in every
    attempt; `zone` is the time zone of the run's owner.
    """

    run_id: str
    step_id: str
    idempotency_key: str
    started_at: datetime
    zone: tzinfo
    clock: Clock
    http: Http
    mail: MailBox
    database: Database
    files: Files
    chat: Chat
    model: Model
    memory: Memory
    accounts: Accounts
    children: Children
    approvals: Approvals
    resumption: Resumption | None = None


P = TypeVar("P", bound=StepParams)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepType(Generic[P]):
    """One thing that a step can do.

    `name` is what templates write under `uses`; `title` an imperative ("Send an e-mail"); `summarize` one line for the
    card that says exactly what will happen; `sample` the result that a rehearsal pretends (pure steps are really run
    and need none); `connector` the account it uses; `address` the web address that it calls and whose failures are its own (a step that asks
    whether a site is up has none); `needs_network` is said when there is no network.
    """

    name: str
    title: str
    description: str
    params: type[P]
    result: type[StepResult]
    effect: Effect | Callable[[P], Effect]
    run: Callable[[P, StepContext], Awaitable[StepResult | Pause]]
    summarize: Callable[[P], str]
    risk: Risk | Callable[[P], Risk] = Risk.NONE
    connector: str | None = None
    address: Callable[[P], str] | None = None
    needs_network: bool = False
    timeout_s: float = 60.0

    def effect_of(self, params: P) -> Effect:
        return self.effect if isinstance(self.effect, Effect) else self.effect(params)

    def risk_of(self, params: P) -> Risk:
        return self.risk if isinstance(self.risk, Risk) else self.risk(params)


AnyStepType = StepType[Any]
