"""Numbers that a message gives a meaning: thresholds, counts, lengths before something, languages, formats, items of a list."""

from __future__ import annotations

import re
from functools import cache

from pydantic import JsonValue

from agent.offline.delay import find_lengths
from agent.offline.lexicon.words import alternation, time_words, value_words
from agent.offline.rule_words import unit_of
from agent.offline.value.page import QUOTES, Page, any_word

_DIGITS = re.compile(r"[-+]?\d+(?:[.,]\d+)*")
_SCALE = {"k": 1_000, "m": 1_000_000}


def number_of(text: str) -> int | float | None:
    """The number in a text: 3,400 is three thousand four hundred, 3,5 is three and a half, 5k is five thousand."""
    match = _DIGITS.search(text)
    if match is None:
        return None
    digits = match[0]
    if re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"[-+]?\d{1,3}(?:\.\d{3})+,\d+", digits) or re.fullmatch(r"[-+]?\d{1,3}(?:\.\d{3}){2,}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    else:
        digits = digits.replace(",", ".")
    try:
        value = float(digits)
    except ValueError:
        return None
    value *= (
        _SCALE.get(text[match.end() : match.end() + 1].lower(), 1)
        if re.match(r"[km]\b", text[match.end() :], re.IGNORECASE)
        else 1
    )
    return int(value) if value == int(value) else value


def read_amounts(page: Page) -> None:
    """Amounts that are told by the words beside them. Any other number belongs to a text."""
    for match in _before().finditer(page.masked):
        _put_unit(page, match, suffix="_before")
    for match in _compared().finditer(page.masked):
        if match["unit"]:
            _put_unit(page, match, suffix="")
        else:
            _put_threshold(page, match)
    for match in _counted().finditer(page.masked):
        if match["unit"]:
            _put_unit(page, match, suffix="")
        elif page.is_free(*match.span("n")) and not page.is_time(match.start("n")):
            page.put("limit", int(match["n"]), *match.span())
    if page.says(any_word(*value_words().appointments, *value_words().lasting)):
        _duration(page)


def _put_unit(page: Page, match: re.Match[str], *, suffix: str) -> None:
    number = number_of(match["n"])
    if number is None or not page.is_free(*match.span("n")) or page.is_time(match.start("n")):
        return
    page.put(f"{unit_of(match['unit'])}s{suffix}", number, *match.span())


def _put_threshold(page: Page, match: re.Match[str]) -> None:
    money = next(
        (f for f in page.found if f.name == "amount" and f.start <= match.end("n") and match.start("n") < f.end), None
    )
    if money is not None:
        page.found.remove(money)
        page.put("threshold", money.value, match.start(), money.end)
        return
    number = number_of(match["n"])
    if number is not None and page.is_free(*match.span("n")) and not page.is_time(match.start("n")):
        page.put("threshold", number, *match.span())


@cache
def _units() -> str:
    return alternation([w for ws in time_words().units.values() for w in ws])


@cache
def _compared() -> re.Pattern[str]:
    words = [w for w in value_words().comparing if w[0].isalpha()]
    marks = alternation([w for w in value_words().comparing if not w[0].isalpha()])
    return re.compile(
        rf"(?:(?<![\w'-])(?:{alternation(words)})\s+(?:(?:about|the|than|to)\s+)?|(?:{marks})\s*)(?P<n>\x00|[$€£]?\d[\d.,]*\d|[$€£]?\d)(?:\s?(?P<scale>[km])\b)?\s*-?(?:(?P<unit>{_units()}|[hdw])(?![\w-]))?"
    )


@cache
def _before() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.,:/-])(?P<n>\d{{1,4}})\s*-?\s*(?P<unit>{_units()}|[hdw])\s+(?:{alternation(value_words().before_words)})(?![\w-])"
    )


@cache
def _counted() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w'-])(?:{alternation(value_words().counting)})\s+(?P<n>\d{{1,5}})(?![\w.,:/-])(?:\s+(?P<unit>{_units()})(?![\w-]))?"
    )


def _duration(page: Page) -> None:
    """How long a meeting is, in minutes."""
    for length in find_lengths(page.masked):
        is_time = page.is_time(length.start) or not page.is_free(length.start, length.end)
        if not is_time and length.seconds and not length.has_days:
            page.put("duration_min", length.seconds // 60, length.start, length.end)
            return


_CELL_VALUE = re.compile(r"(?:=|\bto\b|\bwith\b)\s*(?P<n>-?\d[\d.,]*\d|-?\d|\x00)")


def read_cell(page: Page) -> None:
    """What a cell is set to: "cell C7 = 8800"."""
    cell = next((f for f in page.found if f.name == "range"), None)
    match = _CELL_VALUE.search(page.masked, cell.end) if cell else None
    if match is None:
        return
    quote = page.span_at(match.start("n"), *QUOTES)
    value = quote.value if quote else number_of(match["n"])
    if value is not None:
        page.put("value", value, match.start(), quote.end if quote else match.end())


def read_languages(page: Page) -> None:
    """Languages and formats that something is turned into."""
    words = value_words()
    if page.says(any_word(*words.translating)):
        for match in any_word(*words.languages).finditer(page.masked):
            is_target = re.search(r"\b(?:to|into|in|as)\s+$", page.before(match.start())) is not None
            name = "target_language" if is_target else "source_language"
            if page.is_free(*match.span()) and not any(f.name == name for f in page.found):
                page.put(name, page.sentence.text.literal(*match.span()), *match.span())
    format_ = _format().search(page.masked)
    if format_ is not None and page.is_free(*format_.span()):
        page.put("format", page.sentence.text.literal(*format_.span("f")), *format_.span())
    coins: list[JsonValue] = [
        page.sentence.text.literal(*m.span()) for m in any_word(*words.coins).finditer(page.masked)
    ]
    if coins and page.says(_COIN_SIGNS):
        page.put("coins", coins if len(coins) > 1 else coins[0], -1, -1)


_COIN_SIGNS = re.compile(r"\b(?:prices?|rates?|coins?|crypto|quotes?|drops?|rises?|hits?|value)\b")


@cache
def _format() -> re.Pattern[str]:
    words = value_words()
    return re.compile(
        rf"(?:^|\s)(?:{alternation(words.into)})\s+(?:an?\s+|one\s+|single\s+)*(?P<f>{alternation(words.formats)})(?:\s+(?:file|format|table))?(?=\s*(?:$|[,;:.!?)]|\x00|and\b|every\b|daily\b|weekly\b|then\b|on\b|at\b|in\b|for\b|with\b|please\b|pls\b))"
    )
