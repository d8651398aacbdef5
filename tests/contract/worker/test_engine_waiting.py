"""Runs that wait: for a time, a yes, an account, another run; and that are cancelled meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from catalog.decision import Refusal
from core.errors import ConnectionNeededError
from store.record import AttemptState, Priority, RunState, Verdict, Waiting, WorkflowState
from tests.contract.worker.lab import CONVERSATION, Lab, LabParams, until
from tests.fakes.clock import FixedClock
from tools.registry import load_steps
from tools.step import Pause, StepContext


def with_built_in(lab: Lab) -> Lab:
    lab.more = list(load_steps())
    return lab


async def test_a_delay_holds_no_worker_and_survives_a_restart(any_lab: Lab, clock: FixedClock) -> None:
    lab = with_built_in(any_lab)
    run = await lab.ran(
        {"id": "a", "uses": "lab.once", "with": {"say": 1}},
        {"id": "wait", "uses": "flow.delay", "with": {"seconds": 3600}},
        {"id": "b", "with": {"say": 2}},
    )
    assert (run.state, run.waiting_for) == (RunState.WAITING, Waiting.TIMER)
    assert run.due_at == clock.now() + timedelta(hours=1)
    assert run.lease_owner is None
    clock.move(3601)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == [1, 2]
    assert len(await lab.attempts(run, "wait")) == 1


async def test_a_yes_lets_the_run_go_on(any_lab: Lab) -> None:
    lab = with_built_in(any_lab)
    run = await lab.ran(
        {"id": "ask", "uses": "flow.approval", "with": {"prompt": "Really?"}},
        {"id": "b", "with": {"say": "${{ steps.ask.by }}"}},
    )
    assert (run.state, run.waiting_for, run.due_at) == (RunState.WAITING, Waiting.APPROVAL, None)
    assert (await lab.attempts(run))[0].output == {"waiting_for": "approval", "prompt": "Really?"}
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.WAITING, "nobody has answered yet"
    assert (await lab.answer(run)).refusal is None
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == ["Ada"]


async def test_a_no_ends_the_run(lab: Lab) -> None:
    run = await with_built_in(lab).ran({"id": "ask", "uses": "flow.approval", "with": {"prompt": "?"}}, {"id": "b"})
    await lab.answer(run, Verdict.NO)
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.message == "Ada said no."
    assert not lab.calls


async def test_a_yes_is_not_forgotten_when_the_worker_dies_after_hearing_it(lab: Lab, clock: FixedClock) -> None:
    """The answer is in the records; the worker that comes next takes it from there."""
    run = await with_built_in(lab).ran({"id": "ask", "uses": "flow.approval", "with": {"prompt": "?"}})
    await lab.answer(run)
    claimed = await lab.store.journal.claim(
        run.id, owner="dying", now=clock.now(), until=clock.now() + timedelta(seconds=15)
    )
    assert claimed is not None
    clock.move(16)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_an_answer_while_another_branch_works_is_taken_at_once(lab: Lab) -> None:
    with_built_in(lab)
    go_on, working = asyncio.Event(), asyncio.Event()

    async def work(_params: LabParams, _context: StepContext) -> None:
        working.set()
        await go_on.wait()

    async def release(_params: LabParams, _context: StepContext) -> None:
        go_on.set()

    lab.on("work", work)
    lab.on("release", release)
    workflow = await lab.workflow(
        {"id": "work", "with": {"do": "work"}},
        {"id": "ask", "needs": [], "uses": "flow.approval", "with": {"prompt": "?"}},
        {"id": "after", "needs": ["ask"], "with": {"do": "release"}},
    )
    run = await lab.queued(workflow)
    engine = lab.engine()
    advancing = asyncio.create_task(engine.advance(run.id))
    await working.wait()

    async def is_asked() -> bool:
        return (await lab.states(run)).get("ask") == "waiting"

    await until(is_asked)
    await lab.answer(run)
    engine.heard(run.id)
    await advancing
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_an_answer_that_comes_while_the_run_is_being_put_down_is_not_lost(lab: Lab) -> None:
    """It is signalled between the claim and the record of waiting; the run is due again at once."""
    with_built_in(lab)

    async def tell(_params: LabParams, context: StepContext) -> None:
        run = await lab.run(context.run_id)
        async with asyncio.timeout(10):
            while (await lab.states(run)).get("ask") is None or not await lab.messages():
                await asyncio.sleep(0.005)
        await lab.answer(run)

    lab.on("tell", tell)
    run = await lab.ran(
        {"id": "ask", "uses": "flow.approval", "with": {"prompt": "?"}},
        {"id": "early", "needs": [], "with": {"do": "tell"}},
    )
    async with lab.store.begin() as records:
        due = await records.runs.due(lab.clock.now())
    assert (run.state, [each.id for each in due]) == (RunState.WAITING, [run.id])
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_a_run_waits_for_an_account_and_goes_on_when_it_is_connected(lab: Lab) -> None:
    is_connected = False

    async def send(_params: LabParams, _context: StepContext) -> None:
        if not is_connected:
            raise ConnectionNeededError("The password is wrong.", connector="smtp")

    lab.on("send", send)
    run = await lab.ran({"id": "mail", "uses": "lab.once", "with": {"do": "send"}}, connections={"smtp": "con_1"})
    assert (run.state, run.waiting_for) == (RunState.WAITING, Waiting.CONNECTION)
    is_connected = True
    await lab.tell(run, "", "connected_1")
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_an_account_that_was_never_part_of_it_fails_the_run(lab: Lab) -> None:
    async def send(_params: LabParams, context: StepContext) -> None:
        await context.accounts.get("smtp")

    lab.on("send", send)
    run = await lab.ran({"id": "mail", "with": {"do": "send"}})
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.cause == "connection"


async def test_another_workflow_is_run_and_waited_for(any_lab: Lab) -> None:
    lab = with_built_in(any_lab)
    await lab.workflow(
        {"id": "x", "with": {"say": "${{ trigger.word }}"}}, name="Inner", result="Inner said ${{ steps.x.said }}"
    )
    engine = lab.engine()
    outer = await lab.workflow(
        {"id": "call", "uses": "flow.run_workflow", "with": {"workflow": "inner", "values": {"word": "hi"}}},
        {"id": "after", "with": {"say": "${{ steps.call.text }}"}},
    )
    run = await lab.queued(outer, priority=Priority.BULK)
    await engine.advance(run.id)
    assert ((await lab.run(run.id)).state, (await lab.run(run.id)).waiting_for) == (RunState.WAITING, Waiting.RUN)
    assert len(lab.recorded.woken) == 1
    assert (await lab.run(lab.recorded.woken[0])).priority is Priority.BULK, "as urgent as what waits for it"
    await engine.advance(lab.recorded.woken[0])
    assert lab.recorded.woken[-1] == run.id, "the child's end wakes its parent"
    await engine.advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == ["hi", "Inner said hi"]


async def test_a_parent_whose_wake_up_got_lost_looks_by_itself(lab: Lab, clock: FixedClock) -> None:
    with_built_in(lab)
    await lab.workflow({"id": "x"}, name="Inner")
    engine = lab.engine()
    run = await lab.queued(
        await lab.workflow({"id": "call", "uses": "flow.run_workflow", "with": {"workflow": "Inner"}})
    )
    await engine.advance(run.id)
    child = await lab.run(lab.recorded.woken[0])
    claimed = await lab.store.journal.claim(
        child.id, owner="other", now=clock.now(), until=clock.now() + timedelta(seconds=5)
    )
    assert claimed is not None
    await lab.store.journal.record(owner="other", run=replace(claimed.run, state=RunState.SUCCEEDED, due_at=None))
    clock.move(61)
    await engine.advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_workflows_that_run_each_other_end(lab: Lab) -> None:
    with_built_in(lab)
    workflow = await lab.workflow(
        {"id": "call", "uses": "flow.run_workflow", "with": {"workflow": "Endless"}}, name="Endless"
    )
    engine = lab.engine()
    lab.recorded.woken.append((await lab.queued(workflow)).id)
    for _ in range(50):
        if not lab.recorded.woken:
            break
        await engine.advance(lab.recorded.woken.pop())
    runs = await lab.runs(workflow)
    assert len(runs) == 6
    assert {run.state for run in runs} == {RunState.FAILED}


async def test_somebody_elses_workflow_cannot_be_run(lab: Lab) -> None:
    with_built_in(lab)
    await lab.workflow({"id": "x"}, name="Draft", state=WorkflowState.DRAFT)
    run = await lab.ran({"id": "call", "uses": "flow.run_workflow", "with": {"workflow": "Draft"}})
    assert run.failure is not None
    assert run.failure.message == "You have no workflow “Draft”."


async def test_a_running_step_is_cancelled(lab: Lab) -> None:
    started = asyncio.Event()

    async def hang(_params: LabParams, _context: StepContext) -> None:
        started.set()
        await asyncio.Event().wait()

    lab.on("hang", hang)
    engine = lab.engine()
    run = await lab.queued(await lab.workflow({"id": "a", "uses": "lab.once", "with": {"do": "hang"}}, {"id": "b"}))
    advancing = asyncio.create_task(engine.advance(run.id))
    await started.wait()
    await lab.cancel(run)
    engine.heard(run.id)
    await advancing
    run = await lab.run(run.id)
    assert run.state is RunState.CANCELLED
    attempt = (await lab.attempts(run))[0]
    assert attempt.state is AttemptState.CANCELLED
    assert attempt.failure is not None
    assert attempt.failure.cause == "unknown outcome", "it may have happened"
    assert "b" not in await lab.states(run)


async def test_a_cancellation_whose_wake_up_got_lost_is_noticed_by_the_heartbeat(lab: Lab) -> None:
    async def hang(_params: LabParams, _context: StepContext) -> None:
        await asyncio.Event().wait()

    lab.on("hang", hang)
    engine = lab.engine()
    run = await lab.queued(await lab.workflow({"id": "a", "with": {"do": "hang"}}))
    advancing = asyncio.create_task(engine.advance(run.id))
    await lab.cancel(run)
    beating = asyncio.create_task(engine.beat())
    await advancing
    beating.cancel()
    assert (await lab.run(run.id)).state is RunState.CANCELLED


async def test_a_waiting_run_is_cancelled(lab: Lab) -> None:
    run = await with_built_in(lab).ran({"id": "ask", "uses": "flow.approval", "with": {"prompt": "?"}})
    await lab.cancel(run)
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert (run.state, run.waiting_for) == (RunState.CANCELLED, None)
    assert await lab.states(run) == {"ask": "cancelled"}
    assert (await lab.answer(run)).refusal is Refusal.OVER, "too late"


async def test_a_run_that_is_cancelled_before_it_begins_does_nothing(lab: Lab) -> None:
    run = await lab.queued(await lab.workflow({"id": "a"}))
    await lab.cancel(run)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.CANCELLED
    assert not lab.calls


async def test_a_step_posts_into_the_conversation_once(lab: Lab) -> None:
    """Whatever is repeated after a crash: the same key is the same message."""

    async def post(_params: LabParams, context: StepContext) -> None:
        first = await context.chat.post("Hello", key="k")
        assert await context.chat.post("Hello", key="k") == first
        await context.chat.post("There", destination=f"web:{CONVERSATION}", key="k2")

    lab.on("post", post)
    assert (await lab.ran({"id": "a", "with": {"do": "post"}})).state is RunState.SUCCEEDED
    assert [message.parts for message in await lab.messages()] == [
        [{"kind": "text", "text": "Hello"}],
        [{"kind": "text", "text": "There"}],
    ]


async def test_a_place_that_no_surface_knows_is_refused_plainly(lab: Lab) -> None:
    async def post(params: LabParams, context: StepContext) -> None:
        await context.chat.post("x", destination=str(params.say), key="k")

    lab.on("post", post)
    for destination in ("#general", "@ada", "slack:C1", "web:cnv_of_somebody_else", "nowhere"):
        run = await lab.ran({"id": "a", "with": {"do": "post", "say": destination}})
        assert run.failure is not None
        assert run.failure.cause == "rejected"
    assert not await lab.messages()


async def test_a_step_remembers_from_run_to_run_and_only_its_own(lab: Lab) -> None:
    async def count(_params: LabParams, context: StepContext) -> None:
        seen = await context.memory.get("n")
        await context.memory.put("n", (seen if isinstance(seen, int) else 0) + 1)
        lab.calls[-1].say = await context.memory.get("n")

    lab.on("count", count)
    workflow = await lab.workflow({"id": "a", "with": {"do": "count"}})
    other = await lab.workflow({"id": "a", "with": {"do": "count"}})
    for each in (workflow, workflow, other):
        await lab.engine().advance((await lab.queued(each)).id)
    assert lab.said == [1, 2, 1]


async def test_a_pause_without_a_reason_to_end_is_repeated_until_there_is_one(lab: Lab) -> None:
    """A step that is woken too early waits again; the attempt stays the same one."""

    async def twice(_params: LabParams, context: StepContext) -> Pause | None:
        signal = context.resumption.signal if context.resumption else None
        return None if signal and signal.get("n") == 2 else Pause(waiting_for="approval", prompt="?")

    lab.on("twice", twice)
    run = await lab.ran({"id": "a", "with": {"do": "twice"}})
    for number in (1, 2):
        await lab.tell(run, "a", f"approval:{number}", n=number)
        await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert len(await lab.attempts(run)) == 1
