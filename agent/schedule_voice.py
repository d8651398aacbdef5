"""The words of one language for times: lists, numbers, days. Knows no schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.phrases import Phrases

_POSITIONS = 5


NEAR_DAYS = 14


@dataclass(frozen=True, slots=True)
class Voice:
    """The words of one language for times."""

    phrases: Phrases

    def say(self, key: str, **slots: object) -> str:
        return self.phrases.plain(f"schedule.{key}", **slots)

    def word(self, key: str, index: int) -> str:
        """One word of a list."""
        return self.say(key).split("|")[index]

    def often(self, unit: str, number: int, **slots: object) -> str:
        """E.g. "every day", "every other day", "every 3 days"."""
        short = {1: "one", 2: "two"}.get(number, "other")
        key = f"{unit}_{short}" if f"schedule.{unit}_{short}" in self.phrases else f"{unit}_other"
        return self.say(key, number=number, **slots)

    def joined(self, words: list[str]) -> str:
        """E.g. "Monday, Tuesday and Friday"."""
        said = words[0]
        for number, word in enumerate(words[1:], start=2):
            said = self.say("listed_last" if number == len(words) else "listed", words=said, word=word)
        return said

    def day(self, local: datetime, here: datetime) -> str:
        return self.say(
            "day" if local.year == here.year else "day_year",
            weekday=self.word("weekdays", local.weekday()),
            day=local.day,
            month=self.word("months", local.month - 1),
            year=local.year,
        )

    def position(self, number: int) -> str | None:
        if number == 0 or number > _POSITIONS or number < -2:  # the last two
            return None
        return self.word("positions", number if number < 0 else number - 1)
