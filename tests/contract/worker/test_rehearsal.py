"""A rehearsal runs the workflow, and nothing leaves the machine."""

from __future__ import annotations

from store.record import RunState
from tests.contract.worker.lab import Lab, LabParams
from tools.outbound import HttpRequest
from tools.registry import load_steps
from tools.step import StepContext


async def test_nothing_is_sent_and_everything_that_would_be_is_kept(lab: Lab) -> None:
    lab.more = list(load_steps())
    workflow = await lab.workflow(
        {"id": "wait", "uses": "flow.delay", "with": {"seconds": 86400}},
        {"id": "ask", "uses": "flow.approval", "with": {"prompt": "Really?"}},
        {
            "id": "send",
            "uses": "http.request",
            "with": {
                "method": "POST",
                "url": "https://example.com/x",
                "headers": {"Authorization": "Bearer abcdefgh"},
                "json": {"by": "${{ steps.ask.by }}"},
            },
        },
        {"id": "say", "uses": "chat.post", "with": {"text": "Answered ${{ steps.send.status }}"}},
        {"id": "note", "uses": "file.write", "with": {"path": "a.txt", "text": "written"}},
        {"id": "look", "uses": "file.read", "with": {"path": "a.txt"}},
        {"id": "inner", "uses": "flow.run_workflow", "with": {"workflow": "Nothing by that name"}},
        is_approved=False,
        result="${{ steps.look.text }}",
    )
    run = await lab.queued(workflow, is_rehearsal=True)
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert (run.state, run.failure, run.result) == (RunState.SUCCEEDED, None, "written")
    assert lab.http.sent == []
    assert lab.files.contents == {}
    assert not await lab.messages()
    assert not lab.recorded.woken
    requests = [request for attempt in await lab.attempts(run) for request in attempt.requests]
    assert [(request["service"], request["url"]) for request in requests] == [
        ("http", "https://example.com/x"),
        ("chat", "chat:here"),
        ("errand", "workflow:Nothing by that name"),
    ]
    assert requests[0]["body"] == {"by": "a rehearsal"}
    assert "abcdefgh" not in str(requests[0])


async def test_what_a_rehearsal_remembers_is_forgotten(lab: Lab) -> None:
    async def remember(_params: LabParams, context: StepContext) -> None:
        assert await context.memory.get("seen") is None
        await context.memory.put("seen", "yes")

    lab.on("remember", remember)
    workflow = await lab.workflow({"id": "a", "with": {"do": "remember"}})
    for is_rehearsal in (True, False):
        run = await lab.queued(workflow, is_rehearsal=is_rehearsal)
        await lab.engine().advance(run.id)
        assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_a_real_run_sends(lab: Lab) -> None:
    async def send(_params: LabParams, context: StepContext) -> None:
        await context.http.send(HttpRequest(method="GET", url="https://example.com/"))

    lab.on("send", send)
    await lab.ran({"id": "a", "with": {"do": "send"}})
    assert len(lab.http.sent) == 1
