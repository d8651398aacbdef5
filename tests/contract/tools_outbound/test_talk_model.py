"""The model as the conversation asks it, against a server that speaks OpenAI's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.errors import RateLimitedError, RejectedError, StepError, TimedOutError, UnavailableError
from tests.fakes.openai_server import OpenAIServer, Says
from tools.model import OpenAIModel, openai_embedder
from tools.outbound import PromptLine, Structured, TokenUse

SCHEMA: dict[str, Any] = {
    "title": "answer",
    "description": "An answer.",
    "type": "object",
    "properties": {"number": {"type": "integer"}},
    "required": ["number"],
}
LINES = [PromptLine(role="system", text="Count."), PromptLine(role="user", text="How many?")]


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as running:
        yield running


@pytest.fixture
async def model(server: OpenAIServer) -> AsyncIterator[OpenAIModel]:
    made = OpenAIModel("m", server.url, "sk-sesame-123", 5.0)
    yield made
    await made.close()


async def ask(model: OpenAIModel, timeout_s: float = 5.0) -> Structured:
    return await model.structured(LINES, schema=SCHEMA, limit_tokens=50, timeout_s=timeout_s)


async def test_an_answer_within_a_schema_comes_with_its_cost(model: OpenAIModel, server: OpenAIServer) -> None:
    server.say(Says(call={"number": 7}, usage=(41, 5)))
    assert await ask(model) == Structured(value={"number": 7}, use=TokenUse(prompt=41, answer=5))
    [asked] = server.asked
    assert asked.headers["Authorization"] == "Bearer sk-sesame-123"
    assert asked.tool is not None
    assert asked.tool["name"] == "answer"
    assert asked.system == "Count."
    assert 50 in (asked.body.get("max_completion_tokens"), asked.body.get("max_tokens"))


async def test_what_is_not_counted_is_estimated(model: OpenAIModel, server: OpenAIServer) -> None:
    server.say(Says(call={"number": 7}, usage=None))
    use = (await ask(model)).use
    assert use.prompt > 0
    assert use.answer > 0


@pytest.mark.parametrize(
    "says",
    [Says(call='{"number": 7'), Says(text="seven, I would say"), Says(call='{"num', finish="length"), Says(text="")],
)
async def test_what_is_no_answer_has_a_problem_and_still_costs(
    model: OpenAIModel, server: OpenAIServer, says: Says
) -> None:
    server.say(says)
    answer = await ask(model)
    assert answer.value is None
    assert answer.problem
    assert not answer.is_refusal
    assert answer.use.prompt == 100


@pytest.mark.parametrize("says", [Says(refusal="I will not."), Says(text="", finish="content_filter")])
async def test_a_refusal_is_known_as_one(model: OpenAIModel, server: OpenAIServer, says: Says) -> None:
    server.say(says)
    assert (await ask(model)).is_refusal


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (Says(status=401), RejectedError),
        (Says(status=429, headers={"Retry-After": "9"}), RateLimitedError),
        (Says(status=429, code="insufficient_quota"), RejectedError),
        (Says(status=503), UnavailableError),
        (Says(drop="before"), UnavailableError),
        (Says(call={"number": 7}, drop="during"), UnavailableError),
        (Says(body=b'{"choices": [{"mess'), RejectedError),
        (Says(body=b'{"odd": 1}'), RejectedError),
    ],
)
async def test_failures_have_their_kind_and_are_tried_once(
    model: OpenAIModel, server: OpenAIServer, says: Says, kind: type[StepError]
) -> None:
    server.say(says)
    with pytest.raises(StepError) as caught:
        await ask(model)
    assert type(caught.value) is kind
    assert len(server.asked) == 1


async def test_a_slow_answer_is_given_up(model: OpenAIModel, server: OpenAIServer) -> None:
    server.say(Says(call={"number": 7}, delay_s=3))
    with pytest.raises(TimedOutError):
        await ask(model, timeout_s=0.3)


async def test_a_text_comes_piece_by_piece(model: OpenAIModel, server: OpenAIServer) -> None:
    server.say(Says(text="One two three.", usage=(30, 4)))
    pieces = [piece async for piece in model.stream(LINES, limit_tokens=50, timeout_s=5)]
    assert pieces == ["One ", "two ", "three.", TokenUse(prompt=30, answer=4)]


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (Says(text="One two three four", drop="during"), StepError),
        (Says(text=""), RejectedError),
        (Says(status=500), UnavailableError),
    ],
)
async def test_a_broken_stream_is_an_error_of_ours(
    model: OpenAIModel, server: OpenAIServer, says: Says, kind: type[StepError]
) -> None:
    server.say(says)
    with pytest.raises(kind):
        [piece async for piece in model.stream(LINES, limit_tokens=50, timeout_s=20)]


async def test_a_stream_that_is_too_slow_is_given_up(model: OpenAIModel, server: OpenAIServer) -> None:
    server.say(Says(text="One two three", gap_s=1))
    with pytest.raises(TimedOutError):
        [piece async for piece in model.stream(LINES, limit_tokens=50, timeout_s=0.5)]


async def test_embeddings_are_spoken_too(server: OpenAIServer) -> None:
    embed = openai_embedder("e", server.url, "sk", timeout_s=5)
    vectors = await asyncio.to_thread(embed, ["a", "b", "a"])
    embed.close()
    assert vectors[0] == vectors[2] != vectors[1]
    assert server.embedded == [["a", "b", "a"]]
