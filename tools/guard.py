"""Decides which addresses a step may reach: public ones, and the private ones that the operator allows.

Opens no connection; `resolve` asks the name service and returns only addresses that passed.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from core.errors import BlockedError, ConfigError, RejectedError, UnavailableError

Address = IPv4Address | IPv6Address
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]

# More that is no place for a request: shared space of carriers (RFC 6598), special purposes (RFC 6890), the 6to4 relay
# (RFC 7526), discard space, site-local and locally used NAT64 addresses (RFC 8215), documentation (RFC 9637), and the
# address inside one large cloud that hands out metadata although it looks public.
_MORE_REFUSED = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "168.63.129.16/32",
        "100::/64",
        "fec0::/10",
        "64:ff9b:1::/48",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.IGNORECASE)
_NUMBER_LIKE = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


_INNER_ENDINGS = (
    ".localhost", ".local", ".localdomain", ".internal", ".intranet", ".private", ".corp", ".home", ".lan", ".home.arpa",
    "localtest.me", "lvh.me", "vcap.me", "lacolhost.com",
)  # fmt: skip
"""Names that no public name service knows (RFC 6762, RFC 8375, ICANN's reserved `internal`), and public ones made to lead
back to the machine that asks.
"""
_FOUR_NUMBERS = re.compile(r"(?<![0-9])([0-9]{1,3})[.-]([0-9]{1,3})[.-]([0-9]{1,3})[.-]([0-9]{1,3})(?![0-9])")
_HEX_ADDRESS = re.compile(r"(?:^|[.-])(?:0x)?([0-9a-f]{8})\.(?:nip|sslip|xip)\.io$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Allowed:
    """One entry of the operator's list: a network or a host name, on one port or on all."""

    network: IPv4Network | IPv6Network | None = None
    host: str = ""
    port: int | None = None

    def covers(self, host: str, port: int, address: Address) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return host == self.host
        return address.version == self.network.version and address in self.network


async def _ask_name_service(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


class AddressGuard:
    """Checks a host, a port and the address that was found for it. `allow` are entries such as `10.1.0.0/16`,
    `127.0.0.1:8080`, `[fd00::1]:443`, `intranet.local` or `intranet.local:8443`.

    Raises ConfigError for entries that are none of these.
    """

    def __init__(self, allow: Sequence[str], *, lookup: Lookup = _ask_name_service) -> None:
        self._lookup = lookup
        self._allowed: list[_Allowed] = []
        problems: list[str] = []
        for entry in allow:
            try:
                self._allowed.append(_parse(entry.strip()))
            except ValueError:
                problems.append(f"ERRAND_ALLOW_HOSTS: “{entry}” is not a network, an address or a host name")
        if problems:
            raise ConfigError(problems)

    def check(self, host: str, port: int, address: str) -> None:
        """Return when the address may be reached for that host and port. Raises BlockedError."""
        plain = _plain_host(host)
        literal = as_address(plain)
        parsed = as_address(address)
        if parsed is None:
            raise BlockedError(f"{host} leads to {address}, which is not an address.")
        if any(entry.covers(plain, port, parsed) for entry in self._allowed):
            return
        if plain == "localhost" or plain.endswith(".localhost"):
            raise BlockedError(f"{host} is this machine itself, which is not allowed.")
        if (reason := refusal(parsed)) is not None:
            leads_to = "" if literal == parsed else f" leads to {parsed}, which"
            raise BlockedError(f"{host}{leads_to} is {reason} and not allowed.")

    def check_literal(self, host: str, port: int) -> None:
        """Check a host that is an address itself; a name passes, since its addresses are checked when they are known."""
        if as_address(_plain_host(host)) is not None:
            self.check(host, port, host)

    def foresees_refusal(self, host: str, port: int) -> bool:
        """Whether a host can be told to be refused before it is looked up: an inner address or name, or a public name
        that spells an inner address (`10.0.0.1.nip.io`). A name that passes is checked again when its addresses are known.
        """
        try:
            plain = _plain_host(host)
        except BlockedError:
            return True
        except RejectedError:
            return False  # no host at all: what it is said of can say so better
        literal = as_address(plain)
        if any(
            entry.host == plain or (literal is not None and entry.covers(plain, port, literal))
            for entry in self._allowed
        ):
            return False
        if literal is not None:
            return refusal(literal) is not None
        return "." not in plain or plain.endswith(_INNER_ENDINGS) or _spells_inner_address(plain)

    def foresees_refusal_of(self, url: str) -> bool:
        """The same for a web address, with or without its scheme; one whose host or port is broken is no place to go."""
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname, parts.port
        except ValueError:
            return True
        return host is not None and self.foresees_refusal(host, port or (443 if parts.scheme == "https" else 80))

    async def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, every one of them checked. Raises BlockedError and UnavailableError."""
        plain = _plain_host(host)
        if (literal := as_address(plain)) is not None:
            found: Sequence[str] = [str(literal)]
        else:
            try:
                found = list(dict.fromkeys(await self._lookup(plain, port)))
            except (OSError, UnicodeError) as error:
                raise UnavailableError(f"No network: {host} cannot be resolved.") from error
        if not found:
            raise UnavailableError(f"No network: {host} cannot be resolved.")
        for address in found:
            self.check(host, port, address)
        return list(found)


@lru_cache(maxsize=1024)
def as_address(text: str) -> Address | None:
    """Return the address that a text spells in full, an IPv4 address mapped into IPv6 as the former; else None."""
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=1024)
def refusal(address: Address) -> str | None:
    """Return in words what kind of non-public address this is; None for a public one.

    Addresses that carry an IPv4 address (NAT64, 6to4, Teredo) are as public as what they carry.
    """
    if isinstance(address, IPv6Address):
        if address in _NAT64:  # Python counts these as reserved
            return refusal(IPv4Address(int(address) & 0xFFFF_FFFF))
        for carried in (address.sixtofour, *(address.teredo or ())):
            if carried is not None and (reason := refusal(carried)) is not None:
                return reason
    for is_kind, reason in (
        (address.is_unspecified, "no place at all"),
        (address.is_loopback, "this machine itself"),
        (address.is_link_local, "a link-local or metadata address"),
        (address.is_multicast, "a multicast address"),
        (address.is_private, "a private address"),
        (address.is_reserved, "a reserved address"),
        (any(address in network for network in _MORE_REFUSED), "a reserved address"),
    ):
        if is_kind:
            return reason
    return None


@lru_cache(maxsize=1024)
def _plain_host(host: str) -> str:
    """Return a host in one spelling. What cannot be a host reaches no name service: RejectedError; nor does a number,
    which name services take for an address (`127.1`, `0x7f000001`, `2130706433`): BlockedError.
    """
    plain = host.strip("[]").rstrip(".").lower()
    if as_address(plain) is None:
        if _NUMBER_LIKE.fullmatch(plain):
            raise BlockedError(
                f"{host[:100]} is an unusual way to write an address.", advice="Write it as four numbers."
            )
        if not _HOST_NAME.fullmatch(plain):
            raise RejectedError(f"“{host[:100]}” is not a host name.")
    return plain


def _spells_inner_address(plain: str) -> bool:
    """Whether a name carries an address that services such as nip.io would lead it to, and that one is not public."""
    spelled = [".".join(match.groups()) for match in _FOUR_NUMBERS.finditer(plain)]
    if match := _HEX_ADDRESS.search(plain):
        spelled.append(str(IPv4Address(int(match[1], 16))))
    addresses = (as_address(one) for one in spelled)
    return any(address is not None and refusal(address) is not None for address in addresses)


def _parse(entry: str) -> _Allowed:
    """Raises ValueError."""
    host, port = entry, None
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", entry)
    suffixed = re.fullmatch(r"([^:]+):(\d{1,5})", entry)
    if found := bracketed or suffixed:
        host, port = found[1], int(found[2]) if found[2] else None
    if port is not None and not 0 < port <= 65535:  # noqa: PLR2004  the largest port
        raise ValueError(entry)
    if (single := as_address(host)) is not None:
        return _Allowed(network=ip_network(single), port=port)
    if "/" in host:
        return _Allowed(network=ip_network(host, strict=False), port=port)
    if not _HOST_NAME.fullmatch(host) or _NUMBER_LIKE.fullmatch(host):
        raise ValueError(entry)
    return _Allowed(host=host.lower().rstrip("."), port=port)
