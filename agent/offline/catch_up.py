"""Finds what a sentence says about runs that were missed while nobody was there: catch up on all, run once, skip."""

from __future__ import annotations

import re

from catalog.schedule import CatchUp

_RUNS = r"(?:\s+(?:runs?|times?|ones))?"
_MISSED = (
    rf"(?:(?:all|every|each|any|everything|whatever)\s+(?:of\s+)?)?(?:(?:the|that|it|was|were|its)\s+)*missed{_RUNS}"
)
_LEAD = r"(?:[\s,;.]*\b(?:and|but|then|please)\b)?[\s,;]*"
_DOWN = (
    r"(?:if|when(?:ever)?|after)\s+(?:it|you|errand|this)\s+(?:was|were|has been|have been|is|are)\s+"
    r"(?:down|off|away|offline|not running)[\s,]+(?:then\s+)?(?:just\s+|only\s+)?"
)
_SKIP = "|".join(
    (
        rf"(?:skip(?:ping)?|ignor(?:e|ing)|leav(?:e|ing)\s+out|drop(?:ping)?|pass(?:ing)?\s+over)\s+{_MISSED}",
        rf"(?:don't|do\s+not|never|not|without)\s+catch(?:ing)?\s+up(?:\s+(?:on|with)\s+{_MISSED})?",
        rf"{_DOWN}skip\s+it",
    )
)
_ONCE = "|".join(
    (
        rf"{_DOWN}(?:run|do|send|post)\s+it\s+(?:only\s+|just\s+)?once",
        rf"(?:run|do|catch\s+up\s+(?:on|with))\s+{_MISSED}\s+(?:only\s+|just\s+)?once",
        r"catch(?:ing)?\s+up\s+(?:only\s+|just\s+)?once",
    )
)
_ALL = "|".join(
    (
        rf"(?:catch(?:ing)?\s+up\s+(?:on|with)|mak(?:e|ing)\s+up\s+for)\s+{_MISSED}",
        rf"run(?:ning)?\s+(?:all|every|each)\s+(?:of\s+)?(?:the\s+)?missed{_RUNS}",
        rf"{_DOWN}(?:catch\s+up(?:\s+on\s+(?:everything|all))?|run\s+(?:them\s+)?all)",
    )
)
_FORMS: tuple[tuple[CatchUp, str], ...] = (("skip", _SKIP), ("once", _ONCE), ("all", _ALL))
"""Looked for in this order: “do not catch up” holds “catch up”."""
_PATTERNS = [(policy, re.compile(rf"{_LEAD}\b(?:{form})(?![\w'-])")) for policy, form in _FORMS]


def find_catch_up(low: str) -> tuple[CatchUp, int, int] | None:
    """The policy and where the text (in lower case) says it; none when it says nothing of it."""
    if "missed" not in low and "catch" not in low and "if " not in low and "when" not in low and "after" not in low:
        return None
    for policy, pattern in _PATTERNS:
        if match := pattern.search(low):
            return policy, match.start(), match.end()
    return None
