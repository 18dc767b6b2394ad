"""Which addresses are dialled."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.server.dialled_addresses import reachable
from tests.server.alohub import Mock
from tests.server.asking import API, asked, placed, registered

NEVER = (
    "169.254.169.254",
    "169.254.0.1",
    "0.0.0.0",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
)
PRIVATE = ("127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1")
PUBLIC = ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808")


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("private", [True, False])
def test_what_is_no_endpoint_is_never_dialled(address: str, private: bool) -> None:
    assert not reachable(private=private)(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_dialled_unless_that_is_switched_off(address: str) -> None:
    assert [reachable(private=private)(ip_address(address)) for private in (True, False)] == [True, False]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_dialled(address: str) -> None:
    assert reachable(private=False)(ip_address(address))


def test_a_delivery_to_a_metadata_service_is_never_sent(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one, "http://169.254.169.254/latest/meta-data", policy={"retries": []})
        await placed(one)
        return (await one.ask("GET", f"{API}/wait", query={"state": "dead"})).json["items"][0]["cause"]

    assert asked(tmp_path, scenario) == "forbidden"
