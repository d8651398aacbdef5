"""Call any HTTP address, with or without a connected account. Interprets no service's answers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from tools.step import StepParams, StepResult

Scalar = str | int | float | bool | None
Method = Annotated[
    Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]


class Params(StepParams):
    """One request. At most one of `json`, `form` and `text` is the body."""

    model_config = ConfigDict(populate_by_name=True)

    method: Method = "GET"
    url: str = Field(min_length=1, max_length=8000)
    headers: dict[str, str] = {}
    query: dict[str, Scalar | list[Scalar]] = Field(
        default={}, description="Appended to the address; nulls are left out."
    )
    json_: JsonValue = Field(default=None, alias="json")
    form: dict[str, Scalar | list[Scalar]] | None = None
    text: str | None = None
    expect_status: list[int] | Literal["any"] | None = Field(
        default=None, description='Statuses that are no failure; "any" takes every answer. Default: 200 to 399.'
    )
    idempotent: bool = Field(default=False, description="The service takes a repeated POST or PATCH as one.")

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if sum((("json_" in self.model_fields_set), self.form is not None, self.text is not None)) > 1:
            raise ValueError("give at most one of json, form and text")
        return self


class Result(StepResult):
    """The answer. Header names are lower case; `json` is null when the body is not JSON; `url` is after redirects."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    status: int
    headers: dict[str, str]
    text: str
    json_: JsonValue = Field(default=None, alias="json")
    url: str
