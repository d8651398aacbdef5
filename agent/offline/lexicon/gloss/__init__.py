"""The words of other languages with the English words that they are read as: one data file for each language. What is
done with them is decided by `agent.offline.gloss`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

HAN = "\u4e00-\u9fff"
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Rewrite(BaseModel):
    """What words alone cannot say: `find` is a regular expression over the folded text, `say` what is read instead.

    A group named in braces is kept where it stands, or exchanged for what the table of its name says; `{hour}` in `find`
    stands for any key of the table `hour`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    find: str
    say: str


class GlossLexicon(BaseModel):
    """One language, as it stands in `<language>.yaml`.

    `words`: section -> English -> words and phrases; `stem*` is any word that begins so, `*stem` any that ends so. `alone`: the same
    for whole messages only. `signs`: letters, `marks`: words that only tell the language. `has_last_verb`: what is
    wished may stand at the end (“den Bericht an Ana schicken”).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: dict[str, dict[str, list[str]]]
    alone: dict[str, list[str]] = {}
    tables: dict[str, dict[str, str]] = {}
    rewrites: list[Rewrite] = []
    signs: list[str] = []
    marks: list[str] = []
    has_last_verb: bool = False

    @property
    def phrases(self) -> Iterator[tuple[str, str]]:
        """Each word or phrase with its English, whatever section it stands in."""
        for section in self.words.values():
            yield from ((phrase, english) for english, phrases in section.items() for phrase in phrases)


@cache
def gloss_lexicon(language: str) -> GlossLexicon:
    """The words of one language; everything in the file is text."""
    text = files(__package__).joinpath(f"{language}.yaml").read_text("utf-8")
    return GlossLexicon.model_validate(yaml.load(text, Loader=_LOADER))  # noqa: S506  # makes text only


@cache
def gloss_languages() -> tuple[str, ...]:
    """The languages that there is a file for."""
    names = (entry.name for entry in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def fold(text: str) -> str:
    """Lower case without accents, letter by letter, so that places stay what they are."""
    return text if text.isascii() and text.islower() else "".join(map(_folded, text))


@cache
def _folded(letter: str) -> str:
    low = letter.lower()
    base = unicodedata.normalize("NFD", low if len(low) == 1 else letter)[0]
    return base if base.isalpha() else letter
