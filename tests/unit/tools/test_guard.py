"""Which addresses the guard lets through."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BlockedError, ConfigError, RejectedError, UnavailableError
from tools.guard import AddressGuard, refusal

PRIVATE_V4 = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
PRIVATE_V6 = ["::1", "::", "fd00:ec2::254", "fc00::1", "fe80::1", "fe80::1%eth0", "ff02::1", "fec0::1", "2001:db8::1"]
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"]


@pytest.mark.parametrize("address", PRIVATE_V4 + PRIVATE_V6)
def test_non_public_addresses_are_refused(address: str) -> None:
    with pytest.raises(BlockedError):
        AddressGuard([]).check("example.com", 80, address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    AddressGuard([]).check("example.com", 443, address)


def st_network(network: str) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    return st.ip_addresses(network=network)


def mapped(number: int) -> str:
    return str(IPv6Address(0xFFFF << 32 | number))


def six_to_four(number: int) -> str:
    return str(IPv6Address(0x2002 << 112 | number << 80 | 1))


def nat64(number: int) -> str:
    return str(IPv6Address(0x64_FF9B << 96 | number))


@given(st.ip_addresses(v=4), st.sampled_from([mapped, six_to_four, nat64]))
def test_an_address_inside_another_is_judged_as_itself(inner: IPv4Address, wrap: object) -> None:
    """Mapped, 6to4 and NAT64 addresses are refused exactly when the carried IPv4 address is."""
    outer = wrap(int(inner))  # type: ignore[operator]
    guard = AddressGuard([])
    if refusal(inner) is None:
        guard.check("example.com", 80, outer)
    else:
        with pytest.raises(BlockedError):
            guard.check("example.com", 80, outer)


@given(st.ip_addresses(v=4) | st.sampled_from(["fc00::/7", "fe80::/10", "ff00::/8"]).flatmap(st_network))
def test_nothing_that_python_calls_private_ever_passes(address: IPv4Address | IPv6Address) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert refusal(address) is not None


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
async def test_no_unusual_spelling_of_an_address_reaches_a_name_service(number: int, spelling: str) -> None:
    asked: list[str] = []

    async def lookup(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"]

    with pytest.raises(BlockedError):
        await AddressGuard(["0.0.0.0/0"], lookup=lookup).resolve(spelling.format(number), 80)
    assert not asked


@pytest.mark.parametrize("host", ["127.1", "0177.0.0.1", "0x7f.0.0.1", "1.2.3.256", "example.0x1"])
def test_shortened_and_mixed_spellings_are_refused(host: str) -> None:
    with pytest.raises(BlockedError, match="unusual"):
        AddressGuard([]).check_literal(host, 80)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost"])
def test_names_of_this_machine_are_refused_whatever_they_lead_to(host: str) -> None:
    with pytest.raises(BlockedError, match="this machine itself"):
        AddressGuard([]).check(host, 80, "93.184.216.34")


@pytest.mark.parametrize("host", ["", "a b", "a/b", "a@b", "a\r\nb", "a..b", "ä.example", "-x", "x" * 64])
def test_what_is_no_host_is_rejected(host: str) -> None:
    with pytest.raises(RejectedError):
        AddressGuard([]).check(host, 80, "93.184.216.34")


class TestAllowed:
    @pytest.mark.parametrize(
        ("entry", "host", "port", "address"),
        [
            ("10.1.0.0/16", "intranet.example", 80, "10.1.2.3"),
            ("10.1.2.3", "intranet.example", 80, "10.1.2.3"),
            ("10.1.2.3", "intranet.example", 80, "::ffff:10.1.2.3"),
            ("127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1"),
            ("10.0.0.0/8:443", "x.example", 443, "10.0.0.1"),
            ("::1", "::1", 80, "::1"),
            ("[fd00::1]:443", "x.example", 443, "fd00::1"),
            ("[fd00::/8]", "x.example", 80, "fd12::1"),
            ("intranet.local", "Intranet.LOCAL.", 80, "192.168.0.9"),
            ("intranet.local:8443", "intranet.local", 8443, "192.168.0.9"),
            ("localhost", "localhost", 80, "127.0.0.1"),
        ],
    )
    def test_an_entry_opens_what_it_names(self, entry: str, host: str, port: int, address: str) -> None:
        AddressGuard([entry]).check(host, port, address)

    @pytest.mark.parametrize(
        ("entry", "host", "port", "address"),
        [
            ("10.1.0.0/16", "x.example", 80, "10.2.0.1"),
            ("127.0.0.1:8080", "127.0.0.1", 8081, "127.0.0.1"),
            ("127.0.0.1", "localhost6", 80, "::1"),
            ("intranet.local", "other.local", 80, "192.168.0.9"),
            ("intranet.local", "x.intranet.local", 80, "192.168.0.9"),
            ("intranet.local:8443", "intranet.local", 80, "192.168.0.9"),
        ],
    )
    def test_an_entry_opens_nothing_else(self, entry: str, host: str, port: int, address: str) -> None:
        with pytest.raises(BlockedError):
            AddressGuard([entry]).check(host, port, address)

    def test_wrong_entries_are_all_listed(self) -> None:
        with pytest.raises(ConfigError) as caught:
            AddressGuard(["10.0.0.0/8", "10.0.0.0/99", "http://x", "x:99999", "127.1", ""])
        assert len(caught.value.problems) == 5


class TestResolve:
    async def test_one_private_address_among_public_ones_is_enough_to_refuse(self) -> None:
        async def lookup(host: str, port: int) -> Sequence[str]:
            return ["93.184.216.34", "10.0.0.1"]

        with pytest.raises(BlockedError, match=r"example\.com leads to 10\.0\.0\.1"):
            await AddressGuard([], lookup=lookup).resolve("example.com", 80)

    async def test_checked_addresses_are_given_once_each(self) -> None:
        async def lookup(host: str, port: int) -> Sequence[str]:
            return ["93.184.216.34", "93.184.216.34", "2606:4700:4700::1111"]

        found = await AddressGuard([], lookup=lookup).resolve("example.com", 80)
        assert [ip_address(address).version for address in found] == [4, 6]

    async def test_a_name_that_leads_nowhere_is_no_network(self) -> None:
        async def lookup(host: str, port: int) -> Sequence[str]:
            return []

        with pytest.raises(UnavailableError, match=r"No network: example\.com cannot be resolved"):
            await AddressGuard([], lookup=lookup).resolve("example.com", 80)

    async def test_an_address_needs_no_name_service(self) -> None:
        async def lookup(host: str, port: int) -> Sequence[str]:
            raise AssertionError(host)

        assert await AddressGuard([], lookup=lookup).resolve("8.8.8.8", 53) == ["8.8.8.8"]
