"""Six templates with the words that people use for them, for tests of retrieval."""

from __future__ import annotations

from catalog.workflow import Template

_ASKS = {
    ("web.down", "Watch a web site"): [
        "tell me when my site is down",
        "check https://example.com every 5 minutes",
        "monitor our homepage",
        "is the api up",
    ],
    ("chat.remind", "Set a reminder"): [
        "remind me in 1 minute to stretch",
        "reminder tomorrow at 9 to call Ana",
        "nudge us every friday about timesheets",
        "don't let me forget the keys",
    ],
    ("data.merge", "Merge CSV files"): [
        "merge two csv files",
        "combine orders.csv and people.csv",
        "put several spreadsheets together",
        "join csv files into one",
    ],
    ("data.to-json", "Turn CSV into JSON"): [
        "convert csv to json",
        "turn sales.csv into json",
        "I need people.csv as json",
        "json from a csv file",
    ],
    ("data.to-csv", "Turn JSON into CSV"): [
        "convert json to csv",
        "turn export.json into csv",
        "I need data.json as csv",
        "csv from a json file",
    ],
    ("email.recurring", "Send a recurring e-mail"): [
        "every monday at 9 email the notes to team@example.com",
        "send a weekly mail to ana@example.com",
        "mail the menu each morning",
        "regular email to the board",
    ],
}


def template(template_id: str, title: str, asks: list[str]) -> Template:
    return Template.model_validate(
        {
            "id": template_id,
            "title": title,
            "summary": f"{title}, and nothing else.",
            "category": "data",
            "asks": asks,
            "steps": [{"id": "post", "uses": "chat.post", "with": {"text": "Done."}}],
        }
    )


def templates() -> list[Template]:
    return [template(template_id, title, asks) for (template_id, title), asks in _ASKS.items()]
