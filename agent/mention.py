"""Words that call everybody in a channel, as the chat services write them, and the question that they are worth. Sends nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from pydantic import JsonValue

from agent.command import Candidate, Clarify, Start
from agent.interpreter import Interpretation

_EVERYONE = re.compile(r"(?<![\w@])@(?:everyone|channel|here|all)\b|<!(?:channel|here|everyone)\b[^>]*>", re.IGNORECASE)


def mentions_of_all(value: JsonValue) -> list[str]:
    """Each of them once, wherever it stands in a value."""
    if isinstance(value, str):
        return list(dict.fromkeys(match[0] for match in _EVERYONE.finditer(value)))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(mention for part in parts for mention in mentions_of_all(part)))


def asked_about(understood: Interpretation, text: str) -> Interpretation:
    """What would call everybody in a channel is asked about before there is a card to say yes to; of several wishes the
    first that would, and the others that would are not begun.
    """
    starts = [one for one in understood.commands if isinstance(one, Start)]
    if not starts or not mentions_of_all(text):
        return understood
    calling = [one for one in starts if len(starts) == 1 or mentions_of_all(one.text)]
    if not calling:
        return understood
    start = calling[0]
    others = [one for one in starts if one not in calling]
    score = max((one.score for one in understood.matches), default=1.0)
    candidate = Candidate(template_id=start.template_id, score=score)
    return replace(
        understood,
        outcome="clarify",
        commands=[*others, Clarify(candidates=[candidate], text=start.text or text, template=start.template)],
    )
