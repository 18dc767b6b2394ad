"""Which addresses the mock dials: it sends to URLs that others type in, and must not be their way into a network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

from mock_alohub.delivery.address import AddressFilter, IPAddress

_NEVER: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host, by a name that filters forget
        "169.254.0.0/16",  # link-local, and with it the metadata service of most clouds
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "192.0.0.192/32",  # metadata of Oracle Cloud
        "168.63.129.16/32",  # the platform's own address in Azure
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/128",
        "fe80::/10",  # link-local
        "fd00:ec2::254/128",  # metadata of AWS
        "ff00::/8",  # multicast
    )
)
_SHARED: Final = ip_network("100.64.0.0/10")  # behind a carrier's NAT (RFC 6598): neither private nor global
_NAT64: Final = ip_network("64:ff9b::/96")


def reachable(*, private: bool = True) -> AddressFilter:
    """The filter that refuses what is never an endpoint's address, and private addresses as well unless `private`.

    An IPv4 address that is hidden in an IPv6 one (mapped, 6to4, NAT64) is judged as what it is.
    """

    def allows(address: IPAddress) -> bool:
        return all(_passes(one, private=private) for one in (address, *_inside(address)))

    return allows


def _passes(address: IPAddress, *, private: bool) -> bool:
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return private or not (address.is_private or address.is_loopback or _is_shared(address))


def _is_shared(address: IPAddress) -> bool:
    return isinstance(address, IPv4Address) and address in _SHARED


def _inside(address: IPAddress) -> tuple[IPv4Address, ...]:
    if not isinstance(address, IPv6Address):
        return ()
    hidden = [address.ipv4_mapped, address.sixtofour]
    if address in _NAT64:
        hidden.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in hidden if one is not None)
