"""Private values on cards, where others read along and where nobody does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.approval_card import ApprovalRecords, approval_card
from agent.gallery import RunRecords
from agent.proposal_card import proposal_card
from agent.trace import trace_part
from agent.viewer import Viewer
from catalog.proposal import ProposalContent
from catalog.workflow import Parameter
from store.record import (
    ApprovalRequest,
    AttemptState,
    Proposal,
    ProposalState,
    RequestState,
    Run,
    RunState,
    StepAttempt,
)
from tests.fakes.clock import FixedClock
from tests.fakes.little_catalog import make_knowledge
from tests.unit.agent.test_small_parts import BERLIN, NOW

SALARY = "61250 euros"
CONTENT = ProposalContent.model_validate(
    {
        "workflow_id": "wfl_1",
        "version": 1,
        "template_id": None,
        "trigger": "manual",
        "params": {"who": "Ana", "salary": SALARY},
        "workflow": {
            "title": "Offer",
            "parameters": {
                "who": {"kind": "text", "ask": "Who?"},
                "salary": {"kind": "text", "ask": "How much?", "private": True},
            },
            "steps": [
                {"id": "post", "uses": "chat.post", "with": {"text": "${{ params.who }}: ${{ params.salary }}"}},
                {"id": "letter", "uses": "http.request", "with": {"url": "https://x.io/?q=${{ params.salary }}"}},
                {
                    "id": "sure",
                    "uses": "flow.approval",
                    "with": {
                        "prompt": "Offer ${{ params.salary }} to ${{ params.who }}?",
                        "fields": {
                            "who": "${{ params.who }}",
                            "pay": "${{ params.salary }}",
                            "text": "${{ steps.letter.body }}",
                        },
                    },
                },
            ],
        },
    }
)
PROPOSAL = Proposal(
    id="prp_1",
    conversation_id="cnv",
    person_id="usr_ana",
    digest=CONTENT.digest(),
    content=CONTENT.model_dump(mode="json", by_alias=True),
    shown={},
    state=ProposalState.OPEN,
    created_at=NOW,
)
RUN = Run(
    id="run_1",
    workflow_id="wfl_1",
    version=1,
    digest="d",
    person_id="usr_ana",
    conversation_id="cnv",
    state=RunState.RUNNING,
    created_at=NOW,
    due_at=None,
    started_at=NOW,
)
REQUEST = ApprovalRequest(
    id="apr_1",
    run_id="run_1",
    step_id="sure",
    item=-1,
    number=1,
    requester_id="usr_ana",
    prompt=f"Offer {SALARY} to Ana?",
    fields={"who": "Ana", "pay": SALARY, "text": f"We offer {SALARY}."},
    editable=[],
    digest="e" * 64,
    approvers=["usr_ben"],
    quorum=1,
    state=RequestState.OPEN,
    created_at=NOW,
)


@pytest.fixture
def alone(clock: FixedClock) -> Viewer:
    knowledge = make_knowledge(clock)
    return Viewer(knowledge=knowledge, phrases=knowledge.phrases("en"), zone=BERLIN, now=NOW, person_id="usr_ben")


@pytest.fixture
def among_others(alone: Viewer) -> Viewer:
    return replace(alone, person_id="", is_for_all=True)


def records() -> ApprovalRecords:
    return ApprovalRecords(request=REQUEST, approvals=[], people={}, run=RUN, name="Offer", content=CONTENT)


def test_a_proposal_hides_a_private_value_wherever_it_stands(among_others: Viewer) -> None:
    card = proposal_card(among_others, PROPOSAL)
    assert SALARY not in card.model_dump_json()
    assert [one.value for one in card.values] == ["Ana", "••• (private)"]
    assert "Ana" in card.steps[0].summary
    assert card.actions[-1].id == "show-values:prp_1"


def test_what_is_hidden_changes_neither_what_a_yes_is_given_to_nor_what_is_warned_of(
    alone: Viewer, among_others: Viewer
) -> None:
    whole, seen = proposal_card(alone, PROPOSAL), proposal_card(among_others, PROPOSAL)
    assert seen.digest == whole.digest == CONTENT.digest()
    assert [(one.effect, one.risk) for one in seen.steps] == [(one.effect, one.risk) for one in whole.steps]
    assert len(seen.warnings) == len(whole.warnings)


def test_alone_one_sees_all_and_needs_no_button(alone: Viewer) -> None:
    card = proposal_card(alone, PROPOSAL)
    assert [one.value for one in card.values] == ["Ana", SALARY]
    assert not any(one.id.startswith("show-values") for one in card.actions)


def test_an_approval_hides_what_is_made_of_a_private_value_in_however_many_steps(among_others: Viewer) -> None:
    card = approval_card(among_others, records())
    assert SALARY not in card.model_dump_json()
    assert [(one.name, one.value) for one in card.fields] == [
        ("who", "Ana"),
        ("pay", "••• (private)"),
        ("text", "••• (private)"),
    ]
    assert card.question == "Offer ••• (private) to Ana?"
    assert card.actions[-1].id == "approval-values:apr_1"


def test_an_approver_alone_sees_what_they_approve(alone: Viewer) -> None:
    card = approval_card(alone, records())
    assert card.question == f"Offer {SALARY} to Ana?"
    assert card.fields[1].value == SALARY
    assert not any(one.id.startswith("approval-values") for one in card.actions)


def test_a_trace_leaves_values_out_only_where_others_read_along(alone: Viewer, among_others: Viewer) -> None:
    attempt = StepAttempt(
        run_id="run_1",
        step_id="post",
        item=-1,
        number=1,
        state=AttemptState.SUCCEEDED,
        idempotency_key="k",
        started_at=NOW,
        input={"text": f"Ana: {SALARY}"},
    )
    kept = RunRecords(run=RUN, name="Offer", content=CONTENT, attempts=[attempt])
    assert SALARY in trace_part(alone, kept).model_dump_json()
    seen = trace_part(among_others, kept)
    assert SALARY not in seen.model_dump_json()
    assert seen.note


def test_a_parameter_that_is_not_private_reads_as_before_there_was_such_a_thing() -> None:
    assert "private" not in Parameter(kind="text").model_dump()
    assert Parameter(kind="text", private=True).model_dump()["private"] is True
