"""What every outside surface must do, whatever vendor is behind it. A surface's own tests inherit from `SurfaceBattery` and
give it a `stage`: the surface, opened, and a look at what its vendor has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pytest

from agent.reply import PARTS, Part, TextPart
from bot.surface.port import Content, Surface
from core.errors import GoneError, NotFoundError, RateLimitedError, RetryableError, TimedOutError, UnavailableError
from store.record import JsonObject, Place
from tests.fakes import parts

LITERAL = "<!channel> @everyone <@U1> <b>bold</b> [a](javascript:x) \x1b[31mred & {{7*7}}"
"""What somebody wrote, escaped for Markdown it would be shown as it is; raw, it may do nothing to anybody either."""

EVERY_PART: Mapping[str, JsonObject] = {
    "proposal": parts.proposal(),
    "approved": parts.proposal(state="approved", state_text="Approved by Ana", actions=[]),
    "running": parts.run(),
    "succeeded": parts.run_succeeded(),
    "failed": parts.run_failed(),
    "waiting": parts.run_waiting(),
    "workflow": parts.workflow(),
    "webhook": parts.webhook(),
    "approval": parts.approval(),
    "choices": parts.choices(),
    "form": parts.form(),
    "connections": parts.connections(),
    "trace": parts.trace(),
    "markdown": {"kind": "text", "text": parts.MARKDOWN},
    "error": {"kind": "text", "text": "That did not work.", "tone": "error"},
}


class Stage(Protocol):
    """`channel` is one that there is, `user` somebody in it, with an account. Ids are the vendor's."""

    surface: Surface
    channel: Place
    user: str
    account: str

    def texts(self, place: Place) -> list[str]:
        """What people read in a place: a text for each message of the vendor's, in order."""
        ...

    def private_texts(self, user: str) -> list[str]:
        """What was shown to one user only."""
        ...

    def fail_next(self, fault: str) -> None:
        """Let the next call fail: `limited` (429 with Retry-After), `away` (5xx), `lost answer` (done, but nobody learns)."""
        ...

    def remove(self, external_id: str) -> None:
        """Somebody deletes it at the vendor's."""
        ...


def said(*texts: str) -> Content:
    return Content(message_id="msg_1", parts=[TextPart(text=text) for text in texts])


def content_of(part: JsonObject, message_id: str = "msg_1") -> Content:
    read: list[Part] = PARTS.validate_python([part])
    return Content(message_id=message_id, parts=read)


class SurfaceBattery:
    """Collected where it is inherited."""

    async def test_what_is_posted_is_read_there(self, stage: Stage) -> None:
        await stage.surface.post(stage.channel, said("Good morning"), key="k1", is_repeat=False)
        assert len(stage.texts(stage.channel)) == 1
        assert "Good morning" in stage.texts(stage.channel)[0]

    async def test_messages_stand_in_the_order_in_which_they_were_posted(self, stage: Stage) -> None:
        for number in range(5):
            await stage.surface.post(stage.channel, said(f"number {number}"), key=f"k{number}", is_repeat=False)
        assert [text.split("number ")[1][0] for text in stage.texts(stage.channel)] == list("01234")

    async def test_a_change_is_made_in_place(self, stage: Stage) -> None:
        first = await stage.surface.post(stage.channel, said("before"), key="k1", is_repeat=False)
        await stage.surface.post(stage.channel, said("other"), key="k2", is_repeat=False)
        changed = await stage.surface.update(stage.channel, first, said("after"), key="k1")
        assert ["after" in text for text in stage.texts(stage.channel)] == [True, False]
        await stage.surface.update(stage.channel, changed, said("later"), key="k1")
        assert ["later" in text for text in stage.texts(stage.channel)] == [True, False]

    async def test_a_message_may_become_longer_and_shorter_again(self, stage: Stage) -> None:
        long_text = "\n\n".join(f"Paragraph {number} {'word ' * 60}" for number in range(40))
        external_id = await stage.surface.post(stage.channel, said("short"), key="k1", is_repeat=False)
        external_id = await stage.surface.update(stage.channel, external_id, said(long_text), key="k1")
        whole = "\n".join(stage.texts(stage.channel))
        assert all(f"Paragraph {number} " in whole for number in range(40))
        await stage.surface.update(stage.channel, external_id, said("short again"), key="k1")
        whole = "\n".join(stage.texts(stage.channel))
        assert "short again" in whole
        assert "Paragraph 0 " not in whole

    async def test_an_answer_that_was_lost_doubles_nothing(self, stage: Stage) -> None:
        stage.fail_next("lost answer")
        with pytest.raises(TimedOutError):
            await stage.surface.post(stage.channel, said("once"), key="k1", is_repeat=False)
        external_id = await stage.surface.post(stage.channel, said("by now"), key="k1", is_repeat=True)
        assert len(stage.texts(stage.channel)) == 1
        assert "by now" in stage.texts(stage.channel)[0], "it was not known what the one that was found shows"
        await stage.surface.update(stage.channel, external_id, said("changed"), key="k1")
        assert "changed" in stage.texts(stage.channel)[0]

    async def test_a_repeat_of_what_never_arrived_is_posted(self, stage: Stage) -> None:
        await stage.surface.post(stage.channel, said("first"), key="k1", is_repeat=True)
        await stage.surface.post(stage.channel, said("first"), key="k2", is_repeat=True)
        assert len(stage.texts(stage.channel)) == 2

    async def test_a_limit_says_for_how_long(self, stage: Stage) -> None:
        stage.fail_next("limited")
        with pytest.raises(RateLimitedError) as raised:
            await stage.surface.post(stage.channel, said("x"), key="k1", is_repeat=False)
        assert raised.value.retry_after_s
        assert stage.texts(stage.channel) == []
        await stage.surface.post(stage.channel, said("x"), key="k1", is_repeat=False)
        assert len(stage.texts(stage.channel)) == 1

    async def test_a_vendor_that_is_away_is_said_to_be(self, stage: Stage) -> None:
        external_id = await stage.surface.post(stage.channel, said("x"), key="k1", is_repeat=False)
        stage.fail_next("away")
        with pytest.raises((UnavailableError, TimedOutError)) as raised:
            await stage.surface.update(stage.channel, external_id, said("y"), key="k1")
        assert isinstance(raised.value, RetryableError)

    async def test_a_message_that_somebody_deleted_is_missing(self, stage: Stage) -> None:
        external_id = await stage.surface.post(stage.channel, said("x"), key="k1", is_repeat=False)
        stage.remove(external_id)
        with pytest.raises(GoneError):
            await stage.surface.update(stage.channel, external_id, said("y"), key="k1")

    async def test_of_a_message_that_somebody_deleted_in_part_nothing_stays(self, stage: Stage) -> None:
        long_text = "\n\n".join(f"Paragraph {number} {'word ' * 60}" for number in range(40))
        external_id = await stage.surface.post(stage.channel, said(long_text), key="k1", is_repeat=False)
        stage.remove(external_id)
        with pytest.raises(GoneError):
            await stage.surface.update(stage.channel, external_id, said("y"), key="k1")
        assert stage.texts(stage.channel) == []

    async def test_a_channel_is_called_what_people_call_it(self, stage: Stage) -> None:
        name = await stage.surface.channel_name(stage.channel)
        assert name.startswith("#")
        assert await stage.surface.find_channel(name) == stage.channel.channel
        unknown = Place(surface=stage.surface.name, channel="C0NONE0")
        alone = Place.direct(stage.surface.name, stage.account)
        assert [await stage.surface.channel_name(one) for one in (unknown, alone)] == ["", ""]

    @pytest.mark.parametrize("channel", ["#no-such-channel", "C0NONE0"])
    async def test_a_channel_that_is_not_there_is_missing(self, stage: Stage, channel: str) -> None:
        place = Place(surface=stage.surface.name, channel=channel)
        with pytest.raises(NotFoundError):
            await stage.surface.post(place, said("x"), key="k1", is_repeat=False)

    async def test_somebody_is_written_to_alone(self, stage: Stage) -> None:
        place = Place.direct(stage.surface.name, stage.account)
        external_id = await stage.surface.post(place, said("for you"), key="k1", is_repeat=False)
        await stage.surface.update(place, external_id, said("for you, changed"), key="k1")
        assert ["changed" in text for text in stage.texts(place)] == [True]
        assert stage.texts(stage.channel) == []

    async def test_what_is_private_is_shown_to_one_user_only(self, stage: Stage) -> None:
        await stage.surface.notify(stage.channel, stage.user, said("only you"))
        assert stage.texts(stage.channel) == []
        assert ["only you" in text for text in stage.private_texts(stage.user)] == [True]

    async def test_threads_are_apart(self, stage: Stage) -> None:
        root = await stage.surface.post(stage.channel, said("root"), key="k1", is_repeat=False)
        thread = Place(
            surface=stage.channel.surface, channel=stage.channel.channel, thread=root, team=stage.channel.team
        )
        await stage.surface.post(thread, said("answer"), key="k2", is_repeat=False)
        assert ["answer" in text for text in stage.texts(thread)] == [True]
        assert ["root" in text for text in stage.texts(stage.channel)] == [True]

    @pytest.mark.parametrize("kind", EVERY_PART)
    async def test_every_part_is_taken_and_changed_into_every_other(self, stage: Stage, kind: str) -> None:
        """What the vendor refuses would be an error here, or a violation that its fake has noted."""
        external_id = await stage.surface.post(stage.channel, content_of(EVERY_PART[kind]), key="k1", is_repeat=False)
        for number, other in enumerate(EVERY_PART.values()):
            content = content_of(other)
            external_id = await stage.surface.update(stage.channel, external_id, content, key="k1")
            await stage.surface.post(stage.channel, content, key=f"other {number}", is_repeat=False)
        assert stage.texts(stage.channel)

    async def test_a_profile_is_read(self, stage: Stage) -> None:
        profile = await stage.surface.profile(stage.account)
        assert profile.name

    async def test_who_is_in_a_channel_is_known(self, stage: Stage) -> None:
        assert await stage.surface.has_member(stage.channel, stage.account)
        assert not await stage.surface.has_member(stage.channel, f"{stage.account}0")

    async def test_it_is_alive(self, stage: Stage) -> None:
        assert stage.surface.health().is_connected
