"""What people write, in a conversation with Errand or in a channel that it can read. It is handed over as it is written;
nobody has to look.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, field_validator, model_validator

from tools.channel import ChannelItem, ChannelParams, where
from tools.source import SourceType
from tools.step import LITERAL

_PATIENCE_S = 0.05
"""A pattern that takes longer does not fit: the person waits for an answer meanwhile."""
_AROUND = " \t\n.!?,;:"


class Params(ChannelParams):
    """Without a channel, what is written to Errand is meant. Exactly one of the others. `keyword` is the whole message, `contains` a part of it at whole words, `matches` a regular
    expression found somewhere in it; small and capital letters are the same.
    """

    keyword: str | None = Field(default=None, max_length=200)
    contains: str | None = Field(default=None, max_length=200)
    matches: str | None = Field(default=None, max_length=1000, json_schema_extra=LITERAL)

    @field_validator("matches")
    @classmethod
    def _is_pattern(cls, value: str | None) -> str | None:
        if value:
            import regex  # loaded when it is first used

            try:
                regex.compile(value)
            except regex.error as error:
                raise ValueError(f"This is not a pattern: {error}.") from error
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(bool(value) for value in (self.keyword, self.contains, self.matches)) != 1:
            raise ValueError("give exactly one of keyword, contains and matches")
        return self


class Item(ChannelItem):
    """One message and the name of who wrote it; without a channel it was written to Errand."""

    text: str


def fits(params: Params, item: JsonValue) -> bool:
    """Whether a message is meant."""
    import regex

    message = Item.model_validate(item)
    if bool(params.channel) != bool(message.channel):
        return False
    text = message.text
    if params.keyword is not None:
        return text.strip(_AROUND).casefold() == params.keyword.strip(_AROUND).casefold()
    if params.contains is not None:
        wanted = regex.escape(params.contains.strip().casefold(), special_only=True)
        return regex.search(rf"(?<!\w){wanted}(?!\w)", text.casefold()) is not None
    try:
        found = regex.search(params.matches or "", text, regex.IGNORECASE, timeout=_PATIENCE_S)
    except TimeoutError:
        return False
    return found is not None


def _summarize(params: Params) -> str:
    place = f"in {where(params)}" if params.channel else "here"
    if params.keyword is not None:
        return f"message {place} that is just “{params.keyword}”"
    if params.contains is not None:
        return f"message {place} that contains “{params.contains}”"
    return f"message {place} that matches {params.matches}"


SOURCES = (
    SourceType(
        name="chat.message",
        title="Messages in this chat",
        description="Gives each message, of yours here or of anybody in a channel, that is a keyword, contains a text or matches a pattern.",
        params=Params,
        item=Item,
        sample={"text": "Sample message", "by": "Ada"},
        summarize=_summarize,
        look=None,
        fits=fits,
    ),
)
