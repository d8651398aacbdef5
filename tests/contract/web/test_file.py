"""Uploads and downloads of the files folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from yarl import URL

from tests.fakes.web_server import Client, WebServer, serve_web


async def test_what_was_uploaded_can_be_downloaded(web: WebServer, me: Client) -> None:
    stored = await me.post("/api/files?name=Contacts 2026.csv", data=b"a,b\n1,2\n", expect=201)
    assert stored == {"path": "Contacts 2026.csv"}
    assert (web.files / "Contacts 2026.csv").read_bytes() == b"a,b\n1,2\n"
    async with me.session.get("/api/files/Contacts 2026.csv") as answer:
        assert await answer.read() == b"a,b\n1,2\n"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Contacts%202026.csv"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await me.get("/api/files"))["files"] == [stored]


async def test_a_page_among_the_files_is_never_shown_as_one(web: WebServer, me: Client) -> None:
    """A run may have written anything: it must not run as part of this site."""
    (web.files / "evil.html").write_text("<script>alert(1)</script>")
    async with me.session.get("/api/files/evil.html") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_files_in_folders_can_be_had(web: WebServer, me: Client) -> None:
    (web.files / "reports").mkdir()
    (web.files / "reports" / "Überblick.pdf").write_bytes(b"%PDF")
    assert await me.get("/api/files/reports/Überblick.pdf") == "%PDF"


async def test_an_upload_replaces_nothing(web: WebServer, me: Client) -> None:
    paths = [(await me.post("/api/files?name=a.csv", data=str(number), expect=201))["path"] for number in range(3)]
    assert paths == ["a.csv", "a (2).csv", "a (3).csv"]
    assert (web.files / "a.csv").read_text() == "0"


ESCAPES = [
    "../secret.keys",
    "..%2fsecret.keys",
    "%2e%2e/secret.keys",
    "/etc/passwd",
    "a/../../secret.keys",
    "a%00.txt",
    "~/x",
]


@pytest.mark.parametrize("path", ESCAPES)
async def test_no_path_leads_outside(web: WebServer, me: Client, path: str) -> None:
    (web.files.parent / "secret.keys").write_text("key")
    async with me.session.get(URL(f"{me.origin}/api/files/{path}", encoded=True)) as answer:
        assert answer.status in (403, 404)
        assert "key" not in await answer.text()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../x.txt", "x.txt"),
        ("C:\\temp\\y.txt", "y.txt"),
        (".bashrc", "bashrc"),
        ("a<b>|?.txt", "a_b___.txt"),
        ("e\u0301.txt", "é.txt"),
        ("x" * 250 + ".csv", "x" * 100 + ".csv"),
    ],
)
async def test_names_are_made_plain(web: WebServer, me: Client, name: str, kept: str) -> None:
    stored = await me.session.post("/api/files", params={"name": name}, data=b"x", headers={"Origin": me.origin})
    assert (await stored.json())["path"] == kept
    assert [path.name for path in web.files.iterdir()] == [kept]


@pytest.mark.parametrize("name", ["..", "/", "   ", "."])
async def test_names_that_are_none_are_refused(web: WebServer, me: Client, name: str) -> None:
    answer = await me.session.post("/api/files", params={"name": name}, data=b"x", headers={"Origin": me.origin})
    assert answer.status == 400
    assert not list(web.files.iterdir())


async def test_an_upload_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    async with serve_web(tmp_path, upload_limit_bytes=5_000) as web, web.signed_in() as me:
        await me.post("/api/files?name=fits.bin", data=b"x" * 5_000, expect=201)
        answer = await me.post("/api/files?name=big.bin", data=b"x" * 5_001, expect=413)
        assert "5,000 bytes" in answer["error"]["message"]
        assert [path.name for path in web.files.iterdir()] == ["fits.bin"]
