"""Plays dialogues in Slack: people write and press there, and what stands there is read back and compared with what was meant."""

from __future__ import annotations

from agent.reply import FormPart, Part, Reply
from bot.surface.arrival import Arrival, Pressed, Said, Submitted, What
from bot.surface.port import Content
from store.record import Place
from tests.contract.surfaces.slack.lab import SlackLab
from tests.dialogue_runner import sample
from tests.fakes.block_kit import interactive
from tests.fakes.slack_reading import read_messages
from tests.fakes.slack_workspace import TEAM, Message
from tests.transcript import assert_reads, transcript_of


class SlackCast:
    """`hand` and `shown` are what `dialogue.play` asks for."""

    def __init__(self, lab: SlackLab) -> None:
        self.lab = lab
        self.parts: dict[str, list[Part]] = {}
        post, update = lab.adapter.post, lab.adapter.update

        async def noted_post(place: Place, content: Content, *, key: str, is_repeat: bool) -> str:
            self.parts[key] = list(content.parts)
            return await post(place, content, key=key, is_repeat=is_repeat)

        async def noted_update(place: Place, external_id: str, content: Content, *, key: str) -> str:
            self.parts[key] = list(content.parts)
            return await update(place, external_id, content, key=key)

        lab.adapter.post, lab.adapter.update = noted_post, noted_update  # type: ignore[method-assign]

    async def hand(self, user: str, what: What) -> None:
        slack = self.lab.slack
        match what:
            case Said(text=text, files=files):
                shared = [slack.add_file(file.name, sample(file.name)) for file in files]
                await slack.say(user, slack_text(text), files=shared)
            case Pressed(action=action):
                message, element = self._find(user, "press:", action)
                assert await slack.press_element(user, message, element) is not None
            case Submitted(action=action):
                await self._submit(user, action, what)
            case _:
                raise AssertionError(what)

    def shown(self, user: str) -> list[Reply]:
        """What stands there, message by message; each says what its parts say."""
        if user not in self.lab.slack.users:
            return []
        found: dict[str, list[Message]] = {}
        for message in self.lab.slack.direct(user).messages:
            if message.bot_id:
                found.setdefault(message.metadata["event_payload"]["key"], []).append(message)
        for key, messages in found.items():
            read = read_messages(messages)
            assert_reads(read, self.parts[key])
            assert read.buttons == tuple(map(_label, transcript_of(self.parts[key]).buttons))
        return [Reply(message_id=key, seq=number, parts=self.parts[key]) for number, key in enumerate(found, 1)]

    async def _submit(self, user: str, action: str, what: Submitted) -> None:
        """Open the form of the message that has it, and fill it in; what no message shows is sent as it is."""
        keys = [
            key
            for key, parts in self.parts.items()
            if any(isinstance(part, FormPart) and part.action == action for part in parts)
        ]
        if not keys:
            arrival = Arrival(
                surface="slack", delivery_id=f"set up {action}", user=user, team=TEAM, channel=f"@{user}", what=what
            )
            await self.lab.host.intake.accept(arrival)
            return
        slack = self.lab.slack
        for opened in slack.opened[user]:
            slack.views.pop(opened)
        slack.opened[user].clear()
        message, element = self._find(user, "form:", keys[-1])
        assert await slack.press_element(user, message, element) is not None
        await slack.modal(user)
        await slack.submit(user, **{name: value for name, value in what.fields.items() if value is not None})

    def _find(self, user: str, kind: str, value: str) -> tuple[Message, dict[str, object]]:
        for message in reversed(self.lab.slack.direct(user).messages):
            for block, element in interactive(message.blocks):
                if element["action_id"].startswith(kind) and element["value"] == value:
                    return message, element | {"block_id": block.get("block_id", "b")}
        # A button of before, which is gone by now: somebody's client still shows it.
        message = next(one for one in reversed(self.lab.slack.direct(user).messages) if one.bot_id)
        return message, {"type": "button", "action_id": f"{kind}0", "value": value, "block_id": "b"}


def slack_text(text: str) -> str:
    """What Slack sends for what somebody typed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _label(label: str) -> str:
    """Slack's buttons are short."""
    line = " ".join(label.split())
    return line if len(line) <= 75 else f"{line[:74].rstrip()}…"
