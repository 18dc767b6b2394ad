import asyncio

from mock_alohub.server.buffered_connection import Gathered


class _Wire(asyncio.Transport):
    """Keeps what is written, piece by piece, and whether it was closed after it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 5)})
        self.pieces: list[bytes] = []
        self.closed_after: int | None = None
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.closed_after = len(self.pieces)

    def is_closing(self) -> bool:
        return self.closed_after is not None

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


async def _gathered() -> tuple[Gathered, _Wire]:
    wire = _Wire()
    return Gathered(wire, asyncio.get_running_loop()), wire


def test_head_and_body_go_out_in_one_piece() -> None:
    async def story() -> None:
        gathered, wire = await _gathered()
        gathered.write(b"head ")
        gathered.write(bytearray(b"body"))
        await asyncio.sleep(0)
        assert wire.pieces == [b"head body"]

    asyncio.run(story())


def test_what_is_written_later_does_not_wait_for_more() -> None:
    async def story() -> None:
        gathered, wire = await _gathered()
        for piece in (b"one", b"two"):
            gathered.write(piece)
            await asyncio.sleep(0)
        assert wire.pieces == [b"one", b"two"]

    asyncio.run(story())


def test_a_close_comes_after_what_was_written() -> None:
    async def story() -> None:
        gathered, wire = await _gathered()
        gathered.write(b"goodbye")
        gathered.close()
        await asyncio.sleep(0)
        assert (wire.pieces, wire.closed_after) == ([b"goodbye"], 1)

    asyncio.run(story())


def test_a_stream_that_never_pauses_is_not_kept_in_memory() -> None:
    async def story() -> None:
        gathered, wire = await _gathered()
        for _ in range(100):
            gathered.write(bytes(10_000))
        assert sum(map(len, wire.pieces)) >= 1_000_000 - 64 * 1024
        await asyncio.sleep(0)
        assert sum(map(len, wire.pieces)) == 1_000_000

    asyncio.run(story())


def test_the_rest_is_the_connections_own() -> None:
    async def story() -> None:
        gathered, wire = await _gathered()
        readings = []
        for change in (gathered.pause_reading, gathered.resume_reading):
            change()
            readings.append(wire.reading)
        closings = [gathered.is_closing()]
        gathered.close()
        closings.append(gathered.is_closing())
        assert (readings, closings) == ([False, True], [False, True])
        assert gathered.get_extra_info("peername") == ("192.0.2.1", 5)

    asyncio.run(story())
