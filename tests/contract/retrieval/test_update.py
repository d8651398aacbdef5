"""Templates come, change and go while the retriever is in use: nothing is built anew, and nothing differs from that."""

from __future__ import annotations

from pathlib import Path

import bm25s
import pytest

from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from catalog.retrieval.lexical import LexicalIndex, template_texts
from catalog.retrieval.port import Entry
from catalog.retrieval.words import Words
from catalog.workflow import Template
from tests.contract.retrieval.test_hybrid import CountingEmbedding, found, opened
from tests.fakes.little_templates import template, templates

SHRED = template("files.shred", "Shred a file", ["shred x.txt", "destroy a file", "wipe it", "make it gone"])
QUERIES = ("merge two csv files", "shred secrets.txt", "tell me when my site is down", "the morning round please")


def taught(each: Template) -> Template:
    return each.model_copy(update={"asks": [*each.asks, "the morning round please"]})


def entries(*changed: Template) -> dict[str, Entry | None]:
    return {each.id: Entry(template=each) for each in changed}


def changed_templates() -> list[Template]:
    """One more, one that is gone, one that was taught."""
    first, *others = [each for each in templates() if each.id != "data.merge"]
    return [taught(first), *others, SHRED]


async def test_what_is_added_changed_and_removed_is_known_to_the_next_search(tmp_path: Path) -> None:
    retriever, embedding = await opened(tmp_path, templates())
    first = changed_templates()[0]
    before = embedding.texts
    retriever.update({**entries(first, SHRED), "data.merge": None})
    assert (await found(retriever, "the morning round please"))[0] == first.id
    assert (await found(retriever, "shred secrets.txt"))[0] == "files.shred"
    assert "data.merge" not in await found(retriever, "merge two csv files")
    asked = 3
    assert embedding.texts - before - asked == len(first.asks) + len(SHRED.asks) + 2
    await retriever.close()


async def test_an_updated_index_finds_what_a_new_one_finds(tmp_path: Path) -> None:
    updated, _ = await opened(tmp_path / "updated", templates())
    built, _ = await opened(tmp_path / "built", changed_templates())
    first = changed_templates()[0]
    updated.update({"data.merge": None, **entries(SHRED, first)})
    for query in QUERIES:
        assert await updated.search(query) == await built.search(query), query
    await updated.close()
    await built.close()


async def test_learned_words_find_a_template_and_change_nothing_else(tmp_path: Path) -> None:
    retriever, _ = await opened(tmp_path, templates())
    first = templates()[0]
    before = {query: await retriever.search(query) for query in ("tell me when my site is down", "merge two csv files")}
    retriever.update({first.id: Entry(template=first, learned=("babysit {url} {time}", "mind the shop"))})
    found = (await retriever.search("babysit https://example.net/ hourly"))[0]
    assert found.template_id == first.id
    assert found.learned > 0.5 > found.score
    for query, matches in before.items():
        now = {match.template_id: match for match in await retriever.search(query)}
        assert {match.template_id: match.score for match in matches} == pytest.approx(
            {match.template_id: now[match.template_id].score for match in matches}, abs=0.05
        )
    retriever.update(entries(first))
    assert all(match.learned == 0 for match in await retriever.search("babysit https://example.net/ hourly"))
    await retriever.close()


async def test_an_update_is_kept_over_a_restart(tmp_path: Path) -> None:
    first, _ = await opened(tmp_path, templates())
    changed = changed_templates()
    first.update({**entries(changed[0], SHRED), "data.merge": None})
    before = [await first.search(query) for query in QUERIES]
    await first.close()
    second, _ = await opened(tmp_path, changed)
    assert second.updated == 0
    assert [await second.search(query) for query in QUERIES] == before
    await second.close()


async def test_what_changes_while_the_index_is_being_opened_is_not_lost(tmp_path: Path) -> None:
    retriever = HybridRetriever(templates(), LocalEmbedding(), folder=tmp_path)
    retriever.start()
    retriever.update(entries(SHRED))
    assert (await found(retriever, "shred secrets.txt"))[0] == "files.shred"
    assert retriever.has_vectors
    await retriever.close()


async def test_an_update_that_cannot_be_embedded_now_is_caught_up_with(tmp_path: Path) -> None:
    embedding = CountingEmbedding()
    retriever = HybridRetriever(templates(), embedding, folder=tmp_path)
    await retriever.wait_until_ready()
    embed, first = embedding.embed, taught(templates()[0])
    embedding.embed = _broken  # type: ignore[method-assign]  # the model is away
    retriever.update(entries(SHRED))
    assert (await found(retriever, "shred secrets.txt"))[0] == "files.shred"
    embedding.embed = embed  # type: ignore[method-assign]
    retriever.update(entries(first))
    assert (await retriever.search("destroy a file"))[0].vector > 0.9
    await retriever.close()


def _broken(_texts: object) -> None:
    from core.errors import UnavailableError

    raise UnavailableError("The model cannot be reached.")


def test_an_index_that_grew_weighs_as_one_that_was_built_at_once() -> None:
    words = Words()
    grown = LexicalIndex(templates(), words)
    grown.remove("data.merge")
    grown.remove("data.merge")
    grown.put(SHRED)
    grown.put(changed_templates()[0])
    built = LexicalIndex(changed_templates(), words)
    for query in QUERIES:
        assert grown.search(query, 20) == pytest.approx(built.search(query, 20)), query


def test_words_are_weighed_as_bm25_weighs_them() -> None:
    """Against another implementation of the same formula."""
    words, all_templates = Words(), templates()
    ours = LexicalIndex(all_templates, words)
    documents = [
        [token for text in template_texts(each) for token, _ in ours._tokens(words.terms(text))]
        for each in all_templates
    ]
    theirs = bm25s.BM25(method="lucene")
    theirs.index(documents, show_progress=False)
    for ask in (ask for each in all_templates for ask in each.asks):
        tokens = list(dict.fromkeys(token for token, _ in ours._tokens(words.terms(ask))))
        assert ours.scores(tokens) == pytest.approx(theirs.get_scores(tokens), rel=1e-4), ask
