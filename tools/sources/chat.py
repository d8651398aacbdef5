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
    """Without a channel, what is written to Errand is meant. At most one of the others, and in a channel none: each message.
    `keyword` is the whole message, `contains` a part of it at whole words, `matches` a regular expression found somewhere
    in it; small and capital letters are the same.
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
        told = sum(bool(value) for value in (self.keyword, self.contains, self.matches))
        if told > 1 or (told == 0 and not self.channel):
            raise ValueError("give one of keyword, contains and matches")
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
    if params.keyword:
        return text.strip(_AROUND).casefold() == params.keyword.strip(_AROUND).casefold()
    if params.contains:
        wanted = regex.escape(params.contains.strip().casefold(), special_only=True)
        return regex.search(rf"(?<!\w){wanted}(?!\w)", text.casefold()) is not None
    if not params.matches:
        return True
    try:
        found = regex.search(params.matches, text, regex.IGNORECASE, timeout=_PATIENCE_S)
    except TimeoutError:
        return False
    return found is not None


def _summarize(params: Params) -> str:
    place = f"in {where(params)}" if params.channel else "here"
    if params.keyword:
        return f"message {place} that is just “{params.keyword}”"
    if params.contains:
        return f"message {place} that contains “{params.contains}”"
    return f"message {place} that matches {params.matches}" if params.matches else f"message {place}"


SOURCES = (
    SourceType(
        name="chat.message",
        title="Messages in this chat",
        description="Gives each message, of yours here or of anybody in a channel, that is a keyword, contains a text or matches a pattern.",
        params=Params,
        item=Item,
        sample={"text": "Sample message", "by": "Ada", "surface": "slack", "channel": "C1", "channel_name": "#ops"},
        summarize=_summarize,
        look=None,
        fits=fits,
    ),
)
