"""Every template is really executed: approved, started by its trigger, and what it was to do can be seen to be done."""

from __future__ import annotations

import re
from dataclasses import asdict

from catalog.workflow import Template, Workflow
from store.record import AttemptState, RunState
from tests.contract.templates.appearing import appear
from tests.contract.templates.effect import Left
from tests.contract.templates.library import catalog, every_template, values_of
from tests.contract.templates.office import PASSWORD, Office
from worker.ending import PLAIN_RESULT

ODD = re.compile(r"\$?\{\{|\{%|\bNone\b|\bnull\b|[Uu]ndefined|«|(?<![\d.])\d+\.0(?![\d.])|\b1 \w+s\b|\(s\)")


def test_the_catalog_loads_and_is_not_small() -> None:
    assert len(catalog()) >= 60


async def furnish(office: Office, template: Template) -> None:
    """What samples speak of: mail in the mailbox, people outside, and saved automations where a template runs some."""
    office.receive("boss@example.com", "Numbers", "Please send the numbers.")
    office.receive("billing@example.com", "Invoice 7", "The invoice is attached.", invoice_pdf=b"%PDF-1.4 seven")
    if any(step.uses == "flow.run_workflow" for step in template.steps):
        for name in template.sample.values():
            say = {"id": "say", "uses": "chat.post", "with": {"text": f"{name} has run."}}
            workflow = {"title": name, "steps": [say], "result": f"{name} is done."}
            await office.save(Workflow.model_validate(workflow), {}, name=str(name))
    for name, parameter in template.parameters.items():
        if parameter.kind == "person":
            await office.have_outside(str(template.sample[name]).removeprefix("@"))


@every_template
async def test_it_does_what_its_steps_say(template: Template, office: Office) -> None:
    await furnish(office, template)
    people_before = len(office.people())
    params = {name: office.web.local(value) for name, value in values_of(template).items()}
    workflow = await office.approve(template, params)
    ended = await office.happen(workflow, appear=lambda: appear(office, template))
    assert ended.run.state is RunState.SUCCEEDED, ended.run.failure

    conditional = {step.id for step in template.steps if step.if_ is not None}
    assert {one.step_id for one in ended.attempts} == {step.id for step in template.steps}
    for attempt in ended.attempts:
        is_skipped = attempt.state is AttemptState.SKIPPED and attempt.step_id in conditional
        assert attempt.state is AttemptState.SUCCEEDED or is_skipped, attempt
    assert await Left(office, template, ended, people_before).check() > 0, "nothing can be seen of it"

    assert_reads_well(ended.run.result)
    for text in await office.posts():
        assert_reads_well(text)
    trace = str([asdict(ended.run), *map(asdict, ended.attempts), *map(asdict, await office.messages())])
    assert PASSWORD not in trace


def assert_reads_well(text: str | None) -> None:
    """Nothing that only programs say: no unfilled place, no empty value, no number with a needless zero."""
    assert text
    assert text.strip()
    assert text != PLAIN_RESULT, "its own text could not be made"
    assert not ODD.search(text), text
