"""What Errand is writing at this moment, for surfaces that show a text as it comes. It is a courtesy within one process: the
message that follows is the record, and takes its place.
"""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str, str], None]


class LiveText:
    """The unfinished text of each conversation. Listeners are told the conversation and its whole text so far."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._listeners: list[Listener] = []

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

    def end(self, conversation_id: str) -> None:
        """Nothing is being written any more: the message comes, or nothing does."""
        if self._texts.pop(conversation_id, ""):
            for listener in self._listeners:
                listener(conversation_id, "")
