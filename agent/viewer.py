"""For whom and when something is rendered. Holds no records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.knowledge import Knowledge
from agent.phrases import Phrases
from agent.reply import Action, Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who looks, at a moment, in their zone and language; nobody in particular where one card `is_for_all`, as in a
    channel: then it has every button that anybody who reads there may need, and who presses one is checked.
    """

    knowledge: Knowledge
    phrases: Phrases
    zone: ZoneInfo
    now: datetime
    person_id: str
    is_for_all: bool = False

    @property
    def local_now(self) -> datetime:
        return self.now.astimezone(self.zone)

    def action(self, action_id: str, key: str, *, style: Style = "secondary", confirm: str = "") -> Action:
        return Action(id=action_id, label=self.phrases.plain(key), style=style, confirm=confirm)
