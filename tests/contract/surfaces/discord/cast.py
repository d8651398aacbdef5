"""Plays dialogues on Discord: people write and press there, and what stands there is read back and compared with what was meant."""

from __future__ import annotations

from collections.abc import Sequence

from agent.reply import Action, FormPart, Part, Reply, actions_of
from bot.surface.arrival import Arrival, Pressed, Said, Submitted, What
from bot.surface.port import Content
from bot.surfaces.discord.surface import DiscordSurface
from store.record import Place
from tests.contract.surfaces.discord.lab import SURFACE, Town
from tests.dialogue_runner import sample
from tests.fakes.discord_lint import walk
from tests.fakes.discord_people import labels
from tests.fakes.discord_reading import read_message
from tests.fakes.discord_world import FakeInteraction, Message, User
from tests.transcript import Transcript, assert_reads, bare, transcript_of


class Watched:
    """The surface, and what it was given to show: `shown` by message, in the order in which it came."""

    def __init__(self, surface: DiscordSurface) -> None:
        self._surface = surface
        self.shown: dict[str, tuple[Place, Content, str]] = {}
        self.every_action: dict[str, tuple[str, Action]] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._surface, name)

    async def post(self, place: Place, content: Content, *, key: str, is_repeat: bool) -> str:
        return self._keep(place, content, await self._surface.post(place, content, key=key, is_repeat=is_repeat))

    async def update(self, place: Place, external_id: str, content: Content, *, key: str) -> str:
        return self._keep(place, content, await self._surface.update(place, external_id, content, key=key))

    def custom_id(self, action: Action, message_id: str) -> str:
        return self._surface._ids.of(action, message_id)

    def _keep(self, place: Place, content: Content, external_id: str) -> str:
        self.shown[content.message_id] = (place, content, external_id)
        for part in content.parts:
            self.every_action |= {one.id: (content.message_id, one) for one in actions_of(part)}
        return external_id


class DiscordCast:
    """`hand` and `shown` are what `dialogue.play` asks for."""

    def __init__(self, town: Town, watched: Watched) -> None:
        self._town = town
        self._watched = watched
        self._users: dict[str, User] = {}
        self._opened: dict[str, FakeInteraction] = {}

    def user(self, name: str) -> User:
        if name not in self._users:
            self._users[name] = self._town.server.world.add_user(name.title())
        return self._users[name]

    async def hand(self, name: str, what: What) -> None:
        user = self.user(name)
        match what:
            case Said(text=text, files=files):
                attached = [self._town.server.add_file(file.name, sample(file.name)) for file in files]
                message = await self._town.server.say(user, text, files=attached)
                await self._town.arrived(message.id)
            case Pressed(action=action):
                await self._press(user, action)
            case Submitted(action=action, fields=fields):
                await self._submit(user, action, dict(fields))

    def shown(self, name: str) -> list[Reply]:
        """Each message as it was meant, once it is sure that it can be read there so."""
        place = Place.direct(SURFACE, self.user(name).id)
        found = [(content, ids) for at, content, ids in self._watched.shown.values() if at.key == place.key]
        for content, ids in found:
            _same(content.parts, self._messages(ids))
        return [
            Reply(message_id=content.message_id, seq=number, parts=list(content.parts))
            for number, (content, _) in enumerate(found, 1)
        ]

    async def _press(self, user: User, action_id: str) -> None:
        message_id, action = self._watched.every_action[action_id]
        custom_id = self._watched.custom_id(action, message_id)
        messages = self._messages(self._watched.shown[message_id][2])
        for message in messages:
            for version in reversed(message.versions):
                known = [one for one in walk(version["components"]) if one.get("custom_id") == custom_id]
                if known:
                    assert known[0]["label"] == action.label
                    pressing = self._town.server.press_id(user, custom_id, message, version)
                    await self._pressed(user, await self._town.done(pressing), action)
                    return
        assert any(action.label in labels(message) for message in messages), f"no button {action.label!r}"
        chosen = next(one for one in messages if action.label in labels(one))
        await self._town.done(self._town.server.choose(user, action.label, chosen))

    async def _pressed(self, user: User, done: FakeInteraction, action: Action) -> None:
        if action.confirm and done.original is not None and done.original.seen_by:
            assert bare(action.confirm) in bare(read_message(done.original.now).text)
            await self._town.done(self._town.server.press(user, action.label, done.original))
        if done.answer is not None and done.answer["type"] == 9:
            self._opened[user.id] = done

    async def _submit(self, user: User, action_id: str, fields: dict[str, object]) -> None:
        forms = [
            (content.message_id, part)
            for _, content, _ in self._watched.shown.values()
            for part in content.parts
            if isinstance(part, FormPart) and part.action == action_id
        ]
        if not forms:  # an account that is there before the dialogue begins
            place = Place.direct(SURFACE, user.id)
            what = Submitted(action=action_id, fields=fields)
            arrival = Arrival(surface=SURFACE, delivery_id=action_id, user=user.id, channel=place.channel, what=what)
            await self._town.lab.host.intake.accept(arrival)
            return
        message_id, form = forms[-1]
        before = {one.name: one.value for one in form.fields}
        changed = {name: value for name, value in fields.items() if value != before.get(name)}
        opened = await self._opened_with(user, message_id, form, changed)
        await self._town.submit(opened, **changed)

    async def _opened_with(
        self, user: User, message_id: str, form: FormPart, changed: dict[str, object]
    ) -> FakeInteraction:
        """The page of the form that has what is changed."""
        for message in self._messages(self._watched.shown[message_id][2]):
            for label in [one for one in labels(message) if one.startswith(form.title[:50])]:
                opened = await self._town.done(self._town.server.press(user, label, message))
                inputs = {one["custom_id"] for one in walk(opened.modal["components"]) if "custom_id" in one}
                if changed.keys() <= inputs:
                    return opened
        raise AssertionError(f"no page of {form.title!r} has all of {sorted(changed)}")

    def _messages(self, external_id: str) -> list[Message]:
        return [self._town.server.world.messages[one] for one in external_id.rpartition(":")[2].split(",")]


def _same(parts: Sequence[Part], messages: Sequence[Message]) -> None:
    """What can be read there is what was meant, and nothing else. A form may need a button for each of its pages."""
    meant, read = transcript_of(parts), [read_message(one.now) for one in messages]
    buttons = [label for one in read for label in one.buttons]
    assert_reads(Transcript(tuple(line for one in read for line in one.lines), tuple(buttons)), parts)
    titles = [part.title for part in parts if isinstance(part, FormPart)]
    paged = [one for one in buttons if not any(one.startswith(f"{title[:50]}") and one != title for title in titles)]
    meant_buttons = [one for one in meant.buttons if one in paged or one not in titles]
    assert [one for one in paged if one in meant.buttons] == meant_buttons or paged == list(meant.buttons)
