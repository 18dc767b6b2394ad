import asyncio
import socket
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import pytest

from mock_alohub.delivery.address import Address
from mock_alohub.delivery.failure import Failure
from mock_alohub.load.addresses import Addresses
from mock_alohub.messages.attempt import Cause


def address(number: int) -> Address:
    return Address(socket.AF_INET, (f"192.0.2.{number}", 80))


class Names:
    """A name server that answers with the next of `answers`, or says that there is none."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        answer = self.answers.pop(0)
        await self.open.wait()
        if answer is None:
            raise Failure(Cause.DNS, f"the host name `{host}` has no address")
        return [address(answer)]


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    @wraps(test)
    def run() -> None:
        asyncio.run(test())

    # Else pytest would take the coroutine function behind it for the test.
    del run.__wrapped__
    return run


@in_loop
async def test_a_thousand_connections_cost_one_look_up() -> None:
    names = Names(1)
    addresses = Addresses(names)
    found = await asyncio.gather(*(addresses("crm.example", 80) for _ in range(1_000)))
    assert (found[0], names.asked) == ([address(1)], 1)


@in_loop
async def test_while_it_is_asked_again_the_old_addresses_hold() -> None:
    names = Names(1)
    addresses = Addresses(names, fresh_s=0.0)
    await addresses("crm.example", 80)
    names.open.clear()
    names.answers += [2] * 100
    assert await addresses("crm.example", 80) == [address(1)]
    names.open.set()
    while await addresses("crm.example", 80) == [address(1)]:  # noqa: ASYNC110 -- it happens by asking
        await asyncio.sleep(0)
    assert await addresses("crm.example", 80) == [address(2)]


@in_loop
async def test_a_name_server_that_fails_later_does_not_stop_the_load() -> None:
    names = Names(1, None, None)
    addresses = Addresses(names, fresh_s=0.0)
    for _ in range(3):
        assert await addresses("crm.example", 80) == [address(1)]
        await asyncio.sleep(0.01)


@in_loop
async def test_a_name_without_an_address_fails_for_everybody_who_waits_and_is_asked_again() -> None:
    names = Names(None, 1)
    addresses = Addresses(names)
    found = await asyncio.gather(*(addresses("crm.example", 80) for _ in range(5)), return_exceptions=True)
    assert len({id(one) for one in found if isinstance(one, Failure)}) == 5
    assert await addresses("crm.example", 80) == [address(1)]


@in_loop
async def test_who_gives_up_waiting_does_not_end_it_for_the_others() -> None:
    names = Names(1)
    names.open.clear()
    addresses = Addresses(names)
    hasty = asyncio.ensure_future(addresses("crm.example", 80))
    patient = asyncio.ensure_future(addresses("crm.example", 80))
    await asyncio.sleep(0)
    hasty.cancel()
    await asyncio.sleep(0)
    names.open.set()
    assert await patient == [address(1)]
    with pytest.raises(asyncio.CancelledError):
        await hasty


@in_loop
async def test_names_are_kept_apart() -> None:
    names = Names(1, 2)
    addresses = Addresses(names)
    assert [await addresses("one.example", 80), await addresses("two.example", 80)] == [[address(1)], [address(2)]]
