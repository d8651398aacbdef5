"""What can be told of a host before anybody looks it up."""

from __future__ import annotations

import pytest

from tools.guard import AddressGuard


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "::1", "[::1]", "10.1.2.3", "169.254.169.254", "::ffff:10.0.0.5", "2130706433", "0x7f000001", "127.1",
        "0177.0.0.1", "localhost", "db", "printer.local", "metadata.google.internal", "wiki.corp", "nas.lan", "a.home.arpa",
        "app.10.0.0.1.nip.io", "192-168-1-1.sslip.io", "7f000001.nip.io", "x.127.0.0.1.example.com", "lvh.me", "my.localtest.me",
    ],
)  # fmt: skip
def test_an_inner_host_is_known_by_its_name(host: str) -> None:
    assert AddressGuard([]).foresees_refusal(host, 80)


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "shop.example", "v1.2.3.example.org", "8-8-8-8.sslip.io"])
def test_a_public_host_passes(host: str) -> None:
    assert not AddressGuard([]).foresees_refusal(host, 80)


def test_what_the_operator_allows_passes() -> None:
    guard = AddressGuard(["intranet.local", "10.0.0.0/8", "127.0.0.1:8080"])
    assert not guard.foresees_refusal("intranet.local", 80)
    assert not guard.foresees_refusal("10.2.3.4", 443)
    assert not guard.foresees_refusal("127.0.0.1", 8080)
    assert guard.foresees_refusal("127.0.0.1", 80)


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [
        ("https://example.com/a?b=c", False),
        ("example.com/path", False),
        ("http://127.0.0.1/", True),
        ("localhost:8080", True),
        ("http://example.com:99999/", True),
        ("http://[::1/", True),
    ],
)
def test_a_web_address_is_as_refused_as_its_host(url: str, is_refused: bool) -> None:
    assert AddressGuard([]).foresees_refusal_of(url) is is_refused


def test_what_the_operator_allows_is_not_refused() -> None:
    assert not AddressGuard(["127.0.0.1:8080"]).foresees_refusal_of("http://127.0.0.1:8080/x")
