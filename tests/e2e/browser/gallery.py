"""Shows every part of the panel in one scripted conversation and photographs it: `python -m tests.e2e.browser.gallery FOLDER`.

For people who look; asserts nothing.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from agent.inbound import Inbound
from catalog.workflow import Template
from store.record import JsonObject, Shows, reference
from tests.fakes import parts
from tests.fakes.chromium import launch, open_context, shoot
from tests.fakes.web_server import ScriptedTurns, WebServer, said, say, serve_web

SCENES: dict[str, list[JsonObject]] = {
    "check https://acme.example/status every 5 minutes and tell me when it is down": [
        say("I can do that. Have a look, then say yes."),
        parts.proposal(),
    ],
    "make it patient": [
        parts.proposal("prp_old", state="superseded", state_text="You edited it.", actions=[]),
        parts.proposal("prp_ok", state="approved", state_text="Approved by you, today 11:02.", actions=[]),
        reference(Shows.RUN, "run_1"),
    ],
    "what ran today?": [parts.run_succeeded(), parts.run_failed(), parts.run_waiting()],
    "why did it fail?": [parts.trace()],
    "rehearse it": [
        parts.run(
            "run_try",
            "succeeded",
            is_rehearsal=True,
            title="Rehearsal: Standup notes",
            state_text="Nothing left this machine",
            actions=[],
        )
    ],
    "show my automations": [
        parts.workflow(),
        parts.webhook(),
        parts.workflow("wfl_2", "paused", title="Price of the blue bike"),
    ],
    "what waits for me?": [parts.approval()],
    "what was decided?": [
        parts.approval("apr_2", "approved", state_text="Approved by Ben, Ana, today at 11:02", actions=[], notes=[]),
        parts.approval("apr_3", "rejected", state_text="Ben said no, today at 11:02", actions=[], notes=[], fields=[]),
        parts.approval("apr_4", "expired", state_text="Nobody decided in time", actions=[], notes=[], fields=[]),
    ],
    "watch the page": [parts.choices()],
    "edit": [parts.form(count="There can be at most 20.")],
    "connections": [parts.connections()],
    "what changed this week?": [say(parts.MARKDOWN)],
    "delete everything": [
        say("I do not do that.", "error"),
        say("The standup notes are on their way.", "success"),
        parts.proposal(
            "prp_risk",
            title="Clean up the export folder",
            summary="Removes exports older than 30 days.",
            schedule=None,
            trigger_text="When you press Run",
            warnings=["Deleted files cannot be brought back."],
            connections=["SQL database (reports)"],
            steps=[
                {
                    "id": "rm",
                    "title": "Delete files",
                    "summary": "exports/*.csv older than 30 days",
                    "effect": "once",
                    "risk": "high",
                }
            ],
        ),
    ],
}


def script(turns: ScriptedTurns, inbound: Inbound) -> list[JsonObject]:
    return SCENES.get(said(inbound), [say("Try one of the sentences of the gallery.")])


def templates() -> list[Template]:
    rows = [
        ("time.remind-me", "Remind me", "Writes you a message here at the time you name.", "remind me in 20 minutes to stretch"),
        ("time.focus", "Focus timer", "Tells you when to start and when to take a break.", "start a 25 minute focus timer"),
        ("web.site-down", "Tell me when a site is down", "Asks a page every few minutes and writes when it stops answering.", "check https://example.com every 5 minutes and tell me when it is down"),
        ("web.price-watch", "Watch a price", "Looks at a product page each day and writes when the price falls.", "tell me when the price on this page drops below 300"),
        ("email.recurring", "Recurring e-mail", "Sends the same e-mail on a schedule.", "every monday at 9 email the standup notes to team@example.com"),
        ("data.csv-dedupe", "Remove doubles from a table", "Reads a CSV file, drops repeated rows and writes a clean one.", "remove duplicates from contacts.csv"),
        ("data.sql-report", "SQL report by e-mail", "Runs a query and sends the rows as a spreadsheet.", "email me the open orders from the database every friday"),
        ("webhook.to-chat", "Incoming webhook to chat", "Gives you an address; what is posted there appears here.", "post whatever arrives at a webhook to this chat"),
    ]  # fmt: skip
    return [
        Template.model_validate(
            {
                "id": id_,
                "title": title,
                "summary": summary,
                "category": id_.partition(".")[0],
                "asks": [ask, "two", "three", "four"],
                "steps": [{"id": "one", "uses": "chat.post"}],
            }
        )
        for id_, title, summary, ask in rows
    ]


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        async with serve_web(Path(data), templates=templates()) as server, launch() as browser:
            server.turns.script = script
            server.turns.shown["run_1"] = parts.run()
            looks: dict[str, dict[str, Any]] = {
                "light": {"color_scheme": "light"},
                "dark": {"color_scheme": "dark"},
                "phone": {
                    "color_scheme": "light",
                    "viewport": {"width": 390, "height": 844},
                    "has_touch": True,
                    "is_mobile": True,
                    "device_scale_factor": 2,
                },
            }
            for name, options in looks.items():
                async with open_context(browser, **options) as (context, watch):
                    page = await context.new_page()
                    await _photograph(server, page, folder, name)
                    print(name, watch.errors or "no errors")


async def _photograph(server: WebServer, page: Any, folder: Path, name: str) -> None:
    await page.goto(await server.login_link())
    await page.get_by_label("Message to Errand").wait_for()
    await page.wait_for_selector("errand-chat[live]")
    await page.evaluate(
        "fetch('/api/conversations', {method: 'POST'}).then(r => r.json()).then(c => location.hash = c.id)"
    )
    await page.wait_for_timeout(400)
    await shoot(page, folder / f"{name}-00-empty.png")
    for number, text in enumerate(SCENES, 1):
        await page.get_by_label("Message to Errand").fill(text)
        await page.keyboard.press("Enter")
        await page.wait_for_timeout(350)
        tall = await page.evaluate(
            "() => { const s = document.querySelector('errand-chat').shadowRoot; const own = [...s.querySelectorAll('.from-person')].at(-1);"
            " s.querySelector('.scroll').scrollTop += own.getBoundingClientRect().top - 90; return s.querySelector('.scroll').scrollHeight }"
        )
        assert tall
        await page.wait_for_timeout(80)
        await shoot(page, folder / f"{name}-{number:02}-{text.split()[0]}.png")
        if name == "phone":
            await page.evaluate(
                "() => document.querySelector('errand-chat').shadowRoot.querySelector('.scroll').scrollTop += 560"
            )
            await shoot(page, folder / f"{name}-{number:02}-{text.split()[0]}-more.png")
    if name == "phone":
        await page.get_by_role("button", name="Conversations").click()
        await page.wait_for_timeout(250)
        await shoot(page, folder / f"{name}-20-side.png")
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="What Errand can do").filter(visible=True).last.click()
    await page.get_by_text("Remind me", exact=True).wait_for()
    await shoot(page, folder / f"{name}-21-gallery.png")
    await page.keyboard.press("Escape")
    if name != "phone":
        await page.get_by_role("button", name="Owner").click()
        await shoot(page, folder / f"{name}-22-account.png")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
