"""Every template is really executed."""
from __future__ import annotations
import os, json
from catalog.workflow import Template
from store.record import RunState
from tests.contract.templates.library import catalog, every_template, values_of
from tests.contract.templates.office import Office
from catalog.workflow import Workflow

def test_the_catalog_loads_and_is_not_small():
    assert len(catalog()) >= 60

@every_template
async def test_run(template: Template, office: Office):
    office.receive("boss@example.com", "Numbers", "Please send the numbers.")
    office.receive("billing@example.com", "Invoice 7", "The invoice is attached.", invoice_pdf=b"%PDF-1.4 seven")
    for name in ("Export", "Mail report"):
        await office.save(Workflow.model_validate({"title": name, "steps": [{"id": "say", "uses": "chat.post", "with": {"text": f"{name} has run."}}], "result": f"{name} is done."}), {}, name=name)
    params = office.web.local(values_of(template))
    ended = await office.happen(await office.approve(template, params))
    if os.environ.get("DUMP"):
        with open(os.environ["DUMP"], "a") as f:
            f.write(f"=== {template.id} {ended.run.state}\n")
            for a in ended.attempts: f.write(f"   {a.step_id}[{a.item}] {a.state} {json.dumps(a.output)[:150]}\n")
            f.write(f"   RESULT {ended.run.result!r}\n   FAILURE {ended.run.failure}\n")
            for p in await office.posts(): f.write(f"   POST {p!r}\n")
            for m in office.smtp.mails: f.write(f"   MAIL {m.recipients} {m.message['subject']} {m.message.get_body().get_content()!r} {[x.get_filename() for x in m.message.iter_attachments()]}\n")
            for s in office.web.seen: f.write(f"   WEB {s}\n")
            for n,c in office.contents().items(): f.write(f"   FILE {n} {c[:150]!r}\n")
    assert ended.run.state is RunState.SUCCEEDED, ended.run.failure
