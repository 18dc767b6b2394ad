"""The generator: a clean process of its own that makes departures and counts what comes of them.

`python -m mock_alohub.load.generator` reads orders from its standard input and writes news to its standard
output, a JSON object per line and direction:

    {"go": {"step": 1, "plan": {…}, "begins_in_s": 0.5, "index": 0, "count": 2, "worker": 0}}
    {"beat": {"step": 1, "counts": {…}}}

It takes `Go`, `Share` and `Stop` of `protocol.py`, and tells `Ready`, `Beat` (every second), `Done` and `UserMistake`.

The end of its input, SIGTERM and Ctrl-C stop what runs, at once, and end the process. The key comes by the environment.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from queue import SimpleQueue
from random import SystemRandom
from threading import Thread
from time import perf_counter
from typing import Any, Final

import orjson

from mock_alohub import __version__
from mock_alohub.delivery.transport import Transport, run
from mock_alohub.errors import BadOption, ExitCode, Mistake
from mock_alohub.load.addresses import Addresses
from mock_alohub.load.limits import SPARE, raised_file_limit
from mock_alohub.load.ownership import near
from mock_alohub.load.pacer import IN_FLIGHT_LIMIT, OPEN_FILES_LIMIT, Pacer
from mock_alohub.load.protocol import Beat, Done, Go, Message, Ready, Share, Stop, UserMistake, from_wire, to_wire
from mock_alohub.load.workload import Serials, Workload
from mock_alohub.messages.endpoint import Key
from mock_alohub.settings import variable

BEAT_S: Final = 1.0
_UNREAD: Final = 20
"""Beats that wait to be read; while there are more, what is counted is kept for the next."""
_YOUNG_BEATS: Final = 5
_OLD_BEATS: Final = 30
_FEW: Final = 2_000
_AT_ONCE: Final = 65_536


class Generator:
    """Follows orders; `tell` takes news. One step at a time."""

    def __init__(self, key: Key | None, tell: Callable[[Message], None], *, unread: Callable[[], int] = int) -> None:
        self._key, self._tell, self._unread = key, tell, unread
        self._files = raised_file_limit()
        self._offset = SystemRandom().getrandbits(30)
        self._serials: Serials | None = None
        self._step = 0
        self._pacer: Pacer | None = None
        self._running: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def follow(self, line: bytes) -> None:
        """Do what a line of JSON orders. What the user can put right is told as a mistake."""
        try:
            match from_wire(orjson.loads(line)):
                case Go() as go:
                    self._go(go)
                case Share(step, from_s, index, count):
                    if self._pacer is not None and step == self._step:
                        self._pacer.share(from_s, index, count)
                case Stop(step):
                    if self._pacer is not None and step == self._step:
                        self._pacer.stop()
                case other:
                    raise BadOption(f"a generator takes Go, Share and Stop, not {type(other).__name__}")
        except Mistake as mistake:
            self._tell(UserMistake.of(mistake))

    async def close(self) -> None:
        """Stop what runs and wait for its last word."""
        if self._pacer is not None:
            self._pacer.stop()
        if self._running is not None:
            await self._running
        for closing in tuple(self._closing):
            await closing

    def _go(self, go: Go) -> None:
        if self._pacer is not None:
            raise BadOption("a step is running already")
        begins_at = perf_counter() + go.begins_in_s
        plan, worker = go.plan, go.worker
        if self._serials is None:
            self._serials = Serials(worker, self._offset)
        workload = Workload(plan, self._key, worker=worker, serials=self._serials)
        allowed = plan.max_in_flight if self._files is None else min(plan.max_in_flight, self._files - SPARE)
        transport = Transport(
            verify_tls=not plan.insecure,
            lookup=Addresses(),
            address_filter=None if plan.owned else near,
            body_cap=0,
            idle_limit=allowed,
        )
        self._step = go.step
        self._pacer = Pacer(
            plan,
            workload,
            transport,
            begins_at=begins_at,
            index=go.index,
            count=go.count,
            in_flight=allowed,
            limit=IN_FLIGHT_LIMIT if allowed == plan.max_in_flight else OPEN_FILES_LIMIT,
        )
        self._running = asyncio.get_running_loop().create_task(self._run_step(self._step, self._pacer, transport))

    async def _run_step(self, step: int, pacer: Pacer, transport: Transport) -> None:
        beats = asyncio.get_running_loop().create_task(self._beat(step, pacer))
        try:
            await pacer.run()
        finally:
            beats.cancel()
        self._pacer = None
        self._tell(Done(step, pacer.taken(), pacer.stopped))
        # An endpoint that does not let go of its connections must not hold up the next step.
        closing = asyncio.get_running_loop().create_task(transport.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _beat(self, step: int, pacer: Pacer) -> None:
        for number in count(1):
            await asyncio.sleep(BEAT_S)
            _collect(number, pacer.under_way)
            if self._unread() < _UNREAD:
                self._tell(Beat(step, pacer.taken()))


def _collect(beat: int, under_way: int) -> None:
    """Look for garbage when it suits, not whenever many things are under way: nothing here is known to make circles.

    Departures wait meanwhile, 1 ms to 3 ms, so it is done seldom. What is old is looked through only while it is
    little, as that takes time in proportion.
    """
    if beat % _YOUNG_BEATS == 0:
        gc.collect(2 if beat % _OLD_BEATS == 0 and under_way < _FEW else 1)


async def _serve() -> None:
    """Follow orders until there are no more."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_break_down)
    orders: asyncio.Queue[bytes | None] = asyncio.Queue()
    news: SimpleQueue[bytes | None] = SimpleQueue()
    # Threads, as a standard stream may be a pipe, a file or a terminal, and to write to one may block.
    Thread(target=_read, args=(loop, orders), daemon=True, name="orders").start()
    writer = Thread(target=_write, args=(news,), daemon=True, name="news")
    writer.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, orders.put_nowait, None)
    key = os.environ.get(variable("key"))
    generator = Generator(None if key is None else Key(key), lambda one: news.put(_line(one)), unread=news.qsize)
    news.put(_line(Ready(os.getpid(), __version__, socket.gethostname())))
    gc.collect()
    gc.freeze()
    gc.disable()
    while (order := await orders.get()) is not None:
        generator.follow(order)
    await generator.close()
    news.put(None)
    writer.join(1.0)


def _read(loop: asyncio.AbstractEventLoop, orders: asyncio.Queue[bytes | None]) -> None:
    # Read without the lock of `sys.stdin`, which the interpreter wants at its end while this thread still reads.
    held = b""
    while data := os.read(sys.stdin.fileno(), _AT_ONCE):
        *lines, held = (held + data).split(b"\n")
        for line in lines:
            if line.strip():
                loop.call_soon_threadsafe(orders.put_nowait, line)
    with suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(orders.put_nowait, None)


def _line(message: Message) -> bytes:
    return orjson.dumps(to_wire(message)) + b"\n"


def _write(news: SimpleQueue[bytes | None]) -> None:
    while (line := news.get()) is not None:
        try:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        except OSError:
            os._exit(ExitCode.INTERRUPTED)  # nobody listens: whoever started this is gone


def _break_down(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A defect in a callback would otherwise be a line in a log, and a count that is wrong."""
    error = context.get("exception")
    print(context["message"], file=sys.stderr)
    if error is not None:
        traceback.print_exception(error)
    sys.stderr.flush()
    os._exit(ExitCode.INTERNAL)


def main() -> int:
    """Run the generator; the process's exit code."""
    try:
        run(_serve())
    except Mistake as mistake:
        print(f"error: {mistake.message}", file=sys.stderr)
        return mistake.exit_code
    return ExitCode.KEPT


if __name__ == "__main__":
    sys.exit(main())
