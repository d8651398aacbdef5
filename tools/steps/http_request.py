"""Call any HTTP address, with or without the connected account. Interprets no service's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlencode, urljoin, urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from core.canonical import decode, encode
from core.errors import BlockedError
from tools.outbound import HttpRequest, HttpResponse
from tools.redact import Redactor
from tools.status import raise_for_status
from tools.step import Effect, Risk, StepContext, StepParams, StepResult, StepType

Scalar = str | int | float | bool | None
Method = Annotated[
    Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]
_LONGEST_URL = 8000


class Params(StepParams):
    """One request. At most one of `json`, `form` and `text` is the body."""

    model_config = ConfigDict(populate_by_name=True)

    method: Method = "GET"
    url: str = Field(min_length=1, max_length=_LONGEST_URL)
    headers: dict[str, str] = Field(default={})
    query: dict[str, Scalar | list[Scalar]] = Field(default={}, description="Added to the address; nulls are left out.")
    json_: JsonValue = Field(default=None, alias="json")
    form: dict[str, Scalar | list[Scalar]] | None = None
    text: str | None = None
    expect_status: list[int] | Literal["any"] | None = Field(
        default=None, description='Statuses that are no failure; "any" takes every answer. Default: 200 to 399.'
    )
    idempotent: bool = Field(default=False, description="The service takes a repeated POST or PATCH as one.")
    sample: JsonValue = Field(default=None, description="The answer that a rehearsal pretends to get.")

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


async def run(params: Params, context: StepContext) -> Result:
    return await _send(params, context, url=params.url, headers=params.headers)


async def run_with_account(params: Params, context: StepContext) -> Result:
    """The account's header goes to addresses below its own address only."""
    account = await context.accounts.get("http")
    name, base = account["header"], account["base_url"]
    url = urljoin(base.rstrip("/") + "/", params.url.lstrip("/")) if "://" not in params.url else params.url
    if not _is_below(url, base):
        raise BlockedError(
            f"{url} is not below {base}, the address of the connected service.",
            advice="Use an address of that service, or a step without the account.",
        )
    others = {key: value for key, value in params.headers.items() if key.lower() != name.lower()}
    return await _send(
        params,
        context,
        url=url,
        headers={**others, name: account["value"]},
        secret_headers=frozenset((name.lower(),)),
        connector="http",
    )


async def _send(
    params: Params,
    context: StepContext,
    *,
    url: str,
    headers: Mapping[str, str],
    secret_headers: frozenset[str] = frozenset(),
    connector: str = "",
) -> Result:
    body, media_type = _body(params)
    sent = dict(headers)
    names = {name.lower() for name in sent}
    if media_type and "content-type" not in names:
        sent["Content-Type"] = media_type
    what = effect(params)
    if what is not Effect.READ and "idempotency-key" not in names:
        sent["Idempotency-Key"] = context.idempotency_key
    response = await context.http.send(
        HttpRequest(
            method=params.method,
            url=_with_query(url, params.query),
            headers=sent,
            body=body,
            secret_headers=secret_headers,
            once=what is Effect.ONCE,
            sample=_sample(params.sample),
        )
    )
    if params.expect_status != "any":
        now = context.clock.now()
        raise_for_status(response, expected=params.expect_status or (), connector=connector, now=now)
    return Result(
        status=response.status,
        headers=dict(response.headers),
        text=response.text,
        json_=_json(response.body),
        url=response.url or url,
    )


def _is_below(url: str, base: str) -> bool:
    """Return whether an address has the origin of another and a path below its path, also after dots are resolved."""
    inner, outer = urlsplit(urljoin(url, urlsplit(url).path or "/")), urlsplit(base)
    if (inner.scheme, inner.netloc.lower()) != (outer.scheme, outer.netloc.lower()):
        return False
    if ".." in unquote(unquote(inner.path)).replace("\\", "/").split("/"):
        return False
    return f"{inner.path}/".startswith(f"{outer.path.rstrip('/')}/")


def _with_query(url: str, query: Mapping[str, Scalar | list[Scalar]]) -> str:
    if not (pairs := _pairs(query)):
        return url
    address, _, _ = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(pairs)}"


def _pairs(fields: Mapping[str, Scalar | list[Scalar]]) -> list[tuple[str, str]]:
    """Return (name, text) for each value that is not null; true and false as JSON writes them."""
    return [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
        if value is not None
    ]


def _body(params: Params) -> tuple[bytes | None, str]:
    if "json_" in params.model_fields_set:
        return encode(params.json_), "application/json"
    if params.form is not None:
        return urlencode(_pairs(params.form)).encode(), "application/x-www-form-urlencoded"
    if params.text is not None:
        return params.text.encode(), "text/plain; charset=utf-8"
    return None, ""


def _json(body: bytes) -> JsonValue:
    try:
        return decode(body)
    except ValueError:
        return None


def _sample(sample: JsonValue) -> HttpResponse:
    if isinstance(sample, str):
        return HttpResponse(status=200, headers={"content-type": "text/plain; charset=utf-8"}, body=sample.encode())
    body = encode({} if sample is None else sample)
    return HttpResponse(status=200, headers={"content-type": "application/json"}, body=body)


def effect(params: Params) -> Effect:
    """What the method promises (RFC 9110, 9.2)."""
    if params.method in ("GET", "HEAD", "OPTIONS"):
        return Effect.READ
    return Effect.IDEMPOTENT if params.idempotent is True or params.method in ("PUT", "DELETE") else Effect.ONCE


def _risk(params: Params) -> Risk:
    if params.method == "DELETE":
        return Risk.HIGH
    return Risk.NONE if effect(params) is Effect.READ else Risk.LOW


def _summarize(params: Params) -> str:
    kind = "JSON" if "json_" in params.model_fields_set else "form" if params.form is not None else "text"
    body = f" with a {kind} body" if _body(params)[0] is not None else ""
    return f"{params.method} {Redactor().text(_with_query(params.url, params.query))}{body}"


STEPS = (
    StepType(
        name="http.request",
        title="Send an HTTP request",
        description="Calls a web address and gives status, headers, text and JSON of the answer.",
        params=Params,
        result=Result,
        effect=effect,
        run=run,
        summarize=_summarize,
        risk=_risk,
        address=lambda params: params.url,
        needs_network=True,
    ),
    StepType(
        name="http.api_request",
        title="Call the connected web service",
        description="Like http.request, with the key of the connected web service; the address may be only its path.",
        params=Params,
        result=Result,
        effect=effect,
        run=run_with_account,
        summarize=lambda params: f"{_summarize(params)} with the connected account",
        risk=_risk,
        connector="http",
        address=lambda params: params.url,
        needs_network=True,
    ),
)
