"""The split shape: a web process without a worker and two workers, on PostgreSQL, one Redis and one folder of files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from tests.fakes.http_service import Answer, HttpService
from tests.fakes.postgres import empty_postgres_url, postgres
from tests.fakes.process import Served, Worker
from tests.fakes.web_server import Client

__all__ = ["empty_postgres_url", "postgres"]


async def test_what_one_process_is_told_another_one_does(
    tmp_path: Path, empty_postgres_url: str, redis_url: str
) -> None:
    shared = {"DATABASE_URL": empty_postgres_url, "REDIS_URL": redis_url}
    data = tmp_path / "data"
    async with HttpService() as service, Served(data, shared, has_worker=False) as web:
        address = service.route("/hook", Answer(status=200))
        async with aiohttp.ClientSession(web.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            client = await _sign_in(session, web)
            conversation = await client.start()
            said = f"/api/conversations/{conversation}/messages"
            card = await _proposal(client, said, f"send a webhook to {address} with status=done")
            await client.post(said, json={"action": card["actions"][0]["id"]})
            assert await _run_state(client, said) == "queued"
            async with Worker(data, shared), Worker(data, shared):
                async with asyncio.timeout(20):
                    while await _run_state(client, said) != "succeeded":
                        await asyncio.sleep(0.05)
    assert [request.json for request in service.requests] == [{"status": "done"}]


async def _sign_in(session: aiohttp.ClientSession, web: Served) -> Client:
    token = parse_qs(urlsplit(web.link).query)["token"][0]
    form = {"token": token, "zone": "Europe/Berlin"}
    async with session.post("/login", data=form, headers={"Origin": web.url}, allow_redirects=False) as answer:
        assert answer.status == 303
    return Client(session, web.url)


async def _proposal(client: Client, path: str, text: str) -> Any:
    replies = (await client.post(path, json={"text": text}))["replies"]
    return next(part for reply in replies for part in reply["parts"] if part["kind"] == "proposal")


async def _run_state(client: Client, path: str) -> str:
    messages = (await client.get(path))["messages"]
    return next(part["state"] for message in messages for part in message["parts"] if part["kind"] == "run")
