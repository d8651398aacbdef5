"""What stands in a button's `custom_id`: what it does, to what, and a signature. Never a text of somebody's. Keeps nothing.

    e:<verb>:<body>:<signature>

An action id that is short and holds no text of a person's stands in it as it is. Of all others there is the log message and
the digest of the action: it is looked up in the message as it is when it is pressed. So it works after any restart.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from enum import StrEnum

from agent.reply import Action

LONGEST = 100
_MAC = 8
_PATTERN = re.compile(rf"e:([a-z]):(.+):([0-9a-f]{{{_MAC}}})", re.DOTALL)
TEMPLATE = re.compile(r"e:[a-z]:.+", re.DOTALL)
_PLAIN = re.compile(r"[\w.:/-]+", re.ASCII)
_WITH_TEXT = ("answer:", "ask:", "use-file:")


class Verb(StrEnum):
    """`DO` an action by its id; `FIND` it in a message, and ask once more if it says so; `SURE`: that was asked; `PICK`: a
    select of actions that are found in a message; `OPEN` a page of a form; `FILL`: one that was filled in; `START`: so was
    the one of a template.
    """

    DO = "a"
    FIND = "r"
    SURE = "y"
    PICK = "s"
    OPEN = "f"
    FILL = "m"
    START = "t"


@dataclass(frozen=True, slots=True)
class PressId:
    """`subject` is an action id (DO), a template (START) or a message of the log; `detail` is a digest of an action, or a number
    of a page.
    """

    verb: Verb
    subject: str
    detail: str = ""

    @property
    def number(self) -> int:
        return int(self.detail) if self.detail.isdecimal() and len(self.detail) < 4 else 0  # noqa: PLR2004  # a page


class PressIds:
    """Writes and reads them. Signed with a key of this bot's, so that no other message's button is taken for one of ours."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(f"press:{secret}".encode()).digest()

    def of(self, action: Action, message_id: str) -> str:
        is_plain = _PLAIN.fullmatch(action.id) is not None and not action.id.startswith(_WITH_TEXT)
        if is_plain and not action.confirm:
            written = self.write(PressId(Verb.DO, action.id))
            if len(written) <= LONGEST:
                return written
        return self.write(PressId(Verb.FIND, message_id, digest_of(action.id)))

    def write(self, press: PressId) -> str:
        body = f"{press.subject}~{press.detail}" if press.detail else press.subject
        return f"e:{press.verb}:{body}:{self._mac(f'{press.verb}:{body}')}"

    def again(self, custom_id: str, number: int) -> str:
        """One that means the same, for a second button in a message."""
        press = self.read(custom_id)
        return self.write(replace(press, detail=f"{press.detail}.{number}")) if press else custom_id

    def read(self, custom_id: str) -> PressId | None:
        """None for what we have not written."""
        found = _PATTERN.fullmatch(custom_id)
        if found is None or not hmac.compare_digest(found[3], self._mac(f"{found[1]}:{found[2]}")):
            return None
        subject, _, detail = found[2].partition("~")
        return PressId(Verb(found[1]), subject, detail.partition(".")[0])

    def _mac(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:_MAC]


def digest_of(action: str) -> str:
    return hashlib.sha256(action.encode()).hexdigest()[:16]
