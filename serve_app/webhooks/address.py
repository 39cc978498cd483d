"""Where a webhook may go: a public address over TLS. What is checked is what is connected to, name by name and try by
try, so that no spelling of an address and no change of a name's address gets around it.
"""

import asyncio
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore
import httpx

from deployments.errors import InvalidRequest

_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


class AddressRefused(httpcore.ConnectError):
    """The name has an address that is not public."""


@dataclass(frozen=True)
class WebhookRules:
    may_be_local: bool = False  # plain HTTP and any address, for tests

    def check(self, url: str) -> None:
        """As far as the text says. Raises InvalidRequest."""
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise _refused(url, f"it can't be read: {error}") from error
        if parsed.scheme != "https" and not (self.may_be_local and parsed.scheme == "http"):
            raise _refused(url, "it must begin with https://")
        if not parsed.host or parsed.userinfo or parsed.fragment:
            raise _refused(url, "it must have a host, and neither a password nor a fragment")
        with suppress(ValueError):  # a name, which is looked up when it is connected to
            if not self.allows(ip_address(parsed.host)):
                raise _refused(url, "its address is not public")

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        return self.may_be_local or all(_is_public(one) for one in (address, *_embedded(address)))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Looks a name up itself, and connects to an address that it has checked; the certificate is the name's as ever."""

    def __init__(self, rules: WebhookRules) -> None:
        self._rules = rules
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        """Raises AddressRefused when any of the name's addresses is not public."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError("its name is not known") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(self._rules.allows(ip_address(address)) for address in addresses):
            raise AddressRefused("its address is not public")
        return await self._network.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _embedded(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address]:
    """What an address of IPv6 leads to in the end."""
    if isinstance(address, IPv4Address):
        return
    yield from (one for one in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if one)
    if address in _NAT64 or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def _refused(url: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"webhook_url {url[:80]!a}: {reason}", "url_not_allowed", "webhook_url")
