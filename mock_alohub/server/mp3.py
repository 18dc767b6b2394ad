"""The sound of a recording: an MP3 of any length, made of one short pattern that is encoded once.

Frames of MPEG-2 layer III at a constant bit rate are all of one size, and once the encoder has settled a periodic sound
gives periodic frames. So a recording is an opening turn of the pattern and then the settled turn again and again: any
byte of a five-hour recording is found by arithmetic, and none is kept. Repeating the settled turn is exact, also for
the bits that a frame borrows from the ones before it, because these are the same in every turn.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

RATE_HZ: Final = 16_000
KBPS: Final = 16
FRAME_SAMPLES: Final = 576
FRAME_BYTES: Final = FRAME_SAMPLES // 8 * KBPS * 1000 // RATE_HZ
FRAME_S: Final = FRAME_SAMPLES / RATE_HZ
"""36 ms: a recording is as long as wanted to within half of it."""
LEAST_FRAMES: Final = 2
"""A file of one frame is not taken for an MP3 by Chromium."""
TURN_FRAMES: Final = 125
"""Frames of one turn of the pattern: 4.5 s."""

_NOTES: Final = ((0.0, 0.35, 425.0), (0.45, 0.35, 425.0), (1.6, 0.25, 660.0), (1.95, 0.4, 550.0), (2.9, 0.3, 425.0))
"""The pattern: start and length in seconds, pitch in hertz. 425 Hz is the tone of Vietnam's telephones."""
_LOUDNESS: Final = 7_000
_FADE_SAMPLES: Final = 160
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Mp3:
    """An MP3 file of `frames` frames behind a tag. Its bytes are made when they are asked for."""

    tag: bytes
    frames: int

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return len(self.tag) + self.frames * FRAME_BYTES

    @property
    def length_s(self) -> float:
        """How long it plays, in seconds."""
        return self.frames * FRAME_S

    def part(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to `stop` of the file, in chunks; less where the file ends before."""
        opening, settled = _turns()
        stop = min(stop, self.size)
        if start < len(self.tag):
            yield self.tag[start:stop]
        at, stop = max(0, start - len(self.tag)), stop - len(self.tag)
        while at < stop:
            if at < len(opening):
                chunk = opening[at:stop]
            else:
                offset = (at - len(opening)) % len(settled)
                # A whole number of turns at a time, so that a long file is not sent in small pieces.
                chunk = (settled * (_CHUNK // len(settled) + 1))[offset : offset + min(_CHUNK, stop - at)]
            yield chunk
            at += len(chunk)


def mp3(title: str, length_s: float) -> Mp3:
    """An MP3 of `length_s` seconds, to the nearest frame and at least two. `title` stands in its ID3 tag."""
    return Mp3(_tag(title), max(LEAST_FRAMES, round(length_s / FRAME_S)))


def _tag(title: str) -> bytes:
    """An ID3v2.4 tag with a title (TIT2) in UTF-8."""
    content = b"\x03" + title.encode("utf-8", "replace")
    frame = b"TIT2" + _syncsafe(len(content)) + b"\x00\x00" + content
    return b"ID3\x04\x00\x00" + _syncsafe(len(frame)) + frame


def _syncsafe(number: int) -> bytes:
    """`number` in four bytes of seven bits, so that no byte looks like the start of a frame."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


@cache
def _turns() -> tuple[bytes, bytes]:
    """The opening turn and the settled one."""
    frames = encoded(3)
    turn = TURN_FRAMES * FRAME_BYTES
    return frames[:turn], frames[turn : 2 * turn]


def encoded(turns: int) -> bytes:
    """So many turns of the pattern as the encoder writes them."""
    import lameenc  # type: ignore[import-not-found]  # here: a server that is never asked for a recording needs none

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(KBPS)
    encoder.set_in_sample_rate(RATE_HZ)
    encoder.set_out_sample_rate(RATE_HZ)
    encoder.set_channels(1)
    encoder.set_quality(2)
    return bytes(encoder.encode(_pattern().tobytes() * turns)) + bytes(encoder.flush())


def _pattern() -> array[int]:
    """One turn of the pattern as 16-bit samples."""
    samples = array("h", bytes(2 * TURN_FRAMES * FRAME_SAMPLES))
    for start_s, length_s, hertz in _NOTES:
        first, count = round(start_s * RATE_HZ), round(length_s * RATE_HZ)
        for place in range(count):
            fade = min(1.0, place / _FADE_SAMPLES, (count - place) / _FADE_SAMPLES)
            wave = math.sin(2 * math.pi * hertz * place / RATE_HZ)
            samples[first + place] = round(_LOUDNESS * fade * wave)
    return samples
