"""Connectors are files; their forms refuse what cannot be an account."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from core.errors import CatalogError
from tools.connector import load_connectors

SMTP: dict[str, JsonValue] = {
    "host": " smtp.acme.io ",
    "port": "465",
    "security": "tls",
    "username": "ada",
    "password": " s3cret ",
    "sender": "ada@acme.io",
}


def test_the_connectors_that_come_along_load_in_order() -> None:
    assert list(load_connectors()) == ["http", "imap", "smtp", "sql"]


def test_public_and_secret_fields_are_told_apart() -> None:
    public, secret = load_connectors()["smtp"].check(SMTP)
    assert secret == {"password": " s3cret "}, "spaces may be part of a password"
    assert public["host"] == "smtp.acme.io"
    assert set(public) == {"host", "port", "security", "username", "sender"}


def test_defaults_are_filled_in() -> None:
    public, _ = load_connectors()["imap"].check({"host": "imap.acme.io", "username": "ada", "password": "x"})
    assert (public["port"], public["security"]) == ("993", "tls")


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("host", "", "needed"),
        ("host", None, "needed"),
        ("port", "abc", "1 to 65535"),
        ("port", "0", "1 to 65535"),
        ("port", "70000", "1 to 65535"),
        ("port", "²", "1 to 65535"),
        ("security", "maybe", "One of: starttls, tls, none"),
        ("sender", "ada", "e-mail address"),
        ("username", "a\r\nRCPT TO:<x>", "line ends"),
        ("password", "x" * 5000, "too long"),
        ("colour", "blue", "no such field"),
    ],
)
def test_each_wrong_field_is_named(field: str, value: JsonValue, word: str) -> None:
    connector = load_connectors()["smtp"]
    problems = connector.problems({**SMTP, field: value})
    assert list(problems) == [field]
    assert word in problems[field]
    with pytest.raises(ValueError, match="not valid"):
        connector.check({**SMTP, field: value})


@pytest.mark.parametrize(
    "url", ["ftp://a.b/", "https://", "javascript:alert(1)", "https://user:pw@a.b/", "https://[::1"]
)
def test_a_key_is_only_bound_to_a_plain_web_address(url: str) -> None:
    http = load_connectors()["http"]
    assert "https://" in http.problems({"base_url": url, "header": "Authorization", "value": "x"})["base_url"]


def test_a_header_name_cannot_smuggle_another_header() -> None:
    http = load_connectors()["http"]
    assert http.problems({"base_url": "https://a.b/", "header": "A: b", "value": "x"}).keys() == {"header"}


def test_all_broken_files_are_listed_with_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(
        "name: other\ntitle: One\nsummary: A service.\nfields: {a: {label: A, input: text}}\n"
    )
    (tmp_path / "two.yaml").write_text(
        "name: two\ntitle: Two\nsummary: A service.\nfields: {a: {label: A, input: colour}}\n"
    )
    (tmp_path / "three.yaml").write_text("name: [\n")
    (tmp_path / "four.yaml").write_text(
        "name: four\ntitle: Four\nsummary: A service.\nextra: 1\nfields: {a: {label: A, input: password}}\n"
    )
    with pytest.raises(CatalogError) as caught:
        load_connectors(tmp_path)
    text = caught.value.message
    assert len(caught.value.problems) == 5
    assert "one.yaml: name: is other" in text
    assert "two.yaml: fields.a.input" in text
    assert "three.yaml: " in text
    assert "four.yaml: extra" in text
    assert "a password is secret: true" in text
