"""The address of a webhook automation: a signature that it requires, and a new address that voids the old one."""

from __future__ import annotations

import json

import pytest

from agent.command import Start
from agent.inbound import Submit
from agent.reply import FormPart, TextPart
from catalog.signing import Signing, signing_of
from store.record import Role, TriggerRecord
from tests.fakes.talk import Talk

SECRET = "hunter2-very-secret"


@pytest.fixture
async def hooked(talk: Talk) -> Talk:
    """Somebody who has just switched a webhook on."""
    await talk.say("relay", Start(template_id="webhook.relay"))
    await talk.press("Switch it on")
    return talk


async def trigger(talk: Talk) -> TriggerRecord:
    async with talk.store.begin() as records:
        ((workflow_id,),) = talk.rows("SELECT id FROM workflows")
        (found,) = await records.triggers.of_workflow(str(workflow_id))
    return found


async def signing(talk: Talk) -> Signing | None:
    return signing_of((await trigger(talk)).config)


def audited(talk: Talk) -> list[tuple[str, object]]:
    rows = talk.rows("SELECT verb, detail FROM audit_events WHERE verb LIKE '%address' ORDER BY at, id")
    return [(str(verb), json.loads(str(detail)).get("scheme")) for verb, detail in rows]


async def test_a_signature_is_required_by_a_form_and_its_secret_is_sealed(
    hooked: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    await hooked.press("Require a signature")
    assert {one.name: one.input for one in hooked.only(FormPart).fields}["secret"] == "password"
    await hooked.submit(scheme="GitHub", secret=SECRET)
    found = await signing(hooked)
    assert found is not None
    assert (found.scheme, found.header) == ("github", "")
    assert hooked.knowledge.sealer.open(found.secret.encode()) == {"secret": SECRET}  # type: ignore[attr-defined]
    assert "signed as GitHub" in hooked.workflow.trigger_text
    assert audited(hooked) == [("sign-address", "github")]
    assert SECRET not in hooked.dump() + caplog.text + str(await hooked.history())


async def test_the_header_of_a_plain_hmac_is_the_senders_choice(hooked: Talk) -> None:
    await hooked.press("Require a signature")
    await hooked.submit(scheme="HMAC-SHA256 in a header", secret=SECRET, header=" X-Acme-Sum ")
    found = await signing(hooked)
    assert found is not None
    assert (found.scheme, found.header) == ("hmac-sha256", "X-Acme-Sum")


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"secret": ""}, "secret"),
        ({"scheme": "Standard Webhooks", "secret": "whsec_not base64!"}, "secret"),
        ({"scheme": "HMAC-SHA256 in a header", "header": "not a header"}, "header"),
        ({"scheme": "Morse"}, "scheme"),
    ],
)
async def test_what_does_not_fit_is_said_at_its_field_and_changes_nothing(
    hooked: Talk, wrong: dict[str, str], at: str
) -> None:
    await hooked.press("Require a signature")
    await hooked.submit(**{"scheme": "GitHub", "secret": SECRET, "header": "X-Sum"} | wrong)
    fields = {one.name: one for one in hooked.only(FormPart).fields}
    assert [name for name, one in fields.items() if one.error] == [at]
    assert fields["secret"].value is None
    assert await signing(hooked) is None
    assert SECRET not in hooked.dump()
    assert audited(hooked) == []


async def test_a_signature_can_be_changed_and_given_up(hooked: Talk) -> None:
    await hooked.press("Require a signature")
    await hooked.submit(scheme="Slack", secret=SECRET)
    await hooked.press("Change the signature")
    assert hooked.only(FormPart).fields[0].value == "Slack"
    await hooked.submit(scheme="No signature needed")
    assert await signing(hooked) is None
    assert "anyone who knows its address" in hooked.said
    assert audited(hooked) == [("sign-address", "slack"), ("sign-address", "none")]


async def test_a_new_address_voids_the_old_one_and_keeps_the_signature(hooked: Talk) -> None:
    await hooked.press("Require a signature")
    await hooked.submit(scheme="Stripe", secret=SECRET)
    before = await trigger(hooked)
    await hooked.press("New address")
    after = await trigger(hooked)
    assert after.secret
    assert after.secret != before.secret
    assert (after.config, after.is_active) == (before.config, True)
    assert str(after.secret) in hooked.workflow.trigger_text
    async with hooked.store.begin() as records:
        assert await records.triggers.with_workflow(str(before.secret)) is None
    assert audited(hooked)[-1] == ("renew-address", None)


async def test_a_pause_and_a_resume_keep_the_signature(hooked: Talk) -> None:
    await hooked.press("Require a signature")
    await hooked.submit(scheme="Stripe", secret=SECRET)
    await hooked.press("Pause")
    await hooked.press("Resume")
    assert await signing(hooked) is not None
    assert (await trigger(hooked)).is_active


async def test_only_who_may_decide_can_change_the_address(hooked: Talk) -> None:
    await hooked.add_person("usr_bob", "Bob", Role.MEMBER)
    before = await trigger(hooked)
    for label in ("Require a signature", "New address"):
        action = {one.label: one.id for one in hooked.workflow.actions}[label]
        shown = hooked.last
        await hooked.press_id(action, by="usr_bob")
        assert hooked.only(TextPart).tone == "error"
        hooked.last = shown
    assert await trigger(hooked) == before


@pytest.mark.parametrize("action", ["sign-hook:wfl_none", "renew-hook:wfl_none"])
async def test_an_automation_without_an_address_is_answered(talk: Talk, action: str) -> None:
    await talk.press_id(action)
    assert "cannot find the address" in talk.said
    await talk.send(Submit(action=action, fields={"secret": SECRET}))
    assert SECRET not in talk.dump()
