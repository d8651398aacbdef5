"""What all surfaces hold of mentions: how people are written who are mentioned, and until when one may be added. Looks nobody up."""

from __future__ import annotations

import re

LATE_MENTION_S = 3600.0
"""So long after a message was sent Errand may be mentioned in it by an edit. What had been heard is not heard again."""
_ONE_WORD = re.compile(r"\w[\w.-]*")


def mention(name: str, user: str) -> str:
    """A person so that it finds them again (`catalog.approver`): by their name where that is one word, else by the surface's
    own id of the user.
    """
    return f"@{name if _ONE_WORD.fullmatch(name) else user}"
