"""One connection to an endpoint: one exchange after another, each with its timings."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Sequence
from time import perf_counter
from typing import cast

from mock_alohub.delivery.answer import Answer
from mock_alohub.delivery.failure import Failure, lost_failure
from mock_alohub.delivery.fast_records import drafted
from mock_alohub.messages.attempt import Cause, Phases
from mock_alohub.messages.transmission import HangUp

READ_CAP = 64 * 1024 * 1024
"""Bytes of one answer after which no more is read; the attempt then waits for its deadline."""
_EXACT_FROM = 32 * 1024
_TICK_S = 0.001
_AT_ONCE = 256 * 1024
_phases = drafted(Phases)
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """An open connection. `exchange` sends a request and gives a future that ends with the answer.

    The future's result is None when the answer is complete (`answer.reply()` has it), else the `Failure`; it is never
    an exception, so that nobody has to collect it. `lost` is done once the connection is closed and `forget` called.
    """

    __slots__ = (
        "_early",
        "_ends_at",
        "_first_at",
        "_future",
        "_hang_up",
        "_leaving",
        "_loop",
        "_next_piece",
        "_pieces",
        "_sending_at",
        "_sent_at",
        "_siblings",
        "_sock",
        "_timer",
        "_timer_at",
        "_transport",
        "address",
        "answer",
        "done_at",
        "lost",
        "pool",
    )

    def __init__(
        self,
        sock: socket.socket,
        address: str,
        pool: dict[Connection, None],
        body_cap: int,
        siblings: set[Connection],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._siblings = siblings
        self._early: bytes | None = b""
        self._future: asyncio.Future[Failure | None] | None = None
        self._hang_up: HangUp | None = None
        self._leaving = False
        self._pieces: list[bytes] = []
        self._next_piece: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._ends_at = 0.0
        self._sending_at = self._sent_at = self._first_at = 0.0
        self._transport: asyncio.Transport
        self.address = address
        self.pool = pool
        self.answer = Answer(body_cap)
        self.done_at = 0.0
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def exchange(self, payload: bytes, ends_at: float, *, bodiless: bool) -> asyncio.Future[Failure | None]:
        """Send `payload`, a whole request; a `bodiless` answer (to HEAD) ends with its headers.

        `ends_at` is the deadline on the clock of `perf_counter`.
        """
        future = self._expect(bodiless, ends_at)
        transport = self._transport
        if len(payload) > _EXACT_FROM:
            # Only a buffer limit of zero tells when the last byte has left; a small request leaves at once.
            transport.set_write_buffer_limits(high=0)
        self._sending_at = self._sent_at = perf_counter()
        if self._early is None:
            transport.write(payload)
        else:
            lost = transport.is_closing()
            if not lost:
                transport.write(payload)
            self._catch_up(self._early, lost)
        if self._sent_at:
            self._sent_at = perf_counter()
        return future

    def exchange_pieces(
        self, pieces: Sequence[bytes], pause_s: float, hang_up: HangUp | None, ends_at: float, *, bodiless: bool
    ) -> asyncio.Future[Failure | None]:
        """Send `pieces` with `pause_s` seconds between two of them; after the last one hang up, if so said."""
        future = self._expect(bodiless, ends_at)
        self._hang_up = hang_up
        self._pieces = list(pieces)
        self._transport.set_write_buffer_limits(high=0)
        self._sending_at = perf_counter()
        lost = self._transport.is_closing()
        if not lost:
            self._write_piece(pause_s)
        if self._early is not None:
            self._catch_up(self._early, lost)
        return future

    def phases(self, dns_s: float | None, connect_s: float | None, tls_s: float | None) -> Phases:
        """The timings of the exchange that has ended, behind those of the connection that were made for it."""
        sending, sent, first, done = self._sending_at, self._sent_at, self._first_at, self.done_at
        if first > sent > 0.0:
            return _phases(dns_s, connect_s, tls_s, sent - sending, first - sent, done - first)
        if not sent:
            # It ended before the request was sent: with an early answer, or not at all.
            sent = first or done
        if not first:
            return _phases(dns_s, connect_s, tls_s, sent - sending, done - sent if self._sent_at else None)
        return _phases(dns_s, connect_s, tls_s, sent - sending, 0.0, max(done - sent, 0.0))

    @property
    def is_closing(self) -> bool:
        """Whether the connection is closed or about to be."""
        return self._transport.is_closing()

    @property
    def reusable(self) -> bool:
        """Whether another request may follow: by HTTP, and because both directions are at rest."""
        answer = self.answer
        return answer.keep_alive and answer.clean and self._sent_at > 0.0

    def hang_up(self, why: str) -> None:
        """End the exchange that is running, if there is one, and close."""
        self._finish(Failure(Cause.HUNG_UP, why))
        self._transport.abort()

    def close(self) -> None:
        """Close the connection; what was not sent yet is dropped."""
        if self.lost.done():
            return
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        elif not self._transport.is_closing():
            # asyncio's TLS transport takes a second close for an order to forget what it still has to flush.
            self._transport.close()

    def abort(self) -> None:
        """Close the connection at once, in the middle of whatever it does."""
        self._future = None
        self._stop_sending()
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The event loop's word that the connection is open."""
        self._transport = cast(asyncio.Transport, transport)
        self._siblings.add(self)

    def data_received(self, data: bytes) -> None:
        """Read on in the answer; what comes when nothing was asked ends the connection."""
        if self._future is None:
            self._take_unasked(data)
            return
        answer = self.answer
        if not answer.received:
            self._first_at = perf_counter()
        try:
            answer.feed(data)
        except Failure as failure:
            self._finish(failure)
            return
        if answer.complete:
            self._finish(None)
        elif answer.received > READ_CAP:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The endpoint sends no more; the connection is then closed on this side too."""
        if self._future is not None:
            self._finish(self._why_lost(None))
        self._retire()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The event loop's word that the connection is closed."""
        if self._future is not None and error is not None:
            self._read_rest()
        if self._future is not None:
            self._finish(self._why_lost(error))
        if self._timer is not None:
            self._timer.cancel()
        self._retire()
        self._siblings.discard(self)
        if self._early is None:
            self.answer.close()
        self.lost.set_result(None)

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self._sent_at = 0.0

    def resume_writing(self) -> None:
        """All that was written has left."""
        # After an early answer it no longer matters: that request was not sent when it was answered.
        if self._future is not None and not self._pieces:
            self._all_sent()

    def _expect(self, bodiless: bool, ends_at: float) -> asyncio.Future[Failure | None]:
        self.answer.expect(bodiless=bodiless)
        self._first_at = 0.0
        self._ends_at = ends_at
        self._future = future = self._loop.create_future()
        if self._timer is None or self._timer_at > ends_at:
            self._set_timer(ends_at - perf_counter())
        return future

    def _take_unasked(self, data: bytes) -> None:
        if self._early is None:
            self._retire()
            self._transport.abort()
        else:
            # Some speak first (SSH, mail servers): that is their answer, or the reason why it is none.
            self._early += data

    def _catch_up(self, early: bytes, lost: bool) -> None:
        # What happened between the opening of the connection and its first exchange.
        self._early = None
        if early and self._future is not None:
            self.data_received(early)
        if lost and self._future is not None:
            self._finish(self.answer.end())
        if self.lost.done():
            self.answer.close()

    def _set_timer(self, left_s: float) -> None:
        # A timer per exchange would cost more than all the rest of the deadline: one is set per connection, and when it
        # fires too early for the exchange of that moment it is set again.
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._ends_at
        self._timer = self._loop.call_later(left_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._future is None:
            return
        left_s = self._ends_at - perf_counter()
        if left_s > 0:
            # Event loops round to milliseconds: less would be nothing, again and again until the deadline.
            self._set_timer(max(left_s, _TICK_S))
            return
        far = self.answer.progress() if self._sent_at else "the endpoint did not take the whole request"
        self._finish(Failure(Cause.DEADLINE, far))

    def _write_piece(self, pause_s: float) -> None:
        piece = self._pieces.pop(0)
        if self._pieces:
            self._transport.write(piece)
            self._next_piece = self._loop.call_later(pause_s, self._write_piece, pause_s)
            return
        self._sent_at = perf_counter()
        self._transport.write(piece)
        if self._sent_at:
            self._all_sent()

    def _all_sent(self) -> None:
        self._sent_at = perf_counter()
        if self._hang_up is None or self._leaving:
            return
        if self._hang_up is HangUp.RESET:
            self._finish(_hung_up())
            # A close that lingers for zero seconds is a TCP reset (socket(7), SO_LINGER).
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            self._transport.abort()
        else:
            # The attempt ends when the connection is lost: under TLS something may still have to be flushed.
            self._leaving = True
            self._transport.close()

    def _finish(self, failure: Failure | None) -> None:
        future, self._future = self._future, None
        self.done_at = perf_counter()
        if self._next_piece is not None:
            self._stop_sending()
        if future is not None and not future.done():
            future.set_result(failure)

    def _retire(self) -> None:
        # Whatever is in the pool can be used: nothing else is asked when it is taken from there.
        self.answer.clean = False
        self.pool.pop(self, None)

    def _stop_sending(self) -> None:
        self._pieces = []
        if self._next_piece is not None:
            self._next_piece.cancel()
            self._next_piece = None

    def _why_lost(self, error: Exception | None) -> Failure | None:
        if self._leaving:
            return _hung_up()
        # Without an error it is the end of what the endpoint sends: uvloop tells so when a TLS close was not announced.
        return self.answer.end() if error is None else lost_failure(error, self.answer.received)

    def _read_rest(self) -> None:
        # An endpoint that answers and closes with half of the request unread resets the connection. A failed write
        # then ends the transport before it has read the answer, which still waits in the socket.
        try:
            while self._future is not None and (data := self._sock.recv(_AT_ONCE)):
                self.data_received(data)
        except OSError:
            return


def _hung_up() -> Failure:
    return Failure(Cause.HUNG_UP, "the sender hung up before the answer, as planned")
