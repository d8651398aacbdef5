from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from catalog.retrieval.embedding import LocalEmbedding, ModelEmbedding, Vectors
from catalog.retrieval.hybrid import HybridRetriever
from catalog.workflow import Template
from core.errors import UnavailableError
from tests.fakes.little_templates import template, templates


class CountingEmbedding(LocalEmbedding):
    """Counts the texts that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        return super().embed(texts)


async def found(retriever: HybridRetriever, text: str) -> list[str]:
    return [match.template_id for match in await retriever.search(text)]


async def opened(folder: Path, content: list[Template]) -> tuple[HybridRetriever, CountingEmbedding]:
    embedding = CountingEmbedding()
    retriever = HybridRetriever(content, embedding, folder=folder)
    await retriever.wait_until_ready()
    return retriever, embedding


async def test_every_ask_finds_its_own_template_first(tmp_path: Path) -> None:
    retriever, _ = await opened(tmp_path, templates())
    asked = [(ask, each.id) for each in templates() for ask in each.asks]
    assert len(asked) > 20
    for ask, template_id in asked:
        matches = await retriever.search(ask)
        assert matches[0].template_id == template_id, ask
        assert all(0 <= part <= 1 for match in matches for part in (match.score, match.vector, match.lexical))
        assert matches == sorted(matches, key=lambda match: (-match.score, match.template_id))
    await retriever.close()


async def test_other_words_find_it_too_and_other_wishes_score_low(tmp_path: Path) -> None:
    retriever, _ = await opened(tmp_path, templates())
    assert (await found(retriever, "alert us if https://example.org becomes unreachable"))[0] == "web.down"
    assert (await found(retriever, "ping me in 20 minutes about the oven"))[0] == "chat.remind"
    assert (await found(retriever, "combine march.csv with april.csv"))[0] == "data.merge"
    right = (await retriever.search("tell me when https://example.org is down"))[0].score
    for other in ("order me a pizza", "what is the capital of france", "asdf qwer", "how are you"):
        assert all(match.score < right / 2 for match in await retriever.search(other))
    assert await retriever.search("") == []
    assert await retriever.search("\u200b 🙂 ???") == []
    assert len(await retriever.search("send a file " * 2000, limit=2)) == 2
    await retriever.close()


async def test_searching_waits_while_the_index_is_being_built(tmp_path: Path) -> None:
    retriever = HybridRetriever(templates(), LocalEmbedding(), folder=tmp_path)
    retriever.start()
    assert not retriever.has_vectors
    assert await found(retriever, "merge two csv files")
    assert retriever.has_vectors
    await retriever.close()


async def test_the_index_is_kept_over_a_restart_and_only_changes_are_embedded(tmp_path: Path) -> None:
    first, embedding = await opened(tmp_path, templates())
    before = await first.search("tell me when my site is down")
    assert first.updated == len(templates())
    await first.close()

    second, embedding = await opened(tmp_path, templates())
    assert second.updated == 0
    assert embedding.texts == 1  # the one with which the index is tried out
    assert await second.search("tell me when my site is down") == before
    await second.close()

    changed = [each for each in templates() if each.id != "data.merge"]
    changed[0] = changed[0].model_copy(update={"asks": [*changed[0].asks, "a truly new way to ask for it"]})
    changed.append(
        template("files.shred", "Shred a file", ["shred x.txt", "destroy a file", "wipe it", "make it gone"])
    )
    third, embedding = await opened(tmp_path, changed)
    assert third.updated == 2
    assert (await found(third, "a truly new way to ask"))[0] == changed[0].id
    assert (await found(third, "shred secrets.txt"))[0] == "files.shred"
    assert "data.merge" not in await found(third, "merge two csv files")
    await third.close()


async def test_another_embedding_gets_an_index_of_its_own(tmp_path: Path) -> None:
    first, _ = await opened(tmp_path, templates())
    await first.close()
    other = ModelEmbedding(
        name="other model/1",
        dimensions=3,
        embed_texts=lambda texts: [[1.0, len(text) % 7, len(text) % 5] for text in texts],
        floor=0,
        ceiling=1,
    )
    retriever = HybridRetriever(templates(), other, folder=tmp_path)
    await retriever.wait_until_ready()
    assert retriever.updated == len(templates())
    assert retriever.has_vectors
    await retriever.close()
    again, _ = await opened(tmp_path, templates())
    assert again.updated == 0
    await again.close()


def overwrite_database(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"garbage" * 1000)


def cut_database(folder: Path) -> None:
    with (folder / "chroma.sqlite3").open("r+b") as file:
        file.truncate(5000)


def overwrite_vectors(folder: Path) -> None:
    for file in vector_files(folder):
        file.write_bytes(b"x" * 100)


def remove_vectors(folder: Path) -> None:
    for file in vector_files(folder):
        file.unlink()


def vector_files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and file.parent != folder]


@pytest.mark.parametrize("damage", [overwrite_database, cut_database, overwrite_vectors, remove_vectors])
async def test_a_damaged_index_is_built_anew(tmp_path: Path, damage: object, caplog: pytest.LogCaptureFixture) -> None:
    first, _ = await opened(tmp_path, templates())
    await first.close()
    damage(tmp_path)  # type: ignore[operator]
    second, _ = await opened(tmp_path, templates())
    assert second.has_vectors
    assert (await found(second, "tell me when my site is down"))[0] == "web.down"
    assert caplog.records == []
    await second.close()


async def test_words_alone_answer_when_the_folder_cannot_be_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "chroma"
    place.write_text("this is a file")
    retriever = HybridRetriever(templates(), LocalEmbedding(), folder=place)
    assert (await found(retriever, "tell me when my site is down"))[0] == "web.down"
    assert await found(retriever, "merge two csv files")
    assert not retriever.has_vectors
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "found by their words alone" in caplog.text
    await retriever.close()


async def test_words_alone_answer_while_the_model_cannot_be_reached(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A model that fails later costs its part of the score, not the answer, and is tried again."""
    is_up = True

    def embed(texts: Sequence[str]) -> Vectors:
        if not is_up:
            raise UnavailableError("No network.")
        return LocalEmbedding().embed(texts)

    model = ModelEmbedding(name="model", dimensions=384, embed_texts=embed, floor=0.1, ceiling=0.9)
    retriever = HybridRetriever(templates(), model, folder=tmp_path)
    assert (await retriever.search("tell me when my site is down"))[0].vector > 0
    is_up = False
    for _ in range(2):
        match = (await retriever.search("tell me when my site is down"))[0]
        assert (match.template_id, match.vector) == ("web.down", 0)
    is_up = True
    assert (await retriever.search("tell me when my site is down"))[0].vector > 0
    assert len(caplog.records) == 1
    await retriever.close()


async def test_no_templates_at_all_find_nothing(tmp_path: Path) -> None:
    retriever = HybridRetriever([], LocalEmbedding(), folder=tmp_path)
    assert await retriever.search("anything") == []
    await retriever.close()
