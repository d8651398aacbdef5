"""What the records say is what stands on the surface: in order, once, and never out of date for long."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from agent.command import Start
from agent.reply import ProposalCard, RunCard, TextPart
from bot.surface import host
from bot.surface.arrival import Pressed, Said
from bot.surface.content import Showing
from bot.surface.delivery import MOST_TRIES
from bot.surface.hold import LEASE
from bot.surface.port import Content
from core.ids import new_id
from store.record import Author, Conversation, Message, Place, Posting, RunState
from tests.contract.surfaces.lab import SURFACE, SurfaceLab
from tests.fakes.recording_surface import RETRY_AFTER_S, Fault

POST = Start(template_id="chat.say", values={"message": "Hello"})


async def place(lab: SurfaceLab, channel: str = "C1", thread: str = "t1") -> Conversation:
    made = Conversation(
        id=new_id("cnv"),
        surface=SURFACE,
        external_id=Place(surface=SURFACE, channel=channel, thread=thread, team="T1").key,
        person_id="usr_ana",
        title="",
        state={},
        revision=0,
        created_at=lab.clock.now(),
        updated_at=lab.clock.now(),
    )
    async with lab.store.begin() as records:
        await records.conversations.add(made)
    return made


async def write(lab: SurfaceLab, conversation: Conversation, *texts: str) -> list[str]:
    ids = []
    for text in texts:
        message = Message(
            id=new_id("msg"),
            conversation_id=conversation.id,
            author=Author.ERRAND,
            parts=[{"kind": "text", "text": text}],
            at=lab.clock.now(),
        )
        async with lab.store.begin() as records:
            await records.conversations.append(message)
        ids.append(message.id)
    return ids


async def rested(lab: SurfaceLab, seconds: float) -> None:
    lab.clock.move(seconds)
    await lab.show()


async def test_messages_are_posted_in_order_no_faster_than_the_surface_allows(lab: SurfaceLab) -> None:
    before = lab.clock.now()
    await write(lab, await place(lab), *map(str, range(5)))
    assert await lab.host.deliverer.deliver_due() == 1
    assert lab.texts() == ["0", "1", "2", "3", "4"]
    assert lab.clock.now() - before >= timedelta(seconds=4 * lab.surface.limits.post_gap_s)


async def test_threads_of_one_channel_share_its_order(lab: SurfaceLab) -> None:
    one, two = await place(lab, thread="a"), await place(lab, thread="b")
    for number in range(3):
        await write(lab, one, f"a{number}")
        await write(lab, two, f"b{number}")
    await lab.show()
    assert lab.texts() == ["a0", "b0", "a1", "b1", "a2", "b2"]


@pytest.mark.parametrize("fault", ["limited", "away", "lost request", "lost answer"])
async def test_what_fails_for_now_is_tried_again_before_anything_else_is_posted(lab: SurfaceLab, fault: Fault) -> None:
    await write(lab, await place(lab), "one", "two")
    lab.surface.faults = [fault, fault]
    for _ in range(4):
        await rested(lab, 30)
    assert lab.texts() == ["one", "two"]


async def test_a_pause_that_is_asked_for_is_kept_by_all_processes(lab: SurfaceLab) -> None:
    await write(lab, await place(lab), "one")
    lab.surface.faults = ["limited"]
    await lab.host.deliverer.deliver_due()
    calls = len(lab.surface.calls)
    lab.clock.move(RETRY_AFTER_S - 1)
    assert await lab.host.deliverer.deliver_due() == await lab.second().host.deliverer.deliver_due() == 0
    assert len(lab.surface.calls) == calls
    lab.clock.move(1)
    await lab.second().host.deliverer.deliver_due()
    assert lab.texts() == ["one"]


async def test_another_channel_goes_on_while_one_rests(lab: SurfaceLab) -> None:
    await write(lab, await place(lab), "slow")
    lab.surface.faults = ["limited"]
    await lab.host.deliverer.deliver_due()
    await write(lab, await place(lab, channel="C2"), "quick")
    await lab.host.deliverer.deliver_due()
    assert (lab.texts(), lab.texts("C2")) == ([], ["quick"])


@pytest.mark.parametrize("fault", ["refused", "bug"])
async def test_what_is_refused_is_given_up_and_the_next_is_posted(lab: SurfaceLab, fault: Fault) -> None:
    ids = await write(lab, await place(lab), "one", "two")
    lab.surface.faults = [fault]
    await lab.show()
    assert lab.texts() == ["two"]
    assert (await lab.posting(ids[0])).problem
    async with lab.store.begin() as records:
        assert await records.postings.backlog() == {}


async def test_a_channel_that_is_not_there_is_given_up(lab: SurfaceLab) -> None:
    ids = await write(lab, await place(lab, channel="#nowhere"), "one")
    await lab.show()
    posting = await lab.posting(ids[0])
    assert "#nowhere" in posting.problem
    assert posting.due_at is None


async def test_a_channel_that_never_answers_does_not_hold_up_what_follows_for_ever(lab: SurfaceLab) -> None:
    ids = await write(lab, await place(lab), "one", "two")
    lab.surface.faults = ["away"] * MOST_TRIES
    for _ in range(MOST_TRIES + 2):
        await rested(lab, 700)
    assert str(MOST_TRIES) in (await lab.posting(ids[0])).problem
    assert lab.texts() == ["two"]


async def test_a_process_that_died_between_posting_and_writing_it_down_posts_once(
    lab: SurfaceLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await write(lab, await place(lab), "one", "two")
    deliverer = lab.host.deliverer

    async def die(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(deliverer, "_settle", die)
        with pytest.raises(asyncio.CancelledError):
            await deliverer._visit(SURFACE, "T1/C1")
    assert (await lab.posting(ids[0])).external_id == ""
    assert lab.texts() == ["one"]
    lab.clock.move(60)
    other = lab.second()
    await other.show()
    assert lab.texts() == ["one", "two"]
    assert (await lab.posting(ids[0])).external_id == lab.shown()[0].id


async def test_another_process_goes_on_soon_after_one_died(lab: SurfaceLab) -> None:
    ids = await write(lab, await place(lab), "one")
    assert await lab.host.deliverer._claim(SURFACE, "T1/C1")
    other = lab.second().host.deliverer
    lab.clock.move(LEASE.total_seconds() - 1)
    assert await other.deliver_due() == 0
    lab.clock.move(1)
    assert await other.deliver_due() == 1
    assert lab.texts() == ["one"]
    assert (await lab.posting(ids[0])).external_id


async def test_a_lane_is_kept_for_as_long_as_a_call_takes(lab: SurfaceLab, monkeypatch: pytest.MonkeyPatch) -> None:
    post, is_free = lab.surface.post, asyncio.Event()

    async def slow(place: Place, content: Content, *, key: str, is_repeat: bool) -> str:
        await is_free.wait()
        return await post(place, content, key=key, is_repeat=is_repeat)

    monkeypatch.setattr(lab.surface, "post", slow)
    await write(lab, await place(lab), "one")
    deliverer = lab.host.deliverer
    running = asyncio.create_task(deliverer.run())
    async with asyncio.timeout(10):
        while not deliverer._holds._ends:
            await asyncio.sleep(0.005)
        for _ in range(6):
            before = dict(deliverer._holds._ends)
            lab.clock.move(LEASE.total_seconds() / 2)
            deliverer.look_again()
            while deliverer._holds._ends == before:
                await asyncio.sleep(0.005)
            assert await lab.second().host.deliverer.deliver_due() == 0
        is_free.set()
        while deliverer._at_work:
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert lab.texts() == ["one"]


async def test_a_process_that_stood_still_posts_nothing_after_others_went_on(
    lab: SurfaceLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had read what to post, and was just about to."""
    await write(lab, await place(lab), "one", "two")
    deliverer, other = lab.host.deliverer, lab.second()
    read = deliverer._read

    async def stands_still(posting: Posting) -> Showing | None:
        showing = await read(posting)
        if not lab.texts():
            lab.clock.move(LEASE.total_seconds())
            assert await other.host.deliverer.deliver_due() == 1
        return showing

    monkeypatch.setattr(deliverer, "_read", stands_still)
    await deliverer._visit(SURFACE, "T1/C1")
    assert lab.texts() == ["one", "two"]
    assert lab.surface.calls == ["post", "post"]


async def test_two_processes_that_deliver_at_once_post_everything_once_and_in_order(lab: SurfaceLab) -> None:
    other = lab.second()
    conversations = [await place(lab, channel=channel) for channel in ("C1", "C2")]
    for number in range(10):
        for conversation in conversations:
            await write(lab, conversation, f"{number}")
    for _ in range(5):
        await asyncio.gather(lab.host.deliverer.deliver_due(), other.host.deliverer.deliver_due())
        lab.clock.move(5)
    for channel in ("C1", "C2"):
        assert lab.texts(channel) == [str(number) for number in range(10)]
    assert lab.surface.calls.count("post") == 20


async def test_a_card_is_edited_in_place_when_it_changes(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    card = next(one for one in lab.shown() if any(isinstance(part, ProposalCard) for part in one.parts))
    assert lab.actions()
    await lab.press("Run")
    await lab.heard()
    await lab.show()
    assert lab.only(ProposalCard).state == "approved"
    assert lab.only(RunCard).state == "queued"
    assert len(lab.surface.messages[card.id].versions) == 2


async def test_what_has_not_changed_is_not_sent_again(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    calls = len(lab.surface.calls)
    async with lab.store.begin() as records:
        for posted in lab.shown():
            await records.postings.touch([posted.key], at=lab.clock.now())
    await rested(lab, 60)
    assert len(lab.surface.calls) == calls


async def test_many_changes_in_a_short_time_are_one_edit_and_the_latest_wins(lab: SurfaceLab) -> None:
    (message_id,) = await write(lab, await place(lab), "0")
    await lab.show()
    for number in range(1, 20):
        await change(lab, message_id, f"{number}")
        await lab.host.deliverer.deliver_due()
        lab.clock.move(0.1)
    await rested(lab, 5)
    versions = [part.text for one in lab.shown()[0].versions for part in one.parts if isinstance(part, TextPart)]
    assert versions[-1] == "19"
    assert len(versions) <= 4


async def change(lab: SurfaceLab, message_id: str, text: str) -> None:
    lab.talk.change(
        f'UPDATE messages SET parts = \'[{{"kind": "text", "text": "{text}"}}]\' WHERE id = \'{message_id}\''
    )
    async with lab.store.begin() as records:
        await records.postings.touch([message_id], at=lab.clock.now())


async def test_what_is_unfinished_is_looked_at_again_even_if_no_news_comes(lab: SurfaceLab) -> None:
    """Redis may lose every event."""
    await lab.say("post hello", POST)
    await lab.press("Run")
    run = (await runs(lab))[0]
    lab.bus.published.clear()
    lab.talk.change(f"UPDATE runs SET state = 'succeeded' WHERE id = '{run}'")
    await rested(lab, 120)
    assert lab.only(RunCard).state == RunState.SUCCEEDED.value
    assert lab.only(ProposalCard).state == "approved"
    calls = len(lab.surface.calls)
    for _ in range(20):
        await rested(lab, 3600)
    assert len(lab.surface.calls) == calls, "what is over is not looked at for ever"


async def runs(lab: SurfaceLab) -> list[str]:
    return [str(row[0]) for row in lab.talk.rows("SELECT id FROM runs")]


async def test_a_message_that_somebody_deleted_is_not_posted_again(lab: SurfaceLab) -> None:
    (message_id,) = await write(lab, await place(lab), "0")
    await lab.show()
    lab.surface.messages.clear()
    await change(lab, message_id, "1")
    await rested(lab, 5)
    assert lab.shown() == []
    assert (await lab.posting(message_id)).due_at is None
    calls = len(lab.surface.calls)
    await change(lab, message_id, "2")
    await rested(lab, 5)
    assert len(lab.surface.calls) == calls, "whoever deleted it wants it gone: it is not asked for again"


async def test_a_change_that_comes_while_it_is_posted_is_shown_too(
    lab: SurfaceLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    (message_id,) = await write(lab, await place(lab), "0")
    post = lab.surface.post

    async def slow(*args: object, **named: object) -> str:
        lab.clock.move(0.5)
        await change(lab, message_id, "1")
        return await post(*args, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(lab.surface, "post", slow)
    await lab.host.deliverer.deliver_due()
    assert lab.texts() == ["0"]
    await rested(lab, 5)
    assert lab.texts() == ["1"]


async def test_a_restart_finds_what_was_to_be_posted(lab: SurfaceLab) -> None:
    lab.means(POST)
    await lab.arrive(Said(text="post hello"))
    await lab.host.inbox.work_due()
    assert lab.shown() == []
    await lab.second().show()
    assert lab.only(ProposalCard)


async def test_a_button_that_was_shown_before_a_restart_still_works(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    other = lab.second()
    await other.arrive(Pressed(action=lab.button("Run")), delivery="Ev99")
    await other.settle()
    assert len(await runs(lab)) == 1


async def test_the_loops_show_what_arrives_and_what_changes_by_themselves(
    lab: SurfaceLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a serving process: nobody asks for anything."""
    monkeypatch.setattr(host, "_ANNOUNCE_S", 0.2)  # whoever sleeps moves this clock: not past every lease
    async with lab.host.open({SURFACE: lab.surface.opener}):
        lab.means(POST)
        async with asyncio.timeout(20):
            await lab.arrive(Said(text="post hello"))
            while not lab.parts(ProposalCard):
                await asyncio.sleep(0.01)
            await lab.arrive(Pressed(action=lab.button("Run")))
            while not lab.parts(RunCard) or lab.only(ProposalCard).state != "approved":
                await asyncio.sleep(0.01)
        state = await lab.host.state()
    assert state.surfaces[SURFACE].is_connected
    assert state.inbox == {}
