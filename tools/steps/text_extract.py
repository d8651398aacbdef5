"""`text.extract`, `text.split` and `text.join`, `number.parse`: small, pure work on texts.

Regular expressions run in a thread and with a time limit; an explosive one ends as a refused step.
"""

from __future__ import annotations

import asyncio

from pydantic import Field, JsonValue

from core.errors import RejectedError
from tools.step import LITERAL, Effect, StepContext, StepParams, StepResult, StepType
from tools.table import number_of, plain_number, text_of

_TIMEOUT_S = 2.0
_LIMIT_CHARACTERS = 2_000_000


class TextExtract(StepParams):
    text: str = Field(max_length=_LIMIT_CHARACTERS, description="Where to look.")
    pattern: str = Field(
        min_length=1, max_length=1000, description="A regular expression, e.g. Total: (\\d+)", json_schema_extra=LITERAL
    )
    ignore_case: bool = Field(default=True, description="Case makes no difference.")
    limit: int = Field(default=100, ge=1, le=10_000, description="Find at most so many.")
    is_required: bool = Field(default=False, description="Fail when nothing is found.")


class TextExtracted(StepResult):
    """`text` is the first group of the first match (or the whole match), `texts` the same of all; `groups` are the named
    groups of the first.
    """

    found: bool
    text: str
    texts: list[str]
    groups: dict[str, str]
    count: int


class TextSplit(StepParams):
    text: str = Field(max_length=_LIMIT_CHARACTERS, description="The text to cut.")
    separator: str = Field(default="\n", min_length=1, max_length=100, description="Where to cut.")
    trim: bool = Field(default=True, description="Remove outer spaces of each part.")
    keep_empty: bool = Field(default=False, description="Keep parts without any content.")


class TextParts(StepResult):
    parts: list[str]
    count: int


class TextJoin(StepParams):
    parts: list[JsonValue] = Field(description="Texts, numbers or other values.")
    separator: str = Field(default="\n", max_length=100, description="What is put between them.")


class TextJoined(StepResult):
    text: str
    count: int


class NumberParse(StepParams):
    text: JsonValue = Field(description="E.g. $1,299.50 or 1.299,50 €.")


class NumberParsed(StepResult):
    number: float


async def extract_text(params: TextExtract, _context: StepContext) -> TextExtracted:
    return await asyncio.to_thread(_extract, params)


def _extract(params: TextExtract) -> TextExtracted:
    import regex  # loaded when it is first used

    try:
        pattern = regex.compile(params.pattern, regex.IGNORECASE if params.ignore_case else 0)
        matches = []
        for match in pattern.finditer(params.text, timeout=_TIMEOUT_S, concurrent=True):
            matches.append(match)
            if len(matches) >= params.limit:
                break
    except regex.error as error:
        raise RejectedError(f"The regular expression “{params.pattern}” is not valid: {error}.") from error
    except TimeoutError as error:
        raise RejectedError(f"The regular expression “{params.pattern}” takes too long on this text.") from error
    if not matches and params.is_required:
        raise RejectedError(f"The text holds nothing that fits “{params.pattern}”.")
    texts = [(match.group(1) if pattern.groups else match.group()) or "" for match in matches]
    groups = {name: text or "" for name, text in matches[0].groupdict().items()} if matches else {}
    return TextExtracted(
        found=bool(matches), text=texts[0] if texts else "", texts=texts, groups=groups, count=len(texts)
    )


async def split_text(params: TextSplit, _context: StepContext) -> TextParts:
    parts = params.text.split(params.separator)
    parts = [part.strip() for part in parts] if params.trim else parts
    parts = parts if params.keep_empty else [part for part in parts if part.strip()]
    return TextParts(parts=parts, count=len(parts))


async def join_text(params: TextJoin, _context: StepContext) -> TextJoined:
    return TextJoined(text=params.separator.join(map(text_of, params.parts)), count=len(params.parts))


async def parse_number(params: NumberParse, _context: StepContext) -> NumberParsed:
    number = number_of(params.text)
    if number is None:
        raise RejectedError(f"“{text_of(params.text)[:60]}” is not a number.")
    return NumberParsed(number=float(plain_number(number)))


STEPS = (
    StepType(
        name="text.extract",
        title="Find something in a text",
        description="Finds what fits a regular expression.",
        params=TextExtract,
        result=TextExtracted,
        effect=Effect.READ,
        run=extract_text,
        summarize=lambda params: f"Find “{params.pattern}” in the text",
    ),
    StepType(
        name="text.split",
        title="Cut a text into parts",
        description="Cuts a text at each line end or other separator.",
        params=TextSplit,
        result=TextParts,
        effect=Effect.READ,
        run=split_text,
        summarize=lambda _params: "Cut the text into parts",
    ),
    StepType(
        name="text.join",
        title="Join texts",
        description="Joins a list of values into one text.",
        params=TextJoin,
        result=TextJoined,
        effect=Effect.READ,
        run=join_text,
        summarize=lambda _params: "Join the texts",
    ),
    StepType(
        name="number.parse",
        title="Read a number",
        description="Reads a number from text such as $1,299.50 or 1.299,50 €.",
        params=NumberParse,
        result=NumberParsed,
        effect=Effect.READ,
        run=parse_number,
        summarize=lambda params: f"Read the number in “{text_of(params.text)[:40]}”",
    ),
)
