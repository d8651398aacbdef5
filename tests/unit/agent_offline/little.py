"""A few templates and a retriever by shared words, so that the interpreter is tested without the catalog's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import yaml

from agent.interpreter import View
from agent.offline.interpreter import OfflineInterpreter
from catalog.loader import Catalog
from catalog.retrieval.port import Match
from catalog.workflow import Template
from tools.guard import AddressGuard

NOW = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)  # a Wednesday
ZONE = ZoneInfo("UTC")

_TEMPLATES = """
- id: chat.remind
  title: Remind me
  summary: Posts a reminder at a time or again and again.
  category: chat
  asks: [remind me in 10 minutes to call Ana, remind me tomorrow at 9 to send the invoice, set a reminder for friday 3pm to water the plants, nudge us every monday about the timesheets, "don't let me forget to renew the passport on 3 march"]
  parameters:
    message: {kind: long_text, ask: "What should I say?", words: [to, that, about, message]}
  trigger: {allowed: [schedule]}
- id: email.send
  title: Send an e-mail
  summary: Sends one e-mail.
  category: email
  services: [smtp]
  asks: [send an email to ana@example.com about the offer, email bob@example.com that the parts have arrived, write a mail to the team with subject Lunch, mail sales@example.com saying we accept]
  parameters:
    to: {kind: emails, ask: "Who?", label: To, words: [to]}
    subject: {kind: text, ask: "Subject?", label: Subject, words: [subject, about, titled]}
    body: {kind: long_text, ask: "Text?", label: Text, words: [body, saying, text, that]}
    cc: {kind: emails, label: Cc, default: [], words: [cc]}
  trigger: {allowed: [manual, schedule]}
- id: email.recurring
  title: Send an e-mail again and again
  summary: Sends the same e-mail on a schedule.
  category: email
  services: [smtp]
  asks: [every monday at 9 email the standup notes to team@example.com, mail the weekly agenda to leads@example.com every friday at 16:00, email the menu to office@example.com each morning, recurring email to the board every quarter]
  parameters:
    to: {kind: emails, ask: "Who?", label: To, words: [to]}
    subject: {kind: text, ask: "Subject?", label: Subject, words: [subject, about, titled]}
    body: {kind: long_text, ask: "Text?", label: Text, words: [body, saying, text]}
  trigger: {allowed: [schedule]}
- id: web.site-down
  title: Tell me when a site is down
  summary: Checks an address and posts when it does not answer.
  category: web
  services: [http]
  asks: [check https://example.com every 5 minutes and tell me when it is down, monitor our website and alert me if it goes offline, uptime check for shop.example.com every 10 minutes, let me know when https://status.example.com stops responding]
  parameters:
    url: {kind: url, ask: "Which address?", label: Address, words: [check, monitor, site]}
  trigger: {allowed: [schedule]}
- id: web.price-watch
  title: Watch a price
  summary: Tells when a price falls below a limit.
  category: web
  services: [http]
  asks: [tell me when the price at https://shop.example.com/chair drops below 80, watch the price of this laptop every day, alert me if the ticket gets cheaper than 50 euros, price alert for https://example.com/item under 20]
  parameters:
    url: {kind: url, ask: "Which page?", words: [at, page]}
    limit: {kind: number, ask: "Below which price?", label: Limit, words: [below, under, than]}
  trigger: {allowed: [schedule, manual]}
- id: data.merge
  title: Merge two CSV files
  summary: Puts the rows of two files together.
  category: data
  services: [csv]
  asks: [merge january.csv and february.csv, combine a.csv with b.csv, append new.csv to all.csv, put two csv files together]
  parameters:
    first: {kind: file, ask: "First file?", words: [merge, combine]}
    second: {kind: file, ask: "Second file?", words: [and, with, to]}
    output: {kind: file, default: merged.csv, words: [as, into]}
- id: time.focus
  title: Focus timer
  summary: Tells when to work and when to rest.
  category: time
  asks: [start a pomodoro, focus timer for 25 minutes, 50 minutes of deep work then a 10 minute break, run a focus session]
  parameters:
    work: {kind: duration, ask: "How long?", label: Work, words: [for, work]}
    rest: {kind: duration, default: 300, label: Break, words: [break, rest]}
- id: web.form
  title: Submit a form
  summary: Sends form data to an address.
  category: web
  services: [http]
  asks: [submit a form to https://example.com/signup with name=Ana, post name=Bob to https://example.com/form, send form data to an address, fill in the web form every day]
  parameters:
    url: {kind: url, ask: "Where to?", words: [to]}
    data: {kind: key_value, ask: "Which fields?", words: [with]}
    level: {kind: choice, options: [low, high, very_high], default: low, words: [level]}
    urgent: {kind: yes_no, default: false, words: [urgent]}
    day: {kind: date, default: null, words: [due]}
    tags: {kind: list, default: [], words: [tags]}
  trigger: {allowed: [manual, schedule, webhook]}
"""

TEMPLATES: dict[str, Template] = {
    template.id: template
    for template in (
        Template.model_validate(data | {"steps": [{"id": "say", "uses": "chat.post"}]})
        for data in yaml.safe_load(_TEMPLATES)
    )
}


class WordRetriever:
    """Scores templates by the share of the query's words that one of their asks has."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    async def search(self, text: str, *, limit: int = 5) -> list[Match]:
        self.queries.append(text)
        words = _words(text)
        found = []
        for template in TEMPLATES.values():
            score = max((len(words & _words(ask)) / max(1, len(words)) for ask in template.asks), default=0.0)
            found.append(Match(template_id=template.id, score=score, vector=score, lexical=score))
        return sorted(found, key=lambda match: (-match.score, match.template_id))[:limit]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{2,}", re.sub(r"\S*[@/.]\S+", " ", text.lower())))


def interpreter() -> OfflineInterpreter:
    catalog = Catalog(templates=TEMPLATES, digest="")
    return OfflineInterpreter(
        catalog, WordRetriever(), guard=AddressGuard([]), connectors=("smtp", "imap", "sql", "http")
    )


def view(**fields: object) -> View:
    if isinstance(name := fields.get("template"), str):
        fields["template"] = TEMPLATES[name]
    return View(**({"now": NOW, "zone": ZONE} | fields))  # type: ignore[arg-type]
