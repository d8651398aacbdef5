"""The slash commands. What they ask goes the way of every message; names to choose from are read from the records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
from discord import app_commands

from agent.phrases import load_phrases
from agent.starting import PICK, RUN, fitting, named
from bot.surface.arrival import Pressed, Said
from bot.surface.services import SurfaceServices
from bot.surfaces.discord.answering import Interaction
from bot.surfaces.discord.markup import shorten
from bot.surfaces.discord.receiver import Receiver
from core.canonical import digest, encode
from store.record import JsonObject

_MOST_CHOICES = 25
_LONGEST_NAME = 100
_SHOW = ("show-run:", "show-approval:")
_WORKFLOWS, _RUNS, _APPROVALS = "list my automations", "show my runs", "what waits for my approval"

Choices = list[app_commands.Choice[str]]
Offered = Callable[[Interaction, str], Awaitable[Choices]]


class CommandTree(app_commands.CommandTree[discord.Client]):
    """The library's tree with our commands, and our way with errors."""

    def __init__(self, client: discord.Client, receiver: Receiver, services: SurfaceServices) -> None:
        super().__init__(client)
        self._receiver = receiver
        _add_commands(self, receiver)
        names = Names(services)
        _add_run(self, receiver, names)
        _add_list(self, receiver, names.runs, command="runs", option="run", sentence=_RUNS)
        _add_list(self, receiver, names.approvals, command="approvals", option="request", sentence=_APPROVALS)

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        async def fail() -> None:
            raise error

        await self._receiver.answering.guarded(interaction, fail())

    def payload(self) -> list[JsonObject]:
        return [command.to_dict(self) for command in self.get_commands()]

    async def sync_if_changed(self) -> bool:
        """Tell Discord of the commands if it knows others. Telling is limited, so it is not done at each start."""
        known: Any = await self.client.http.get_global_commands(self.client.application_id or 0)
        if fingerprint(known) == fingerprint(self.payload()):
            return False
        await self.sync()
        return True


class Names:
    """What somebody may choose from while they type: a few of their own records, by a piece of the name."""

    def __init__(self, services: SurfaceServices) -> None:
        self._services = services

    async def startable(self, interaction: Interaction, typed: str) -> Choices:
        offered = await self._services.shown.startables(str(interaction.user.id))
        return _choices([(one.label, one.action) for one in fitting(offered, typed)], "")

    async def meant(self, interaction: Interaction, name: str) -> str:
        """What was chosen, or is called so; empty when that is not clear."""
        if name.startswith((PICK, RUN)):
            return name
        found = named(await self._services.shown.startables(str(interaction.user.id)), name)
        return found.action if found else ""

    async def approvals(self, interaction: Interaction, typed: str) -> Choices:
        person = await self._services.shown.person(str(interaction.user.id))
        if person is None:
            return []
        async with self._services.store.begin() as records:
            found = await records.approval_requests.open_for(person.id, limit=_MOST_CHOICES)
        return _choices([(one.prompt.partition("\n")[0], f"show-approval:{one.id}") for one in found], typed)

    async def runs(self, interaction: Interaction, typed: str) -> Choices:
        person = await self._services.shown.person(str(interaction.user.id))
        if person is None:
            return []
        async with self._services.store.begin() as records:
            found = await records.runs.of_person(person.id, limit=_MOST_CHOICES)
            names = {one.id: one.name for one in await records.workflows.of_person(person.id)}
        named = [(f"{names.get(run.workflow_id, run.id)} · {run.state.value}", f"show-run:{run.id}") for run in found]
        return _choices(named, typed)


def fingerprint(commands: Sequence[JsonObject]) -> str:
    """Of what people see of commands; Discord adds ids and defaults of its own."""
    return digest("\n".join(sorted(encode(_seen(one)).decode() for one in commands)))


def _seen(command: JsonObject) -> JsonObject:
    options = command.get("options")
    inner = [_seen(one) for one in options if isinstance(one, dict)] if isinstance(options, list) else []
    return {
        "name": command["name"],
        "description": command.get("description", ""),
        "type": command.get("type", 1),
        "required": command.get("required", False),
        "autocomplete": command.get("autocomplete", False),
        "options": list(inner),
    }


def _choices(named: Sequence[tuple[str, str]], typed: str) -> Choices:
    wanted = typed.casefold().strip()
    fitting = [(name, value) for name, value in named if wanted in name.casefold() and len(value) <= _LONGEST_NAME]
    return [
        app_commands.Choice(name=shorten(name, _LONGEST_NAME), value=value) for name, value in fitting[:_MOST_CHOICES]
    ]


def _add_commands(tree: CommandTree, receiver: Receiver) -> None:
    plain = load_phrases().plain

    @tree.command(name="errand", description=plain("discord.errand"))
    @app_commands.describe(ask=plain("discord.ask"))
    async def errand(interaction: Interaction, ask: app_commands.Range[str, 1, 3000]) -> None:
        await receiver.answering.guarded(interaction, receiver.asked(interaction, ask, Said(text=ask)))

    @tree.command(name="workflows", description=plain("discord.workflows"))
    async def workflows(interaction: Interaction) -> None:
        await receiver.answering.guarded(interaction, receiver.asked(interaction, _WORKFLOWS, Said(text=_WORKFLOWS)))


def _add_run(tree: CommandTree, receiver: Receiver, names: Names) -> None:
    plain = load_phrases().plain

    @tree.command(name="run", description=plain("discord.run"))
    @app_commands.describe(name=plain("discord.run_name"))
    async def run(interaction: Interaction, name: app_commands.Range[str, 1, 200]) -> None:
        await receiver.answering.guarded(interaction, start(interaction, name))

    @run.autocomplete("name")
    async def complete(interaction: Interaction, typed: str) -> Choices:
        return await names.startable(interaction, typed)

    async def start(interaction: Interaction, name: str) -> None:
        action = await names.meant(interaction, name)
        if action.startswith(PICK):
            await receiver.picked(interaction, action.removeprefix(PICK))
            return
        what = Pressed(action=action) if action else Said(text=f"run {name}")
        await receiver.asked(interaction, f"/run {await shown(interaction, name)}", what)

    async def shown(interaction: Interaction, value: str) -> str:
        """What people see of a chosen value."""
        return next((one.name for one in await names.startable(interaction, "") if one.value == value), value)


def _add_list(
    tree: CommandTree, receiver: Receiver, offered: Offered, *, command: str, option: str, sentence: str
) -> None:
    """A command that lists what there is, which is a sentence, or shows one that is chosen."""
    plain = load_phrases().plain

    @tree.command(name=command, description=plain(f"discord.{command}"))
    @app_commands.rename(one=option)
    @app_commands.describe(one=plain(f"discord.{command}_one"))
    async def listed(interaction: Interaction, one: app_commands.Range[str, 1, 200] | None = None) -> None:
        asked = one or sentence
        what = Pressed(action=asked) if asked.startswith(_SHOW) else Said(text=asked)
        await receiver.answering.guarded(interaction, receiver.asked(interaction, sentence, what))

    @listed.autocomplete("one")
    async def complete(interaction: Interaction, typed: str) -> Choices:
        return await offered(interaction, typed)
