"""What a fake Slack workspace holds, and the Web API's methods on it. Every rule of the vendor's that a call breaks is noted as
a violation and refused as Slack refuses it. Opens no socket.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.fakes.block_kit import lint_blocks, lint_message, lint_view

Json = Any
BOT_TOKEN = "xoxb-fake-token"
APP_TOKEN = "xapp-fake-token"
TEAM, BOT_USER, BOT = "T1", "UBOT", "BBOT"
_MOST_MARKDOWN = 12_000


class RefusedError(Exception):
    """Slack's answer `ok: false`."""

    def __init__(self, error: str, **more: Json) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass
class Message:
    """`user` is who wrote it; `to` who alone sees it. A stream is open until it is stopped."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    metadata: Json = None
    to: str = ""
    edits: int = 0
    is_streaming: bool = False
    started: float = 0.0
    tasks: dict[str, Json] = field(default_factory=dict)
    bot_id: str = ""
    files: list[Json] = field(default_factory=list)
    shared: list[Json] = field(default_factory=list)
    """Messages that were passed on in it."""

    def as_json(self, *, with_metadata: bool = False) -> Json:
        shown = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text, "blocks": self.blocks}
        if self.bot_id:
            shown |= {"bot_id": self.bot_id, "app_id": "A1"}
        if self.files:
            shown |= {"subtype": "file_share", "files": self.files, "upload": False}
        if self.shared:
            shown["attachments"] = self.shared
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if with_metadata and self.metadata:
            shown["metadata"] = self.metadata
        return shown


@dataclass
class Channel:
    id: str
    name: str = ""
    members: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)
    is_archived: bool = False

    @property
    def is_direct(self) -> bool:
        return self.id.startswith("D")


class Workspace:
    """One team. Times are the machine's; knobs are attributes."""

    def __init__(self) -> None:
        self.users: dict[str, Json] = {}
        self.channels: dict[str, Channel] = {}
        self.homes: dict[str, Json] = {}
        self.views: dict[str, Json] = {}
        self.opened: dict[str, list[str]] = defaultdict(list)
        self.statuses: list[tuple[str, str, str]] = []
        self.prompts: dict[str, list[Json]] = {}
        self.titles: dict[str, str] = {}
        self.violations: list[str] = []
        self.calls: list[tuple[str, Json]] = []
        self.scopes: set[str] = {"files:read"}
        self.revoked = False
        self.deactivated: set[str] = set()
        """Users who have left the workspace."""
        self.trigger_ttl_s = 3.0
        self.stream_ttl_s = 300.0
        self.post_gap_s = 0.0
        self._last_post: dict[str, float] = {}
        self._triggers: dict[str, float] = {}
        self._trigger_users: dict[str, str] = {}
        self._used: set[str] = set()
        self._ids = count(1)
        self.posted: Callable[[Message], None] = lambda _: None
        self.changed = asyncio.Event()
        self.add_user("U1", "Ana", zone="Europe/Berlin")
        self.add_user("U2", "Ben", zone="America/New_York")
        self.add_user("U3", "Dora", zone="Europe/Vienna", locale="de-AT")
        self.add_channel("C1", "ops", "U1", "U2", BOT_USER)
        self.add_channel("C2", "finance", "U1", BOT_USER)
        self.add_channel("C9", "secret", "U2")

    def add_user(self, user: str, name: str, *, zone: str = "UTC", locale: str = "en-US") -> None:
        profile = {"display_name": name, "email": f"{name.lower()}@acme.example"}
        self.users[user] = {
            "id": user,
            "name": f"{name.lower()}.acme",
            "real_name": name,
            "profile": profile,
            "tz": zone,
        }
        self.users[user]["locale"] = locale

    def add_channel(self, channel: str, name: str, *members: str) -> None:
        self.channels[channel] = Channel(id=channel, name=name, members=set(members))

    def direct(self, user: str) -> Channel:
        """The talk of a user alone with the bot."""
        return self.channels.setdefault(f"D{user}", Channel(id=f"D{user}", members={user, BOT_USER}))

    def new_ts(self) -> str:
        return f"{int(time.time())}.{next(self._ids):06}"

    def new_trigger(self) -> str:
        trigger = f"{next(self._ids)}.{next(self._ids)}.fake"
        self._triggers[trigger] = time.monotonic() + self.trigger_ttl_s
        return trigger

    def violate(self, what: str) -> None:
        self.violations.append(what)

    def find(self, channel: str, ts: str) -> Message:
        for message in self.channels[channel].messages:
            if message.ts == ts:
                return message
        raise RefusedError("message_not_found")

    # The Web API: `chat.postMessage` is `m_chat_post_message`.

    def m_auth_test(self, _: Json) -> Json:
        return {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT, "team": "Acme", "url": "https://acme.slack.com/"}

    def m_users_info(self, given: Json) -> Json:
        user = self.users.get(given.get("user"))
        if user is None:
            raise RefusedError("user_not_found")
        shown = dict(user)
        if not given.get("include_locale"):
            del shown["locale"]
        return {"user": shown}

    def m_conversations_open(self, given: Json) -> Json:
        if given.get("users") not in self.users:
            raise RefusedError("user_not_found")
        if given["users"] in self.deactivated:
            raise RefusedError("user_disabled")
        return {"channel": {"id": self.direct(given["users"]).id}}

    def m_conversations_list(self, given: Json) -> Json:
        shown = [
            {"id": one.id, "name": one.name, "is_member": BOT_USER in one.members}
            for one in self.channels.values()
            if not one.is_direct
        ]
        return self._paged("channels", shown, given)

    def m_conversations_info(self, given: Json) -> Json:
        channel = self._channel(given)
        return {"channel": {"id": channel.id, "name": channel.name, "is_member": BOT_USER in channel.members}}

    def m_conversations_members(self, given: Json) -> Json:
        return self._paged("members", sorted(self._channel(given).members), given)

    def m_conversations_history(self, given: Json) -> Json:
        found = [one for one in self._channel(given, is_member=True).messages if one.thread_ts in ("", one.ts)]
        wanted = given.get("latest")
        if wanted and str(given.get("inclusive")).lower() in ("true", "1"):
            found = [one for one in found if float(one.ts) <= float(wanted)]
        return self._shown(list(reversed(found)), given)

    def m_conversations_replies(self, given: Json) -> Json:
        ts = given.get("ts")
        found = [one for one in self._channel(given, is_member=True).messages if ts in (one.ts, one.thread_ts)]
        if not found:
            raise RefusedError("thread_not_found")
        return self._shown(found, given)

    def m_chat_post_message(self, given: Json) -> Json:
        channel = self._postable(given)
        self._lint(given, lint_message(given.get("blocks"), given.get("text")), "chat.postMessage")
        self._limit(channel.id)
        return self._add(channel, given)

    def m_chat_post_ephemeral(self, given: Json) -> Json:
        channel = self._postable(given)
        self._lint(given, lint_message(given.get("blocks"), given.get("text")), "chat.postEphemeral")
        if given.get("user") not in channel.members:
            raise RefusedError("user_not_in_channel")
        message = self._message(channel, given)
        message.to = given["user"]
        channel.messages.append(message)
        self.changed.set()
        return {"message_ts": message.ts}

    def m_chat_update(self, given: Json) -> Json:
        message = self._own(given)
        if message.is_streaming:
            self.violate("chat.update of a message that is streaming")
            raise RefusedError("streaming_state_conflict")
        self._lint(given, lint_message(given.get("blocks"), given.get("text")), "chat.update")
        message.text, message.blocks = given.get("text", ""), given.get("blocks") or []
        message.metadata = given.get("metadata") or message.metadata
        message.edits += 1
        self.changed.set()
        return {"ts": message.ts, "channel": message.channel}

    def m_chat_delete(self, given: Json) -> Json:
        message = self._own(given)
        self.channels[message.channel].messages.remove(message)
        return {"ts": message.ts}

    def m_views_open(self, given: Json) -> Json:
        self._use(given.get("trigger_id"))
        view = given.get("view") or {}
        self._lint(given, lint_view(view), "views.open")
        shown = view | {"id": f"V{next(self._ids)}", "hash": f"{next(self._ids)}.h", "team_id": TEAM}
        user = self._trigger_users.get(given["trigger_id"], "")
        self.views[shown["id"]] = shown
        self.opened[user].append(shown["id"])
        self.changed.set()
        return {"view": shown}

    def m_views_update(self, given: Json) -> Json:
        old = self.views.get(given.get("view_id"))
        if old is None:
            raise RefusedError("not_found")
        if given.get("hash") not in (None, old["hash"]):
            raise RefusedError("hash_conflict")
        self._lint(given, lint_view(given["view"]), "views.update")
        shown = given["view"] | {"id": old["id"], "hash": f"{next(self._ids)}.h", "team_id": TEAM}
        self.views[old["id"]] = shown
        return {"view": shown}

    def m_views_publish(self, given: Json) -> Json:
        self._lint(given, lint_view(given.get("view") or {}), "views.publish")
        self.homes[given["user_id"]] = given["view"]
        self.changed.set()
        return {"view": given["view"]}

    def m_assistant_threads_set_status(self, given: Json) -> Json:
        self.statuses.append((given["channel_id"], given["thread_ts"], given.get("status", "")))
        return {}

    def m_assistant_threads_set_suggested_prompts(self, given: Json) -> Json:
        prompts = given.get("prompts") or []
        if not 0 < len(prompts) <= 4:
            self.violate("setSuggestedPrompts takes one to four prompts")
        self.prompts[given["thread_ts"]] = prompts
        self.changed.set()
        return {}

    def m_assistant_threads_set_title(self, given: Json) -> Json:
        self.titles[given["thread_ts"]] = given["title"]
        return {}

    def m_chat_start_stream(self, given: Json) -> Json:
        channel = self._postable(given)
        if not given.get("thread_ts"):
            raise RefusedError("invalid_arguments")
        if not channel.is_direct and not (given.get("recipient_user_id") and given.get("recipient_team_id")):
            raise RefusedError("missing_recipient_user_id")
        message = self._message(channel, given)
        message.text, message.is_streaming, message.started = "", True, time.monotonic()
        channel.messages.append(message)
        self._chunks(message, given)
        self.changed.set()
        return {"ts": message.ts, "channel": channel.id}

    def m_chat_append_stream(self, given: Json) -> Json:
        message = self._streaming(given)
        self._chunks(message, given)
        self.changed.set()
        return {"ts": message.ts, "channel": message.channel}

    def m_chat_stop_stream(self, given: Json) -> Json:
        message = self._streaming(given)
        self._chunks(message, given)
        self._lint(given, lint_blocks(given.get("blocks") or [], "message"), "chat.stopStream")
        message.blocks = [*message.blocks, *(given.get("blocks") or [])]
        message.metadata = given.get("metadata") or message.metadata
        message.is_streaming = False
        self.changed.set()
        return {"ts": message.ts, "channel": message.channel}

    # What they share.

    def _channel(self, given: Json, *, is_member: bool = False) -> Channel:
        channel = self.channels.get(given.get("channel"))
        if channel is None:
            raise RefusedError("channel_not_found")
        if is_member and BOT_USER not in channel.members:
            raise RefusedError("not_in_channel")
        return channel

    def _postable(self, given: Json) -> Channel:
        channel = self._channel(given, is_member=True)
        if channel.is_archived:
            raise RefusedError("is_archived")
        thread = given.get("thread_ts")
        if thread and not any(one.ts == thread for one in channel.messages):
            self.violate(f"a thread that is not there: {thread}")
            raise RefusedError("thread_not_found")
        return channel

    def _own(self, given: Json) -> Message:
        self._channel(given)
        message = self.find(given["channel"], given.get("ts"))
        if message.user != BOT_USER or message.to:
            self.violate("a message that is not the bot's was to be changed")
            raise RefusedError("cant_update_message")
        return message

    def _message(self, channel: Channel, given: Json) -> Message:
        return Message(
            ts=self.new_ts(),
            channel=channel.id,
            user=BOT_USER,
            bot_id=BOT,
            text=given.get("text") or given.get("markdown_text") or "",
            blocks=given.get("blocks") or [],
            thread_ts=given.get("thread_ts") or "",
            metadata=given.get("metadata"),
        )

    def _add(self, channel: Channel, given: Json) -> Json:
        message = self._message(channel, given)
        channel.messages.append(message)
        self.posted(message)
        self.changed.set()
        return {"ts": message.ts, "channel": channel.id, "message": message.as_json()}

    def _lint(self, given: Json, problems: list[str], method: str) -> None:
        for problem in problems:
            self.violate(f"{method}: {problem}")
        if [one for one in problems if one != "no_fallback_text"]:
            raise RefusedError("invalid_blocks", response_metadata={"messages": problems})

    def _limit(self, channel: str) -> None:
        now = time.monotonic()
        if now - self._last_post.get(channel, 0.0) < self.post_gap_s:
            raise RefusedError("ratelimited")
        self._last_post[channel] = now

    def _use(self, trigger: str) -> None:
        if trigger not in self._triggers:
            raise RefusedError("invalid_trigger_id")
        if trigger in self._used:
            raise RefusedError("exchanged_trigger_id")
        if time.monotonic() > self._triggers[trigger]:
            raise RefusedError("expired_trigger_id")
        self._used.add(trigger)

    def _streaming(self, given: Json) -> Message:
        message = self._own(given)
        if message.is_streaming and time.monotonic() - message.started > self.stream_ttl_s:
            message.is_streaming = False
        if not message.is_streaming:
            raise RefusedError("message_not_in_streaming_state")
        return message

    def _chunks(self, message: Message, given: Json) -> None:
        texts = [given.get("markdown_text") or ""]
        for chunk in given.get("chunks") or []:
            if chunk.get("type") == "task_update":
                if chunk.get("status") not in ("pending", "in_progress", "complete", "error"):
                    self.violate(f"no status {chunk.get('status')!r} of a task")
                message.tasks[chunk["id"]] = chunk
            elif chunk.get("type") == "markdown_text":
                texts.append(chunk["text"])
        whole = "".join(texts)
        if len(whole) > _MOST_MARKDOWN:
            self.violate("a stream's text is longer than 12,000 characters")
        message.text += whole

    def _paged(self, name: str, found: list[Json], given: Json) -> Json:
        first = int(given.get("cursor") or 0)
        most = int(given.get("limit") or 100)
        following = str(first + most) if first + most < len(found) else ""
        return {name: found[first : first + most], "response_metadata": {"next_cursor": following}}

    def _shown(self, found: list[Message], given: Json) -> Json:
        wants = str(given.get("include_all_metadata")).lower() in ("true", "1")
        public = [one.as_json(with_metadata=wants) for one in found if not one.to]
        return self._paged("messages", public, given)
