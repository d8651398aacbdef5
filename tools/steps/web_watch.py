"""Look at an address and compare with the last look: has it changed, what is the number, is it up? Posts nothing itself."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from hashlib import sha256
from http import HTTPStatus
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.canonical import decode, digest, encode
from core.errors import RejectedError, RetryableError
from tools.markup import lines, select, text_of
from tools.outbound import HttpRequest, HttpResponse
from tools.redact import Redactor
from tools.seen import Remembered, recall, remember
from tools.status import describe, raise_for_status
from tools.step import LITERAL, Effect, StepContext, StepParams, StepResult, StepType
from tools.table import number_of

_EXCERPT = 2000
_PATTERN_TIMEOUT_S = 1.0
_NUMBER = re.compile(r"[-+]?\d(?:[\d.,'\u00a0\u202f]*\d)?")
_SAMPLE = HttpResponse(status=200, headers={"content-type": "text/html"}, body=b"<p>42.00 (sample)</p>")


class Params(StepParams):
    """What to look at: the whole page, or the part that one of `css`, `pattern` and `jmespath` selects.

    `content` compares the text, `number` reads the first number in it, `status` only asks whether the site answers
    with a status below 400: there an unreachable site is a result, not a failure.
    """

    url: str = Field(min_length=1, max_length=8000)
    mode: Literal["content", "number", "status"] = "content"
    css: str | None = Field(
        default=None, max_length=300, description="CSS selector, e.g. .price or #main h1.", json_schema_extra=LITERAL
    )
    pattern: str | None = Field(
        default=None,
        max_length=500,
        description="Regular expression; its first group counts.",
        json_schema_extra=LITERAL,
    )
    jmespath: str | None = Field(
        default=None,
        max_length=500,
        description="For an address that answers with JSON.",
        json_schema_extra=LITERAL,
    )
    headers: dict[str, str] = Field(default={})

    @model_validator(mode="after")
    def _one_selector(self) -> Self:
        if sum(part is not None for part in (self.css, self.pattern, self.jmespath)) > 1:
            raise ValueError("give at most one of css, pattern and jmespath")
        return self


class Result(StepResult):
    """What was seen, beside what was seen last time.

    `first`: there was no look before. `changed`: there was one and it differs. `previous` and `current` are excerpts of
    the watched text (in mode status: "up" or "down"). `change` is the difference of the numbers. `went_down` is true on
    the look that finds the site down after it was up, or at the first look. `reason` says why it is down.
    """

    url: str
    first: bool
    changed: bool
    previous: str | None
    current: str
    number: float | None = None
    previous_number: float | None = None
    change: float | None = None
    status: int | None = None
    up: bool = True
    went_down: bool = False
    came_up: bool = False
    reason: str = ""


class Look(BaseModel):
    """What is remembered of one look. `mark` is a digest of the whole watched text, `excerpt` its beginning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    excerpt: str
    mark: str
    number: float | None = None
    is_up: bool = True


async def run(params: Params, context: StepContext) -> Result:
    # Another address or selector is another thing to watch, also within one `for_each`.
    name = f"look:{digest(params.model_dump(mode='json', exclude={'headers'}))[:24]}"
    before = await recall(context.memory, name, context.idempotency_key, Remembered[Look])
    status, look, reason = await (_ask if params.mode == "status" else _read)(params, context)
    await remember(context.memory, name, Remembered[Look](key=context.idempotency_key, before=before, now=look))
    return Result(
        url=params.url,
        first=before is None,
        changed=before is not None and before.mark != look.mark,
        previous=before.excerpt if before else None,
        current=look.excerpt,
        number=look.number,
        previous_number=before.number if before else None,
        change=_change(before, look),
        status=status,
        up=look.is_up,
        went_down=not look.is_up and (before is None or before.is_up),
        came_up=look.is_up and before is not None and not before.is_up,
        reason=reason,
    )


async def _ask(params: Params, context: StepContext) -> tuple[int | None, Look, str]:
    """Return (status, look, why it is down)."""
    try:
        response = await context.http.send(_request(params))
    except (RetryableError, RejectedError) as error:
        return None, Look(excerpt="down", mark="down", is_up=False), error.message
    is_up = response.status < HTTPStatus.BAD_REQUEST
    word = "up" if is_up else "down"
    return response.status, Look(excerpt=word, mark=word, is_up=is_up), "" if is_up else describe(response)


async def _read(params: Params, context: StepContext) -> tuple[int | None, Look, str]:
    response = raise_for_status(await context.http.send(_request(params)), now=context.clock.now())
    # A rehearsal's pretended answer holds nothing that a selector could find: it is taken as a whole.
    whole = params.model_copy(update={"css": None, "pattern": None, "jmespath": None})
    is_sample = response is _SAMPLE
    text = await asyncio.to_thread(_watched, whole if is_sample else params, response)
    number = None
    if params.mode == "number":
        number = _first_number(text)
        if number is None:
            raise RejectedError(f"There is no number in what {_host(params)} shows: “{text[:100]}”.")
    mark = str(number) if params.mode == "number" else sha256(text.encode()).hexdigest()
    return response.status, Look(excerpt=text[:_EXCERPT], mark=mark, number=number), ""


def _request(params: Params) -> HttpRequest:
    return HttpRequest(method="GET", url=params.url, headers=params.headers, sample=_SAMPLE)


def _watched(params: Params, response: HttpResponse) -> str:
    """Return the text that is compared. Raises RejectedError when a selector finds nothing or is wrong."""
    if params.jmespath is not None:
        return _from_json(params, response)
    is_html = "html" in response.headers.get("content-type", "") or response.body[:200].lstrip().startswith(b"<")
    if params.css is not None:
        found = select(response.text, params.css)
        if not found:
            raise _nothing(params, params.css)
        return "\n".join(found)
    text = text_of(response.text) if is_html else lines(response.text)
    if params.pattern is None:
        return text
    for searched in dict.fromkeys((text, response.text)):  # what a reader sees first, then the source
        if (match := _search(params.pattern, searched)) is not None:
            return match
    raise _nothing(params, params.pattern)


def _search(pattern: str, text: str) -> str | None:
    import regex  # loaded when it is first used

    try:
        match = regex.search(pattern, text, timeout=_PATTERN_TIMEOUT_S, concurrent=True)
    except regex.error as error:
        raise RejectedError(f"“{pattern}” is not a regular expression: {error}.") from error
    except TimeoutError as error:
        raise RejectedError(f"“{pattern}” takes too long to search for.", advice="Use a simpler expression.") from error
    if match is None:
        return None
    found = match[1] if match.re.groups else match[0]
    return found or ""


def _from_json(params: Params, response: HttpResponse) -> str:
    import jmespath  # loaded when it is first used

    try:
        found = jmespath.search(params.jmespath or "", decode(response.body))
    except jmespath.exceptions.JMESPathError as error:
        raise RejectedError(f"“{params.jmespath}” is not a JMESPath expression for this: {error}") from error
    except ValueError as error:
        raise RejectedError(f"{_host(params)} did not answer with JSON.") from error
    if found is None:
        raise _nothing(params, params.jmespath or "")
    return found if isinstance(found, str) else encode(found).decode()


def _nothing(params: Params, wanted: str) -> RejectedError:
    return RejectedError(
        f"Nothing at {_host(params)} matches “{wanted}”.",
        advice="The page may have been rebuilt: change what is watched.",
    )


def _first_number(text: str) -> float | None:
    for match in _NUMBER.finditer(text):
        if (number := number_of(match[0])) is not None:
            return float(number)
    return None


def _change(before: Look | None, look: Look) -> float | None:
    if before is None or before.number is None or look.number is None:
        return None
    # In decimals, so that 20.1 - 20.0 is 0.1
    return float(Decimal(str(look.number)) - Decimal(str(before.number)))


def _host(params: Params) -> str:
    return urlsplit(params.url).hostname or params.url


def _summarize(params: Params) -> str:
    url = Redactor().text(params.url)
    if params.mode == "status":
        return f"Check whether {url} is up"
    part = params.css or params.pattern or params.jmespath
    what = "the number" if params.mode == "number" else "the content"
    return f"Look at {what} of {url}{f' ({part})' if part else ''}"


STEPS = (
    StepType(
        name="web.watch",
        title="Watch a web address",
        description="Looks at a page, a value or a site's status and says what changed since the last run.",
        params=Params,
        result=Result,
        effect=Effect.READ,
        run=run,
        summarize=_summarize,
        address=lambda params: "" if params.mode == "status" else params.url,
        needs_network=True,
    ),
)
