from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.retrieval.embedding import LocalEmbedding, ModelEmbedding
from catalog.retrieval.words import Words

WORDS = Words()


def similarity(one: str, other: str) -> float:
    vectors = LocalEmbedding(WORDS).embed([one, other])
    return float(vectors[0] @ vectors[1])


def test_forms_of_a_word_are_one_and_synonyms_share_a_concept() -> None:
    first, second = WORDS.terms("reminders reminding")
    assert first.stem == second.stem == "remind"
    assert {concept for term in WORDS.terms("let me know") for concept in term.concepts} >= {"notify"}


def test_addresses_and_times_tell_only_what_they_are() -> None:
    stems = [term.stem for term in WORDS.terms("https://a.example.com ana@example.com #general 9:30 42 acme.io x.csv")]
    assert stems == ["<url>", "<email>", "<channel>", "<time>", "<number>", "<url>", "<file>", "csv"]


def test_what_something_is_turned_into_is_told_apart() -> None:
    assert similarity("convert csv to json", "turn my csv into json") > similarity("convert csv to json", "json to csv")


@pytest.mark.parametrize(
    ("one", "alike", "unlike"),
    [
        ("tell me when https://acme.io is down", "alert us if the website is unreachable", "merge two csv files"),
        ("remind me to call mom", "a reminder for tomorrow at 9", "send an email to ana@example.com"),
        ("combine two spreadsheets", "merge orders.csv and people.csv", "post a message in #general"),
    ],
)
def test_sentences_that_mean_the_same_are_nearer(one: str, alike: str, unlike: str) -> None:
    assert similarity(one, alike) > similarity(one, unlike) + 0.1


def test_vectors_are_the_same_in_every_process() -> None:
    """They are kept on disk: a hash that changes from start to start would make them worthless."""
    vector = LocalEmbedding().embed(["remind me tomorrow"])[0]
    again = LocalEmbedding().embed(["something else", "remind me tomorrow"])[1]
    assert np.array_equal(vector, again)
    assert [int(place) for place in np.flatnonzero(vector)[:5]] == [3, 5, 6, 8, 9]


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_a_vector_of_length_one_or_none_at_all(text: str) -> None:
    vectors = LocalEmbedding(WORDS).embed([text])
    assert vectors.shape == (1, 384)
    assert vectors.dtype == np.float32
    length = float(np.linalg.norm(vectors[0]))
    assert length == pytest.approx(1, abs=1e-4) or length == 0


def test_a_very_long_message_is_read_from_its_beginning_only() -> None:
    assert len(WORDS.terms("word " * 5000)) < 500


def test_a_model_behind_a_function_gives_normalised_rows() -> None:
    model = ModelEmbedding(
        name="m", dimensions=2, embed_texts=lambda texts: [[3.0, 4.0] for _ in texts], floor=0, ceiling=1
    )
    assert model.embed(["a", "b"]).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]] * 2
    assert model.embed([]).shape == (0, 2)
