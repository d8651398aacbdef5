"""The address by which others tell a waiting run that something has happened."""

from __future__ import annotations

from tests.fakes.web_server import WebServer

JSON = {"Content-Type": "application/json"}


async def test_an_address_that_nobody_was_given_is_unknown(web: WebServer) -> None:
    async with web.client() as client:
        await client.post("/hooks/resume/run_1.0000", origin=None, data=b"{}", headers=JSON, expect=404)


async def test_too_much_and_an_odd_name_are_refused(web: WebServer) -> None:
    async with web.client() as client:
        await client.post("/hooks/resume/x", origin=None, data=b"1" * 200_001, headers=JSON, expect=413)
        await client.post("/hooks/resume/x?event=A%20b", origin=None, data=b"{}", headers=JSON, expect=422)
