"""Every command in every state: whatever is said or pressed, in whatever order, the laws of the conversation hold."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.command import (
    AnswerCheck,
    Cancel,
    Candidate,
    CannotHandle,
    Clarify,
    Command,
    Confirm,
    Connect,
    ControlRun,
    ControlWorkflow,
    Decline,
    Disconnect,
    Edit,
    Rehearse,
    SetSchedule,
    SetValue,
    Start,
    Tell,
    Topic,
)
from agent.inbound import Press, Submit
from agent.reply import FormPart, ProposalCard
from agent.state import TASKS
from catalog.schedule import Schedule
from tests.fakes.clock import FixedClock
from tests.fakes.talk import Talk, actions_of

DAILY = Schedule(rrule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0", timezone="Europe/Berlin")
SOON = Schedule(at=datetime(2026, 12, 2, 10, 30, tzinfo=UTC), timezone="Europe/Berlin")
PAST = Schedule(at=datetime(2020, 1, 1, tzinfo=UTC), timezone="UTC")
TEMPLATES = ("chat.say", "mail.send", "web.check", "webhook.relay", "files.note", "not.there")
NAMES = ("message", "to", "subject", "url", "mode", "stamp", "at", "tag", "nothing")
VALUES = ("short", "long", "bob@example.com", "https://example.com/x", "yes", True, 7, "09:30", None, ["a"], "*x*", "")

schedules = st.sampled_from([None, DAILY, SOON, PAST])
values = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=4)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        Start,
        template_id=st.sampled_from(TEMPLATES),
        values=values,
        schedule=schedules,
        needs_time=st.booleans(),
        trigger=st.sampled_from([None, "manual", "schedule", "webhook", "event"]),
    ),
    st.builds(SetValue, name=st.sampled_from(NAMES), value=st.sampled_from(VALUES)),
    st.builds(SetSchedule, schedule=schedules, needs_time=st.booleans()),
    st.sampled_from([Confirm(), Decline(), Cancel(), Edit(), Rehearse(), Connect(connector="smtp")]),
    st.just(Disconnect(connector="smtp")),
    st.builds(Tell, topic=st.sampled_from(Topic)),
    st.builds(
        ControlWorkflow,
        verb=st.sampled_from(["pause", "resume", "delete", "run", "show"]),
        name=st.sampled_from([None, "Post a message", "zzz"]),
    ),
    st.builds(ControlRun, verb=st.sampled_from(["cancel", "retry", "show"])),
    st.builds(AnswerCheck, answer=st.sampled_from(["done", "retry", "stop"])),
    st.builds(CannotHandle, reason=st.sampled_from(["none", "small_talk", "unclear", "unsafe", "stale_action"])),
    st.builds(
        Clarify,
        candidates=st.lists(
            st.builds(Candidate, template_id=st.sampled_from(TEMPLATES), score=st.just(0.5)), max_size=6
        ),
        text=st.just("something"),
    ),
)


class AnyConversation(RuleBasedStateMachine):
    """Talks at random: texts that mean anything, buttons old and new, forms filled with anything."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp()) / "talk"
        self.folder.mkdir()
        self.clock = FixedClock()
        self.actions: list[str] = []
        self.forms: list[FormPart] = []

    @initialize()
    def begin(self) -> None:
        self.talk = self.runner.run(Talk.open(self.folder, self.clock))

    @rule(meant=st.lists(commands, max_size=3))
    def say(self, meant: list[Command]) -> None:
        self.runner.run(self.talk.say("something", *meant))
        self.look()

    @rule(data=st.data())
    def press(self, data: st.DataObject) -> None:
        if self.actions:
            action = data.draw(st.sampled_from(self.actions))
            self.runner.run(self.talk.send(Press(action=action)))
            self.look()

    @rule(data=st.data())
    def press_what_is_shown(self, data: st.DataObject) -> None:
        shown = [one.id for one in actions_of(self.talk.last)]
        if shown:
            self.runner.run(self.talk.send(Press(action=data.draw(st.sampled_from(shown)))))
            self.look()

    @rule(data=st.data())
    def press_some_yes_old_or_new(self, data: st.DataObject) -> None:
        """The dangerous ones, often: most are stale, and many were pressed before."""
        yes = [one for one in self.actions if one.startswith("approve:")]
        if yes:
            self.runner.run(self.talk.send(Press(action=data.draw(st.sampled_from(yes)))))
            self.look()

    @rule(message=st.sampled_from(["one", "two"]), schedule=schedules)
    def ask_for_something_complete(self, message: str, schedule: Schedule | None) -> None:
        start = Start(template_id="chat.say", values={"message": message}, schedule=schedule)
        self.runner.run(self.talk.say("something", start))
        self.look()

    @rule(data=st.data(), changes=values)
    def fill_a_form(self, data: st.DataObject, changes: dict[str, object]) -> None:
        if self.forms:
            form = data.draw(st.sampled_from(self.forms))
            account = {"host": "smtp.example.com", "sender": "ana@example.com", "password": "hunter2"}
            filled = {one.name: one.value for one in form.fields} | (
                account if form.action.startswith("connect:") else changes
            )
            self.runner.run(self.talk.send(Submit(action=form.action, fields=filled)))  # type: ignore[arg-type]
            self.look()

    @rule(minutes=st.integers(1, 90))
    def time_goes_on(self, minutes: int) -> None:
        self.clock.move(minutes * 60)

    def look(self) -> None:
        """What every single turn owes."""
        assert self.talk.last, "every turn is answered"
        assert all(reply.parts for reply in self.talk.last)
        assert "went wrong" not in self.talk.said, self.talk.said
        self.actions += [one.id for one in actions_of(self.talk.last)]
        self.forms += self.talk.parts(FormPart)
        for card in self.talk.parts(ProposalCard):
            assert bool(card.actions) == (card.state == "open")

    @invariant()
    def nothing_runs_without_a_yes_to_exactly_that(self) -> None:
        unapproved = self.talk.rows(
            "SELECT r.id FROM runs r WHERE NOT r.is_rehearsal AND r.digest NOT IN "
            "(SELECT a.digest FROM approvals a JOIN proposals p ON p.id = a.subject_id "
            "WHERE a.verdict = 'yes' AND p.state = 'approved' AND p.digest = a.digest)"
        )
        assert unapproved == []

    @invariant()
    def nothing_fires_without_a_yes(self) -> None:
        rows = self.talk.rows(
            "SELECT t.id FROM triggers t JOIN workflows w ON w.id = t.workflow_id JOIN workflow_versions v "
            "ON v.workflow_id = w.id AND v.version = w.version WHERE t.is_active AND "
            "(w.state != 'active' OR v.digest NOT IN (SELECT digest FROM approvals WHERE verdict = 'yes'))"
        )
        assert rows == []

    @invariant()
    def each_card_gets_one_answer_and_each_workflow_one_open_card(self) -> None:
        assert self.talk.rows("SELECT subject_id FROM approvals GROUP BY subject_id HAVING count(*) > 1") == []
        twice = (
            "SELECT json_extract(content, '$.workflow_id') AS w FROM proposals WHERE state = 'open' "
            "GROUP BY w HAVING count(*) > 1"
        )
        assert self.talk.rows(twice) == []

    @invariant()
    def the_state_is_small_and_points_at_what_is_there(self) -> None:
        state = self.runner.run(self.talk.state())
        assert len(state.tasks) <= TASKS
        known = {row[0] for row in self.talk.rows("SELECT id FROM proposals WHERE state = 'open'")}
        assert {task.proposal_id for task in state.tasks if task.has_card} <= known

    @invariant()
    def no_secret_is_stored_readable(self) -> None:
        assert "hunter2" not in self.talk.dump()

    def teardown(self) -> None:
        self.runner.run(self.talk.store.close())
        self.runner.close()
        shutil.rmtree(self.folder.parent)


AnyConversation.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
test_any_conversation_keeps_the_laws = AnyConversation.TestCase
