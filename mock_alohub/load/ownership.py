"""Whether an endpoint may be loaded: nobody floods a stranger by a slip of the finger.

Loopback and private addresses are taken to be one's own. Beyond them the owner says so, on the command line or by a
file that the host serves; and until somebody asks for more, rate and duration have a ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from mock_alohub.delivery.address import IPAddress, addresses_of, literal
from mock_alohub.delivery.failure import Failure
from mock_alohub.delivery.sender import Sender
from mock_alohub.errors import BadOption, Mistake, Unreachable
from mock_alohub.messages.endpoint import URL
from mock_alohub.messages.transmission import FRESH, USER_AGENT, Request

FILE: Final = "/.well-known/mock-alohub.txt"
_DEADLINE_S: Final = 5.0
_FIGURES: Final = 20


class NotOwned(Mistake):
    """An endpoint beyond private networks of which nobody says that it may be loaded."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that is offered unless more is asked for: calls per second, and seconds."""

    rate: float
    duration_s: float
    where: str

    def demand(self, rate: float, duration_s: float) -> None:
        """Raise `BadOption` for a run above it."""
        if rate > self.rate:
            raise BadOption(
                f"{rate:,g} calls/s is more than the {self.rate:,g} that are offered {self.where}",
                hint=f"--max-rate {rate:g} allows it",
            )
        if duration_s > self.duration_s:
            raise BadOption(
                f"{duration_s:,g} s is longer than the {self.duration_s:,g} s that a run may take {self.where}",
                hint=f"--max-duration {duration_s:g}s allows it",
            )


NEAR: Final = Ceiling(20_000, 24 * 3_600, "in private networks by default")
FAR: Final = Ceiling(1_000, 600, "beyond private networks by default")


def near(address: IPAddress) -> bool:
    """Whether an address is loopback or private: the filter of whoever sends load that nobody answers for."""
    return address.is_private or address.is_loopback


async def distant_addresses(url: URL) -> list[IPAddress]:
    """The addresses of the host that are neither loopback nor private. Raises `Unreachable` when it has none at all.

    One of them is enough to make an endpoint a stranger's: which address is dialled is not known before.
    """
    known = literal(url.host, url.port)
    try:
        found = [known] if known is not None else await addresses_of(url.host, url.port)
    except Failure as failure:
        raise Unreachable(f"{failure.detail} ({url.shown()})") from None
    return [ip for ip in dict.fromkeys(one.ip for one in found) if not near(ip)]


async def demand_ownership(url: URL, distant: list[IPAddress], sender: Sender, *, declared: bool) -> None:
    """Raise `NotOwned` for an endpoint at `distant` addresses, unless it was `declared` or the file is there."""
    if not distant or declared:
        return
    why = await why_not_owned(url, sender)
    if why:
        shown = [str(address) for address in distant if str(address) != url.host][:3]
        where = f"`{url.host}`" + (f" ({', '.join(shown)})" if shown else "")
        raise NotOwned(
            f"{where} is beyond private networks, and load may harm whoever runs it; {why}",
            hint=f"if it is yours: --i-own-this-endpoint, or let {_file_url(url)} answer with the line {word_for(url)}",
        )


async def why_not_owned(url: URL, sender: Sender) -> str:
    """Why the file at the host does not say that it may be loaded; empty when it does."""
    place = _file_url(url)
    headers = (("Host", url.authority), ("User-Agent", USER_AGENT), ("Accept", "text/plain"))
    attempt = await sender.send(Request("GET", place, headers, b""), deadline_s=_DEADLINE_S, wire=FRESH)
    if attempt.reply is None:
        return f"{place} could not be read: {attempt.detail or attempt.cause}"
    if attempt.reply.status != 200:
        return f"{place} answers {attempt.reply.status}"
    lines = attempt.reply.body.decode("utf-8", "replace").splitlines()
    return "" if word_for(url) in (line.strip() for line in lines) else f"{place} lacks the word of this host"


def word_for(url: URL) -> str:
    """The word by which a host agrees to be loaded: the same for every run, another for every host and port.

    It is no secret, as the agreement is none. It does not come from the key, which could be guessed from it.
    """
    digest = sha256(f"mock-alohub load {url.host.lower().rstrip('.')}:{url.port}".encode()).hexdigest()
    return f"mock-alohub-{digest[:_FIGURES]}"


def _file_url(url: URL) -> URL:
    return URL(url.scheme, url.host, url.port, FILE)
