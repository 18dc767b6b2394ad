from __future__ import annotations

import asyncio
import errno
import gc
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest

from mock_alohub.delivery import address as address_module
from mock_alohub.delivery.address import Address, addresses_of, allowed, dial, literal
from mock_alohub.delivery.failure import Failure, OwnFailure, connect_failure
from mock_alohub.messages.attempt import Cause
from tests.delivery.conftest import Run, on

V4 = socket.AF_INET
V6 = socket.AF_INET6


@contextmanager
def listening(host: str) -> Iterator[Address]:
    with socket.create_server((host, 0), family=V6 if ":" in host else V4) as listener:
        yield Address(listener.family, listener.getsockname())


@contextmanager
def refusing() -> Iterator[Address]:
    """A port that is taken and not listened on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield Address(V4, bound.getsockname())


@contextmanager
def swallowing() -> Iterator[Address]:
    """A port whose queue of connections is full: it takes no more, and refuses none."""
    socks = [socket.socket() for _ in range(5)]
    try:
        socks[0].bind(("127.0.0.1", 0))
        socks[0].listen(0)
        for sock in socks[1:]:
            sock.setblocking(False)
            sock.connect_ex(socks[0].getsockname())
        yield Address(V4, socks[0].getsockname())
    finally:
        for sock in socks:
            sock.close()


def dialled(run: Run, *addresses: Address) -> Address:
    async def story() -> Address:
        sock, address = await dial(addresses)
        with sock:
            assert sock.getpeername()[:2] == address.sockaddr[:2]
        return address

    found: Address = run(story())
    return found


def resolving(monkeypatch: pytest.MonkeyPatch, *found: tuple[int, Any] | Exception) -> None:
    """Make the resolver of the standard event loop find `found`."""

    def getaddrinfo(*_: object, **__: object) -> list[tuple[int, int, int, str, Any]]:
        if isinstance(found[0], Exception):
            raise found[0]
        return [(one[0], socket.SOCK_STREAM, 6, "", one[1]) for one in found if not isinstance(one, Exception)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


# Spelling


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", Address(V4, ("192.0.2.1", 80))),
        ("::1", Address(V6, ("::1", 80, 0, 0))),
        ("fe80::1%lo", None),
        ("localhost", None),
        ("example.com", None),
    ],
)
def test_an_address_literal_needs_no_look_up(host: str, address: Address | None) -> None:
    assert literal(host, 80) == address


def test_an_address_is_written_as_host_and_port() -> None:
    assert str(Address(V4, ("192.0.2.1", 80))) == "192.0.2.1:80"
    assert str(Address(V6, ("2001:db8::1", 80, 0, 0))) == "[2001:db8::1]:80"


# Looking up


def test_a_name_has_its_addresses_in_order_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    six, four = (V6, ("::1", 80, 0, 0)), (V4, ("127.0.0.1", 80))
    resolving(monkeypatch, six, four, four)
    assert on(None)(addresses_of("name.example", 80)) == [Address(*six), Address(*four)]


@pytest.mark.parametrize(
    "error", [socket.gaierror(socket.EAI_NONAME, "Name or service not known"), UnicodeError("label too long")]
)
def test_a_name_that_cannot_be_looked_up_is_a_dns_failure(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    resolving(monkeypatch, error)
    with pytest.raises(Failure, match=r"`name\.example` has no address") as raised:
        on(None)(addresses_of("name.example", 80))
    assert raised.value.cause is Cause.DNS


def test_a_label_that_is_too_long_is_a_dns_failure(run: Run) -> None:
    with pytest.raises(Failure, match="has no address"):
        run(addresses_of("a" * 70 + ".example", 80))


def test_a_name_with_addresses_of_other_kinds_only_is_a_dns_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, (socket.AF_UNIX, "/somewhere"))
    with pytest.raises(Failure, match="has no IPv4 or IPv6 address"):
        on(None)(addresses_of("name.example", 80))


# The filter


PRIVATE = Address(V4, ("10.0.0.1", 80))
PUBLIC = Address(V4, ("192.0.2.1", 80))
MAPPED = Address(V6, ("::ffff:10.0.0.1", 80, 0, 0))


def test_without_a_filter_every_address_is_allowed() -> None:
    assert allowed([PRIVATE, PUBLIC], "name.example", None) == [PRIVATE, PUBLIC]


def test_forbidden_addresses_are_left_out() -> None:
    assert allowed([PRIVATE, PUBLIC], "name.example", lambda ip: ip != ip_address("10.0.0.1")) == [PUBLIC]


@pytest.mark.parametrize("address", [PRIVATE, MAPPED])
def test_an_address_is_forbidden_however_it_is_written(address: Address) -> None:
    with pytest.raises(Failure, match=r"does not allow 10\.0\.0\.1, the address of `name\.example`") as raised:
        allowed([address], "name.example", lambda ip: ip != ip_address("10.0.0.1"))
    assert raised.value.cause is Cause.FORBIDDEN


# Dialling


def test_the_first_address_that_connects_wins(run: Run) -> None:
    with listening("127.0.0.1") as first, listening("127.0.0.1") as second:
        assert dialled(run, first, second) == first


def test_a_refusal_leads_to_the_next_address_at_once(run: Run) -> None:
    with refusing() as first, listening("127.0.0.1") as second:
        assert dialled(run, first, second) == second


def test_an_ipv6_address_that_does_not_listen_leads_to_the_ipv4_one(run: Run) -> None:
    with listening("127.0.0.1") as second:
        first = Address(V6, ("::1", second.sockaddr[1], 0, 0))
        assert dialled(run, first, second) == second


def test_an_address_that_stays_silent_leads_to_the_next_after_its_head_start(run: Run) -> None:
    with swallowing() as first, listening("127.0.0.1") as second:
        assert dialled(run, first, second) == second
    gc.collect()  # the beaten socket would warn if it were left open


def test_when_every_address_fails_all_are_named(run: Run) -> None:
    with refusing() as first, refusing() as second, pytest.raises(Failure) as raised:
        dialled(run, first, second)
    assert raised.value.cause is Cause.REFUSED
    assert str(first) in raised.value.detail
    assert str(second) in raised.value.detail


def test_a_dial_that_is_cancelled_leaves_no_socket(run: Run) -> None:
    async def story() -> None:
        dialling = asyncio.ensure_future(dial([first, second]))
        await asyncio.sleep(0)
        dialling.cancel()
        await asyncio.wait([dialling])
        assert dialling.cancelled()

    with swallowing() as first, swallowing() as second:
        run(story())
    gc.collect()


def test_a_beaten_connection_that_was_made_all_the_same_is_closed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    async def both_at_once(address: Address) -> socket.socket:
        sock = socket.create_connection(address.sockaddr[:2])
        made.append(sock)
        while len(made) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
        return sock

    monkeypatch.setattr(address_module, "_connected", both_at_once)
    monkeypatch.setattr(address_module, "HEAD_START_S", 0.01)
    with listening("127.0.0.1") as first, listening("127.0.0.1") as second:

        async def story() -> None:
            sock, _ = await dial([first, second])
            sock.close()
            await asyncio.sleep(0)

        run(story())
    assert [sock.fileno() for sock in made] == [-1, -1]


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        (OSError(errno.EHOSTUNREACH, "No route to host"), Cause.REFUSED, "there is no route to 192.0.2.1:80"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Cause.REFUSED, "there is no route"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"), Cause.REFUSED, "no free port"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), Cause.CONNECT_TIMEOUT, "no answer from 192.0.2.1:80"),
        (OSError("odd"), Cause.REFUSED, "odd"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_system_says_of_a_connection_is_told(
    monkeypatch: pytest.MonkeyPatch, error: OSError, cause: Cause, words: str
) -> None:
    with pytest.raises(Failure) as raised:
        on(failing_to_connect(error))(dial([PUBLIC]))
    assert raised.value.cause is cause
    assert words in raised.value.detail


@pytest.mark.parametrize(
    ("number", "lacks"),
    [
        (errno.EADDRNOTAVAIL, "no-free-port"),
        (errno.EMFILE, "no-open-files"),
        (errno.ENFILE, "no-open-files"),
        (errno.ENOBUFS, "no-memory"),
    ],
)
def test_what_this_machine_lacks_is_not_the_endpoints_failure(
    monkeypatch: pytest.MonkeyPatch, number: int, lacks: str
) -> None:
    with pytest.raises(OwnFailure) as raised:
        on(failing_to_connect(OSError(number, "nothing left")))(dial([PUBLIC]))
    assert raised.value.lacks == lacks


def test_an_address_this_machine_has_no_network_for_does_not_hide_the_refusal_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refused(address: Address) -> socket.socket:
        number = errno.EADDRNOTAVAIL if address == PUBLIC else errno.ECONNREFUSED
        raise connect_failure(OSError(number, "no"), str(address))

    monkeypatch.setattr(address_module, "_connected", refused)
    with pytest.raises(Failure) as raised:
        on(None)(dial([Address(socket.AF_INET, ("127.0.0.1", 1)), PUBLIC]))
    assert not isinstance(raised.value, OwnFailure)


def test_too_many_open_files_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(*_: object, **__: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    async def story() -> None:
        monkeypatch.setattr(socket, "socket", no_more)
        try:
            await dial([PUBLIC])
        finally:
            monkeypatch.undo()

    with pytest.raises(Failure, match="no more open files"):
        run(story())


def test_a_defect_while_dialling_is_not_taken_for_a_failure_of_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        on(failing_to_connect(ZeroDivisionError()))(dial([PUBLIC, PRIVATE]))
    gc.collect()


def failing_to_connect(error: Exception) -> Callable[[], asyncio.AbstractEventLoop]:
    class Loop(asyncio.SelectorEventLoop):
        async def sock_connect(self, *_: object) -> None:
            raise error

    return Loop
