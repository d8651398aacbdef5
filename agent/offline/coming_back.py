"""The way back to what was open before, said in front of an answer: “ok now the reminder: at 8”. Reads no value."""

from __future__ import annotations

import re

from agent.offline.sentence import Sentence, read_sentence
from catalog.workflow import Template

_LEAD = re.compile(
    r"\s*(?:(?:ok|okay|so|now|and|then|right|alright|well|back to|for|as for|about)[\s,]+)+(?:the |my |our |that )?"
    r"(?P<name>[\w -]{2,40}?)\s*[:,–-]\s+"
)


def without_lead(sentence: Sentence, template: Template) -> Sentence:
    """The sentence without that, when it names what the template is about; else as it is."""
    match = _LEAD.match(sentence.low)
    if match is None or match.end() >= len(sentence.low):
        return sentence
    told = _words(f"{template.title} {template.id} {template.summary}".lower())
    if told.isdisjoint(_words(match["name"])):
        return sentence
    text = sentence.text
    return read_sentence(text.literal(match.end(), len(text.plain)), sentence.now, sentence.zone, text.language)


def _words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[^\W_]{3,}", text)} - {"the", "and", "for"}
