"""Retrieval with what runs elsewhere: a Chroma server, and models that are downloaded or asked over the network."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from catalog.retrieval.chroma import ChromaIndex, minilm_embedder
from catalog.retrieval.embedding import LocalEmbedding, MiniLmEmbedding, OpenAIEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from core.errors import ConfigError, RejectedError, StepError, UnavailableError
from tests.fakes.chroma_server import ChromaServer
from tests.fakes.http_service import Answer, HttpService
from tests.fakes.little_templates import templates
from tools.model import openai_embedder


async def test_a_chroma_server_serves_as_the_index_and_may_come_and_go(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    async with ChromaServer(tmp_path) as server:
        first = HybridRetriever(templates(), LocalEmbedding(), url=server.url)
        assert (await first.search("tell me when my site is down"))[0].template_id == "web.down"
        assert first.updated == len(templates())
        second = HybridRetriever(templates(), LocalEmbedding(), url=server.url)
        await second.wait_until_ready()
        assert second.updated == 0
        assert second.has_vectors
        await second.close()

        await server.stop()
        match = (await first.search("tell me when my site is down"))[0]
        assert (match.template_id, match.vector) == ("web.down", 0)
        assert "found by their words alone" in caplog.text
        await server.start()
        assert (await first.search("tell me when my site is down"))[0].vector > 0
        await first.close()


async def test_a_server_that_is_not_there_is_said_and_words_alone_answer(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    retriever = HybridRetriever(templates(), LocalEmbedding(), url="http://127.0.0.1:9")
    assert (await retriever.search("merge two csv files"))[0].template_id == "data.merge"
    assert not retriever.has_vectors
    assert "cannot be" in caplog.text
    await retriever.close()


def test_an_address_that_is_none_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="ERRAND_CHROMA_URL"):
        ChromaIndex(LocalEmbedding(), url="chroma").open([])
    with pytest.raises(ConfigError, match="either a folder or a server"):
        ChromaIndex(LocalEmbedding())


def test_a_model_that_cannot_be_downloaded_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "MODEL_DOWNLOAD_URL", "http://127.0.0.1:9/onnx.tar.gz")
    with pytest.raises(UnavailableError, match="minilm cannot be downloaded") as caught:
        MiniLmEmbedding(minilm_embedder(tmp_path / "models")).embed(["hello"])
    assert "ERRAND_EMBEDDING=local" in caught.value.advice


async def embedded(service: HttpService, texts: list[str]) -> list[list[float]]:
    embed = openai_embedder("text-embedding-3-small", f"http://{service.host}/v1", "sk-key", timeout_s=5)
    model = OpenAIEmbedding(embed, model="text-embedding-3-small")
    try:
        return (await asyncio.to_thread(model.embed, texts)).tolist()  # type: ignore[no-any-return]
    finally:
        model.close()


async def test_an_embedding_model_is_asked_in_one_request_and_its_rows_are_put_in_order() -> None:
    rows = [{"object": "embedding", "index": place, "embedding": [float(place), 1.0]} for place in (1, 0)]
    body = {"object": "list", "model": "m", "data": rows, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    async with HttpService() as service:
        service.route("/v1/embeddings", Answer(json=body))
        vectors = await embedded(service, ["a", "b"])
    assert vectors == [[0, 1], [pytest.approx(0.7071068), pytest.approx(0.7071068)]]
    [request] = service.requests
    assert request.json["input"] == ["a", "b"]
    assert request.headers["authorization"] == "Bearer sk-key"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=401, json={"error": {"message": "bad key sk-key"}}), RejectedError),
        (Answer(status=200, json={"nothing": True}), RejectedError),
        (Answer(status=200, json={"data": []}), RejectedError),
        (Answer(status=200, body=b"<html>"), RejectedError),
        (Answer(status=503), UnavailableError),
    ],
)
async def test_a_model_that_fails_raises_our_errors_without_the_key(answer: Answer, error: type[StepError]) -> None:
    async with HttpService() as service:
        service.route("/v1/embeddings", answer)
        with pytest.raises(error) as caught:
            await embedded(service, ["a"])
    assert "sk-key" not in caught.value.message
