"""What Slack delivers, as arrivals: pure, asks nobody. Leaves out what Errand and other apps say, so that no bots talk in circles.

Source: docs.slack.dev, "Events API" and "Interactivity". The message and the mention that Slack tells of separately are one
arrival: its delivery id is the channel's and the message's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

from pydantic import JsonValue

from bot.surface.arrival import Arrival, Handed, Joined, Pressed, Reacted, Said, What
from bot.surface.mention import LATE_MENTION_S
from bot.surfaces.slack import block

SURFACE = "slack"
_SLACK_ITSELF = "USLACKBOT"
_SPOKEN = {None, "file_share", "thread_broadcast", "me_message"}
_LINK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_NAMELESS = re.compile(r"<[@#]([^<>|]+)\|?>")
_NOBODY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who Errand is in a workspace."""

    team: str
    user: str
    bot: str


def text_of(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def object_of(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def plain_text(text: str, me: Me, names: Mapping[str, str] = _NOBODY) -> str:
    """What a person typed: without the mention of Errand, with links and mentions as one would type them. `names` are those
    of the users and channels that Slack has sent as ids only.
    """
    wish = re.sub(rf"[^\S\n]*<@{me.user}(?:\|[^<>]*)?>[,:]?[^\S\n]*", " ", text)
    typed = _LINK.sub(lambda found: _typed(found[1], found[2] or "", names), wish)
    return unescape(typed).strip()


def nameless(text: str, me: Me) -> set[str]:
    """The users and channels in a text of which Slack has not sent the names."""
    return set(_NAMELESS.findall(text)) - {me.user}


def _typed(target: str, label: str, names: Mapping[str, str]) -> str:
    match target[:1]:
        case "@":
            return f"@{label.removeprefix('@')}" if label else names.get(target[1:], target)
        case "#":
            return f"#{label}" if label else names.get(target[1:], target)
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
        case _:
            return label if label and unescape(target).endswith(unescape(label)) else target


def read_event(body: Mapping[str, JsonValue], me: Me, names: Mapping[str, str] = _NOBODY) -> Arrival | None:
    """An event as an arrival; none for what is nobody's doing, or of no meaning here."""
    event = object_of(body.get("event"))
    user = text_of(event.get("user"))
    if user in ("", me.user, _SLACK_ITSELF) or event.get("bot_id") or event.get("hidden"):
        return None
    match event.get("type"):
        case "message" | "app_mention" if event.get("subtype") in _SPOKEN:
            return _said(event, me, names)
        case "reaction_added":
            return _reacted(event, body, me)
        case "member_joined_channel":
            channel = text_of(event.get("channel"))
            return _arrival(text_of(body.get("event_id")), user, me, (channel, ""), Joined()) if channel else None
        case _:
            return None


def read_press(body: Mapping[str, JsonValue], me: Me) -> Arrival | None:
    """A press on a button of a card."""
    actions = body.get("actions")
    action = object_of(actions[0]) if isinstance(actions, list) and actions else {}
    value = text_of(action.get("value"))
    if not value or text_of(action.get("action_id")).partition(":")[0] != block.PRESS:
        return None
    channel, thread = place_of(body)
    return interaction(body, me, channel, thread, Pressed(action=value))


def interaction(body: Mapping[str, JsonValue], me: Me, channel: str, thread: str, what: What) -> Arrival:
    """What came of a control: it is known by its trigger, of which there is one for each."""
    user = text_of(object_of(body.get("user")).get("id")) or text_of(body.get("user_id"))
    return _arrival(f"trigger:{text_of(body.get('trigger_id'))}", user, me, (channel, thread), what)


def place_of(body: Mapping[str, JsonValue]) -> tuple[str, str]:
    """Channel and thread in which the answer to a press belongs: the thread of the card, which may be the one it begins."""
    container = object_of(body.get("container"))
    channel = text_of(container.get("channel_id"))
    message = object_of(body.get("message"))
    thread = text_of(message.get("thread_ts")) or text_of(container.get("thread_ts"))
    if not channel or channel.startswith("D"):
        return f"@{text_of(object_of(body.get('user')).get('id'))}", thread
    return channel, thread or text_of(container.get("message_ts"))


def files_of(listed: JsonValue) -> tuple[Handed, ...]:
    """Files of a message or of a modal's field."""
    found = [handed(object_of(one)) for one in listed] if isinstance(listed, list) else []
    return tuple(one for one in found if one is not None)


def handed(file: Mapping[str, JsonValue]) -> Handed | None:
    """A file as Slack tells of it, which may be by its id alone; none for what is no file."""
    if not (file_id := text_of(file.get("id"))):
        return None
    size = file.get("size")
    return Handed(
        id=file_id,
        name=text_of(file.get("name")) or text_of(file.get("title")),
        size=size if isinstance(size, int) else 0,
        media_type=text_of(file.get("mimetype")),
        url=text_of(file.get("url_private_download")) or text_of(file.get("url_private")),
    )


def written_in(message: Mapping[str, JsonValue]) -> str:
    """What a message says, with what was passed on in it."""
    listed = message.get("attachments")
    passed_on = [one for one in map(object_of, listed if isinstance(listed, list) else ()) if one.get("is_share")]
    texts = [text_of(message.get("text")), *(text_of(one.get("text")) for one in passed_on)]
    return "\n".join(text for text in texts if text.strip())


def _said(event: Mapping[str, JsonValue], me: Me, names: Mapping[str, str]) -> Arrival | None:
    """Slack tells of a mention that came by an edit as of any other: it is another arrival than the message that had none."""
    channel, ts, user = (text_of(event.get(name)) for name in ("channel", "ts", "user"))
    if not channel or not ts:
        return None
    if _seconds(object_of(event.get("edited")).get("ts")) - _seconds(ts) > LATE_MENTION_S:
        return None
    written = written_in(event)
    thread = text_of(event.get("thread_ts"))
    is_direct = channel.startswith("D") or event.get("channel_type") == "im"
    is_addressed = is_direct or event.get("type") == "app_mention" or f"<@{me.user}" in written
    text, files = plain_text(written, me, names), files_of(event.get("files"))
    if is_addressed and not (text or files or is_direct):
        text = "help"
    place = (f"@{user}", thread) if is_direct else (channel, thread or ts)
    what = Said(text=text, is_addressed=is_addressed, files=files)
    return _arrival(f"{channel}:{ts}{'' if is_addressed else ':overheard'}", user, me, place, what)


def _seconds(ts: JsonValue) -> float:
    try:
        return float(text_of(ts) or 0)
    except ValueError:
        return 0.0


def _reacted(event: Mapping[str, JsonValue], body: Mapping[str, JsonValue], me: Me) -> Arrival | None:
    item = object_of(event.get("item"))
    channel, ts = text_of(item.get("channel")), text_of(item.get("ts"))
    if item.get("type") != "message" or not channel or not ts:
        return None
    user = text_of(event.get("user"))
    what = Reacted(emoji=text_of(event.get("reaction")), message=ts)
    place = f"@{user}" if channel.startswith("D") else channel
    return _arrival(text_of(body.get("event_id")), user, me, (place, ""), what)


def _arrival(delivery_id: str, user: str, me: Me, place: tuple[str, str], what: What) -> Arrival:
    channel, thread = place
    return Arrival(
        surface=SURFACE, delivery_id=delivery_id, user=user, team=me.team, channel=channel, thread=thread, what=what
    )
