"""Runs over HTTP."""

from __future__ import annotations

from tests.fakes.parts import trace
from tests.fakes.web_server import Client, WebServer


async def test_the_trace_of_a_run_is_for_whoever_may_see_it(web: WebServer, me: Client) -> None:
    person = (await me.get("/api/me"))["id"]
    web.turns.shown[f"{person}:run_1"] = trace("run_1")
    found = await me.get("/api/runs/run_1/trace")
    assert (found["run_id"], found["state"]) == ("run_1", "failed")
    attempt = found["steps"][1]["attempts"][0]
    assert attempt["cause"] == "unavailable"
    assert attempt["idempotency_key"]
    assert (await me.get("/api/runs/run_2/trace", expect=404))["error"]["message"] == "There is no such run."
    async with web.signed_in("bob") as bob:
        await bob.get("/api/runs/run_1/trace", expect=404)
    async with web.client() as stranger:
        await stranger.get("/api/runs/run_1/trace", expect=401)


async def test_the_trace_is_described(me: Client) -> None:
    described = await me.get("/openapi.json")
    answer = described["paths"]["/api/runs/{run_id}/trace"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/TracePart")
