"""All sentences that people read from Errand, by key and language; the data is `<language>.yaml` beside this.

What people or services wrote enters a sentence only as a slot, and a slot is escaped: markup in a value is shown, never
obeyed. Decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Formatter

import yaml

from core.errors import ConfigError

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&])")
_LINE_START = re.compile(r"^(\s*\d{0,9})([-+=.)])", re.MULTILINE)


class Markdown(str):
    """Markdown of our own making: enters a sentence as it is."""

    __slots__ = ()


def literal(value: object) -> Markdown:
    """Escape what somebody wrote, so that markdown shows it literally."""
    if isinstance(value, Markdown):
        return value
    escaped = _SPECIAL.sub(r"\\\1", str(value))
    return Markdown(_LINE_START.sub(r"\1\\\2", escaped))


def shorten(text: str, limit: int = 120) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


class Phrases:
    """The sentences of one language. Missing keys fall back to English."""

    def __init__(self, sentences: Mapping[str, str], *, language: str = "en") -> None:
        self._sentences = dict(sentences)
        self.language = language

    @property
    def keys(self) -> list[str]:
        return sorted(self._sentences)

    def __contains__(self, key: object) -> bool:
        return key in self._sentences

    def __call__(self, key: str, **slots: object) -> Markdown:
        """A sentence as markdown, every slot escaped unless it is `Markdown`."""
        return Markdown(self._sentences[key].format_map({name: literal(value) for name, value in slots.items()}))

    def plain(self, key: str, **slots: object) -> str:
        """A sentence for places that show plain text: labels, buttons, card fields."""
        return self._sentences[key].format_map({name: str(value) for name, value in slots.items()})

    def count(self, key: str, number: int, **slots: object) -> str:
        """The plain sentence `<key>_one` or `<key>_other`, with the slot `number`."""
        return self.plain(f"{key}_one" if number == 1 else f"{key}_other", number=number, **slots)

    def slots(self, key: str) -> set[str]:
        """The names of a sentence's slots."""
        return {name for _, name, _, _ in Formatter().parse(self._sentences[key]) if name}


def _read(language: str) -> dict[str, str]:
    text = resources.files(__package__).joinpath(f"{language}.yaml").read_text("utf-8")
    data = yaml.load(text, Loader=_LOADER)  # noqa: S506  # makes text only, less than the safe one
    return {f"{group}.{name}": str(text).strip() for group, entries in data.items() for name, text in entries.items()}


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are sentences for."""
    return tuple(
        sorted(
            entry.name.removesuffix(".yaml")
            for entry in resources.files(__package__).iterdir()
            if entry.name.endswith(".yaml")
        )
    )


def load_phrases(language: str = "en") -> Phrases:
    """The sentences of a language (`de` serves `de-AT`), read once; English where it has none. Raises ConfigError."""
    known = languages()
    if "en" not in known:
        raise ConfigError("the English sentences are missing from the installation")
    short = language.split("-", maxsplit=1)[0].lower()
    return _phrases(short if short in known else "en")


@cache
def _phrases(language: str) -> Phrases:
    own = _read(language) if language != "en" else {}
    return Phrases(_read("en") | own, language=language)
