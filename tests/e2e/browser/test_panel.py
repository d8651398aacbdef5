"""The panel: talking, cards, forms, the frame around the chat."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from agent.inbound import Press, Submit
from store.record import Shows, reference
from tests.contract.worker.lab import until
from tests.e2e.browser.conftest import Panel
from tests.fakes import parts
from tests.fakes.web_server import said, say

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DARK = {"color_scheme": "dark"}
AUDIT = (Path(__file__).parent / "audit.js").read_text()


async def test_a_link_signs_in_and_leaves_no_token_behind(panel: Panel) -> None:
    assert "token" not in panel.page.url
    assert await panel.page.evaluate("document.cookie") == "", "scripts cannot read the session"
    await panel.page.go_back()
    assert "token" not in panel.page.url


async def test_a_sentence_is_shown_at_once_and_answered(panel: Panel) -> None:
    panel.turns.gate.clear()
    await panel.say("remind me to <b>stretch</b>")
    await expect(panel.page.locator(".is-echo")).to_have_text("remind me to <b>stretch</b>Sending")
    await expect(panel.composer).to_have_value("")
    await expect(panel.page.get_by_text("Errand is working")).to_be_attached()
    panel.turns.gate.set()
    await expect(panel.page.locator(".parts .prose")).to_have_text("You said: remind me to <b>stretch</b>")
    await expect(panel.page.locator(".is-echo")).to_have_count(0)
    await expect(panel.page.locator(".typing")).to_be_hidden()
    assert await panel.texts() == ["remind me to <b>stretch</b>", "You said: remind me to <b>stretch</b>"]


async def test_an_example_of_the_empty_state_goes_into_the_composer(panel: Panel) -> None:
    await panel.page.get_by_role("button", name="Remind me in 20 minutes to stretch").click()
    await expect(panel.composer).to_have_value("Remind me in 20 minutes to stretch")
    await expect(panel.composer).to_be_focused()
    await panel.composer.press("Enter")
    await expect(panel.page.get_by_role("heading", name="What should be done?")).to_be_hidden()


async def test_a_card_shows_everything_and_a_yes_is_sent_once(panel: Panel) -> None:
    panel.turns.shown["prp_1"] = parts.proposal()
    await panel.ask("watch my site", reference(Shows.PROPOSAL, "prp_1"))
    card = panel.page.get_by_role("region", name="Website check every 5 minutes")
    for text in ("Every 5 minutes", "today 11:05", "https://acme.example/status", "from your message", "sends once"):
        await expect(card).to_contain_text(text)

    def approve(turns, inbound):
        turns.shown["prp_1"] = parts.proposal(state="approved", state_text="Approved", actions=[])
        return [reference(Shows.RUN, "run_1")]

    panel.turns.shown["run_1"] = parts.run()
    panel.turns.script = approve
    panel.turns.gate.clear()
    run_it = card.get_by_role("button", name="Run it")
    await run_it.dblclick()
    panel.turns.gate.set()
    await expect(panel.page.get_by_role("region", name="Run of Standup notes")).to_be_visible()
    await expect(card.get_by_role("button")).to_have_count(0)
    await expect(card).to_contain_text("Approved")
    assert [one.content for one in panel.turns.taken][1:] == [Press(action="approve:prp_1:0a1b2c3d4e5f")]


async def test_a_run_is_followed_live_to_its_end(panel: Panel) -> None:
    panel.turns.shown["run_1"] = parts.run()
    await panel.ask("go", reference(Shows.RUN, "run_1"))
    card = panel.page.get_by_role("region", name="Run of Standup notes")
    await expect(card.locator("progress")).to_have_js_property("value", 5)
    took = card.locator("[data-took]")
    first = await took.inner_text()
    await expect(took).not_to_have_text(first)
    await panel.turns.change(Shows.RUN, "run_1", parts.run_failed("run_1"))
    await expect(card).to_contain_text("The mail server refused the account")
    await expect(card).to_contain_text("What you can do: Connect the mail account again")
    await expect(card).to_contain_text("try 3")
    spoken = panel.page.locator("errand-chat .chat > [role=status].hidden")
    await expect(spoken).to_have_text("Standup notes by e-mail: Failed at step 2, today 11:04")


async def test_a_dangerous_button_asks_once_more_and_updates_do_not_answer_for_the_person(panel: Panel) -> None:
    panel.turns.shown["run_1"] = parts.run()
    await panel.ask("go", reference(Shows.RUN, "run_1"))
    card = panel.page.get_by_role("region", name="Run of Standup notes")
    await card.get_by_role("button", name="Stop").click()
    await expect(card).to_contain_text("Stop this run? What was sent stays sent.")
    await expect(card.get_by_role("button", name="Keep it")).to_be_focused()
    await panel.turns.change(Shows.RUN, "run_1", parts.run(state_text="Step 4 of 5"))
    await expect(card).to_contain_text("Step 4 of 5")
    await panel.page.keyboard.press("Escape")
    await expect(card.get_by_role("button", name="Stop")).to_be_focused()
    assert len(panel.turns.taken) == 1
    await card.get_by_role("button", name="Stop").click()
    await card.get_by_role("button", name="Stop").click()
    await expect(card.get_by_role("button", name="Keep it")).to_have_count(0)
    await until(lambda: len(panel.turns.taken) == 2)  # the press is on its way
    assert panel.turns.taken[-1].content == Press(action="cancel-run:run_1")


async def test_a_form_sends_every_kind_of_value(panel: Panel) -> None:
    await panel.ask("edit", parts.form())
    form = panel.page.get_by_role("form", name="Change the values")
    await form.get_by_label("To").fill("a@acme.example\n\n  b@acme.example ")
    await form.get_by_label("How many").fill("7")
    await form.get_by_label("App password").fill("p4ss w0rd")
    await form.get_by_label("Format").select_option("CSV")
    await form.get_by_label("Send me a copy").uncheck()
    panel.turns.script = lambda turns, inbound: [say("Here is the new card.")]
    await form.get_by_label("Subject").press("Enter")
    await expect(form).to_contain_text("Change the values")
    await expect(form.get_by_role("button")).to_have_count(0)
    assert panel.turns.taken[-1].content == Submit(
        action="fill:prp_1",
        fields={
            "subject": "Standup notes",
            "to": ["a@acme.example", "b@acme.example"],
            "count": 7,
            "day": "2026-12-07",
            "at": "09:00",
            "form": "CSV",
            "password": "p4ss w0rd",
            "note": None,
            "copy": False,
        },
    )


async def test_a_form_says_what_is_missing_at_its_field(panel: Panel) -> None:
    await panel.ask("edit", parts.form())
    form = panel.page.get_by_role("form", name="Change the values")
    await form.get_by_label("Subject").fill("")
    await form.get_by_label("App password").fill("x")
    await form.get_by_role("button", name="Show the new card").click()
    await expect(form.get_by_label("Subject")).to_be_focused()
    await expect(form.get_by_label("Subject")).to_have_attribute("aria-invalid", "true")
    assert len(panel.turns.taken) == 1
    await form.get_by_label("Subject").press_sequentially("x")
    await expect(form.get_by_label("Subject")).not_to_have_attribute("aria-invalid", "true")


async def test_errors_of_the_server_stand_at_their_fields_and_the_first_has_the_focus(panel: Panel) -> None:
    await panel.ask("edit", parts.form(count="There can be at most 20."))
    field = panel.page.get_by_label("How many")
    await expect(field).to_be_focused()
    await expect(field).to_have_accessible_description("At most 20 There can be at most 20.")


async def test_a_form_that_was_asked_for_has_the_focus_unless_something_is_being_written(panel: Panel) -> None:
    await panel.ask("edit", parts.form())
    await expect(panel.page.get_by_label("Subject")).to_be_focused()
    await panel.composer.fill("a half-written sent")
    await panel.turns.post(panel.conversation, parts.form("fill:prp_2"))
    await expect(panel.page.get_by_label("Subject")).to_have_count(2)
    await expect(panel.composer).to_be_focused()


async def test_one_conversation_is_made_for_a_newcomer(panel: Panel) -> None:
    await expect(panel.page.get_by_role("navigation", name="Conversations").get_by_role("link")).to_have_count(1)


async def test_after_a_press_the_keyboard_is_not_lost(panel: Panel) -> None:
    panel.turns.shown["prp_1"] = parts.proposal()
    await panel.ask("watch my site", reference(Shows.PROPOSAL, "prp_1"))

    def decline(turns, inbound):
        turns.shown["prp_1"] = parts.proposal(state="declined", state_text="Dropped", actions=[])
        return [say("Dropped.")]

    panel.turns.script = decline
    await panel.page.get_by_role("button", name="Cancel").press("Enter")
    await expect(panel.page.get_by_text("Dropped.")).to_be_visible()
    await expect(panel.composer).to_be_focused()


async def test_passwords_are_kept_nowhere_in_the_browser(panel: Panel) -> None:
    """Not even while the line is down and the form waits to be sent."""
    await panel.ask("connect mail", parts.form("connect:smtp"))
    panel.turns.gate.clear()
    await panel.page.get_by_label("App password").fill("hunter2")
    await panel.page.get_by_role("button", name="Show the new card").click()
    stored = await panel.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "hunter2" not in stored
    panel.turns.script = lambda turns, inbound: [say("Connected.")]
    panel.turns.gate.set()
    await expect(panel.page.get_by_role("button", name="Show the new card")).to_have_count(0)


async def test_choices_are_buttons_and_grow_quiet_once_answered(panel: Panel) -> None:
    await panel.ask("watch it", parts.choices())
    panel.turns.script = lambda turns, inbound: [say(f"picked {said(inbound)}")]
    await panel.page.get_by_role("button", name="Tell me when a page changes").click()
    await expect(panel.page.get_by_text("picked pick:web.page-watch")).to_be_visible()
    await panel.say("something else")
    await expect(panel.page.locator(".choices.is-past")).to_have_count(1)


async def test_a_turn_that_fails_is_said_and_can_be_sent_again(panel: Panel) -> None:
    panel.turns.script = lambda turns, inbound: (
        RuntimeError("boom") if len(turns.taken) == 1 else [say("now it worked")]
    )
    await panel.say("try this")
    failed = panel.page.locator(".is-failed")
    await expect(failed).to_contain_text("Not sent. Something went wrong inside Errand.")
    await failed.get_by_role("button", name="Send again").click()
    await expect(panel.page.get_by_text("now it worked")).to_be_visible()
    assert await panel.texts() == ["try this", "now it worked"]


async def test_hostile_text_of_services_is_shown_and_runs_nothing(panel: Panel) -> None:
    hostile = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) <script>alert(1)</script> ![p](https://evil.example/p.png)"
    dialogs: list[str] = []
    panel.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    requests: list[str] = []
    panel.page.on("request", lambda request: requests.append(request.url))
    card = parts.proposal(
        title=hostile, values=[{"name": "a", "label": hostile, "value": hostile, "source": "message"}]
    )
    await panel.ask(hostile, say(hostile), card, parts.run_failed() | {"error": hostile, "result": hostile})
    await expect(panel.page.get_by_role("heading", name=hostile)).to_be_visible()
    assert dialogs == []
    assert not [url for url in requests if "evil" in url or url.endswith("/x")]


async def test_the_policy_lets_no_inline_script_run(panel: Panel) -> None:
    """Shown by trying: the violation is the expected console error."""
    panel.watch.allowed = ("Content Security Policy",)
    await panel.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.body.append(s) }"
    )
    assert await panel.page.evaluate("window.bad") is None


async def test_a_long_text_fits(panel: Panel) -> None:
    await panel.ask("x" * 20_000, say("y" * 20_000), parts.proposal(title="z" * 500))
    assert await _overflow(panel) == 0


async def test_up_takes_the_last_message_back_and_shift_enter_makes_a_line(panel: Panel) -> None:
    await panel.ask("first", say("ok"))
    await panel.composer.press("ArrowUp")
    await expect(panel.composer).to_have_value("first")
    await panel.composer.press("Escape")
    await expect(panel.composer).to_have_value("")
    await panel.composer.press_sequentially("a")
    await panel.composer.press("Shift+Enter")
    await panel.composer.press_sequentially("b")
    await expect(panel.composer).to_have_value("a\nb")


async def test_everything_can_be_done_with_the_keyboard_alone(panel: Panel) -> None:
    """Sign-in to yes, and the gallery, without a pointer."""
    page = panel.page
    await page.keyboard.type("watch my site")
    panel.turns.script = lambda turns, inbound: [parts.proposal()]
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Run it").wait_for()
    for _ in range(12):
        await page.keyboard.press("Shift+Tab")
        if await page.get_by_role("button", name="Run it").evaluate("one => one.getRootNode().activeElement === one"):
            break
    outline = await page.get_by_role("button", name="Run it").evaluate("one => getComputedStyle(one).outlineStyle")
    assert outline == "solid", "the focus can be seen"
    panel.turns.script = lambda turns, inbound: [say("started")]
    await page.keyboard.press("Space")
    await expect(page.get_by_text("started")).to_be_visible()
    await page.get_by_role("button", name="What Errand can do").first.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("price")
    await expect(page.locator(".tile")).to_have_count(1)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(panel.composer).to_have_value("tell me when the price on this page drops below 300")
    await expect(panel.composer).to_be_focused()


async def test_conversations_are_listed_and_kept_apart(panel: Panel) -> None:
    await panel.ask("about mail", say("mail it is"))
    await panel.page.get_by_role("button", name="New conversation").click()
    await expect(panel.messages).to_have_count(0)
    await panel.live()
    await panel.ask("about files", say("files it is"))
    listed = panel.page.get_by_role("navigation", name="Conversations").get_by_role("link")
    await expect(listed).to_have_count(2)
    await listed.filter(has_text="about mail").click()
    await expect(panel.page.get_by_text("mail it is")).to_be_visible()
    await expect(panel.page.get_by_text("files it is")).to_have_count(0)
    await panel.page.reload()
    await expect(panel.page.get_by_text("mail it is")).to_be_visible()


async def test_name_zone_and_theme_are_the_persons_own(panel: Panel) -> None:
    page = panel.page
    await page.locator(".side-button").last.click()
    await expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    await page.get_by_label("Name").fill("Ines")
    await page.get_by_label("Time zone").fill("Mars/Olympus")
    panel.watch.allowed = ("400",)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").filter(has_text="There is no such time zone")).to_be_visible()
    await page.get_by_label("Time zone").fill("Asia/Tokyo")
    await page.get_by_text("Dark", exact=True).click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Ines")).to_be_visible()
    ground = "getComputedStyle(document.querySelector('errand-chat')).backgroundColor"
    assert await page.evaluate(ground) == "rgb(22, 22, 20)"
    await page.reload()
    await panel.live()
    assert await page.evaluate(ground) == "rgb(22, 22, 20)"
    await expect(page.get_by_role("button", name="Ines")).to_be_visible()


async def test_signing_out_says_how_to_come_back(panel: Panel) -> None:
    panel.watch.allowed = ("401",)
    await panel.page.locator(".side-button").last.click()
    await panel.page.get_by_role("button", name="Sign out").click()
    await expect(panel.page.get_by_role("heading", name="You are signed out")).to_be_visible()


async def test_a_result_is_downloaded(panel: Panel) -> None:
    (panel.server.files / "clean.csv").write_bytes(b"a,b\n")
    await panel.ask("merge", say("Done: [clean.csv](files/clean.csv)"))
    async with panel.page.expect_download() as started:
        await panel.page.get_by_role("link", name="clean.csv").click()
    download = await started.value
    assert download.suggested_filename == "clean.csv"
    assert Path(await download.path()).read_bytes() == b"a,b\n"


async def test_the_component_lives_in_a_page_of_somebody_elses(panel: Panel) -> None:
    """One script tag, no frame around it: it takes the newest conversation."""
    await panel.ask("hello", say("hello from Errand"))
    page = panel.page
    await page.goto(f"{panel.server.origin}/healthz")
    await page.evaluate(EMBED)
    await expect(page.get_by_text("hello from Errand")).to_be_visible()
    await panel.say("from the other page")
    await expect(page.get_by_text("from the other page")).to_have_count(1)


EMBED = """() => {
  const script = Object.assign(document.createElement("script"), { type: "module", src: "/static/errand-chat.js" });
  const chat = document.createElement("errand-chat");
  chat.style.height = "400px";
  document.body.replaceChildren(script, chat);
}"""

EVERYTHING = [
    say(parts.MARKDOWN),
    say("No.", "error"),
    say("Yes.", "success"),
    parts.choices(),
    parts.form(count="There can be at most 20."),
    parts.proposal(warnings=["Careful."], connections=["Mail"]),
    parts.proposal("prp_2", state="superseded", actions=[]),
    parts.proposal("prp_3", state="approved", state_text="Approved", actions=[]),
    parts.run(),
    parts.run_succeeded(),
    parts.run_failed(),
    parts.run_waiting(),
    parts.workflow(),
    parts.webhook(),
    parts.workflow("wfl_2", "paused"),
    parts.connections(),
]


@pytest.mark.parametrize("panel", [PHONE], indirect=True)
async def test_on_a_phone_nothing_is_wider_than_the_screen_and_the_drawer_works(panel: Panel) -> None:
    await panel.ask("show me everything " + "long" * 100, *EVERYTHING)
    assert await _overflow(panel) == 0
    page = panel.page
    await page.get_by_role("button", name="Conversations").click()
    await expect(page.get_by_role("button", name="Close")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Conversations")).to_be_focused()
    await expect(page.get_by_role("navigation", name="Conversations")).to_be_hidden()
    assert await _overflow(panel) == 0


@pytest.mark.parametrize("panel", [{}, DARK, PHONE], indirect=True, ids=["light", "dark", "phone"])
async def test_everything_has_a_name_and_enough_contrast(panel: Panel) -> None:
    await panel.ask("show me everything", *EVERYTHING)
    await panel.page.emulate_media(reduced_motion="reduce")
    await asyncio.sleep(0.1)
    assert (
        await panel.page.evaluate("document.querySelector('errand-chat').shadowRoot.querySelectorAll('.card').length")
        >= 11
    )
    assert await panel.page.evaluate(AUDIT) == []
    await panel.page.get_by_role("button", name="What Errand can do").filter(visible=True).last.click()
    await panel.page.locator(".tile").first.wait_for()
    assert await panel.page.evaluate(AUDIT) == []


async def _overflow(panel: Panel) -> int:
    """How many pixels anything is wider than it should be, in the page and in the log."""
    return int(
        await panel.page.evaluate(
            "() => { const s = document.querySelector('errand-chat').shadowRoot.querySelector('.scroll');"
            " return Math.max(document.documentElement.scrollWidth - innerWidth, s.scrollWidth - s.clientWidth) }"
        )
    )
