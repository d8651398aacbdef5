"""The sentences: all there, all used, slots escaped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent.phrases import Markdown, Phrases, languages, literal, load_phrases, shorten

AGENT = Path(__file__).parents[3] / "agent"
ENGLISH = load_phrases("en")
GROUPS = {key.partition(".")[0] for key in ENGLISH.keys}


def _named() -> tuple[set[str], set[str]]:
    """Keys that the code names, and beginnings of keys that it puts together."""
    bot = AGENT.parent / "bot"
    surfaces = [*(bot / "surface").glob("*.py"), *(bot / "surfaces").rglob("*.py")]
    files = sorted([*AGENT.glob("*.py"), *AGENT.glob("llm/*.py"), *surfaces])
    source = "\n".join(file.read_text("utf-8") for file in files)
    groups = "|".join(sorted(GROUPS))
    found = set(re.findall(rf'(?<!\w)"((?:{groups})\.[a-z_0-9]+)"', source))
    counted = set(re.findall(rf'\.count\(\s*"((?:{groups})\.[a-z_0-9]+)"', source))
    found = (found - counted) | {f"{key}_{number}" for key in counted for number in ("one", "other")}
    begun = set(re.findall(rf'f"((?:{groups})\.[a-z_0-9]*)\{{', source))
    panel, panel_begun = _named_by_the_panel()
    return found | panel, begun | panel_begun


def _named_by_the_panel() -> tuple[set[str], set[str]]:
    """The same of the web panel's modules and pages."""
    web = AGENT.parent / "bot" / "web"
    files = [*web.rglob("*.js"), *web.rglob("*.html"), *web.glob("*.py")]
    source = "\n".join(file.read_text("utf-8") for file in sorted(files))
    found = set(re.findall(r"(?<![\w.])(panel\.[a-z_]+)", source))
    begun = {f"panel.{start}" for start in re.findall(r"panel\[`([a-z_]+)\$", source)}
    assert found
    assert begun
    return found, begun


def test_every_sentence_that_the_code_names_is_there() -> None:
    found, begun = _named()
    assert len(found) > 100
    assert begun
    assert {key for key in found if key not in ENGLISH} == set()
    assert {start for start in begun if not any(key.startswith(start) for key in ENGLISH.keys)} == set()


def test_every_sentence_is_used() -> None:
    found, begun = _named()
    unused = {key for key in ENGLISH.keys if key not in found and not key.startswith(tuple(begun))}
    assert unused == set()


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_slots_of_the_english_sentences(language: str) -> None:
    phrases = load_phrases(language)
    for key in ENGLISH.keys:
        assert phrases.slots(key) == ENGLISH.slots(key), key


@pytest.mark.parametrize("language", languages())
def test_every_language_says_every_sentence(language: str) -> None:
    data = yaml.safe_load((AGENT / "phrases" / f"{language}.yaml").read_text("utf-8"))
    assert sorted(f"{group}.{name}" for group, entries in data.items() for name in entries) == ENGLISH.keys


def test_the_voice_is_calm() -> None:
    for key in ENGLISH.keys:
        assert "!" not in ENGLISH.plain(key, **dict.fromkeys(ENGLISH.slots(key), "x")), key


def test_an_unknown_language_falls_back_to_english() -> None:
    assert load_phrases("xx-YY").language == "en"
    assert load_phrases("en-GB").plain("button.run") == "Run"


def test_slots_are_escaped_in_markdown_and_not_in_plain_text() -> None:
    phrases = Phrases({"a.b": "Is it {what}?"})
    assert phrases("a.b", what="*x*") == "Is it \\*x\\*?"
    assert phrases("a.b", what=Markdown("*x*")) == "Is it *x*?"
    assert phrases.plain("a.b", what="*x*") == "Is it *x*?"
    assert phrases("a.b", what="{what} {0}") == "Is it {what} {0}?"


@given(st.text(alphabet=st.sampled_from(list("ab1 *_`[]()<>#+-.!|~&\\{}\"'=:/\n")), min_size=1, max_size=40))
def test_what_people_wrote_is_shown_literally(text: str) -> None:
    """Rendered as a sentence's slot, any text gives exactly its own characters and no markup."""
    html = MarkdownIt("commonmark").render(f"“{literal(text)}”")
    inside = html.removeprefix("<p>“").removesuffix("”</p>\n")
    tags = set(re.findall(r"</?[a-z0-9]+", inside)) - {"<p", "</p", "<br"}
    assert tags == set()
    shown = re.sub(r"<[^>]*>", "", inside)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        shown = shown.replace(entity, sign)
    assert re.sub(r"\s+", "", shown) == re.sub(r"\s+", "", text)


def test_long_texts_become_one_short_line() -> None:
    assert shorten("a\n  b") == "a b"
    assert len(shorten("x" * 500, 20)) == 20
