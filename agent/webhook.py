"""The address of a webhook automation: who may send to it (a signature) and where it is (a new address voids the old one).

The secret goes from the form into the sealed setting of the trigger and nowhere else. Checks no signature.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from pydantic import JsonValue

from agent.command import ControlHook
from agent.phrases import Phrases
from agent.reply import FormField, FormPart
from agent.scene import Scene
from catalog.signing import CONFIG_KEY, SCHEMES, SECRET_FIELD, Scheme, Signing, is_header_name, secret_bytes, signing_of
from core.errors import InvalidValueError
from store.record import Shows, TriggerKind, TriggerRecord, WorkflowRecord

_NONE = "none"
_SECRET_BYTES = 24


def new_secret() -> str:
    """The unguessable part of an address."""
    return secrets.token_urlsafe(_SECRET_BYTES)


async def control_hook(scene: Scene, command: ControlHook) -> None:
    """Ask for a signature, or take the answer; or make a new address."""
    workflow = await scene.records.workflows.get(command.workflow_id)
    trigger = await _hook_of(scene, workflow) if workflow is not None else None
    if workflow is None or trigger is None:
        scene.error("hook.none")
        return
    if not scene.may_decide(workflow.person_id):
        scene.error("workflow.not_yours")
        return
    scene.state.last_workflow_id = workflow.id
    if command.verb == "renew":
        await _renew(scene, workflow, trigger)
    elif command.fields is None:
        signing = signing_of(trigger.config)
        shown = {"scheme": signing.scheme, "header": signing.header} if signing else {}
        scene.add(_form(scene, workflow, trigger, shown, {}))
    else:
        await _sign(scene, workflow, trigger, {name: str(value or "") for name, value in command.fields.items()})


async def _hook_of(scene: Scene, workflow: WorkflowRecord) -> TriggerRecord | None:
    triggers = await scene.records.triggers.of_workflow(workflow.id)
    return next((one for one in triggers if one.kind is TriggerKind.WEBHOOK), None)


async def _renew(scene: Scene, workflow: WorkflowRecord, trigger: TriggerRecord) -> None:
    await scene.records.triggers.save(replace(trigger, secret=new_secret()))
    await scene.audit("renew-address", workflow.id, trigger=trigger.id)
    scene.say("hook.renewed", name=workflow.name)
    _show(scene, workflow)


async def _sign(scene: Scene, workflow: WorkflowRecord, trigger: TriggerRecord, fields: dict[str, str]) -> None:
    """Keep what the form was filled with, or show it again with what does not fit."""
    chosen = _schemes(scene, is_signed=True).get(fields.get("scheme", ""))
    header, secret = fields.get("header", "").strip(), fields.get("secret", "").strip()
    if chosen == _NONE:
        await _save(scene, workflow, trigger, None)
        return
    errors = _problems(scene, chosen, header, secret)
    if chosen is None or errors:
        scene.error("hook.wrong")
        scene.add(_form(scene, workflow, trigger, {"scheme": chosen or "", "header": header}, errors))
        return
    sealed = scene.knowledge.sealer.seal({SECRET_FIELD: secret}).decode()
    header = header if chosen == "hmac-sha256" else ""
    await _save(
        scene, workflow, trigger, Signing.model_validate({"scheme": chosen, "secret": sealed, "header": header})
    )


def _problems(scene: Scene, scheme: str | None, header: str, secret: str) -> dict[str, str]:
    """Field to what does not fit in it."""
    plain = scene.phrases.plain
    if scheme is None:
        return {"scheme": plain("form.missing")}
    errors: dict[str, str] = {}
    try:
        secret_bytes(_scheme(scheme), secret)
    except InvalidValueError as error:
        errors["secret"] = error.message
    if scheme == "hmac-sha256" and not is_header_name(header):
        errors["header"] = plain("hook.header_wrong")
    return errors


async def _save(scene: Scene, workflow: WorkflowRecord, trigger: TriggerRecord, signing: Signing | None) -> None:
    config: dict[str, JsonValue] = {name: value for name, value in trigger.config.items() if name != CONFIG_KEY}
    if signing is not None:
        config[CONFIG_KEY] = signing.model_dump(mode="json")
    await scene.records.triggers.save(replace(trigger, config=config))
    scheme = signing.scheme if signing else _NONE
    await scene.audit("sign-address", workflow.id, trigger=trigger.id, scheme=scheme)
    key = "hook.signed" if signing else "hook.unsigned"
    scene.say(key, name=workflow.name, scheme=scheme_name(scene.phrases, scheme))
    _show(scene, workflow)


def _show(scene: Scene, workflow: WorkflowRecord) -> None:
    scene.workflow_changed(workflow)
    scene.show(Shows.WORKFLOW, workflow.id)


def _form(
    scene: Scene, workflow: WorkflowRecord, trigger: TriggerRecord, shown: dict[str, str], errors: dict[str, str]
) -> FormPart:
    """The form. What was typed as the secret is never sent back."""
    plain = scene.phrases.plain
    is_signed = signing_of(trigger.config) is not None
    labels = _schemes(scene, is_signed=is_signed)
    chosen = next((label for label, scheme in labels.items() if scheme == shown.get("scheme")), next(iter(labels)))
    fields = [
        FormField(name="scheme", label=plain("hook.scheme"), input="select", value=chosen, options=list(labels)),
        FormField(
            name="secret",
            label=plain("hook.secret"),
            input="password",
            hint=plain("hook.secret_hint"),
            is_required=not is_signed,
        ),
        FormField(
            name="header",
            label=plain("hook.header"),
            input="text",
            value=shown.get("header") or "X-Signature",
            hint=plain("hook.header_hint"),
            is_required=False,
        ),
    ]
    return FormPart(
        action=f"sign-hook:{workflow.id}",
        title=plain("hook.title", name=workflow.name),
        text=scene.phrases("hook.text"),
        fields=[field.model_copy(update={"error": errors.get(field.name, "")}) for field in fields],
        submit=plain("button.save" if is_signed else "button.sign_hook"),
    )


def _schemes(scene: Scene, *, is_signed: bool) -> dict[str, str]:
    """What the form offers, and what it means. That no signature is needed can be chosen while one is."""
    offered = [*SCHEMES, *([_NONE] if is_signed else [])]
    return {scheme_name(scene.phrases, scheme): scheme for scheme in offered}


def scheme_name(phrases: Phrases, scheme: str) -> str:
    """How people call a way to sign."""
    return phrases.plain(f"hook.scheme_{scheme.replace('-', '_')}")


def _scheme(name: str) -> Scheme:
    return next(scheme for scheme in SCHEMES if scheme == name)
