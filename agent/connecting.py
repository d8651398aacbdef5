"""Accounts: asks for them with a form, seals what was filled in, disconnects. Secrets go from the form into the
sealed record and nowhere else: no message, state, audit event or log ever holds one.
"""

from __future__ import annotations

from pydantic import JsonValue

from agent.command import Connect, Disconnect
from agent.reply import FormField, FormPart, ListItem, ListPart
from agent.running import tell_run
from agent.scene import Scene
from catalog.workflow import Workflow
from core.ids import new_id
from store.record import Connection, RunState, Waiting
from tools.connector import Connector


async def missing_connector(scene: Scene, workflow: Workflow) -> str | None:
    """The first account that the workflow needs and its owner has not connected."""
    for name in scene.knowledge.connectors_of(workflow):
        if await scene.records.connections.find(scene.conversation.person_id, name) is None:
            return name
    return None


async def connections_of(scene: Scene, workflow: Workflow) -> dict[str, str]:
    """Connector to the id of the account that will be used."""
    found = {
        name: await scene.records.connections.find(scene.conversation.person_id, name)
        for name in scene.knowledge.connectors_of(workflow)
    }
    return {name: connection.id for name, connection in found.items() if connection is not None}


async def ask_connection(scene: Scene, workflow: Workflow) -> None:
    """Show the form of the first missing account."""
    name = await missing_connector(scene, workflow)
    connector = scene.knowledge.connectors.get(name or "")
    if connector is None:
        scene.error("connect.unknown", name=name or "")
        return
    scene.say("connect.needed", title=connector.title)
    scene.add(_form(scene, connector, {}, {}))


async def connect(scene: Scene, command: Connect) -> bool:
    """Show the form, or keep what it was filled with; true when an account is connected now."""
    connector = scene.knowledge.connectors.get(command.connector)
    if connector is None:
        scene.error("connect.unknown", name=command.connector)
        return False
    if command.fields is None:
        scene.add(_form(scene, connector, {}, {}))
        return False
    fields = {name: value for name, value in command.fields.items() if name in connector.fields}
    if errors := connector.problems(fields):
        scene.error("connect.wrong")
        scene.add(_form(scene, connector, fields, errors))
        return False
    await _save(scene, connector, *connector.check(fields))
    scene.say("connect.done", title=connector.title)
    await _continue_runs(scene)
    return True


async def disconnect(scene: Scene, command: Disconnect) -> None:
    """Forget the account of a connector."""
    connections = [
        one for one in await scene.records.connections.of_person(scene.person.id) if one.connector == command.connector
    ]
    title = scene.knowledge.connector_title(command.connector)
    if not connections:
        scene.say("connect.not_connected", title=title)
        return
    for connection in connections:
        await scene.records.connections.delete(connection.id)
        await scene.audit("disconnect", connection.id, connector=connection.connector)
    scene.say("connect.gone", title=title)


async def tell_connections(scene: Scene) -> None:
    """List all accounts, connected or not."""
    phrases = scene.phrases
    mine = {one.connector: one for one in await scene.records.connections.of_person(scene.person.id)}
    items = []
    for name, connector in sorted(scene.knowledge.connectors.items()):
        connection = mine.get(name)
        if connection is None:
            detail = connector.summary
            buttons = [scene.action(f"connect:{name}", "button.connect")]
        else:
            detail = phrases.plain("connect.connected", name=connection.name)
            buttons = [
                scene.action(f"connect:{name}", "button.replace"),
                scene.action(f"disconnect:{name}", "button.disconnect", style="danger"),
            ]
        items.append(ListItem(title=connector.title, detail=detail, actions=buttons))
    link = [scene.action("link-account:me", "button.link")]
    scene.add(
        ListPart(title=phrases.plain("connect.list"), items=items, empty=phrases.plain("connect.none"), actions=link)
    )


def _form(scene: Scene, connector: Connector, typed: dict[str, JsonValue], errors: dict[str, str]) -> FormPart:
    """The account's form. What was typed into a secret field is never sent back."""
    fields = [
        FormField(
            name=name,
            label=field.label,
            input="password" if field.secret else field.input,
            value=None if field.secret else typed.get(name, field.default),
            hint=field.hint,
            is_required=field.required,
            options=field.options,
            error=errors.get(name, ""),
        )
        for name, field in connector.fields.items()
    ]
    return FormPart(
        action=f"connect:{connector.name}",
        title=scene.phrases.plain("connect.title", title=connector.title),
        text=connector.summary,
        fields=fields,
        submit=scene.phrases.plain("button.connect"),
    )


async def _save(scene: Scene, connector: Connector, public: dict[str, str], secret: dict[str, str]) -> None:
    """Keep the account. One connected before keeps its id, so that what was approved with it goes on."""
    old = await scene.records.connections.find(scene.person.id, connector.name)
    connection = Connection(
        id=old.id if old else new_id("con"),
        person_id=scene.person.id,
        connector=connector.name,
        name=_name(connector, public),
        public=dict(public),
        secret=scene.knowledge.sealer.seal(secret),
        created_at=old.created_at if old else scene.now,
        updated_at=scene.now,
    )
    await scene.records.connections.save(connection)
    await scene.audit("connect", connection.id, connector=connector.name)


def _name(connector: Connector, public: dict[str, str]) -> str:
    """What tells one account from another, e.g. its user name or host."""
    said = next((public[name] for name in ("sender", "username", "host", "base_url", "name") if public.get(name)), "")
    return said or connector.title


async def _continue_runs(scene: Scene) -> None:
    """Runs that wait for an account look again."""
    for run in await scene.records.runs.of_person(scene.person.id, states=[RunState.WAITING]):
        if run.waiting_for is Waiting.CONNECTION:
            await tell_run(scene, run, step_id="", name=new_id("connected"), payload={})
