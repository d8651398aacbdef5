"""What arrives has one effect, in order, whatever is repeated, lost or broken on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from agent.command import Start
from agent.inbound import Inbound, Text
from agent.reply import ChoicesPart, ProposalCard, Reply
from agent.state import load_state
from bot.surface.arrival import Arrival, Said, Submitted
from bot.surface.hold import LEASE
from bot.surface.inbox import MOST_TRIES, InboxWorker, Turns
from bot.surface.port import Profile
from bot.surface.sealing import opened
from core.errors import StoreError
from store.record import EntryState, Role
from store.vault import Vault
from tests.contract.surfaces.lab import SURFACE, VAULT, SurfaceLab

POST = Start(template_id="chat.say", values={"message": "Hello"})


def worker(lab: SurfaceLab, turns: Turns, owner: str = "srv_1") -> InboxWorker:
    """The lab's, with another way to take turns."""
    other = lab.host.inbox
    return InboxWorker(
        store=lab.store,
        clock=lab.clock,
        surfaces=[SURFACE],
        owner=owner,
        sealer=other._sealer,
        turns=turns,
        reception=other._reception,
        firing=other._firing,
        writings=other._writings,
        files=other._files,
        answered=lambda *_: None,
        calm=other._calm,
        sweep_s=1.0,
    )


async def test_a_sentence_is_answered_in_its_thread(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    assert lab.only(ProposalCard).title == "Post a message"
    assert {(one.place.channel, one.place.thread) for one in lab.shown()} == {("C1", "t1")}
    assert (await lab.entry("Ev1")).state is EntryState.DONE


async def test_whoever_is_new_becomes_a_member_as_their_profile_says(lab: SurfaceLab) -> None:
    lab.surface.profiles["T1/U1"] = Profile(name="Ana Lima", time_zone="America/Sao_Paulo", locale="pt-BR")
    await lab.say("post hello", POST)
    person = await lab.person()
    assert person is not None
    assert (person.name, person.time_zone, person.locale) == ("Ana Lima", "America/Sao_Paulo", "pt-BR")
    assert person.role is Role.MEMBER


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../../etc/passwd", "\0"])
async def test_a_profile_without_a_usable_zone_takes_the_operator_s(lab: SurfaceLab, zone: str) -> None:
    lab.surface.profiles["T1/U1"] = Profile(name="", time_zone=zone)
    await lab.say("post hello", POST)
    person = await lab.person()
    assert person is not None
    assert (person.name, person.time_zone) == ("T1/U1", "Europe/Berlin")


async def test_nobody_is_kept_out_because_their_profile_cannot_be_read(lab: SurfaceLab) -> None:
    lab.surface.faults = ["away"]
    await lab.say("post hello", POST)
    assert lab.only(ProposalCard)


async def test_a_delivery_that_comes_four_times_has_one_effect(lab: SurfaceLab) -> None:
    lab.means(POST)
    accepted = await asyncio.gather(*(lab.arrive(Said(text="post hello"), delivery="Ev9") for _ in range(4)))
    await lab.settle()
    await lab.arrive(Said(text="post hello"), delivery="Ev9")
    await lab.settle()
    assert sorted(one.is_new for one in accepted) == [False, False, False, True]
    assert lab.interpreter.texts == ["post hello"]
    assert len(lab.shown()) == 1


async def test_two_processes_with_one_token_answer_once(lab: SurfaceLab) -> None:
    other = lab.second()
    lab.means(POST)
    first = await lab.arrive(Said(text="post hello"), delivery="Ev9")
    second = await other.arrive(Said(text="post hello"), delivery="Ev9")
    await asyncio.gather(lab.host.inbox.work_due(), other.host.inbox.work_due())
    await asyncio.gather(lab.host.deliverer.deliver_due(), other.host.deliverer.deliver_due())
    assert (first.is_new, second.is_new) == (True, False)
    assert lab.interpreter.texts == ["post hello"]
    assert len(lab.shown()) == 1


async def test_what_one_place_says_is_dealt_with_in_order_and_others_do_not_wait(lab: SurfaceLab) -> None:
    began: list[str] = []
    is_free = asyncio.Event()

    async def take(inbound: Inbound) -> list[Reply]:
        assert isinstance(inbound.content, Text)
        began.append(inbound.content.text)
        if inbound.content.text == "a1":
            await is_free.wait()
        return []

    for text, thread in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")):
        await lab.arrive(Said(text=text), thread=thread)
    slow = worker(lab, Turns(take=take, apologize=lab.turn.give_up))
    working = asyncio.create_task(slow.run())
    async with asyncio.timeout(10):
        while "b2" not in began:
            await asyncio.sleep(0.01)
        assert "a2" not in began
        is_free.set()
        while "a2" not in began:
            await asyncio.sleep(0.01)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert began.index("a1") < began.index("a2")
    assert began.index("b1") < began.index("b2")


async def test_a_process_that_died_in_the_middle_leaves_nothing_undone_and_doubles_nothing(lab: SurfaceLab) -> None:
    """It had answered, and died before it wrote that down."""
    lab.means(POST)
    await lab.arrive(Said(text="post hello"), delivery="Ev9")
    async with lab.store.begin() as records:
        now = lab.clock.now()
        taken = await records.inbox.take([SURFACE], "srv_dead", now=now, until=now + LEASE, limit=1)
    await lab.host.inbox._do(taken[0], Arrival.model_validate(taken[0].payload))
    await lab.settle()
    assert (await lab.entry("Ev9")).state is EntryState.NEW
    lab.clock.move(LEASE.total_seconds())
    await lab.settle()
    assert (await lab.entry("Ev9")).state is EntryState.DONE
    assert lab.interpreter.texts == ["post hello"]
    assert len(lab.shown()) == 1


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.005)


class LongTurns:
    """Turns that take as long as the test says."""

    def __init__(self) -> None:
        self.began = 0
        self.is_free = asyncio.Event()

    async def take(self, _: Inbound) -> list[Reply]:
        self.began += 1
        await self.is_free.wait()
        return []


@asynccontextmanager
async def working(lab: SurfaceLab, turns: LongTurns) -> AsyncIterator[InboxWorker]:
    """A process that has begun a turn."""
    busy = worker(lab, Turns(take=turns.take, apologize=lab.turn.give_up))
    running = asyncio.create_task(busy.run())
    await until(lambda: turns.began == 1)
    yield busy
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def lease_of(lab: SurfaceLab, delivery: str) -> datetime | None:
    return (await lab.entry(delivery)).lease_until


async def test_a_turn_that_takes_longer_than_a_lease_is_not_taken_by_another_process(lab: SurfaceLab) -> None:
    turns = LongTurns()
    await lab.arrive(Said(text="post hello"), delivery="Ev9")
    async with working(lab, turns) as busy:
        for _ in range(6):
            before = await lease_of(lab, "Ev9")
            lab.clock.move(LEASE.total_seconds() / 2)
            busy.look_again()
            async with asyncio.timeout(10):
                while await lease_of(lab, "Ev9") == before:
                    await asyncio.sleep(0.005)
            assert await lab.second().host.inbox.work_due() == 0
        turns.is_free.set()
        await until(lambda: not busy._at_work)
    assert (await lab.entry("Ev9")).state is EntryState.DONE
    assert (turns.began, (await lab.entry("Ev9")).attempts) == (1, 1)


async def test_a_process_that_stood_still_leaves_the_turn_to_whoever_went_on(lab: SurfaceLab) -> None:
    turns = LongTurns()
    await lab.arrive(Said(text="post hello"), delivery="Ev9")
    async with working(lab, turns) as busy:
        lab.clock.move(LEASE.total_seconds())
        async with lab.store.begin() as records:
            now = lab.clock.now()
            (taken,) = await records.inbox.take([SURFACE], "srv_2", now=now, until=now + LEASE, limit=1)
        busy.look_again()
        await until(lambda: not busy._at_work)
    entry = await lab.entry("Ev9")
    assert (entry.state, entry.lease_owner, entry.attempts) == (EntryState.NEW, "srv_2", taken.attempts)


async def test_what_fails_for_now_is_tried_again_in_order(lab: SurfaceLab) -> None:
    tries: list[str] = []

    async def take(inbound: Inbound) -> list[Reply]:
        assert isinstance(inbound.content, Text)
        tries.append(inbound.content.text)
        if len(tries) < 3:
            raise StoreError
        return []

    for text in ("one", "two"):
        await lab.arrive(Said(text=text))
    flaky = worker(lab, Turns(take=take, apologize=lab.turn.give_up))
    for _ in range(3):
        await flaky.work_due()
        lab.clock.move(60)
    await flaky.work_due()
    assert tries == ["one", "one", "one", "two"]


async def test_what_always_fails_is_given_up_with_an_apology_and_the_next_goes_on(lab: SurfaceLab) -> None:
    async def take(inbound: Inbound) -> list[Reply]:
        if inbound.content == Text(text="poison"):
            raise ZeroDivisionError
        return await lab.turn.handle(inbound)

    lab.means(POST)
    await lab.arrive(Said(text="poison"), delivery="Ev8")
    await lab.arrive(Said(text="post hello"), delivery="Ev9")
    broken = worker(lab, Turns(take=take, apologize=lab.turn.give_up))
    for _ in range(MOST_TRIES + 1):
        await broken.work_due()
        lab.clock.move(60)
    await lab.show()
    entry = await lab.entry("Ev8")
    assert (entry.state, entry.attempts, entry.problem) == (EntryState.FAILED, MOST_TRIES, "ZeroDivisionError: ")
    assert (await lab.entry("Ev9")).state is EntryState.DONE
    assert "reference" in lab.texts()[0]
    assert lab.only(ProposalCard)


async def test_what_cannot_be_read_is_given_up_at_once(lab: SurfaceLab) -> None:
    await lab.arrive(Said(text="post hello"), delivery="Ev9")
    entry = await lab.entry("Ev9")
    async with lab.store.begin() as records:
        broken = replace(entry, delivery_id="Ev8", payload={"kind": "who knows"})
        await records.inbox.add([broken])
    lab.means(POST)
    await lab.settle()
    assert (await lab.entry("Ev8")).state is EntryState.FAILED
    assert lab.only(ProposalCard)


async def test_many_arrivals_at_once_are_all_kept(lab: SurfaceLab) -> None:
    accepted = await asyncio.gather(*(lab.arrive(Said(text=f"{n}"), thread=f"t{n}") for n in range(300)))
    assert all(one.is_new for one in accepted)
    async with lab.store.begin() as records:
        assert (await records.inbox.backlog())[SURFACE].count == 300


async def test_turns_wait_until_a_crowd_is_in(lab: SurfaceLab) -> None:
    await asyncio.gather(*(lab.arrive(Said(text=f"{n}"), thread=f"t{n}") for n in range(20)))
    before = lab.clock.now()
    await lab.host.intake.calm()
    assert lab.clock.now() - before >= timedelta(seconds=0.5)
    before = lab.clock.now()
    await lab.host.intake.calm()
    assert lab.clock.now() == before


async def test_a_crowd_that_never_ends_holds_up_turns_for_some_seconds_only(lab: SurfaceLab) -> None:
    for number in range(200):
        await lab.arrive(Said(text=f"{number}"), thread=f"t{number}")
        lab.clock.move(0.03)
    before = lab.clock.now()
    for _ in range(5):
        await lab.host.intake.calm()
    assert lab.clock.now() == before


async def test_what_cannot_be_kept_is_not_acknowledged(lab: SurfaceLab, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        raise StoreError("The database is away.")

    monkeypatch.setattr(lab.host.intake, "_store", type("Away", (), {"begin": staticmethod(broken)}))
    with pytest.raises(StoreError):
        await lab.arrive(Said(text="x"))


async def test_whoever_handed_it_over_may_wait_for_the_answer(lab: SurfaceLab) -> None:
    lab.means(POST)
    accepted = await lab.arrive(Said(text="post hello"))
    assert await accepted.replies(within_s=0.0) is None
    await lab.settle()
    replies = await accepted.replies(within_s=1.0)
    assert replies is not None
    assert any(isinstance(part, ProposalCard) for part in replies[0].parts)


async def test_two_people_who_are_new_at_the_same_moment_in_two_places_are_one_person_each(lab: SurfaceLab) -> None:
    for thread in ("a", "b", "c", "d"):
        await lab.arrive(Said(text="hi"), thread=thread, user="U1")
    await lab.settle()
    people = [one for one in await lab.people() if one.name == "T1/U1"]
    assert len(people) == 1
    assert len(await lab.conversations()) == 4


async def test_in_a_channel_errand_answers_only_who_speaks_to_it(lab: SurfaceLab) -> None:
    await lab.arrive(Said(text="lunch?", is_addressed=False))
    await lab.settle()
    assert lab.shown() == []
    assert await lab.person() is None


async def test_who_was_asked_something_in_a_thread_may_answer_without_a_mention(lab: SurfaceLab) -> None:
    await lab.say("post something", Start(template_id="chat.say"))
    lab.means()
    await lab.arrive(Said(text="whatever", is_addressed=False), user="U2")
    await lab.settle()
    assert lab.interpreter.texts == ["post something"]
    await lab.arrive(Said(text="Hello", is_addressed=False), user="U1")
    await lab.settle()
    assert lab.interpreter.texts == ["post something", "Hello"]


async def test_what_was_said_in_a_thread_before_is_offered_and_taken_only_when_picked(lab: SurfaceLab) -> None:
    lab.surface.threads["t1"] = ["write to ana@acme.example", "mail them"]
    await lab.say("mail them", Start(template_id="mail.send"))
    assert lab.only(ChoicesPart).choices[0].label == "ana@acme.example"
    await lab.press("ana@acme.example")
    conversation = (await lab.conversations())[0]
    state = load_state(conversation.state)
    assert state.task is not None
    assert state.task.values["to"].source == "suggestion"


async def test_what_is_filled_into_a_form_is_ciphertext_in_the_inbox(lab: SurfaceLab) -> None:
    """Accounts are connected by forms: their secrets must not stand in the records as they were typed."""
    await lab.arrive(Submitted(action="connect:smtp", fields={"password": "hunter2hunter2"}), delivery="Ev1")
    entry = await lab.entry("Ev1")
    assert "hunter2" not in str(entry.payload)
    assert opened(entry.payload, VAULT).what == Submitted(action="connect:smtp", fields={"password": "hunter2hunter2"})


async def test_a_form_that_no_key_opens_any_more_is_given_up_and_holds_up_nothing(lab: SurfaceLab) -> None:
    lab.host.inbox._sealer = Vault([f"{'B' * 43}="])
    await lab.arrive(Submitted(action="connect:smtp", fields={"password": "x"}), delivery="Ev0")
    await lab.say("post hello", POST)
    assert (await lab.entry("Ev0")).state is EntryState.FAILED
    assert lab.only(ProposalCard)
