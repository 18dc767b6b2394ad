"""Payloads are read whatever the form of the file, and what cannot be read is named with its place."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator

import pytest

from mock_alohub.specification import payload_stream
from mock_alohub.specification.payload_stream import Read


def read(text: bytes | str) -> list[Read]:
    return list(payload_stream.read(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def places(text: bytes | str) -> list[tuple[int, object]]:
    return [(one.line, one.payload) for one in read(text)]


def errors(text: bytes | str) -> list[tuple[int, str]]:
    return [(one.line, one.error) for one in read(text) if one.error]


def test_each_line_is_a_payload() -> None:
    assert places('{"a": 1}\n{"a": 2}\n') == [(1, {"a": 1}), (2, {"a": 2})]


def test_the_last_line_needs_no_line_feed() -> None:
    assert places('{"a": 1}\n{"a": 2}') == [(1, {"a": 1}), (2, {"a": 2})]


def test_blank_lines_are_skipped_and_counted() -> None:
    assert places('\n \r\n{"a": 1}\r\n\n{"a": 2}\n\n') == [(3, {"a": 1}), (5, {"a": 2})]


@pytest.mark.parametrize("text", ["", "\n\n", "  "])
def test_an_empty_file_has_no_payloads(text: str) -> None:
    assert read(text) == []


def test_an_array_on_one_line_counts_as_its_elements() -> None:
    assert places('[{"a": 1}, {"a": 2}]') == [(1, {"a": 1}), (1, {"a": 2})]


def test_an_array_over_several_lines_counts_as_its_elements() -> None:
    assert places(json.dumps([{"a": 1}, {"a": [2]}], indent=2)) == [(2, {"a": 1}), (5, {"a": [2]})]


@pytest.mark.parametrize("text", ["[]", "[ ]", "[\n]\n"])
def test_an_empty_array_has_no_payloads(text: str) -> None:
    assert read(text) == []


def test_a_document_over_several_lines_is_one_payload() -> None:
    assert places(json.dumps({"a": {"b": [1, 2]}}, indent=2)) == [(1, {"a": {"b": [1, 2]}})]


def test_documents_over_several_lines_follow_each_other() -> None:
    assert places('{\n "a": 1\n}\n\n{\n "a": 2\n}\n') == [(1, {"a": 1}), (5, {"a": 2})]


def test_arrays_follow_each_other() -> None:
    assert places('[{"a": 1}]\n[{"a": 2}]\n') == [(1, {"a": 1}), (2, {"a": 2})]


@pytest.mark.parametrize("text", ['{"a": 1}\n', '[{"a": 1}]', '{\n"a": 1}'])
def test_a_byte_order_mark_is_tolerated_with_a_word(text: str) -> None:
    (one,) = read(b"\xef\xbb\xbf" + text.encode())
    assert (one.payload, "byte order mark" in one.note) == ({"a": 1}, True)


def test_only_the_first_payload_carries_the_word_about_the_mark() -> None:
    assert [bool(one.note) for one in read(b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n')] == [True, False]


def test_a_broken_line_is_named_and_the_others_are_read() -> None:
    found = read('{"a": 1}\n{"a": \n{"a": 3}\n')
    assert [(one.line, bool(one.error)) for one in found] == [(1, False), (2, True), (3, False)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"a": 1,}', "column 8: trailing comma is not allowed"),
        ('{"a": NaN}', "column 7: unexpected character"),
        ("{'a': 1}", "column 2: unexpected character, expected a string key"),
        ('{"a": 1} x', "column 10: unexpected content after document, at 'x'"),
        ('{"a": "ế', "column 9: unexpected end of data"),
        ("[" * 3000, "nesting is too deep"),
        ('{"a":' * 3000, "depth limit exceeded"),
    ],
)
def test_what_is_not_json_is_named_with_its_column(line: str, words: str) -> None:
    ((place, error),) = errors(line)
    assert place == 1
    assert error.startswith("not JSON: ")
    assert words in error


def test_what_is_not_utf8_is_named_with_its_offset_in_the_line() -> None:
    assert errors(b'{"a": 1}\n{"a": "\xff"}\n') == [
        (2, "not UTF-8: byte 0xff at offset 7 of the line (invalid start byte)")
    ]


def test_what_is_not_utf8_in_a_document_is_named_with_its_line() -> None:
    assert errors(b'{\n "a": "\xff"\n}\n') == [(2, "not UTF-8: byte 0xff at offset 7 of the line (invalid start byte)")]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[\n{"a": 1},\n]', 3, "trailing comma is not allowed"),
        ('[\n{"a": 1}\n{"a": 2}\n]', 3, "`,` or `]` is wanted after an element of the array"),
        ('[\n{"a": 1}\n', 2, "`,` or `]` is wanted after an element of the array"),
        ('{\n"a": 1,\n}', 3, "column 1"),
        ('{\n"a": 1\n}\nrest\n', 4, "column 1"),
        ('{\n"a": NaN\n}', 1, "line 2 of it, column 6: unexpected character"),
    ],
)
def test_a_broken_document_is_named_with_its_line(text: str, line: int, words: str) -> None:
    place, error = errors(text)[-1]
    assert (place, error.startswith("not JSON: ")) == (line, True)
    assert words in error


def test_what_comes_before_a_break_is_read() -> None:
    assert places('[{"a": 1}, {"a"')[0] == (1, {"a": 1})


def test_lines_are_read_as_they_are_wanted() -> None:
    """An endless stream gives payloads: the file is not read to its end first."""

    def endless() -> Iterator[bytes]:
        return (b'{"a": %d}\n' % number for number in itertools.count(1))

    assert [one.payload["a"] for one in itertools.islice(payload_stream.read(endless()), 5)] == [1, 2, 3, 4, 5]


def test_the_line_numbers_of_a_long_array_are_counted_once() -> None:
    found = read("[\n" + ",\n".join(['{"a": 1}'] * 20_000) + "\n]\n")
    assert [found[0].line, found[-1].line, len(found)] == [2, 20_001, 20_000]
