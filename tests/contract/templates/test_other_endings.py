"""What templates do when things do not go the usual way: a no, an answer, a failure of one of many, a day that has passed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import JsonValue

from catalog.loader import SAMPLES
from catalog.workflow import TriggerChoice
from store.record import RunState
from tests.contract.templates.library import template, values_of
from tests.contract.templates.office import Ended, Office
from tests.contract.templates.web import feed, page
from tests.fakes.http_service import Answer

NOWHERE = "http://127.0.0.1:9/"


async def run(
    office: Office, template_id: str, *, answer: str = "yes", arriving: JsonValue = None, **given: JsonValue
) -> Ended:
    """Run it at once, or by what arrives at its webhook."""
    chosen = template(template_id)
    values = {name: office.web.local(value) for name, value in values_of(chosen, **given).items()}
    trigger: TriggerChoice = "manual" if "manual" in chosen.trigger.allowed else chosen.trigger.allowed[0]
    return await office.happen(await office.approve(chosen, values, trigger=trigger), answer=answer, body=arriving)


@pytest.mark.parametrize("template_id", ["email.with-approval", "webhook.gate", "webhook.two-yeses"])
async def test_a_no_sends_nothing(office: Office, template_id: str) -> None:
    ended = await run(office, template_id, answer="no")
    assert ended.run.state is RunState.FAILED
    assert ended.run.failure is not None
    assert ended.run.failure.message in ("Ada said no.", "Ana said no.")
    assert not office.smtp.mails
    assert not office.web.seen


async def test_a_decision_is_posted_also_when_it_is_no(office: Office) -> None:
    ended = await run(office, "chat.approval", answer="no", question="New chairs?")
    assert ended.run.result == "Declined: New chairs?"
    assert await office.posts() == ["**Declined by Ada:** New chairs?"]


async def test_the_whole_mail_is_shown_before_the_yes(office: Office) -> None:
    asked: list[str] = []

    chosen = template("email.with-approval")
    workflow = await office.approve(chosen, values_of(chosen, body="We open in May."))
    ended = await office.happen(workflow, meanwhile=lambda: asked.append(str(len(office.smtp.mails))))
    [decision] = ended.done("decision")
    assert asked == ["0"], "nothing was sent while it was asked"
    assert "We open in May." in str(decision.input)
    assert "press@example.com" in str(decision.input)


@pytest.mark.parametrize(
    ("template_id", "given"),
    [("webhook.gate", {}), ("chat.approval", {"question": "x" * 3000}), ("email.with-approval", {"body": "x" * 3000})],
)
async def test_a_question_is_asked_however_much_there_is_to_show(
    office: Office, template_id: str, given: dict[str, str]
) -> None:
    chosen = template(template_id)
    values = {name: office.web.local(value) for name, value in {**values_of(chosen), **given}.items()}
    ended = await office.happen(await office.approve(chosen, values), body={"text": "x" * 3000})
    assert ended.run.state is RunState.SUCCEEDED, ended.run.failure


@pytest.mark.parametrize("is_answered", [True, False])
async def test_a_reminder_is_sent_only_without_an_answer(office: Office, is_answered: bool) -> None:
    """An older message of the same subject is no answer."""
    office.receive("supplier@example.com", "Re: Quote 17", "That was the one of last year.")
    chosen = template("email.chase")
    workflow = await office.approve(chosen, values_of(chosen))

    def answer() -> None:
        if is_answered:
            office.receive("supplier@example.com", "Re: Quote 17", "Here it is.")

    ended = await office.happen(workflow, meanwhile=answer)
    assert len(office.smtp.mails) == (1 if is_answered else 2)
    assert ended.run.result == ("An answer came." if is_answered else "No answer came, so I sent a reminder.")


async def test_a_mail_merge_names_whom_it_did_not_reach(office: Office) -> None:
    office.smtp.refuse["carla@example.com"] = "550 5.1.1 no such user"
    ended = await run(office, "email.merge")
    assert ended.run.state is RunState.SUCCEEDED
    assert len(office.smtp.mails) == 3
    assert ended.run.result is not None
    assert ended.run.result.startswith("Sent 3 of 4 e-mails. Not sent: ")
    assert "carla@example.com" in ended.run.result


async def test_a_digest_names_the_feed_that_could_not_be_read(office: Office) -> None:
    good, bad = office.web.service.route("/good", feed("One")), office.web.service.route("/bad", page("?"))
    ended = await run(office, "web.daily-digest", feeds=[good, bad])
    assert ended.run.result == "Posted a digest of 1 of 2 feeds."
    [post] = await office.posts()
    assert "[One](" in post
    assert f"Could not be read: {bad} (" in post


async def test_a_broken_and_an_unreachable_link_are_both_named(office: Office) -> None:
    good = office.web.service.route("/good", page("Welcome"))
    broken = office.web.service.route("/broken", Answer(status=404))
    ended = await run(office, "web.link-check", links=[good, broken, NOWHERE])
    assert ended.run.result == "2 of 3 links broken."
    [post] = await office.posts()
    assert f"- {broken}: " in post
    assert f"- {NOWHERE}: " in post
    assert good not in post


async def test_a_report_shows_why_a_site_is_down(office: Office) -> None:
    good = office.web.service.route("/good", page("Welcome"))
    ended = await run(office, "web.status-report", sites=[good, NOWHERE])
    assert ended.run.result == "1 of 2 sites up."
    [post] = await office.posts()
    assert f"🟢 {good}\n" in post
    assert f"🔴 {NOWHERE}: " in post


async def test_entries_of_a_form_come_below_each_other(office: Office) -> None:
    chosen = template("webhook.form-to-csv")
    workflow = await office.approve(chosen, values_of(chosen))
    for name in ("Ann", "Ben"):
        await office.happen(workflow, body={"name": name, "city": "Bath"})
    assert office.contents()["signups.csv"].decode().splitlines() == ["name,city", "Ann,Bath", "Ben,Bath"]


async def test_a_deadline_is_warned_of_in_the_morning_in_the_persons_zone(office: Office) -> None:
    await run(office, "time.deadline", day="2027-03-30", ahead=3 * 86_400)
    berlin = ZoneInfo("Europe/Berlin")
    times = [message.at.astimezone(berlin) for message in await office.messages()]
    assert times == [datetime(2027, 3, day, 9, tzinfo=berlin) for day in (27, 30)], "clocks change in between"


async def test_a_deadline_that_is_near_is_warned_of_at_once(office: Office) -> None:
    began = office.clock.now()
    await run(office, "time.deadline", day="2026-12-03", ahead=7 * 86_400)
    first, second = await office.messages()
    assert first.at == began
    assert second.at == datetime(2026, 12, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("day", "post", "result"),
    [
        ("2026-12-04", "2 days until the launch.", "2 days left."),
        ("2026-12-03", "1 day until the launch.", "1 day left."),
        ("2026-12-02", "Today is the day: the launch.", "Today is the day."),
        ("2026-12-01", "the launch has passed.", "The day has passed."),
    ],
)
async def test_a_countdown_ends(office: Office, day: str, post: str, result: str) -> None:
    ended = await run(office, "chat.countdown", day=day)
    assert (await office.posts(), ended.run.result) == ([post], result)


@pytest.mark.parametrize("name", ["letter.pdf", "people.csv", "budget.xlsx"])
async def test_a_checksum_is_compared(office: Office, name: str) -> None:
    digest = hashlib.sha256((SAMPLES / name).read_bytes()).hexdigest()
    ended = await run(office, "files.checksum", file=name, expected=digest.upper())
    assert ended.run.result == "The checksum matches."
    ended = await run(office, "files.checksum", file=name, expected="0" * 64)
    assert ended.run.result == "The checksum does not match: the file differs."
    assert all(digest in post for post in await office.posts())


async def test_two_reports_at_the_same_time_do_not_share_a_file(office: Office) -> None:
    await run(office, "data.pdf-report-email", file="sales.csv")
    await run(office, "data.pdf-report-email", file="people.csv")
    assert len(set(office.contents().values())) == len(office.contents()) == 2


async def test_tables_are_put_side_by_side_where_a_column_agrees(office: Office) -> None:
    await run(office, "data.csv-merge", by=["city"])
    lines = office.contents()["merged.csv"].decode().splitlines()
    assert lines[:2] == ["name,email,city,country", "Ana Silva,ana@example.com,Lisbon,Portugal"]


async def test_a_column_is_added_up(office: Office) -> None:
    await run(office, "data.csv-summary")
    [post] = await office.posts()
    assert "| North | 2 | 166.4 |" in post


async def test_a_list_inside_a_json_file_is_found(office: Office) -> None:
    (office.files / "deep.json").write_text('{"data": {"items": [{"a": 1}, {"a": 2}]}}')
    await run(office, "data.json-to-csv", file="deep.json", path="data.items")
    assert office.contents()["table.csv"].decode().splitlines() == ["a", "1", "2"]


async def test_a_channel_that_nobody_knows_fails_with_the_reason(office: Office) -> None:
    office.serves = ()
    ended = await run(office, "chat.post-message", channel="#general")
    assert ended.run.state is RunState.FAILED
    assert ended.run.failure is not None
    assert "#general cannot be reached" in ended.run.failure.message


async def test_an_automation_that_fails_stops_the_one_after_it(office: Office) -> None:
    ended = await run(office, "chat.run-after", first="No such one")
    assert ended.run.state is RunState.FAILED
    assert ended.run.failure is not None
    assert "No such one" in ended.run.failure.message
    assert await office.posts() == []
