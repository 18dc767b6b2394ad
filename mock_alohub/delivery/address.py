"""The addresses behind a host name: looking them up, holding them against a filter, dialling them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from mock_alohub.delivery.failure import Failure, OwnFailure, connect_failure
from mock_alohub.messages.attempt import Cause

IPAddress = IPv4Address | IPv6Address
AddressFilter = Callable[[IPAddress], bool]
"""Says whether an address may be dialled."""

Lookup = Callable[[str, int], Awaitable[list["Address"]]]
"""Finds the addresses of a host name, as `addresses_of` does."""

HEAD_START_S = 0.25
"""How long one address is tried alone before the next is tried beside it (RFC 8305, section 5)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Something to dial: `sockaddr` is what the socket module takes for `family`."""

    family: int
    sockaddr: tuple[str, int] | tuple[str, int, int, int]

    @property
    def ip(self) -> IPAddress:
        """The IP address; an IPv4 address that is written as an IPv6 one is given as IPv4."""
        found = ip_address(self.sockaddr[0])
        return getattr(found, "ipv4_mapped", None) or found

    def __str__(self) -> str:
        host, port = self.sockaddr[:2]
        return f"[{host}]:{port}" if self.family == socket.AF_INET6 else f"{host}:{port}"


@lru_cache(maxsize=64)
def literal(host: str, port: int) -> Address | None:
    """The address that `host` spells, or None when it is a name that has to be looked up."""
    try:
        ip = ip_address(host)
    except ValueError:
        return None
    if isinstance(ip, IPv4Address):
        return Address(socket.AF_INET, (host, port))
    if ip.scope_id is not None:
        # Only the resolver knows the number of a named scope (fe80::1%eth0).
        return None
    return Address(socket.AF_INET6, (host, port, 0, 0))


async def addresses_of(host: str, port: int) -> list[Address]:
    """The addresses of a host name, in the order in which to try them. Raises `Failure` (dns)."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Failure(Cause.DNS, f"the host name `{host}` has no address ({why})") from None
    known = [(family, sockaddr) for family, *_, sockaddr in found if family in (socket.AF_INET, socket.AF_INET6)]
    if not known:
        raise Failure(Cause.DNS, f"the host name `{host}` has no IPv4 or IPv6 address")
    return [Address(family, sockaddr) for family, sockaddr in dict.fromkeys(known)]  # type: ignore[arg-type]


def allowed(addresses: Sequence[Address], host: str, address_filter: AddressFilter | None) -> list[Address]:
    """The addresses that may be dialled. Raises `Failure` (forbidden) when there is none."""
    if address_filter is None:
        return list(addresses)
    passed = [address for address in addresses if address_filter(address.ip)]
    if not passed:
        refused = ", ".join(str(address.ip) for address in addresses)
        raise Failure(Cause.FORBIDDEN, f"the address filter does not allow {refused}, the address of `{host}`")
    return passed


async def dial(addresses: Sequence[Address]) -> tuple[socket.socket, Address]:
    """A connected, non-blocking socket and the address it leads to.

    The addresses are tried in order; each gets a head start over the next, and the first that connects wins. Raises
    `Failure` with the cause of the last address that failed when all of them do.
    """
    if len(addresses) == 1:
        return await _connected(addresses[0]), addresses[0]
    failures: list[Failure] = []
    running: dict[asyncio.Task[socket.socket], Address] = {}
    try:
        waiting = list(addresses)
        while waiting or running:
            if waiting:
                address = waiting.pop(0)
                running[asyncio.ensure_future(_connected(address))] = address
            timeout = HEAD_START_S if waiting else None
            done, _ = await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                address = running.pop(task)
                error = task.exception()
                if error is None:
                    return task.result(), address
                if not isinstance(error, Failure):
                    raise error
                failures.append(error)
        if all(isinstance(failure, OwnFailure) for failure in failures):
            raise failures[-1]
        raise Failure(failures[-1].cause, "; ".join(failure.detail for failure in failures))
    finally:
        for task in running:
            task.add_done_callback(_discard)
            task.cancel()


async def _connected(address: Address) -> socket.socket:
    try:
        sock = socket.socket(address.family, socket.SOCK_STREAM)
    except OSError as error:
        raise connect_failure(error, str(address)) from None
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, address.sockaddr)
    except OSError as error:
        sock.close()
        raise connect_failure(error, str(address)) from None
    except BaseException:
        sock.close()
        raise
    return sock


def _discard(task: asyncio.Task[socket.socket]) -> None:
    # Beaten by another address: what it connected to in the meantime is closed, what it failed of is not of interest.
    if not task.cancelled() and task.exception() is None:
        task.result().close()
