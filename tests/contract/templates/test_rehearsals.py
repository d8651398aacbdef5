"""Every template is rehearsed with its sample: it shows what it would send, and sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.library import read_library
from bot.rehearsal import Rehearsal
from bot.rehearse import _stage
from catalog.workflow import Template
from core.settings import Settings
from store.record import AttemptState, JsonObject, StepAttempt
from tests.contract.templates.library import catalog, every_template
from tests.contract.templates.web import Web
from tests.fakes.http_service import HttpService
from tests.fakes.run_step import registry
from tools.redact import Redactor
from tools.step import Effect, StepParams

pytestmark = pytest.mark.xdist_group("template rehearsals")


@dataclass(frozen=True, kw_only=True)
class Evening:
    """The rehearsals of all templates; `requests` reached the web meanwhile, `files` lay in the files folder after."""

    rehearsals: Mapping[str, Rehearsal]
    requests: int
    files: list[Path]


async def rehearse_all(folder: Path) -> Evening:
    settings = Settings(data=folder, allow_hosts=["127.0.0.0/8"], _env_file=None)
    settings.files.mkdir(parents=True)
    async with HttpService() as service, _stage(settings, read_library(settings)) as stage:
        web = Web(service)
        rehearsals = {
            one.id: await stage.rehearse(one, {name: web.local(value) for name, value in one.sample.items()})
            for one in catalog()
        }
        return Evening(rehearsals=rehearsals, requests=len(service.requests), files=list(settings.files.rglob("*")))


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    return asyncio.run(rehearse_all(tmp_path_factory.mktemp("rehearsals")))


def test_nothing_is_sent_and_no_file_is_written(evening: Evening) -> None:
    assert len(evening.rehearsals) >= 60
    assert evening.requests == 0
    assert evening.files == []


@every_template
def test_it_shows_what_it_would_send(template: Template, evening: Evening) -> None:
    rehearsal = evening.rehearsals[template.id]
    assert rehearsal.is_ok, rehearsal.as_text()
    assert rehearsal.run.result
    assert {one.step_id for one in rehearsal.attempts} == {step.id for step in template.steps}
    for attempt in rehearsal.attempts:
        if attempt.state is AttemptState.SUCCEEDED and attempt.input is not None:
            assert_shows_its_effect(template, attempt)
    for request in rehearsal.requests():
        assert_holds_no_secret(request)


def assert_shows_its_effect(template: Template, attempt: StepAttempt) -> None:
    """What leaves this machine, or is said in chat, is shown. Files are written beside the real ones only."""
    step_type = registry().find(template.workflow().step(attempt.step_id).uses)
    assert step_type is not None
    params: StepParams = step_type.params.model_validate(attempt.input)
    leaves = step_type.needs_network or step_type.connector is not None or step_type.name.startswith("chat.")
    assert bool(attempt.requests) is (leaves or step_type.name == "flow.run_workflow"), attempt
    if leaves and step_type.effect_of(params) is Effect.ONCE:
        assert {request["method"] for request in attempt.requests} <= {"POST", "PUT", "PATCH", "DELETE", "SMTP", "SQL"}


def assert_holds_no_secret(request: JsonObject) -> None:
    """There is nothing in it that would be redacted elsewhere; an account's secrets are only named."""
    assert Redactor().value(request) == request
    assert "${{" not in str(request)
