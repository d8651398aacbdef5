"""What Errand is writing at this moment, for surfaces that show a text as it comes. It is a courtesy within one process: the
message that follows is the record, and takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Listener = Callable[[str, str], None]
_END = re.compile(r"[.!?。！？][\"”»)]*(?=\s)|[。！？]|\n")


class LiveText:
    """The unfinished text of each conversation. Listeners are told the conversation and its whole text so far."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._listeners: list[Listener] = []
        self._stopped: set[str] = set()

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def text_of(self, conversation_id: str) -> str:
        """What is written so far; empty when nothing is being written."""
        return self._texts.get(conversation_id, "")

    def write(self, conversation_id: str, text: str) -> None:
        """The whole text as it is now."""
        self._texts[conversation_id] = text
        for listener in self._listeners:
            listener(conversation_id, text)

    def stop(self, conversation_id: str) -> None:
        """Whoever reads has read enough: what is being written there, if anything is, ends where it is."""
        if conversation_id in self._texts:
            self._stopped.add(conversation_id)

    def is_stopped(self, conversation_id: str) -> bool:
        """For whoever writes."""
        return conversation_id in self._stopped

    def end(self, conversation_id: str) -> None:
        """Nothing is being written any more: the message comes, or nothing does."""
        self._stopped.discard(conversation_id)
        if self._texts.pop(conversation_id, ""):
            for listener in self._listeners:
                listener(conversation_id, "")


def whole_sentences(text: str) -> str:
    """A text up to the end of its last whole sentence, for readers to whom nothing can be taken back."""
    ends = list(_END.finditer(text))
    return text[: ends[-1].end()] if ends else ""
