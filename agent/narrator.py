"""The port of who writes an answer to a question in words of its own, beside the records that are shown. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.command import Tell
from agent.interpreter import View


class Narrator(Protocol):
    """Writes from records. What became of runs is said by the records' own sentences in the text, never by the writer."""

    async def narrate(self, text: str, tells: Sequence[Tell], view: View) -> str:
        """Markdown that answers `text`; empty when there is nothing to say beside what is shown anyway."""
        ...
