"""What people do on the fake Discord: they write, press buttons by their label, choose, fill in forms, type commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.fakes.discord_files import Attached
from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_lint import walk
from tests.fakes.discord_world import DM, THREAD, Channel, FakeInteraction, Json, Message, User, World, iso, snowflake


class People:
    """Mixed into the server, which delivers what they do."""

    world: World
    gateway: Gateway

    def violated(self, said: str) -> None:
        raise NotImplementedError

    async def deliver(self, interaction: FakeInteraction, data: Json, *, waits: bool = True) -> FakeInteraction:
        raise NotImplementedError

    def told(self, file: Attached, *, is_ephemeral: bool = False) -> Json:
        raise NotImplementedError

    def filled_with(self, component: Json, files: list[Any]) -> list[str]:
        raise NotImplementedError

    async def say(
        self,
        user: User,
        text: str,
        channel: Channel | None = None,
        *,
        mentions_bot: bool = False,
        files: Sequence[Attached] = (),
        mentions: Sequence[str] = (),
        passes_on: Message | None = None,
    ) -> Message:
        """Write into a channel, or to the bot alone."""
        channel = channel or self.world.dm(user.id)
        bot = self.world.bot
        content: Json = {"content": f"<@{bot.id}> {text}" if mentions_bot else text}
        content["mentions"] = [bot.id, *mentions] if mentions_bot else [*mentions]
        content["attachments"] = [self.told(one) for one in files]
        if passes_on is not None:
            content["message_snapshots"] = [{"message": passes_on.as_json(self.world.users)}]
        message = self.world.add_message(channel.id, user, content)
        await self.gateway.dispatch("MESSAGE_CREATE", self._message_event(message, channel))
        return message

    async def edit(self, message: Message, text: str, *, mentions_bot: bool = False) -> None:
        """Its author writes it anew."""
        bot = self.world.bot
        content = {"content": f"<@{bot.id}> {text}" if mentions_bot else text, "edited_timestamp": iso(snowflake())}
        message.versions.append(message.now | content | {"mentions": [bot.id] if mentions_bot else []})
        event = self._message_event(message, self.world.channels[message.channel_id])
        await self.gateway.dispatch("MESSAGE_UPDATE", event)

    async def press(
        self, user: User, label: str, message: Message, *, waits: bool = True, is_stale: bool = False
    ) -> FakeInteraction:
        """Press a button. It must be there now; `is_stale`: the message changed while the press was under way."""
        version = message.now
        if is_stale:
            version = next(one for one in reversed(message.versions) if _button(one, label) is not None)
        found = _button(version, label)
        assert found is not None, f"no button {label!r} among {labels(message)}"
        return await self.press_id(user, found["custom_id"], message, version, waits=waits)

    async def press_id(
        self, user: User, custom_id: str, message: Message, version: Json | None = None, *, waits: bool = True
    ) -> FakeInteraction:
        interaction = self.world.interaction(
            3, user, self.world.channels[message.channel_id], _as_seen(message, version)
        )
        data = {"custom_id": custom_id, "component_type": 2, "id": 1}
        return await self.deliver(interaction, data, waits=waits)

    async def choose(self, user: User, label: str, message: Message) -> FakeInteraction:
        """Choose from a select."""
        for one in walk(message.now.get("components") or []):
            for option in one.get("options") or []:
                if option["label"] == label:
                    interaction = self.world.interaction(3, user, self.world.channels[message.channel_id], message)
                    data = {"custom_id": one["custom_id"], "component_type": 3, "values": [option["value"]], "id": 1}
                    return await self.deliver(interaction, data)
        raise AssertionError(f"nothing to choose called {label!r}")

    async def submit(self, opened: FakeInteraction, **values: object) -> FakeInteraction:
        """Send back the form that was opened, as it is filled in, with these changes by the inputs' names."""
        modal = opened.modal
        inputs = {
            one["custom_id"]: one for one in walk(modal["components"]) if one["type"] != 18 and "custom_id" in one
        }
        assert values.keys() <= inputs.keys(), f"the form has {sorted(inputs)}"
        handed = [one for one in values.values() if isinstance(one, Attached)]
        filled = [
            {"type": 18, "id": number, "component": self._filled(one, values.get(name))}
            for number, (name, one) in enumerate(inputs.items(), 1)
        ]
        interaction = self.world.interaction(5, opened.user, opened.channel, opened.message)
        data: Json = {"custom_id": modal["custom_id"], "components": filled}
        if handed:
            data["resolved"] = {"attachments": {one.id: self.told(one, is_ephemeral=True) for one in handed}}
        return await self.deliver(interaction, data)

    def _filled(self, one: Json, value: Any) -> Json:
        if one["type"] != 19:
            return _filled(one, value)
        files = [value] if isinstance(value, Attached) else []
        return {"type": 19, "id": 1, "custom_id": one["custom_id"], "values": self.filled_with(one, files)}

    async def slash(
        self, user: User, called: str, channel: Channel | None = None, /, **options: str
    ) -> FakeInteraction:
        """Type a command that the bot has told Discord of."""
        command = next((one for one in self.world.commands if one["name"] == called), None)
        assert command is not None, f"no command /{called} among {[one['name'] for one in self.world.commands]}"
        known = {one["name"]: one for one in command.get("options") or []}
        assert options.keys() <= known.keys()
        assert all(one in options for one, option in known.items() if option.get("required"))
        data = self._command(command, [{"name": key, "type": 3, "value": value} for key, value in options.items()])
        return await self.deliver(self.world.interaction(2, user, channel or self.world.dm(user.id)), data)

    async def complete(self, user: User, name: str, option: str, typed: str) -> list[Json]:
        """What is offered while somebody types."""
        command = next(one for one in self.world.commands if one["name"] == name)
        assert any(one["name"] == option and one.get("autocomplete") for one in command["options"])
        given = {"name": option, "type": 3, "value": typed, "focused": True}
        interaction = self.world.interaction(4, user, self.world.dm(user.id))
        await self.deliver(interaction, self._command(command, [given]))
        assert interaction.answer is not None
        return list(interaction.answer["data"]["choices"])

    async def react(self, user: User, message: Message, emoji: str) -> None:
        channel = self.world.channels[message.channel_id]
        event: Json = {
            "user_id": user.id,
            "channel_id": message.channel_id,
            "message_id": message.id,
            "emoji": {"id": None, "name": emoji},
            "type": 0,
            "burst": False,
        }
        if channel.kind != DM:
            event |= {"guild_id": self.world.guild_id, "member": self.world.member(user.id)}
        await self.gateway.dispatch("MESSAGE_REACTION_ADD", event)

    async def join(self, user: User) -> None:
        self.world.members.add(user.id)
        await self.gateway.dispatch("GUILD_MEMBER_ADD", self.world.member(user.id) | {"guild_id": self.world.guild_id})

    def add_thread(self, id_: str, parent_id: str, name: str) -> Channel:
        thread = Channel(id_, THREAD, name, self.world.guild_id, parent_id)
        self.world.channels[id_] = thread
        return thread

    def _message_event(self, message: Message, channel: Channel) -> Json:
        event = message.as_json(self.world.users)
        if channel.kind == DM:
            return event
        member = {key: value for key, value in self.world.member(message.author.id).items() if key != "user"}
        return event | {"guild_id": self.world.guild_id, "member": member}

    def _command(self, command: Json, options: list[Json]) -> Json:
        return {"id": command["id"], "name": command["name"], "type": 1, "options": options}


def labels(message: Message) -> list[str]:
    """The buttons that a message has now, and what can be chosen in it."""
    found = []
    for one in walk(message.now.get("components") or []):
        found += [one["label"]] if one.get("type") == 2 else []
        found += [option["label"] for option in one.get("options") or []]
    return found


def _button(version: Json, label: str) -> Json | None:
    for one in walk(version.get("components") or []):
        if one.get("type") == 2 and one.get("label") == label:
            return one
    return None


def _as_seen(message: Message, version: Json | None) -> Message:
    if version is None or version is message.now:
        return message
    return Message(message.id, message.channel_id, message.author, [version], seen_by=message.seen_by)


def _filled(one: Json, value: Any) -> Json:
    base = {"type": one["type"], "id": one.get("id", 1), "custom_id": one["custom_id"]}
    if one["type"] == 3:
        options = one.get("options") or []
        chosen = [option["value"] for option in options if option.get("default")]
        if value is not None:
            wanted = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else str(value)
            chosen = [wanted]
        assert set(chosen) <= {option["value"] for option in options}, f"{one['custom_id']} has no {chosen}"
        assert chosen or not one.get("required", True), f"{one['custom_id']} must be chosen"
        return base | {"values": chosen}
    text = str(one.get("value", "")) if value is None else "\n".join(value) if isinstance(value, list) else str(value)
    assert text or not one.get("required", True), f"{one['custom_id']} must be filled in"
    assert len(text) <= one.get("max_length", 4000)
    return base | {"value": text}


__all__ = ["People", "labels", "snowflake"]
