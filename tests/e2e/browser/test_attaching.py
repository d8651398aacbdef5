"""Files beside the words: picked, dropped or pasted, a chip each until they are sent, links in the log afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Locator, Route, expect

from agent.inbound import HandedFile, Text
from tests.contract.worker.lab import until
from tests.e2e.browser.conftest import Panel
from tests.e2e.browser.test_connection import CUT
from tests.e2e.browser.test_panel import AUDIT, DARK
from tests.fakes.web_server import say

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ROWS = b"name,city\nAna,Lisbon\n"

CARRY = """([kind, names, text]) => {
  const carried = new DataTransfer();
  for (const name of names) carried.items.add(new File(["name,city\\n"], name, { type: "image/png" }));
  if (text) carried.setData("text/plain", text);
  const chat = document.querySelector("errand-chat").shadowRoot.querySelector(".chat");
  const at = kind === "paste" ? chat.querySelector("textarea") : chat.querySelector(".log");
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true, composed: true })
    : new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true, composed: true });
  return !at.dispatchEvent(event);
}"""


def chips(panel: Panel) -> Locator:
    return panel.page.get_by_role("list", name="Attached files").locator(".chip")


def sent(panel: Panel) -> Locator:
    return panel.page.locator(".from-person").get_by_role("link")


async def pick(panel: Panel, *names: str) -> None:
    files = [{"name": name, "mimeType": "text/csv", "buffer": ROWS} for name in names]
    await panel.page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]  # as documented


async def uploaded(panel: Panel, count: int) -> None:
    await expect(chips(panel)).to_have_count(count)
    await expect(panel.page.locator(".chip[aria-busy]")).to_have_count(0)


async def hold_uploads(panel: Panel) -> list[Route]:
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await panel.page.route("**/api/files?*", hold)
    return held


def came(panel: Panel) -> list[Text]:
    return [one.content for one in panel.turns.taken if isinstance(one.content, Text)]


def file(path: str) -> HandedFile:
    return HandedFile(name=path, path=path)


async def test_files_go_beside_the_words_and_are_links_in_the_log(panel: Panel) -> None:
    await panel.composer.fill("merge these")
    await pick(panel, "May 1.csv")
    await pick(panel, "June#1.csv")
    await uploaded(panel, 2)
    await expect(panel.composer).to_have_value("merge these")
    await expect(panel.composer).to_be_focused()
    await expect(chips(panel).first).to_contain_text("21 byte")
    panel.turns.script = lambda turns, inbound: [say("Merged.")]
    await panel.composer.press("Enter")
    await expect(panel.page.get_by_text("Merged.")).to_be_visible()
    await expect(chips(panel)).to_have_count(0)
    assert came(panel) == [
        Text(
            text="merge these",
            files=(
                file("May 1.csv"),
                file("June_1.csv"),
            ),
        )
    ]
    await expect(panel.page.locator(".said")).to_have_text("merge these")
    await expect(sent(panel)).to_have_text(["May 1.csv", "June_1.csv"])
    async with panel.page.expect_download() as started:
        await sent(panel).first.click()
    assert Path(await (await started.value).path()).read_bytes() == ROWS


async def test_a_file_alone_is_sent_and_a_name_that_is_taken_gets_a_number(panel: Panel) -> None:
    (panel.server.files / "alone.csv").write_bytes(b"other")
    await pick(panel, "alone.csv")
    await uploaded(panel, 1)
    await expect(chips(panel)).to_contain_text("alone (2).csv")
    panel.turns.script = lambda turns, inbound: [say("What should happen with it?")]
    await panel.page.get_by_role("button", name="Send").click()
    await expect(panel.page.get_by_text("What should happen with it?")).to_be_visible()
    assert came(panel) == [Text(text="", files=(file("alone (2).csv"),))]
    await expect(panel.page.locator(".from-person")).to_have_count(1)
    await expect(panel.page.locator(".said")).to_have_count(0)
    await expect(sent(panel)).to_have_text("alone (2).csv")


async def test_sending_waits_for_what_is_still_uploaded(panel: Panel) -> None:
    held = await hold_uploads(panel)
    await pick(panel, "slow.csv")
    await expect(chips(panel)).to_have_attribute("aria-busy", "true")
    await panel.composer.fill("count the rows")
    await panel.composer.press("Enter")
    await panel.composer.press("Enter")
    await expect(panel.page.get_by_role("button", name="Send")).to_have_attribute("aria-busy", "true")
    await expect(panel.page.get_by_text("Is sent as soon as the files are uploaded.")).to_be_attached()
    await expect(panel.composer).to_have_value("count the rows")
    assert panel.turns.taken == []
    await until(lambda: bool(held))
    await held[0].continue_()
    await expect(panel.page.locator(".parts .prose")).to_have_text("You said: count the rows")
    await expect(panel.page.get_by_role("button", name="Send")).to_be_disabled()
    await expect(chips(panel)).to_have_count(0)
    assert came(panel) == [Text(text="count the rows", files=(file("slow.csv"),))]


async def test_what_cannot_be_uploaded_says_why_and_is_not_sent_unasked(panel: Panel) -> None:
    panel.watch.allowed = ("Failed to load resource",)
    held = await hold_uploads(panel)
    await pick(panel, "lost.csv")
    await panel.say("count the rows")
    await until(lambda: bool(held))
    await held[0].abort()
    await expect(chips(panel)).to_contain_text("Errand cannot be reached. Check that it is running")
    await expect(panel.page.get_by_role("status").filter(has_text="lost.csv was not uploaded.")).to_be_attached()
    await expect(panel.composer).to_have_value("count the rows")
    assert panel.turns.taken == []
    await panel.page.get_by_role("button", name="Remove lost.csv").click()
    await panel.composer.press("Enter")
    await expect(panel.page.locator(".parts .prose")).to_have_text("You said: count the rows")
    assert came(panel) == [Text(text="count the rows")]


async def test_the_servers_own_reason_stands_on_the_chip(panel: Panel, tmp_path: Path) -> None:
    panel.watch.allowed = ("400", "413")
    await pick(panel, "...")
    await expect(chips(panel)).to_contain_text("That file name cannot be used. Rename the file and try again.")
    await expect(panel.page.get_by_role("button", name="Send")).to_be_disabled()
    (tmp_path / "big.bin").write_bytes(b"x" * 25_000_001)
    await panel.page.locator("input[type=file]").set_input_files(tmp_path / "big.bin")
    await expect(chips(panel).last).to_contain_text("25,000,000 bytes")


async def test_an_eleventh_file_is_one_too_many(panel: Panel) -> None:
    await pick(panel, *(f"many-{number}.csv" for number in range(11)))
    await uploaded(panel, 11)
    await expect(chips(panel).last).to_contain_text("At most 10 files go with one message.")
    await panel.composer.press("Enter")
    await expect(sent(panel)).to_have_count(10)
    await expect(chips(panel)).to_have_count(0)


async def test_chips_are_taken_off_by_the_keyboard(panel: Panel) -> None:
    await pick(panel, "one.csv", "two.csv", "three.csv")
    await uploaded(panel, 3)
    for _ in range(2):  # the paper clip, then the last chip
        await panel.page.keyboard.press("Shift+Tab")
    await expect(panel.page.get_by_role("button", name="Remove three.csv")).to_be_focused()
    await panel.page.keyboard.press("Shift+Tab")
    await panel.page.keyboard.press("Enter")
    await expect(panel.page.get_by_role("button", name="Remove three.csv")).to_be_focused()
    await panel.page.keyboard.press("Enter")
    await expect(panel.page.get_by_role("button", name="Remove one.csv")).to_be_focused()
    await panel.page.keyboard.press("Enter")
    await expect(panel.composer).to_be_focused()
    await expect(chips(panel)).to_have_count(0)
    await expect(panel.page.get_by_role("button", name="Send")).to_be_disabled()


async def test_a_file_may_be_dropped_anywhere_and_a_picture_pasted(panel: Panel) -> None:
    await panel.ask("hello", say("hello"))
    assert await panel.page.evaluate(CARRY, ["dragover", ["people.png"], ""])
    await expect(panel.page.locator(".chat.is-dropping")).to_have_count(1)
    assert await panel.page.evaluate(CARRY, ["drop", ["people.png"], ""])
    await expect(panel.page.locator(".chat.is-dropping")).to_have_count(0)
    await uploaded(panel, 1)
    assert await panel.page.evaluate(CARRY, ["paste", ["image.png"], ""])
    await uploaded(panel, 2)
    await expect(chips(panel).last).to_contain_text("image.png")
    assert not await panel.page.evaluate(CARRY, ["paste", ["image.png"], "a\tb"]), "cells of a table are a text"
    assert not await panel.page.evaluate(CARRY, ["drop", [], "a dragged text"]), "the browser's own"
    await uploaded(panel, 2)


async def test_after_a_cut_the_message_is_sent_again_with_its_files_and_counts_once(panel: Panel) -> None:
    panel.watch.allowed = CUT
    await pick(panel, "cut.csv")
    await uploaded(panel, 1)
    panel.turns.script = lambda turns, inbound: [say("counted")]
    panel.turns.gate.clear()
    await panel.say("count")
    await expect(panel.page.locator(".is-echo").get_by_role("link", name="cut.csv")).to_be_visible()
    panel.server.abort_connections()
    panel.turns.gate.set()
    await expect(panel.page.get_by_text("counted")).to_be_visible()
    await expect(panel.page.locator(".is-echo")).to_have_count(0)
    await expect(sent(panel)).to_have_text("cut.csv")
    assert came(panel) == [Text(text="count", files=(file("cut.csv"),))]


async def test_a_file_that_is_gone_when_it_is_sent_is_said_and_can_be_sent_again(panel: Panel) -> None:
    await pick(panel, "gone.csv")
    await uploaded(panel, 1)
    (panel.server.files / "gone.csv").unlink()
    await panel.say("count")
    failed = panel.page.locator(".is-failed")
    await expect(failed).to_contain_text("Not sent. There is no file gone.csv in the files folder.")
    (panel.server.files / "gone.csv").write_bytes(ROWS)
    await failed.get_by_role("button", name="Send again").click()
    await expect(panel.page.locator(".parts .prose")).to_have_text("You said: count")
    assert came(panel) == [Text(text="count", files=(file("gone.csv"),))]


@pytest.mark.parametrize("panel", [{}, DARK, PHONE], indirect=True, ids=["light", "dark", "phone"])
async def test_chips_and_links_have_names_and_enough_contrast_and_fit(panel: Panel) -> None:
    panel.watch.allowed = ("400",)
    await panel.ask("hello", say("a line\n\n" * 40))
    panel.turns.script = lambda turns, inbound: [say("Done.")]
    await pick(panel, "people.csv", "a very long name of a table with all that there was in the last years.csv")
    await uploaded(panel, 2)
    await panel.say("remove duplicates")
    await expect(sent(panel)).to_have_count(2)
    await pick(panel, "people.csv", "another very long name of a table with all that there was.csv", "...")
    await uploaded(panel, 3)
    await expect(panel.page.locator(".message").last).to_be_in_viewport(ratio=0.99)
    await panel.page.emulate_media(reduced_motion="reduce")
    await asyncio.sleep(0.1)
    assert await panel.page.evaluate(AUDIT) == []
    widths = "() => [...document.querySelector('errand-chat').shadowRoot.querySelectorAll('.chip, .bubble')].map(one => one.getBoundingClientRect().right - innerWidth)"
    assert max(await panel.page.evaluate(widths)) <= 0
