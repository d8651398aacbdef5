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
    """Somebody who looks, at a moment, in their zone and language."""

    knowledge: Knowledge
    phrases: Phrases
    zone: ZoneInfo
    now: datetime
    person_id: str

    @property
    def local_now(self) -> datetime:
        return self.now.astimezone(self.zone)

    def action(self, action_id: str, key: str, *, style: Style = "secondary", confirm: str = "") -> Action:
        return Action(id=action_id, label=self.phrases.plain(key), style=style, confirm=confirm)
