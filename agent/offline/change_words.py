"""What a change of a task is made of besides its value: words that add, replace and ask, and how many say something else."""

from __future__ import annotations

import re

from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.sentence import Sentence, read_sentence


def adds(sentence: Sentence) -> bool:
    """Whether a change adds to what there is rather than replacing it: “also to …”, “… too”."""
    words, anywhere = alternation(sentence_words().adding), alternation(sentence_words().adding_anywhere)
    pattern = rf"^\W*(?:then |please |no,? )*(?:{words})\b|\b(?:{anywhere})\b|\b(?:{words})\W*$"
    return re.search(pattern, sentence.low) is not None


def asks(sentence: Sentence) -> bool:
    """Whether it begins like a question, which changes nothing."""
    return any(word in sentence_words().asking for word in _words(sentence)[:1])


def strange_words(sentence: Sentence) -> int:
    """How many words, besides values and times, are no words of a change."""
    known = sentence_words().small_words | sentence_words().edit_words
    return sum(word not in known for word in _words(sentence))


def _words(sentence: Sentence) -> list[str]:
    """The words besides values and times."""
    places = [(span.start, span.end) for span in sentence.spans if span.kind != "number"]
    places += sentence.spoken.fragments if sentence.spoken else ()
    rest = "".join(" " if any(a <= i < b for a, b in places) else c for i, c in enumerate(sentence.low))
    return re.findall(r"[^\W\d_]+(?:'\w+)?", rest)


def without_replaced(sentence: Sentence) -> Sentence:
    """Without what is named only as what is to be replaced: “#sales instead of #team”."""
    words = alternation(sentence_words().instead_of)
    match = re.search(rf"(?<=\S)[\s,]+(?:{words})\s+\S.*$|^\W*(?:instead of|rather than)\s+[^,]+,\s*", sentence.low)
    if match is None:
        return sentence
    kept = (
        sentence.text.literal(match.end(), len(sentence.low))
        if not match.start()
        else sentence.text.literal(0, match.start())
    )
    return read_sentence(kept, sentence.now, sentence.zone, sentence.text.language)
