"""The address by which others tell a waiting run that something has happened."""

from __future__ import annotations

from store.record import Run, RunState
from tests.fakes.web_server import WebServer
from worker.resume import resume_url

JSON = {"Content-Type": "application/json"}


async def started(web: WebServer) -> Run:
    """A run that has begun, and has not come to the step that waits for an event."""
    await web.hooks.add("s3cret")
    async with web.client() as client:
        await client.post("/hooks/s3cret", origin=None, data=b"{}", headers=JSON, expect=202)
    (run,) = await web.hooks.runs()
    web.hooks.queue.woken.clear()
    return run


def address(web: WebServer, run: Run) -> str:
    return resume_url("", web.hooks.vault, run.id)


async def test_an_event_is_taken_once_whatever_comes_again(web: WebServer) -> None:
    """An early one, as here, is kept for its step; another event of the same run is one of its own."""
    run = await started(web)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with web.client() as client:
        paid = f"{address(web, run)}?event=paid"
        taken = await client.post(paid, origin=None, data=b'{"amount": 5}', headers=JSON, expect=202)
        assert taken == {"accepted": True, "message": "Thank you."}
        repeated = await client.post(paid, origin=None, data=b'{"amount": 6}', headers=JSON, expect=200)
        assert repeated == {"accepted": False, "message": "The event “paid” has come before."}
        await client.post(address(web, run), origin=None, data=b"who=Ann", headers=form, expect=202)
    async with web.services.store.begin() as records:
        told = [(one.name, one.payload) for one in await records.runs.signals(run.id)]
    assert told == [
        ("event:paid", {"event": "paid", "body": {"amount": 5}}),
        ("event:resume", {"event": "resume", "body": {"who": "Ann"}}),
    ]
    assert web.hooks.queue.woken == [run.id, run.id]


async def test_an_event_for_a_run_that_is_over_is_refused(web: WebServer) -> None:
    run = await started(web)
    await web.hooks.end(run, RunState.SUCCEEDED)
    async with web.client() as client:
        await client.post(address(web, run), origin=None, data=b"{}", headers=JSON, expect=410)


async def test_no_get_tells_a_run_anything(web: WebServer) -> None:
    """A link preview is no event."""
    run = await started(web)
    async with web.client() as client:
        await client.get(address(web, run), expect=405)
    async with web.services.store.begin() as records:
        assert await records.runs.signals(run.id) == []


async def test_an_address_that_nobody_was_given_is_unknown(web: WebServer) -> None:
    async with web.client() as client:
        await client.post("/hooks/resume/run_1.0000", origin=None, data=b"{}", headers=JSON, expect=404)


async def test_too_much_and_an_odd_name_are_refused(web: WebServer) -> None:
    async with web.client() as client:
        await client.post("/hooks/resume/x", origin=None, data=b"1" * 200_001, headers=JSON, expect=413)
        await client.post("/hooks/resume/x?event=A%20b", origin=None, data=b"{}", headers=JSON, expect=422)
