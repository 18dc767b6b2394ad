"""Recordings are MP3 files of the right length whose bytes can be had from anywhere."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.mp3 import MP3

from mock_alohub.server.mp3 import FRAME_BYTES, FRAME_S, TURN_FRAMES, Mp3, encoded, mp3


def whole(file: Mp3) -> bytes:
    return b"".join(file.part(0, file.size))


def read(file: Mp3) -> Any:
    return MP3(io.BytesIO(whole(file)))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("length_s", [1, 2, 5, 25, 295, 3_600])
def test_a_player_reads_the_length_that_was_asked_for_to_within_50_ms(length_s: int) -> None:
    assert read(mp3("call", length_s)).info.length == pytest.approx(length_s, abs=0.05)


def test_a_call_of_no_talk_has_a_recording_that_is_as_short_as_players_allow() -> None:
    assert mp3("call", 0).length_s == 2 * FRAME_S


def test_the_length_that_the_file_states_is_the_one_that_a_player_reads() -> None:
    file = mp3("call", 61)
    assert read(file).info.length == pytest.approx(file.length_s, abs=0.001)


def test_it_is_mono_speech_at_a_constant_bit_rate() -> None:
    info = read(mp3("call", 10)).info
    assert (info.channels, info.sample_rate, info.bitrate) == (1, 16_000, 16_000)


def test_the_title_is_in_the_tag() -> None:
    assert read(mp3("Cuộc gọi 7", 2)).tags["TIT2"].text == ["Cuộc gọi 7"]


def test_a_title_that_is_no_unicode_is_written_with_marks() -> None:
    assert read(mp3("\ud800", 2)).tags["TIT2"].text == ["?"]


def test_every_frame_begins_where_the_one_before_it_ends() -> None:
    file = mp3("call", 20)
    sound = whole(file)[len(file.tag) :]
    heads = {sound[at : at + 4] for at in range(0, len(sound), FRAME_BYTES)}
    assert (len(sound) % FRAME_BYTES, heads) == (0, {b"\xff\xf3\x28\xc4"})


def test_the_settled_turn_follows_itself_in_the_encoder_too() -> None:
    file = mp3("call", 6 * TURN_FRAMES * FRAME_S)
    assert whole(file)[len(file.tag) :] == encoded(7)[: 6 * TURN_FRAMES * FRAME_BYTES]


FILE = mp3("20240113150030000001", 95)
BYTES = whole(FILE)


def test_the_whole_has_the_size_it_states() -> None:
    assert len(BYTES) == FILE.size


@given(st.integers(0, FILE.size), st.integers(0, FILE.size + 10))
def test_any_part_is_that_part_of_the_whole(start: int, stop: int) -> None:
    assert b"".join(FILE.part(start, stop)) == BYTES[start:stop]


def test_the_end_of_a_five_hour_recording_is_had_without_its_beginning() -> None:
    file = mp3("call", 5 * 3_600)
    assert len(b"".join(file.part(file.size - 100, file.size))) == 100


def test_a_five_hour_recording_comes_in_small_chunks() -> None:
    assert max(map(len, itertools.islice(mp3("call", 5 * 3_600).part(0, 40_000_000), 50))) <= 64 * 1024


def test_the_encoder_is_not_loaded_before_it_is_needed() -> None:
    script = "import sys; import mock_alohub.server.mp3; print('lameenc' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "False\n"
