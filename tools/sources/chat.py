"""What people write in a conversation with Errand. It is handed over as it is written; nobody has to look."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from tools.source import SourceType
from tools.step import LITERAL, StepParams

_PATIENCE_S = 0.05
"""A pattern that takes longer does not fit: the person waits for an answer meanwhile."""
_AROUND = " \t\n.!?,;:"


class Params(StepParams):
    """Exactly one of them. `keyword` is the whole message, `contains` a part of it at whole words, `matches` a regular
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


class Item(BaseModel):
    """One message and the name of who wrote it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    by: str


def fits(params: Params, item: JsonValue) -> bool:
    """Whether a message is meant."""
    import regex

    text = Item.model_validate(item).text
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
    if params.keyword is not None:
        return f"message here that is just “{params.keyword}”"
    if params.contains is not None:
        return f"message here that contains “{params.contains}”"
    return f"message here that matches {params.matches}"


SOURCES = (
    SourceType(
        name="chat.message",
        title="Messages in this chat",
        description="Gives each message of yours that is a keyword, contains a text or matches a pattern.",
        params=Params,
        item=Item,
        sample={"text": "Sample message", "by": "Ada"},
        summarize=_summarize,
        look=None,
        fits=fits,
    ),
)
