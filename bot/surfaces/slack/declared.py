"""What the app declares to Slack, and Errand listens to and uses: `manifest.yaml` says the same. Does nothing."""

from __future__ import annotations

from collections.abc import Mapping

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "hear mentions in channels",
    "assistant:write": "serve the assistant pane",
    "channels:history": "read messages of channels it is in",
    "channels:read": "find channels by name and see who is in them",
    "chat:write": "write messages",
    "commands": "serve slash commands and shortcuts",
    "files:read": "take in files that people hand in",
    "groups:history": "read messages of private channels it is in",
    "groups:read": "find private channels it is in",
    "im:history": "read direct messages",
    "im:write": "begin direct messages",
    "mpim:history": "read group messages it is in",
    "reactions:read": "hear reactions",
    "users:read": "read names, time zones and languages",
}
"""Of the bot's token, each with what for."""

EVENTS = frozenset(
    {
        "agent_session_stopped",
        "app_home_opened",
        "app_mention",
        "assistant_thread_context_changed",
        "assistant_thread_started",
        "member_joined_channel",
        "message.channels",
        "message.groups",
        "message.im",
        "message.mpim",
        "reaction_added",
    }
)

RUN = "/run"
COMMANDS: Mapping[str, str] = {
    "/errand": "{text}",
    "/workflows": "list my automations",
    RUN: "run {text}",
    "/runs": "show my runs",
    "/approvals": "what waits for my approval",
}
"""What each means, as if it had been typed. `/run` opens a form where a name leads to one."""

PROMPTS = (
    "list my automations",
    "what waits for my approval",
    "remind me tomorrow at 9 to call Ana",
    "what can you do",
)
"""Sentences to try in the assistant pane, four at most."""

MAKE = "make_automation"
MAKE_OF_MESSAGE = "make_automation_of_message"
START_WITH_MESSAGE = "start_with_message"
SHORTCUTS: Mapping[str, str] = {
    MAKE: "Make an automation",
    MAKE_OF_MESSAGE: "Automate this message",
    START_WITH_MESSAGE: "Start with this message",
}
"""By their `callback_id`, as the menu shows them (24 characters at most)."""
