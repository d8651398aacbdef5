"""Every kind of reply part, as JSON, with believable contents. For the browser tests and the gallery."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from agent.card_words import card_words
from agent.phrases import load_phrases
from store.record import JsonObject


def _words(kind: Literal["proposal", "run", "trace", "workflow", "approval"]) -> dict[str, JsonValue]:
    return dict(card_words(load_phrases("en"), kind))


def action(id_: str, label: str, style: str = "secondary", confirm: str = "") -> JsonObject:
    return {"id": id_, "label": label, "style": style, "confirm": confirm}


def proposal(proposal_id: str = "prp_1", **changes: object) -> JsonObject:
    card: JsonObject = {
        "kind": "proposal",
        "words": _words("proposal"),
        "proposal_id": proposal_id,
        "digest": "0a1b2c3d4e5f6071",
        "title": "Website check every 5 minutes",
        "summary": "Looks at the page and tells you here when it stops answering, and again when it is back.",
        "state": "open",
        "values": [
            {"name": "url", "label": "Address", "value": "https://acme.example/status", "source": "message"},
            {"name": "status", "label": "Expected status", "value": "200", "source": "default"},
            {"name": "text", "label": "Must contain", "value": "All systems go", "source": "answer"},
            {
                "name": "patience",
                "label": "Failures before telling",
                "value": "2 in a row",
                "source": "edit",
                "is_changed": True,
            },
        ],
        "schedule": {
            "words": "Every 5 minutes",
            "timezone": "Europe/Berlin",
            "next": ["2026-12-02T11:05:00+01:00", "2026-12-02T11:10:00+01:00", "2026-12-02T11:15:00+01:00"],
            "next_shown": ["today 11:05", "today 11:10", "today 11:15"],
        },
        "limits": ["Ends after 1 hour, not counting the time people take"],
        "steps": [
            {
                "id": "look",
                "title": "Request a page",
                "summary": "GET https://acme.example/status",
                "effect": "read",
                "risk": "none",
            },
            {
                "id": "keep",
                "title": "Remember how it was",
                "summary": "Compares with the last check",
                "effect": "idempotent",
                "risk": "none",
            },
            {
                "id": "tell",
                "title": "Post to this conversation",
                "summary": "“acme.example does not answer: …”, only when that changed",
                "effect": "once",
                "risk": "low",
            },
        ],
        "connections": [],
        "warnings": [],
        "actions": [
            action(f"approve:{proposal_id}:0a1b2c3d4e5f", "Run it", "primary"),
            action(f"edit:{proposal_id}", "Edit"),
            action(f"rehearse:{proposal_id}", "Rehearse"),
            action(f"decline:{proposal_id}", "Cancel", "danger"),
        ],
    }
    return card | changes


def step(id_: str, title: str, state: str, **more: object) -> JsonObject:
    made: JsonObject = {"id": id_, "title": title, "state": state}
    return made | more


def run(run_id: str = "run_1", state: str = "running", **changes: object) -> JsonObject:
    card: JsonObject = {
        "kind": "run",
        "words": _words("run"),
        "run_id": run_id,
        "title": "Standup notes by e-mail",
        "state": state,
        "state_text": "Step 3 of 5",
        "steps": [
            step("fetch", "Fetch the notes", "succeeded", attempts=1, took_ms=412),
            step("merge", "Merge into one page", "succeeded", attempts=3, took_ms=8410),
            step(
                "send",
                "Send an e-mail to each member",
                "running",
                attempts=1,
                took_ms=2100,
                items=12,
                items_done=5,
                detail="to ines@acme.example",
            ),
            step("wait", "Wait for an answer", "pending"),
            step("log", "Add a row to standup.csv", "pending"),
        ],
        "started_at": "2026-12-02T10:00:00+00:00",
        "actions": [action(f"cancel-run:{run_id}", "Stop", "danger", "Stop this run? What was sent stays sent.")],
    }
    return card | changes


def run_succeeded(run_id: str = "run_ok") -> JsonObject:
    return run(
        run_id,
        "succeeded",
        state_text="Done in 14 s, today 11:02",
        steps=[
            step("fetch", "Read contacts.csv", "succeeded", attempts=1, took_ms=18),
            step("clean", "Remove doubles", "succeeded", attempts=1, took_ms=45),
            step("sample", "Show a sample", "skipped"),
            step("pdf", "Make the report", "succeeded", attempts=2, took_ms=13_200),
        ],
        result="Merged **1,204** contacts, dropped 37 doubles.\n\nThe report: [contacts.pdf](files/reports/contacts.pdf)",
        actions=[action("run-now:wfl_1", "Run again")],
    )


def run_failed(run_id: str = "run_bad") -> JsonObject:
    return run(
        run_id,
        "failed",
        state_text="Failed at step 2, today 11:04",
        steps=[
            step("fetch", "Fetch the invoice", "succeeded", attempts=1, took_ms=388),
            step("send", "Send an e-mail", "failed", attempts=3, took_ms=31_020, detail="535 authentication failed"),
            step("log", "Add a row", "cancelled"),
        ],
        error="The mail server refused the account: 535 authentication failed.",
        advice="Connect the mail account again, then retry. The invoice is not fetched twice.",
        actions=[action(f"retry-run:{run_id}", "Retry", "primary"), action("connect:smtp", "Connect mail")],
    )


def run_waiting(run_id: str = "run_wait") -> JsonObject:
    return run(
        run_id,
        "waiting",
        title="Publish the release notes",
        state_text="Waiting for your yes",
        steps=[
            step("draft", "Write the draft", "succeeded", attempts=1, took_ms=912),
            step("ok", "Ask whether to publish", "waiting", attempts=1, detail="“Publish v2.4 to 310 readers?”"),
            step("publish", "Publish", "pending"),
        ],
        actions=[
            action(f"check-done:{run_id}:ok:-1:1", "Yes, publish", "primary"),
            action(f"check-retry:{run_id}:ok:-1:1", "No"),
        ],
    )


def workflow(workflow_id: str = "wfl_1", state: str = "active", **changes: object) -> JsonObject:
    card: JsonObject = {
        "kind": "workflow",
        "words": _words("workflow"),
        "workflow_id": workflow_id,
        "title": "Standup notes by e-mail",
        "state": state,
        "state_text": "Active" if state == "active" else state.title(),
        "schedule": {
            "words": "Every Monday at 09:00",
            "timezone": "Europe/Berlin",
            "next": ["2026-12-07T09:00:00+01:00", "2026-12-14T09:00:00+01:00", "2026-12-21T09:00:00+01:00"],
            "next_shown": ["Mon 7 Dec 09:00", "Mon 14 Dec 09:00", "Mon 21 Dec 09:00"],
        },
        "last_run": "Last run succeeded, Mon 30 Nov 09:00",
        "runs": 14,
        "actions": [
            action(f"pause:{workflow_id}", "Pause"),
            action(f"run-now:{workflow_id}", "Run now"),
            action(f"delete:{workflow_id}", "Delete", "danger", "Delete this automation and its schedule?"),
        ],
    }
    return card | changes


def webhook(workflow_id: str = "wfl_hook") -> JsonObject:
    return workflow(
        workflow_id,
        title="Deploys to chat",
        schedule=None,
        trigger_text="When something is posted to http://127.0.0.1:8300/hooks/3q2-7wZb0Yk1",
        last_run="",
        runs=0,
    )


def approval(approval_id: str = "apr_1", state: str = "open", **changes: object) -> JsonObject:
    card: JsonObject = {
        "kind": "approval",
        "words": _words("approval"),
        "approval_id": approval_id,
        "digest": "9f8e7d6c5b4a3928",
        "title": "Pay an invoice",
        "question": "Pay this invoice of ACME Ltd?\nIt is due on Friday.",
        "state": state,
        "state_text": "1 of 2 yeses",
        "fields": [
            {"name": "amount", "label": "Amount", "value": "450", "is_editable": True},
            {"name": "account", "label": "Account", "value": "DE02 1203 0000 0000 2020 51"},
        ],
        "approvers": [
            {"name": "Ben", "answer": "yes", "detail": "“Checked against the order.”"},
            {"name": "Ana", "is_you": True, "detail": "instead of Cleo"},
            {"name": "Dan"},
        ],
        "yeses": 1,
        "quorum": 2,
        "notes": ["Changed by Ben. Yeses from before do not count.", "Can be answered until Fri 4 Dec at 18:00"],
        "actions": [
            action(f"approval-yes:{approval_id}:9f8e7d6c5b4a", "Yes", "primary"),
            action(f"approval-no:{approval_id}:9f8e7d6c5b4a", "No"),
            action(f"approval-edit:{approval_id}:9f8e7d6c5b4a", "Edit"),
            action(f"approval-hand:{approval_id}:9f8e7d6c5b4a", "Hand over"),
        ],
    }
    return card | changes


def choices() -> JsonObject:
    return {
        "kind": "choices",
        "text": "Two things fit. Which one do you **mean**?",
        "choices": [
            {
                "action": "pick:web.site-down",
                "label": "Tell me when a site is down",
                "detail": "Asks a page every few minutes",
            },
            {
                "action": "pick:web.page-watch",
                "label": "Tell me when a page changes",
                "detail": "Compares its text with last time",
            },
            {"action": "none-of-these", "label": "None of these"},
        ],
    }


def form(action_id: str = "fill:prp_1", **errors: str) -> JsonObject:
    fields: list[JsonObject] = [
        {"name": "subject", "label": "Subject", "input": "text", "value": "Standup notes"},
        {"name": "to", "label": "To", "input": "list", "value": ["team@acme.example", "ines@acme.example"]},
        {"name": "count", "label": "How many", "input": "number", "value": 3, "hint": "At most 20"},
        {"name": "day", "label": "First day", "input": "date", "value": "2026-12-07"},
        {"name": "at", "label": "At", "input": "time", "value": "09:00"},
        {"name": "form", "label": "Format", "input": "select", "value": "PDF", "options": ["PDF", "CSV", "Text"]},
        {"name": "password", "label": "App password", "input": "password", "hint": "Kept encrypted, never shown again"},
        {"name": "note", "label": "Note", "input": "textarea", "is_required": False},
        {"name": "copy", "label": "Send me a copy", "input": "checkbox", "value": True, "is_required": False},
    ]
    for one in fields:
        one["error"] = errors.get(str(one["name"]), "")
    return {
        "kind": "form",
        "action": action_id,
        "title": "Change the values",
        "text": "Nothing runs until you say yes to the new card.",
        "fields": fields,  # type: ignore[dict-item]  # JSON by construction
        "submit": "Show the new card",
        "cancel": action("decline:prp_1", "Back"),
    }


def connections() -> JsonObject:
    return {
        "kind": "list",
        "title": "Connected accounts",
        "items": [
            {
                "title": "Mail (SMTP)",
                "detail": "team@acme.example at smtp.acme.example",
                "actions": [action("disconnect:smtp", "Disconnect", "danger", "Forget these credentials?")],
            },
            {"title": "Mailbox (IMAP)", "detail": "Not connected", "actions": [action("connect:imap", "Connect")]},
            {"title": "SQL database", "detail": "Not connected", "actions": [action("connect:sql", "Connect")]},
        ],
    }


MARKDOWN = """\
Here is what changed since **Monday**, in short:

1. Signups are up, see [the sheet](files/signups.csv)
2. `checkout` had one slow hour; https://status.acme.example/2026-12-01 has the details

| Page | Visits | Change |
| --- | --- | --- |
| /pricing | 12,408 | +4 % |
| /docs | 9,121 | −1 % |

> Numbers are from the nightly export.

```
GET /status 200 in 312 ms
```
"""


def trace(run_id: str = "run_tr", **changes: object) -> JsonObject:
    failed: JsonObject = {
        "state": "failed",
        "started_at": "2026-12-02T10:00:01+00:00",
        "ended_at": "2026-12-02T10:00:03+00:00",
        "took_ms": 2140,
        "input": {"to": ["team@acme.example"], "subject": "Standup notes", "body": "Monday: nothing new."},
        "error": "smtp.acme.example did not answer within 30 s.",
        "cause": "unavailable",
        "advice": "Try again later.",
        "idempotency_key": "6f1c0a4e9b7d42c8a1f05d3e8b9c7a21",
    }
    part: JsonObject = {
        "kind": "trace",
        "words": _words("trace"),
        "run_id": run_id,
        "title": "What happened: Standup notes by e-mail",
        "state": "failed",
        "state_text": "Failed in 12 s",
        "input": {"headers": {"authorization": "•••"}, "body": {"team": "core"}},
        "steps": [
            {
                "id": "fetch",
                "title": "Fetch the notes",
                "uses": "http.request",
                "attempts": [
                    {
                        "number": 1,
                        "state": "succeeded",
                        "started_at": "2026-12-02T10:00:00+00:00",
                        "started": "today at 11:00",
                        "ended_at": "2026-12-02T10:00:01+00:00",
                        "took_ms": 412,
                        "input": {"url": "https://notes.acme.example/today"},
                        "output": {"status": 200, "json": {"notes": ["Monday: nothing new."]}},
                        "idempotency_key": "0b5e7d1f3a9c4e6882d7c1b4f0a9e356",
                    }
                ],
            },
            {
                "id": "send",
                "title": "Send an e-mail to each member",
                "uses": "email.send",
                "attempts": [
                    failed | {"number": 1, "started": "today at 11:00:01"},
                    failed | {"number": 2, "started": "today at 11:00:08"},
                ],
                "left_out": 3,
            },
            {"id": "log", "title": "Add a row to standup.csv", "uses": "csv.write", "attempts": []},
        ],
    }
    return part | changes
