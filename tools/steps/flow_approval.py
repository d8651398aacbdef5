"""`flow.approval`: the run stops and asks people; it goes on, or ends, with their answer.

Who may answer, how many yeses are needed and what happens when nobody answers is said here; how people are asked and what
counts as an answer is not (`worker.approval`, `catalog.decision`).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from core.errors import RejectedError
from tools.approval import ApprovalStatus, Asked, Question
from tools.step import Effect, Pause, StepContext, StepParams, StepResult, StepType
from tools.steps.flow_wait import seconds_of

_LONGEST_S = 366 * 86_400
_MOST_FIELDS = 20

Span = Annotated[float, BeforeValidator(seconds_of), Field(gt=0, le=_LONGEST_S)]


class Approver(BaseModel):
    """One of person (name, e-mail or id), group and role. A plain text is a person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person: str = ""
    group: str = ""
    role: Literal["", "owner", "member"] = ""

    @model_validator(mode="before")
    @classmethod
    def _plain_is_a_person(cls, value: object) -> object:
        return {"person": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(map(bool, (self.person.strip(), self.group.strip(), self.role))) != 1:
            raise ValueError("an approver is one of person, group and role")
        return self

    @property
    def asked(self) -> Asked:
        if self.person:
            return Asked(kind="person", name=self.person)
        return Asked(kind="group", name=self.group) if self.group else Asked(kind="role", name=self.role)


class Escalation(BaseModel):
    """Whom to ask as well when there is no decision `after` some time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Span
    to: list[Approver] = Field(min_length=1)


class FlowApproval(StepParams):
    prompt: str = Field(min_length=1, max_length=1000, description="What is asked.")
    approvers: list[Approver] = Field(
        default=[], description="Who may answer: persons, groups, roles; empty: the run's owner."
    )
    quorum: int = Field(default=1, ge=1, le=100, description="How many of them must say yes. One no is a no.")
    four_eyes: bool = Field(default=False, description="The run's owner may not answer.")
    fields: dict[str, JsonValue] = Field(
        default={}, max_length=_MOST_FIELDS, description="Values that are shown and approved with it."
    )
    editable: list[str] = Field(default=[], description="Names of fields that whoever answers may change.")
    remind_after: Span | None = Field(default=None, description="When to remind who has not answered, e.g. 4h.")
    escalate: Escalation | None = Field(default=None, description="Whom to ask as well, and after how long.")
    expires_after: Span | None = Field(default=None, description="After how long it is too late, e.g. 2 days.")
    show_in: str = Field(
        default="", max_length=200, description="A channel where it is shown too, as in #finance or slack:#finance."
    )
    on_no: Literal["stop", "continue"] = Field(default="stop", description="What a no means for the run.")
    on_expiry: Literal["stop", "continue"] = Field(default="stop", description="What no answer in time means for it.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        unknown = [name for name in self.editable if name not in self.fields]
        if unknown:
            raise ValueError(f"editable names {', '.join(unknown)}, which is no field")
        if self.four_eyes and not self.approvers:
            raise ValueError("four_eyes needs approvers: the run's owner alone cannot answer")
        return self


class ApprovalResult(StepResult):
    """`outcome` is approved, rejected or expired; `by` names who decided, `comment` what they added; `fields` are the
    values as they were approved; `escalated` says whether further people had to be asked.
    """

    approved: bool
    outcome: Literal["approved", "rejected", "expired"]
    by: str
    comment: str
    escalated: bool
    fields: dict[str, JsonValue]


async def ask_approval(params: FlowApproval, context: StepContext) -> ApprovalResult | Pause:
    status = await context.approvals.ask(_question(params))
    if status.outcome == "open":
        return Pause(waiting_for="approval", prompt=params.prompt, until=status.next_at)
    _stop(params, status)
    return ApprovalResult(
        approved=status.outcome == "approved",
        outcome=status.outcome,
        by=status.by,
        comment=status.comment,
        escalated=status.is_escalated,
        fields=dict(status.fields),
    )


def _question(params: FlowApproval) -> Question:
    return Question(
        prompt=params.prompt,
        approvers=[one.asked for one in params.approvers],
        quorum=params.quorum,
        is_four_eyes=params.four_eyes,
        fields=params.fields,
        editable=params.editable,
        remind_after_s=params.remind_after,
        escalate_after_s=params.escalate.after if params.escalate else None,
        escalate_to=[one.asked for one in params.escalate.to] if params.escalate else [],
        expires_after_s=params.expires_after,
        show_in=params.show_in,
    )


def _stop(params: FlowApproval, status: ApprovalStatus) -> None:
    """Raises RejectedError where the answer ends the run."""
    if status.outcome == "rejected" and params.on_no == "stop":
        raise RejectedError(
            f"{status.by} said no" + (f": {status.comment}" if status.comment else "."),
            advice="Change what was asked about and run it again.",
        )
    if status.outcome == "expired" and params.on_expiry == "stop":
        raise RejectedError("Nobody decided in time.", advice="Retry it to ask again.")


def _summary(params: FlowApproval) -> str:
    names = [one.person or one.group or f"every {one.role}" for one in params.approvers]
    whom = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")  # noqa: PLR2004  # a line is short
    need = f"{params.quorum} yeses" if params.quorum > 1 else "a yes"
    return f"Ask {whom + ': ' if whom else ''}“{params.prompt}” and wait for {need}"


STEPS = (
    StepType(
        name="flow.approval",
        title="Ask for a yes",
        description="Asks people in chat and waits for their yes or no.",
        params=FlowApproval,
        result=ApprovalResult,
        effect=Effect.IDEMPOTENT,
        run=ask_approval,
        summarize=_summary,
    ),
)
