"""Where nothing can be written any more, and who is told of it."""

from __future__ import annotations

from agent.command import Tell, Topic
from bot.surface.port import Profile
from catalog.decision import request_digest
from store.record import ApprovalRequest, RequestState
from tests.contract.surfaces.lab import SURFACE, SurfaceLab
from tests.contract.surfaces.test_delivery import POST, change, place, rested, write
from worker.asking import RequestCards
from worker.outside import announce


async def test_of_a_channel_that_was_archived_who_asked_is_told_alone_and_once(lab: SurfaceLab) -> None:
    await lab.say("hello", thread="t1")
    before = len(lab.shown())
    lab.surface.closed.add("C1")
    await served(lab)
    for text in ("list", "list again"):
        await lab.say(text, Tell(topic=Topic.WORKFLOWS), thread="t1")
    await lab.show()
    assert len(lab.shown()) == before
    [told] = lab.texts("@U1")
    assert "#ops: it was archived" in told.replace("\\", "")
    problems = [str(row[0]) for row in lab.talk.rows("SELECT problem FROM postings WHERE external_id = ''")]
    assert problems == ["Nothing can be written there any more."] * 2


async def test_in_a_channel_that_was_archived_a_card_stays_and_nobody_is_told(lab: SurfaceLab) -> None:
    (message_id,) = await write(lab, await place(lab), "0")
    await lab.show()
    lab.surface.closed.add("C1")
    await served(lab)
    await change(lab, message_id, "1")
    await rested(lab, 5)
    assert lab.texts() == ["0"]
    assert lab.texts("@U1") == []
    lab.surface.closed.clear()
    await change(lab, message_id, "2")
    await rested(lab, 5)
    assert lab.texts() == ["2"], "opened again, it is as the records say"


async def test_of_a_run_that_reports_where_errand_was_taken_out_who_asked_is_told_alone_and_once(
    lab: SurfaceLab,
) -> None:
    await served(lab)
    await lab.say("post hello", POST)
    await lab.press("Run")
    lab.surface.shut.add("C1")
    await lab.workers.work()
    await lab.heard()
    await rested(lab, 5)
    await lab.say("list", Tell(topic=Topic.WORKFLOWS))
    await lab.show()
    [told] = lab.texts("@U1")
    assert "not allowed to any more" in told


async def test_who_cannot_be_asked_alone_is_named_to_whoever_waits_for_them(lab: SurfaceLab) -> None:
    await served(lab)
    lab.surface.profiles["T1/U2"] = Profile(name="Ben")
    await lab.say("hello", user="U2", channel="@U2", thread="")
    await lab.say("post hello", POST)
    await lab.press("Run")
    lab.surface.shut.add("@U2")
    for _ in range(2):  # a visit may be the one after a crash
        await ask(lab, "U2")
        await rested(lab, 5)
    [told] = [one for one in lab.texts() if "could not reach" in one]
    assert "Ben alone on Recording" in told


async def ask(lab: SurfaceLab, user: str) -> None:
    """A step of the only run asks for this user's yes."""
    person, asking = await lab.person(user), await lab.person()
    assert person is not None
    assert asking is not None
    async with lab.store.begin() as records:
        [run] = await records.runs.of_person(asking.id, limit=1)
    request = ApprovalRequest(
        id="apr_1",
        run_id=run.id,
        step_id="ask",
        item=-1,
        number=1,
        requester_id=run.person_id,
        prompt="Pay Acme?",
        fields={},
        editable=[],
        digest=request_digest("apr_1", "Pay Acme?", {}),
        approvers=[person.id],
        quorum=1,
        state=RequestState.OPEN,
        created_at=lab.clock.now(),
    )
    async with lab.store.begin() as records:
        await records.approval_requests.add(request)
    cards = RequestCards(store=lab.store, events=lab.bus, clock=lab.clock, home_id=run.conversation_id, title="Pay")
    await cards.show(request, "ask", [person.id])


async def served(lab: SurfaceLab) -> None:
    """People can be reached on it."""
    async with lab.store.begin() as records:
        await announce(records, SURFACE, at=lab.clock.now())
