"""A secret that a service sends back is nowhere to be seen: not in the records, the trace, the card, or the log."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace

import pytest

from agent.renderer import Renderer
from agent.reply import RunCard, TracePart
from core.errors import RejectedError
from store.record import Author, Connection, Message, Role, RunState, Shows, reference
from store.vault import Vault
from tests.contract.worker.lab import CONVERSATION, KEY, PERSON, Lab, LabParams, LabResult
from tests.fakes.little_catalog import make_knowledge
from tools.step import StepContext

TOKEN = "tok+9/f2c-Zürich"
PIN = "8675309"
SPELLINGS = (TOKEN, PIN, base64.b64encode(f"ana:{TOKEN}".encode()).decode(), "tok%2B9%2Ff2c-Z%C3%BCrich")


async def _connected(lab: Lab) -> None:
    now = lab.clock.now()
    secret = Vault([KEY.replace("x", "A")]).seal({"token": TOKEN, "pin": PIN})
    connection = Connection(
        id="con_1",
        person_id=PERSON,
        connector="http",
        name="API",
        public={},
        secret=secret,
        created_at=now,
        updated_at=now,
    )
    async with lab.store.begin() as records:
        await records.connections.save(connection)


async def _echo(_params: LabParams, context: StepContext) -> LabResult:
    account = await context.accounts.get("http")
    return LabResult(
        said={
            "headers": f"Authorization: Bearer {account['token']}",
            "nested": [{"deep": account["token"], account["token"]: 1}, int(account["pin"])],
            "basic": SPELLINGS[2],
            "address": f"https://x.io/?key={SPELLINGS[3]}",
        }
    )


async def _refuse(_params: LabParams, context: StepContext) -> None:
    token = (await context.accounts.get("http"))["token"]
    raise RejectedError(f"The server does not like {token}.", advice=f"Is {token} still valid?")


async def _break(_params: LabParams, context: StepContext) -> None:
    raise ValueError((await context.accounts.get("http"))["token"])


async def _everything_shown(lab: Lab, run_id: str) -> tuple[RunCard, TracePart]:
    renderer = Renderer(make_knowledge(lab.clock))
    parts = [reference(Shows.RUN, run_id), reference(Shows.TRACE, run_id)]
    message = Message(
        id="msg_1", conversation_id=CONVERSATION, author=Author.ERRAND, parts=parts, at=lab.clock.now(), seq=1
    )
    async with lab.store.begin() as records:
        person = await records.people.get(PERSON)
        assert person is not None
        card, trace = (await renderer.render(records, [message], person, lab.clock.now()))[0].parts
        assert await renderer.trace(records, run_id, person, lab.clock.now()) == trace
    assert isinstance(card, RunCard)
    assert isinstance(trace, TracePart)
    return card, trace


@pytest.mark.parametrize("ending", ["refuse", "break"])
async def test_a_secret_that_is_sent_back_is_seen_nowhere(
    lab: Lab, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    caplog.set_level(logging.DEBUG)
    await _connected(lab)
    for name, behaviour in (("echo", _echo), ("refuse", _refuse), ("break", _break)):
        lab.on(name, behaviour)
    run = await lab.ran(
        {"id": "a", "uses": "lab.once", "with": {"do": "echo"}},
        {"id": "b", "with": {"do": ending, "say": "${{ steps.a.said }}"}},
        connections={"http": "con_1"},
        result="${{ steps.a.said }}",
    )
    assert run.state is RunState.FAILED
    card, trace = await _everything_shown(lab, run.id)
    attempts = await lab.attempts(run)
    assert [step.attempts[0].state for step in trace.steps] == ["succeeded", "failed"]
    for shown in (str(attempts), str(run), str(card), trace.model_dump_json(), str(lab.calls), caplog.text):
        for spelling in SPELLINGS:
            assert spelling not in shown


async def test_what_a_webhook_brought_is_shown_without_its_secrets(lab: Lab) -> None:
    run = await lab.queued(
        await lab.workflow({"id": "a"}), input={"headers": {"authorization": "Bearer abc-def"}, "body": {"name": "Ana"}}
    )
    await lab.engine().advance(run.id)
    _, trace = await _everything_shown(lab, run.id)
    assert trace.input == {"headers": {"authorization": "•••"}, "body": {"name": "Ana"}}


async def test_a_trace_is_for_its_person_and_the_owner_only(lab: Lab) -> None:
    run = await lab.ran({"id": "a"})
    renderer = Renderer(make_knowledge(lab.clock))
    async with lab.store.begin() as records:
        ada = await records.people.get(PERSON)
        assert ada is not None
        other = replace(ada, id="usr_other", role=Role.MEMBER)
        assert await renderer.trace(records, run.id, other, lab.clock.now()) is None
        assert await renderer.trace(records, run.id, replace(other, role=Role.OWNER), lab.clock.now()) is not None
        assert await renderer.trace(records, "run_0", ada, lab.clock.now()) is None
