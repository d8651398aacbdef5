"""Runs that go on, shown as streams in the assistant pane: each step is a task of Slack's. Knows no other message.

Source: docs.slack.dev, "chat.startStream". Slack ends every stream after five minutes and holds none for somebody to answer: one
that is older than four minutes, or whose run waits or is over, is stopped, and is an ordinary message from then on.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.reply import Part, RunCard, StepProgress, TextPart
from bot.surfaces.slack.api import SlackApi, StreamOverError
from bot.surfaces.slack.block import shortened
from bot.surfaces.slack.mrkdwn import escape
from bot.surfaces.slack.reading import text_of
from core.clock import Clock
from store.record import JsonObject, Place

OPEN = "stream:"
"""Stands before the `ts` of a message that is streaming, in its external id."""
LONGEST_S = 240.0
_LONGEST_TASK = 250
_LONGEST_DETAIL = 500
LONGEST_TEXT = 10_000
_STATUSES = {
    "pending": "pending",
    "running": "in_progress",
    "waiting": "in_progress",
    "succeeded": "complete",
    "skipped": "complete",
    "failed": "error",
    "cancelled": "error",
}


class Streams:
    """Starts, goes on with and stops them."""

    def __init__(self, api: SlackApi, clock: Clock, *, longest_s: float = LONGEST_S) -> None:
        self._api = api
        self._clock = clock
        self._longest_s = longest_s

    async def start(self, channel: str, place: Place, thread: str, parts: Sequence[Part]) -> str:
        """Returns the external id. Raises RejectedError where Slack has no streams for this app."""
        answer = await self._api.call(
            "chat.startStream",
            channel=channel,
            thread_ts=thread,
            recipient_user_id=place.channel.removeprefix("@"),
            recipient_team_id=place.team,
            task_display_mode="timeline",
            chunks=_chunks(parts, with_text=True),
        )
        return f"{OPEN}{text_of(answer.get('ts'))}"

    async def go_on(self, channel: str, external_id: str, parts: Sequence[Part]) -> bool:
        """Show how far it is; false when it is a stream no more."""
        ts = external_id.removeprefix(OPEN).rpartition(",")[2]
        try:
            if is_going(parts) and self._clock.now().timestamp() - float(ts) < self._longest_s:
                await self._api.call("chat.appendStream", channel=channel, ts=ts, chunks=_chunks(parts))
                return True
            await self._api.call("chat.stopStream", channel=channel, ts=ts)
        except StreamOverError:
            return False
        return False


def is_going(parts: Sequence[Part]) -> bool:
    """Whether these show a run that goes on without anybody, and nothing else that changes or asks."""
    runs = [part for part in parts if isinstance(part, RunCard)]
    others = [part for part in parts if not isinstance(part, RunCard | TextPart)]
    return len(runs) == 1 and not others and runs[0].state in ("queued", "running")


def _chunks(parts: Sequence[Part], *, with_text: bool = False) -> list[JsonObject]:
    found: list[JsonObject] = []
    for part in parts:
        if isinstance(part, TextPart) and with_text and part.text:
            found.append({"type": "markdown_text", "text": escape(part.text)[:LONGEST_TEXT]})
        elif isinstance(part, RunCard):
            found += [_task(step) for step in part.steps]
    return found


def _task(step: StepProgress) -> JsonObject:
    task: JsonObject = {
        "type": "task_update",
        "id": step.id,
        "title": shortened(step.title, _LONGEST_TASK),
        "status": _STATUSES[step.state],
    }
    return task | {"details": shortened(step.detail, _LONGEST_DETAIL)} if step.detail else task
