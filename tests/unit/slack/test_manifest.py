"""The manifest declares what the code uses, and nothing else: a scope too many is a question at every installation."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from bot.surfaces.slack import declared
from tests.fakes.slack_server import SlackServer

FOLDER = Path(declared.__file__).parent
MANIFEST = yaml.safe_load((FOLDER / "manifest.yaml").read_text("utf-8"))
CODE = "\n".join(path.read_text("utf-8") for path in sorted(FOLDER.glob("*.py")))

NEEDS = {
    "assistant.threads.setStatus": "assistant:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "chat.appendStream": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.startStream": "chat:write",
    "chat.stopStream": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history groups:history im:history",
    "conversations.info": "channels:read groups:read",
    "conversations.list": "channels:read groups:read",
    "conversations.members": "channels:read groups:read",
    "conversations.open": "im:write",
    "conversations.replies": "channels:history groups:history im:history",
    "files.info": "files:read",
    "users.info": "users:read",
    "auth.test": "",
    "apps.connections.open": "",
    "views.open": "",
    "views.publish": "",
}
"""By docs.slack.dev/reference/methods."""
HEARS = {
    "agent_session_stopped": "assistant:write",
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "assistant_thread_context_changed": "assistant:write",
    "assistant_thread_started": "assistant:write",
    "member_joined_channel": "channels:read groups:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
}


def test_scopes_are_those_that_methods_events_and_commands_need() -> None:
    given = MANIFEST["oauth_config"]["scopes"]["bot"]
    assert given == sorted(given) == sorted(declared.SCOPES)
    needed = {scope for text in (*NEEDS.values(), *HEARS.values()) for scope in text.split()} | {"commands"}
    assert set(given) == needed


def test_methods_that_are_called_are_those_whose_scopes_are_known() -> None:
    called = set(re.findall(r'"((?:auth|apps|chat|conversations|files|users|views|assistant)\.[a-zA-Z.]+)"', CODE))
    assert called == set(NEEDS)
    assert all(hasattr(SlackServer, f"m_{_snake(name)}") for name in called - {"apps.connections.open"})


def test_events_are_those_that_are_listened_to() -> None:
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == declared.EVENTS == set(HEARS)


def test_commands_and_shortcuts_are_those_that_mean_something() -> None:
    assert {one["command"] for one in MANIFEST["features"]["slash_commands"]} == set(declared.COMMANDS)
    shortcuts = {one["callback_id"]: one["name"] for one in MANIFEST["features"]["shortcuts"]}
    assert shortcuts == dict(declared.SHORTCUTS)
    assert all(len(name) <= 24 for name in shortcuts.values())


def test_what_users_type_comes_with_ids_of_whom_they_mention() -> None:
    assert all(one["should_escape"] for one in MANIFEST["features"]["slash_commands"])
    assert MANIFEST["settings"]["socket_mode_enabled"]
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]


def _snake(method: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", method.replace(".", "_")).lower()
