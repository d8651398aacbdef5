"""A few templates and step types for tests of the conversation, so that these depend on no real one."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import yaml
from cryptography.fernet import Fernet

from agent.knowledge import Knowledge
from agent.offline.general import generalise_text
from agent.schedule_words import describe_schedule
from agent.shelf import Shelf
from catalog.expression import Expressions
from catalog.schedule import Schedule
from catalog.workflow import Template
from core.clock import Clock
from store.vault import Vault
from tools.connector import load_connectors
from tools.guard import AddressGuard
from tools.registry import StepRegistry
from tools.sources.chat import SOURCES
from tools.step import AnyStepType, Effect, Risk, StepContext, StepParams, StepResult, StepType

TEMPLATES = """
- id: chat.say
  title: Post a message
  summary: Posts a message in this conversation.
  category: chat
  asks: [post hello here, say hi, write a note, tell us something]
  parameters:
    message: {kind: long_text, ask: "What should it say?", label: Message}
  trigger: {allowed: [manual, schedule, webhook]}
  steps: [{id: post, uses: chat.post, with: {text: "${{ params.message }}"}}]
- id: mail.send
  title: Send an e-mail
  summary: Sends one e-mail to one or more people.
  category: email
  asks: [mail bob, send an email, email the notes, write to ana]
  parameters:
    to: {kind: emails, ask: "Who should get it?", label: To}
    subject: {kind: text, ask: "What is it about?", label: Subject}
    body: {kind: long_text, default: "", label: Text}
  trigger: {allowed: [manual, schedule]}
  steps: [{id: mail, uses: email.send, with: {to: "${{ params.to }}", subject: "${{ params.subject }}", body: "${{ params.body }}"}}]
- id: web.check
  title: Check a page
  summary: Fetches a page on a schedule and says what it answered.
  category: web
  asks: [check a page, is it up, watch a site, fetch it]
  parameters:
    url: {kind: url, ask: "Which address?", label: Address}
  trigger: {allowed: [schedule], ask: "How often?"}
  steps:
    - {id: get, uses: http.request, with: {url: "${{ params.url }}"}}
    - {id: post, uses: chat.post, title: Say what it answered, with: {text: "It answered ${{ steps.get.status }}"}}
- id: webhook.relay
  title: Relay a webhook
  summary: Posts here whatever is sent to its address.
  category: webhook
  asks: [relay a webhook, show hooks here, incoming hook, catch calls]
  parameters:
    heading: {kind: text, default: Webhook, label: Heading}
  trigger: {allowed: [webhook]}
  steps: [{id: post, uses: chat.post, with: {text: "${{ params.heading }}"}}]
- id: files.note
  title: Keep a note
  summary: Appends a line to a file in the files folder.
  category: files
  asks: [keep a note, write a line, note it down, append to a file]
  parameters:
    mode: {kind: choice, options: [short, long], ask: "Short or long?", label: Length}
    stamp: {kind: yes_no, ask: "With a time stamp?", label: Time stamp}
    at: {kind: time, ask: "Stamped with which time?", label: Time}
    tag: {kind: text, default: null, label: Tag}
  trigger: {allowed: [manual]}
  steps: [{id: write, uses: file.write, with: {path: notes.txt, text: "${{ params.mode }} ${{ params.at }}"}}]
"""


class _Post(StepParams):
    text: str


class _Mail(StepParams):
    to: list[str]
    subject: str
    body: str = ""


class _Request(StepParams):
    method: str = "GET"
    url: str


class _Write(StepParams):
    path: str
    text: str


class _Done(StepResult):
    status: int = 200


async def _run(_params: StepParams, _context: StepContext) -> StepResult:
    return _Done()


STEP_TYPES: list[AnyStepType] = [
    StepType(
        name="chat.post", title="Post a message", description="Posts.", params=_Post, result=_Done,
        effect=Effect.IDEMPOTENT, run=_run, summarize=lambda it: f"Post “{it.text}” here",
    ),
    StepType(
        name="email.send", title="Send an e-mail", description="Sends.", params=_Mail, result=_Done,
        effect=Effect.ONCE, risk=Risk.LOW, run=_run, connector="smtp", needs_network=True,
        summarize=lambda it: f"Send “{it.subject}” to {', '.join(it.to)}",
    ),
    StepType(
        name="http.request", title="Call an address", description="Calls.", params=_Request, result=_Done,
        effect=lambda it: Effect.READ if it.method == "GET" else Effect.ONCE,
        risk=lambda it: Risk.NONE if it.method == "GET" else Risk.HIGH, run=_run, needs_network=True,
        summarize=lambda it: f"{it.method} {it.url}",
    ),
    StepType(
        name="file.write", title="Write a file", description="Writes.", params=_Write, result=_Done,
        effect=Effect.ONCE, run=_run, summarize=lambda it: f"Append “{it.text}” to {it.path}",
    ),
]  # fmt: skip


def read_templates() -> dict[str, Template]:
    """The templates above."""
    found = [Template.model_validate(data) for data in yaml.safe_load(TEMPLATES)]
    return {template.id: template for template in found}


def read_schedule(text: str, now: datetime, zone: ZoneInfo, language: str) -> Schedule | None:
    """Reads `rrule …` and `at …`: enough for forms in tests without an interpreter of sentences."""
    word, _, rest = text.strip().partition(" ")
    if word == "rrule":
        return Schedule(rrule=rest, timezone=zone.key)
    return Schedule(at=datetime.fromisoformat(rest), timezone=zone.key) if word == "at" else None


def make_knowledge(clock: Clock, templates: dict[str, Template] | None = None) -> Knowledge:
    """A few step types, the real connectors, a new vault, and the templates above unless others are given."""
    return Knowledge(
        templates=Shelf(templates or read_templates()),
        step_types=StepRegistry(STEP_TYPES, SOURCES),
        connectors=load_connectors(),
        sealer=Vault([Fernet.generate_key()]),
        expressions=Expressions(),
        describe_schedule=describe_schedule,
        read_schedule=read_schedule,
        public_url=lambda: "http://127.0.0.1:8300",
        clock=clock,
        generalise=generalise_text,
        leads_inside=AddressGuard([]).foresees_refusal_of,
    )
