"""What of a model's text is shown: prose without links, pictures, headings and HTML, without claims about what became of
anything, and with the records' own sentences at their marks. Asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from agent.phrases import Markdown

_PICTURE = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*\)?")
_REFERENCE = re.compile(r"^\s*\[[^\]]+\]:.*$", re.MULTILINE)
_ADDRESS = re.compile(r"(?:\b[a-z][a-z0-9+.-]*://|\bwww\.|\bfiles/|\bmailto:)\S*", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>?")
_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}\s+|>\s*|={3,}$|-{3,}$|`{3,}.*$)", re.MULTILINE)
_MARK = re.compile(r"\[\[(\w{1,8})\]\]")
_HALF_MARK = re.compile(r"!?\[[^\]\n]*(?:\]\]?(?:\([^)\n]*)?)?\Z|<[^>\n]*\Z")
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?。！？]+[\"”»)]*\s*|\n+|\Z)")


def shown(written: str, sentences: Mapping[str, Markdown], *, is_whole: bool) -> str:
    """The text as it may be shown. `sentences` stand at their marks; of an unfinished text a half mark is held back."""
    text = written if is_whole else _HALF_MARK.sub("", written)
    text = _without_markup(text)
    kept = "".join(one for one in _SENTENCE.findall(text) if not _claims().search(_MARK.sub("", one)))
    return _MARK.sub(lambda found: sentences.get(found[1], ""), kept).strip()


def _without_markup(text: str) -> str:
    """Links and pictures become their words: nothing is loaded, and nobody is led anywhere."""
    text = _REFERENCE.sub("", _PICTURE.sub(r"\1", text))
    return _HEADING.sub("", _TAG.sub("", _ADDRESS.sub("…", text)))


@cache
def _claims() -> re.Pattern[str]:
    """Any word of `claims.yaml`, whole where the language has spaces."""
    lists = yaml.safe_load(resources.files(__package__).joinpath("claims.yaml").read_text("utf-8"))
    spaced = [re.escape(word) for language, words in lists.items() if language != "zh" for word in words]
    return re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)|{'|'.join(lists['zh'])}", re.IGNORECASE)
