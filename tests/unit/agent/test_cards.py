"""Cards of proposals and runs, from records alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.approving import webhook_url
from agent.proposal_card import proposal_card
from agent.reply import RunCard
from agent.run_card import RunRecords, run_card
from agent.shown_step import foresee
from agent.viewer import Viewer
from agent.workflow_card import WorkflowRecords, workflow_card
from catalog.proposal import ProposalContent
from catalog.workflow import Step, Workflow
from store.record import (
    AttemptState,
    Failure,
    JsonObject,
    Proposal,
    ProposalState,
    Run,
    RunState,
    StepAttempt,
    TriggerKind,
    TriggerRecord,
    Waiting,
    WorkflowRecord,
    WorkflowState,
)
from tests.fakes.clock import FixedClock
from tests.fakes.little_catalog import make_knowledge
from tests.unit.agent.test_small_parts import BERLIN, NOW

STEPS = [
    {"id": "get", "uses": "http.request", "with": {"url": "${{ params.url }}"}},
    {"id": "put", "uses": "http.request", "with": {"method": "DELETE", "url": "${{ steps.get.url }}"}},
    {"id": "mails", "uses": "email.send", "for_each": "${{ steps.get.people }}", "with": {"to": ["a"], "subject": "b"}},
    {"id": "gone", "uses": "not.there"},
]


@pytest.fixture
def viewer(clock: FixedClock) -> Viewer:
    knowledge = make_knowledge(clock)
    return Viewer(knowledge=knowledge, phrases=knowledge.phrases("en"), zone=BERLIN, now=NOW, person_id="usr_ana")


def _content(**changes: object) -> ProposalContent:
    workflow = {"title": "All of it", "parameters": {"url": {"kind": "url", "ask": "?"}}, "steps": STEPS}
    data = {
        "workflow_id": "wfl_1",
        "version": 1,
        "template_id": "a.b",
        "workflow": workflow,
        "params": {"url": "https://x.io/a"},
        "trigger": "manual",
    }
    return ProposalContent.model_validate(data | changes)


def _run(state: RunState, **changes: object) -> Run:
    run = Run(
        id="run_1",
        workflow_id="wfl_1",
        version=1,
        digest="d",
        person_id="usr",
        conversation_id="cnv",
        state=state,
        created_at=NOW,
        due_at=None,
        started_at=NOW,
    )
    return replace(run, **changes)  # type: ignore[arg-type]  # fields of a run


def _attempt(step: str, state: AttemptState, **changes: object) -> StepAttempt:
    attempt = StepAttempt(
        run_id="run_1", step_id=step, item=-1, number=1, state=state, idempotency_key="k", started_at=NOW
    )
    return replace(attempt, **changes)  # type: ignore[arg-type]  # fields of an attempt


def _card(viewer: Viewer, run: Run, *attempts: StepAttempt) -> RunCard:
    return run_card(viewer, RunRecords(run=run, name="Mine", content=_content(), attempts=attempts))


def test_steps_say_what_they_will_do_as_far_as_it_is_known(viewer: Viewer) -> None:
    proposal = Proposal(
        id="prp_1",
        conversation_id="cnv",
        person_id="usr",
        digest="d" * 64,
        content=_content().model_dump(mode="json", by_alias=True),
        shown={},
        state=ProposalState.OPEN,
        created_at=NOW,
    )
    card = proposal_card(viewer, proposal)
    assert [(one.summary, one.effect, one.risk) for one in card.steps] == [
        ("GET https://x.io/a", "read", "none"),
        ("DELETE …", "once", "high"),
        ("For each entry: Send “b” to a", "once", "low"),
        ("not.there", "once", "high"),
    ]
    assert card.warnings == [
        "Cannot be taken back: DELETE …",
        "Cannot be taken back: not.there",
        "Leaves this machine: For each entry: Send “b” to a",
    ]
    assert [one.label for one in card.actions] == ["Run", "Edit", "Rehearse", "Cancel"]
    declined = proposal_card(viewer, replace(proposal, state=ProposalState.DECLINED))
    assert declined.actions == []


def test_what_hangs_on_the_unknown_is_taken_for_the_worst(viewer: Viewer) -> None:
    step = Step.model_validate({"id": "a", "uses": "http.request", "with": {"method": "${{ steps.b.c }}", "url": "x"}})
    assert foresee(viewer, step, {}).shown.effect == "once"
    assert foresee(viewer, step, {}).shown.risk == "high"


def test_a_workflow_that_stays_here_warns_of_nothing(viewer: Viewer) -> None:
    workflow = Workflow.model_validate(
        {"title": "Say it", "steps": [{"id": "a", "uses": "chat.post", "with": {"text": "x"}}]}
    )
    proposal = Proposal(
        id="prp_1",
        conversation_id="cnv",
        person_id="usr",
        digest="d" * 64,
        content=_content(workflow=workflow, params={}).model_dump(mode="json", by_alias=True),
        shown={"sources": "nonsense", "changed": 3},
        state=ProposalState.OPEN,
        created_at=NOW,
    )
    card = proposal_card(viewer, proposal)
    assert card.warnings == []
    assert [one.label for one in card.actions] == ["Run", "Rehearse", "Cancel"]


def test_a_running_run_shows_each_steps_state_time_and_tries(viewer: Viewer) -> None:
    done = NOW - timedelta(seconds=1)
    card = _card(
        viewer,
        _run(RunState.RUNNING, started_at=NOW - timedelta(seconds=3)),
        _attempt("get", AttemptState.SUCCEEDED, started_at=NOW - timedelta(seconds=3), ended_at=done),
        _attempt(
            "put",
            AttemptState.FAILED,
            ended_at=NOW,
            due_at=NOW + timedelta(seconds=30),
            number=2,
            failure=Failure(cause="x", message="Refused."),
        ),
        _attempt("mails", AttemptState.SUCCEEDED, item=0, ended_at=NOW),
        _attempt("mails", AttemptState.STARTED, item=1),
    )
    assert card.state_text == "Running: 1 of 4 steps done"
    assert [(one.state, one.attempts) for one in card.steps] == [
        ("succeeded", 1),
        ("waiting", 2),
        ("running", 1),
        ("pending", 0),
    ]
    assert card.steps[0].took_ms == 2000
    assert card.steps[1].detail == "next try today at 11:00:30: Refused."
    assert (card.steps[2].items_done, card.steps[2].items) == (1, 2)
    assert [one.label for one in card.actions] == ["Stop", "Details"]


def test_a_run_that_is_over_shows_its_result_and_offers_its_trace(viewer: Viewer) -> None:
    ended = NOW + timedelta(seconds=2)
    card = _card(viewer, _run(RunState.SUCCEEDED, ended_at=ended, result="All **sent**."))
    assert card.state_text == "Done in 2 s"
    assert card.result == "All **sent**."
    assert [one.label for one in card.actions] == ["Details"]
    assert {one.detail for one in card.steps} == {"not reached"}


def test_a_failed_run_claims_no_result(viewer: Viewer) -> None:
    failure = Failure(cause="rejected", message="No.", step_id="put")
    card = _card(viewer, _run(RunState.FAILED, failure=failure, result="All sent."))
    assert card.result == ""
    assert card.error == "Call an address: No."
    assert card.advice


HANDLED = [
    {"id": "get", "uses": "http.request", "with": {"url": "https://x.io/a"}, "on_error": {"go_to": ["tell"]}},
    {"id": "put", "uses": "http.request", "with": {"url": "https://x.io/b"}},
    {"id": "tell", "uses": "chat.post", "title": "Tell the team", "with": {"text": "x"}},
]


def test_a_failed_step_says_what_was_done_instead(viewer: Viewer) -> None:
    """The run has succeeded all the same, and the card does not hide what failed."""
    content = _content(workflow={"title": "All of it", "steps": HANDLED}, params={})
    failure = Failure(cause="rejected", message="No.")
    attempts = [
        _attempt("get", AttemptState.FAILED, ended_at=NOW, failure=failure),
        _attempt("put", AttemptState.SKIPPED, ended_at=NOW),
        _attempt("tell", AttemptState.SUCCEEDED, ended_at=NOW),
    ]
    run = _run(RunState.SUCCEEDED, ended_at=NOW + timedelta(seconds=2), result="It failed.")
    card = run_card(viewer, RunRecords(run=run, name="Mine", content=content, attempts=attempts))
    assert (card.state, card.state_text) == ("succeeded", "Done, except for 1 of its steps in 2 s")
    assert [one.state for one in card.steps] == ["failed", "skipped", "succeeded"]
    assert card.steps[0].detail == "No. Instead: “Tell the team”"


def test_a_card_says_beforehand_what_runs_only_when_something_fails(viewer: Viewer) -> None:
    proposal = Proposal(
        id="prp_1",
        conversation_id="cnv",
        person_id="usr",
        digest="d" * 64,
        content=_content(workflow={"title": "All of it", "steps": HANDLED}, params={}).model_dump(
            mode="json", by_alias=True
        ),
        shown={},
        state=ProposalState.OPEN,
        created_at=NOW,
    )
    assert proposal_card(viewer, proposal).steps[2].summary.startswith("Only if “Call an address” fails: ")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, []),
        ({"deadline_s": 3600}, ["Ends after 1 hour, not counting the time people take"]),
        ({"concurrency": {}}, ["One at a time; another one waits"]),
        ({"concurrency": {"when_full": "skip"}}, ["One at a time; another one is left out"]),
        (
            {"deadline_s": 0.5, "concurrency": {"limit": 3, "key": "${{ params.url }}", "when_full": "cancel_older"}},
            [
                "Ends after 1 second, not counting the time people take",
                "At most 3 at a time of those that belong together; another one replaces the oldest",
            ],
        ),
    ],
)
def test_a_card_says_how_long_a_run_may_take_and_how_many_go_at_once(
    viewer: Viewer, limits: JsonObject, said: list[str]
) -> None:
    workflow = {"title": "Say it", "steps": [{"id": "a", "uses": "chat.post", "with": {"text": "x"}}], **limits}
    proposal = Proposal(
        id="prp_1",
        conversation_id="cnv",
        person_id="usr",
        digest="d" * 64,
        content=_content(workflow=workflow, params={}).model_dump(mode="json", by_alias=True),
        shown={},
        state=ProposalState.OPEN,
        created_at=NOW,
    )
    assert proposal_card(viewer, proposal).limits == said


def test_tolerated_failures_of_items_are_counted(viewer: Viewer) -> None:
    steps = [{**STEPS[2], "for_each": {"items": [1, 2, 3], "tolerate": 1}}]
    content = _content(workflow={"title": "All of it", "steps": steps}, params={})
    failure = Failure(cause="rejected", message="No.")
    attempts = [
        _attempt("mails", AttemptState.SUCCEEDED, item=0, ended_at=NOW),
        _attempt("mails", AttemptState.FAILED, item=1, ended_at=NOW, failure=failure),
        _attempt("mails", AttemptState.SUCCEEDED, item=2, ended_at=NOW),
    ]
    card = run_card(
        viewer,
        RunRecords(run=_run(RunState.SUCCEEDED, ended_at=NOW), name="Mine", content=content, attempts=attempts),
    )
    assert (card.steps[0].state, card.steps[0].detail) == ("succeeded", "1 of 3 entries failed: No.")


def test_a_stopped_run_says_what_may_have_happened_all_the_same(viewer: Viewer) -> None:
    """As the engine records a step with effect `once` that was stopped in the middle of it."""
    unknown = Failure(
        cause="unknown outcome", message="It was stopped in the middle of this step: it may have happened."
    )
    attempts = [
        _attempt("get", AttemptState.CANCELLED, ended_at=NOW, input={"url": "https://x.io/a"}),
        _attempt(
            "put",
            AttemptState.CANCELLED,
            ended_at=NOW,
            input={"method": "DELETE", "url": "https://x.io/b"},
            failure=unknown,
        ),
    ]
    card = _card(viewer, _run(RunState.CANCELLED, ended_at=NOW), *attempts)
    assert card.error == "Step 2 may have happened: DELETE https://x.io/b"
    assert [one.detail for one in card.steps[:2]] == ["", unknown.message]
    assert _card(viewer, _run(RunState.CANCELLED, ended_at=NOW), attempts[0]).error == ""


def test_a_check_names_the_step_the_item_and_what_it_would_have_done(viewer: Viewer) -> None:
    def doubt(item: int) -> StepAttempt:
        given = {"to": [f"p{item}@x.io"], "subject": "b"}
        return _attempt("mails", AttemptState.WAITING, item=item, input=given, output={"waiting_for": "check"})

    run = _run(RunState.WAITING, waiting_for=Waiting.CHECK)
    card = _card(viewer, run, _attempt("mails", AttemptState.SUCCEEDED, item=0), doubt(1), doubt(2))
    assert card.state_text == (
        "Please check: step 3, entry 2 of 3 (Send “b” to p1@x.io), may have happened. 1 more are in doubt; I ask about each"
    )
    assert [one.id for one in card.actions][:3] == [
        f"check-{word}:run_1:mails:1:1" for word in ("done", "retry", "stop")
    ]


def test_the_card_says_who_said_that_it_had_happened(viewer: Viewer) -> None:
    checked = {"checked": {"answer": "done", "by": "Ana", "at": NOW.isoformat()}}
    card = _card(viewer, _run(RunState.RUNNING), _attempt("put", AttemptState.SUCCEEDED, ended_at=NOW, output=checked))
    assert card.steps[1].detail == "Ana said it had happened, today at 11:00"


def test_a_missing_account_can_be_connected_from_the_failed_run(viewer: Viewer) -> None:
    failure = Failure(cause="connection", message="Gone.", step_id="mails")
    card = _card(viewer, _run(RunState.FAILED, failure=failure))
    assert [one.id for one in card.actions] == ["connect:smtp", "retry-run:run_1", "trace-run:run_1"]


@pytest.mark.parametrize(
    ("waiting", "labels"),
    [
        (Waiting.APPROVAL, ["Stop", "Details"]),
        (Waiting.CHECK, ["It happened", "Do it again", "Stop the run", "Details"]),
        (Waiting.TIMER, ["Stop", "Details"]),
        (Waiting.RUN, ["Stop", "Details"]),
        (Waiting.SERVICE, ["Stop", "Details"]),
        (Waiting.CONNECTION, ["Connect", "Stop", "Details"]),
    ],
)
def test_a_waiting_run_offers_what_it_waits_for(viewer: Viewer, waiting: Waiting, labels: list[str]) -> None:
    run = _run(RunState.WAITING, waiting_for=waiting, due_at=NOW + timedelta(hours=2))
    card = _card(viewer, run, _attempt("put", AttemptState.WAITING, output={"waiting_for": waiting.value}))
    assert [one.label for one in card.actions] == labels
    assert "aiting" in card.state_text or "check" in card.state_text


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("down", "Waiting: api.example.com is not answering; next try today at"),
        ("busy", "Waiting: api.example.com asked for a pause; next try today at"),
        ("limit", "Waiting: api.example.com takes only so many requests at a time; it goes on today at"),
    ],
)
def test_a_run_that_waits_for_a_service_says_which_and_until_when(viewer: Viewer, why: str, text: str) -> None:
    run = _run(RunState.WAITING, waiting_for=Waiting.SERVICE, due_at=NOW + timedelta(minutes=2))
    output: JsonObject = {"waiting_for": "service", "prompt": "api.example.com", "why": why}
    card = _card(viewer, run, _attempt("get", AttemptState.WAITING, output=output, due_at=run.due_at))
    assert card.state_text.startswith(text)


def test_a_run_that_is_being_stopped_offers_nothing_more(viewer: Viewer) -> None:
    card = _card(viewer, _run(RunState.RUNNING, is_cancelling=True))
    assert card.state_text == "Stopping"
    assert [one.label for one in card.actions] == ["Details"]


def test_a_rehearsal_shows_every_request_that_would_have_been_sent(viewer: Viewer) -> None:
    request: JsonObject = {"service": "http", "method": "POST", "url": "https://x.io", "body": {"a": "```"}}
    card = _card(
        viewer,
        _run(RunState.SUCCEEDED, is_rehearsal=True, result="Sent."),
        _attempt("get", AttemptState.SUCCEEDED, ended_at=NOW, requests=[request]),
    )
    assert card.title == "Rehearsal: Mine"
    assert "POST https://x.io" in card.result
    assert "nothing was sent" in _card(viewer, _run(RunState.SUCCEEDED, is_rehearsal=True)).state_text
    assert "No request would leave" in _card(viewer, _run(RunState.SUCCEEDED, is_rehearsal=True)).result


def test_a_failed_rehearsal_cannot_be_retried_as_if_it_were_real(viewer: Viewer) -> None:
    failure = Failure(cause="x", message="No.")
    assert _card(viewer, _run(RunState.FAILED, is_rehearsal=True, failure=failure)).actions[0].label == "Details"


HOOK = ["Require a signature", "New address"]


@pytest.mark.parametrize(
    ("state", "labels"),
    [
        (WorkflowState.ACTIVE, ["Run now", "Pause", *HOOK, "Delete"]),
        (WorkflowState.PAUSED, ["Run now", "Resume", *HOOK, "Delete"]),
        (WorkflowState.ENDED, ["Run now", *HOOK, "Delete"]),
        (WorkflowState.DELETED, ["Undo"]),
    ],
)
def test_a_saved_automation_offers_what_fits_its_state(viewer: Viewer, state: WorkflowState, labels: list[str]) -> None:
    workflow = WorkflowRecord(
        id="wfl_1",
        name="Mine",
        person_id="usr",
        conversation_id="cnv",
        template_id=None,
        state=state,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )
    trigger = TriggerRecord(
        id="trg",
        workflow_id="wfl_1",
        kind=TriggerKind.WEBHOOK,
        config={},
        is_active=True,
        created_at=NOW,
        secret="s3cret",
    )
    content = _content(trigger="webhook")
    last_run = _run(RunState.FAILED)
    records = WorkflowRecords(workflow=workflow, content=content, triggers=[trigger], last_run=last_run, runs=7)
    card = workflow_card(viewer, records)
    assert [one.label for one in card.actions] == labels
    assert card.runs == 7
    assert workflow_card(viewer, replace(records, last_run=None, runs=0)).last_run == "It has not run yet"
    assert card.last_run == "Last run: Failed, today at 11:00"
    assert webhook_url("http://127.0.0.1:8300/", "s3cret") in card.trigger_text
