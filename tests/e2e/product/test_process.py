"""The commands of `errand` as real processes: starting, stopping, talking, rehearsing, and what wrong input gets."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.process import Served, errand, json_lines


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_it_says_what_it_does_and_stops_cleanly(data: Path) -> None:
    async with Served(data) as served:
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert stat.S_IMODE((data / "secret.keys").stat().st_mode) == 0o600
    printed = "\n".join(served.printed)
    assert "templates" in printed
    assert "Traceback" not in printed
    assert printed.endswith("nothing was lost")


async def test_it_is_ready_with_records_redis_and_index(data: Path) -> None:
    async with Served(data) as served, aiohttp.ClientSession(served.url) as session, asyncio.timeout(60):
        while True:
            async with session.get("/readyz") as answer:
                assert answer.status == 200
                shown = await answer.json()
            if shown["status"] == "ok":
                break
            assert shown == {"status": "degraded", "problems": {"index": "The index is being opened."}}
            await asyncio.sleep(0.1)


async def test_a_second_process_on_the_same_folder_is_refused_with_the_place_of_the_first(data: Path) -> None:
    async with Served(data) as served:
        code, _, errors = await errand(data, "serve", "--port", "0")
        assert code == 1
        assert served.url in errors
        assert "Traceback" not in errors


async def test_a_taken_port_is_said_and_another_one_found(data: Path, tmp_path: Path) -> None:
    async with Served(data) as first, Served(tmp_path / "other", port=int(first.url.rpartition(":")[2])) as second:
        assert any("is taken" in line for line in second.printed)
        assert second.url != first.url


async def test_a_broken_template_stops_the_start_with_every_problem_at_once(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "one.yaml").write_text(
        "id: my.one\ntitle: My own\nsummary: Says something here.\ncategory: chat\n"
        "asks: [a one, a two, a three, a four]\nsteps:\n  - id: a\n    uses: chat.pots\n"
    )
    (folder / "two.yaml").write_text("id: my.two\n  title: [")
    code, _, errors = await errand(data, "serve", "--port", "0", TEMPLATES=json.dumps([str(folder)]))
    assert code == 1
    assert "one.yaml:8: steps[0].uses" in errors
    assert "chat.post" in errors
    assert "two.yaml" in errors
    assert "Traceback" not in errors


async def test_wrong_settings_are_named_all_at_once(data: Path) -> None:
    code, _, errors = await errand(data, "serve", PORT="high", WORKER_JOBS="0")
    assert code == 1
    assert "ERRAND_PORT" in errors
    assert "ERRAND_WORKER_JOBS" in errors


async def test_interpret_gives_one_line_for_each_line(data: Path) -> None:
    lines = [
        {"text": "every monday at 9 email the standup notes to team@acme.io", "timezone": "Europe/Berlin"},
        {"text": "what is the capital of France", "now": "2026-12-02T10:00:00Z"},
        {"text": "list my automations"},
        {"text": "x" * 20_000},
        {"text": "hi", "timezone": "Mars/Base"},
    ]
    text = "\n".join(map(json.dumps, lines)) + "\nnot json\n"
    code, out, _ = await errand(data, "interpret", text=text)
    assert code == 0
    mail, question, listing, long, zone, broken = json_lines(out)
    assert mail["outcome"] == "match"
    assert mail["matches"][0]["template"] == "email.recurring"
    assert mail["params"]["to"] == ["team@acme.io"]
    assert mail["schedule"]["timezone"] == "Europe/Berlin"
    assert len(mail["schedule"]["next"]) == 5
    assert mail["missing"] == ["body"]
    assert question["outcome"] == "none"
    assert question["schedule"] is None
    assert (listing["outcome"], listing["command"]) == ("meta", "list_workflows")
    assert long["outcome"] == "none"
    assert "time zone" in zone["error"]
    assert "error" in broken


async def test_rehearse_records_the_exact_requests_and_sends_nothing(data: Path, tmp_path: Path) -> None:
    record = tmp_path / "requests.jsonl"
    params = json.dumps({"url": "https://example.org/in", "data": {"status": "done"}})
    code, out, _ = await errand(data, "rehearse", "webhook.send", "--params", params, "--record", str(record), "--json")
    assert code == 0
    [rehearsal] = json_lines(out)
    assert rehearsal["state"] == "succeeded"
    [request] = json_lines(record.read_text())
    assert request.keys() == {"template", "service", "step", "method", "url", "headers", "body"}
    assert (request["method"], request["url"]) == ("POST", "https://example.org/in")
    assert request["body"] == {"status": "done"}


async def test_rehearsing_what_does_not_exist_is_said_in_a_line(data: Path) -> None:
    code, _, errors = await errand(data, "rehearse", "no.such")
    assert code == 1
    assert "no.such" in errors
    assert "Traceback" not in errors


async def test_a_whole_conversation_in_json_lines(data: Path) -> None:
    code, out, _ = await errand(
        data, "chat", "--json", text='note that the printer needs toner\n{"text": "yes"}\n{"nonsense": 1}\n'
    )
    assert code == 0
    card, done, refused = json_lines(out)
    kinds = [part["kind"] for reply in card["replies"] for part in reply["parts"]]
    assert "proposal" in kinds
    runs = [part for reply in done["updates"] + done["replies"] for part in reply["parts"] if part["kind"] == "run"]
    assert runs[0]["state"] == "succeeded"
    assert "printer needs toner" in (data / "files" / "notes.txt").read_text()
    assert "error" in refused


async def test_the_doctor_finds_a_healthy_machine_and_an_unhealthy_one(data: Path) -> None:
    code, out, _ = await errand(data, "doctor", "--json")
    assert code == 0
    assert {finding["state"] for finding in json.loads(out)} <= {"ok", "note"}
    code, out, _ = await errand(data, "doctor", "--json", REDIS_URL="redis://127.0.0.1:1/0")
    assert code == 1
    assert [finding["name"] for finding in json.loads(out) if finding["state"] == "failed"] == ["redis"]


async def test_rotating_keys_keeps_the_folder_usable(data: Path) -> None:
    async with Served(data):
        pass
    before = (data / "secret.keys").read_text()
    code, out, _ = await errand(data, "rotate-keys")
    assert code == 0, out
    assert (data / "secret.keys").read_text() != before
    async with Served(data) as served:
        assert served.link


async def test_a_killed_process_leaves_no_redis_behind_once_it_is_started_again(data: Path) -> None:
    async with Served(data) as served:
        socket = Path(json.loads((data / "serving.json").read_text())["redis_url"].removeprefix("unix://"))
        await served.stop(9)
        assert socket.exists()
        await served.start()
        assert not socket.exists()
