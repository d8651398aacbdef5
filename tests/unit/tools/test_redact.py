"""What is left of secrets and of long values."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from core.canonical import encode
from tools.redact import HIDDEN, Redactor, is_sensitive, trim

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=20), inner, max_size=30),
    max_leaves=60,
)
SECRET = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=6, max_size=40)


@given(SECRET, st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_found_in_every_form_in_which_it_travels(secret: str, before: str, after: str) -> None:
    redactor = Redactor([secret])
    forms = [
        secret,
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
        base64.b64encode(f"{before}:{secret}".encode()).decode(),
        base64.urlsafe_b64encode(f"{secret}{after}".encode()).decode(),
    ]
    for form in forms:
        cleaned = redactor.value({"text": f"{before} {form} {after}", "list": [form]})
        assert isinstance(cleaned, dict)
        assert HIDDEN in str(cleaned["text"])
        assert HIDDEN in str(cleaned["list"])
        assert secret not in str(cleaned["list"])


def test_short_values_are_no_secrets() -> None:
    assert Redactor(["abc", ""]).text("abc def") == "abc def"


def test_secrets_can_be_added_later() -> None:
    redactor = Redactor()
    redactor.add(["sesame-street"])
    assert redactor.text("open sesame-street!") == f"open {HIDDEN}!"


def test_a_longer_secret_is_hidden_whole() -> None:
    assert Redactor(["abcd", "abcdef"]).text("abcdef") == HIDDEN


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "Cookie",
        "set-cookie",
        "X-Api-Key",
        "api_key",
        "apiKey",
        "password",
        "db_password",
        "accessToken",
        "access_token",
        "token",
        "client_secret",
        "X-Auth-Token",
        "private_key",
        "X-Auth",
        "secretValue",
    ],
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_sensitive(name)
    assert Redactor().value({name: "anything"}) == {name: HIDDEN}
    assert Redactor().headers({name: "anything"}) == {name: HIDDEN}


@pytest.mark.parametrize(
    "name",
    ["author", "monkey", "keyboard", "key", "tokens_used", "limit_tokens", "secretary", "passenger", "Idempotency-Key"],
)
def test_ordinary_names_are_left_alone(name: str) -> None:
    assert not is_sensitive(name)


def test_nested_values_and_flags_under_a_sensitive_name_are_kept() -> None:
    value: JsonValue = {"token": None, "secret": True, "password": {"set": True}, "other": ["token=abc123"]}
    assert Redactor().value(value) == {
        "token": None,
        "secret": True,
        "password": {"set": True},
        "other": [f"token={HIDDEN}"],
    }


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("https://ann:sesame@example.com/x", f"https://ann:{HIDDEN}@example.com/x"),
        ("postgresql://u:p%40ss@db/x", f"postgresql://u:{HIDDEN}@db/x"),
        ("https://x.example/?api_key=12345&b=1", f"https://x.example/?api_key={HIDDEN}&b=1"),
        ("Authorization: Bearer abcdefgh.ijk", f"Authorization: Bearer {HIDDEN}"),
        ("said bearer abcdefghij", f"said bearer {HIDDEN}"),
        ("a bearer of news", "a bearer of news"),
        ("http://example.com:8080/a", "http://example.com:8080/a"),
    ],
)
def test_credentials_in_text_are_hidden(text: str, cleaned: str) -> None:
    assert Redactor().text(text) == cleaned


def test_named_headers_are_hidden_too() -> None:
    headers = Redactor().headers({"X-Odd": "1", "Accept": "text/html"}, frozenset({"x-odd"}))
    assert headers == {"X-Odd": HIDDEN, "Accept": "text/html"}


@given(JSON, st.integers(60, 2000))
def test_trimmed_values_are_valid_json_within_the_limit(value: JsonValue, limit: int) -> None:
    trimmed = trim(value, limit)
    assert len(encode(trimmed)) <= limit
    json.loads(encode(trimmed))
    if len(encode(value)) <= limit:
        assert trimmed == value


def test_what_was_cut_is_said() -> None:
    assert str(trim("x" * 5000, 1000)).endswith("more characters)")
    rows: JsonValue = [{"id": number} for number in range(1000)]
    shortened = trim(rows, 1000)
    assert isinstance(shortened, list)
    assert shortened[0] == {"id": 0}
    assert shortened[-1] == f"… {1000 - (len(shortened) - 1):,} more"
