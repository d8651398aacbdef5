"""The language model's client against a server that speaks like one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.errors import RateLimitedError, RejectedError, StepError, TimedOutError, UnavailableError
from tests.fakes.http_service import Answer, HttpService
from tools.model import NoModel, OpenAIModel

PATH = "/v1/chat/completions"


def says(text: str | None) -> Answer:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return Answer(
        json={"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    )


def fails(status: int, message: str = "no", code: str | None = None, **headers: str) -> Answer:
    return Answer(status=status, json={"error": {"message": message, "code": code}}, headers=headers)


@pytest.fixture
async def model(service: HttpService) -> AsyncIterator[OpenAIModel]:
    made = OpenAIModel("m", f"{service.url}/v1", "sk-sesame-123", 5.0)
    yield made
    await made.close()


async def test_a_text_is_written(model: OpenAIModel, service: HttpService) -> None:
    service.route(PATH, says(" Hello. "))
    assert await model.generate("Greet", system="Be kind", limit_tokens=50) == "Hello."
    [request] = service.requests
    assert request.headers["authorization"] == "Bearer sk-sesame-123"
    assert request.json["model"] == "m"
    assert [(it["role"], it["content"]) for it in request.json["messages"]] == [
        ("system", "Be kind"),
        ("user", "Greet"),
    ]
    assert 50 in (request.json.get("max_completion_tokens"), request.json.get("max_tokens"))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (fails(401, "bad key sk-sesame-123"), RejectedError),
        (fails(404, "no such model"), RejectedError),
        (fails(400), RejectedError),
        (fails(429), RateLimitedError),
        (fails(429, code="insufficient_quota"), RejectedError),
        (fails(500), UnavailableError),
        (Answer(drop="before"), UnavailableError),
        (Answer(body=b"<html>", headers={"Content-Type": "text/html"}), RejectedError),
        (Answer(json={"choices": []}), RejectedError),
        (Answer(json={"odd": 1}), RejectedError),
        (says(None), RejectedError),
        (says(""), RejectedError),
    ],
)
async def test_failures_have_their_kind_and_are_tried_once(
    model: OpenAIModel, service: HttpService, answer: Answer, kind: type[StepError]
) -> None:
    service.route(PATH, answer)
    with pytest.raises(StepError) as caught:
        await model.generate("x")
    assert type(caught.value) is kind
    assert "sesame" not in str(caught.value)
    assert len(service.requests) == 1


async def test_a_pause_that_is_asked_for_is_heard(model: OpenAIModel, service: HttpService) -> None:
    service.route(PATH, Answer(status=429, json={"error": {"message": "slow"}}, headers={"Retry-After": "9"}))
    with pytest.raises(RateLimitedError) as caught:
        await model.generate("x")
    assert caught.value.retry_after_s == 9


async def test_a_slow_model_times_out(service: HttpService) -> None:
    service.route(PATH, Answer(delay_s=2))
    model = OpenAIModel("m", f"{service.url}/v1", "", 0.3)
    with pytest.raises(TimedOutError):
        await model.generate("x")
    await model.close()


async def test_without_a_model_it_says_what_to_set() -> None:
    with pytest.raises(RejectedError, match="No language model is set") as caught:
        await NoModel().generate("x")
    assert "ERRAND_MODEL_NAME" in caught.value.advice
    assert "ERRAND_MODEL_KEY" in caught.value.advice
