"""A foreign document is read as it was meant, or refused quickly and with a reason."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from mock_alohub.errors import BadSpecification
from mock_alohub.specification.imported.reading import LARGEST, read


def written(folder: Path, body: bytes, name: str = "document.yaml") -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2024-01-13", {"a": "2024-01-13"}),
        ("a: yes", {"a": "yes"}),
        ("a: true", {"a": True}),
        ("on: 1", {"on": 1}),
        ("200: taken", {"200": "taken"}),
        ('{"a": [1, null]}', {"a": [1, None]}),
        ("{a: 1}", {"a": 1}),
        ("\ufeff" + '{"a": 1}', {"a": 1}),
    ],
)
def test_yaml_and_json_are_read_as_json_values(text: str, value: Any, tmp_path: Path) -> None:
    assert read(written(tmp_path, text.encode())) == value


LEVELS = "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True))

HOSTILE = {
    "contains itself": b"a: &a [*a]",
    "nested more than": b"- " * 100_000 + b"a",
    "levels deep": b"[" * 100_000,
    "cannot read": b"a: !!python/object/apply:os.system [id]",
    "unhashable": b"? [a, b]\n: 1",
    "no number": b"a: .nan",
    "larger than": b"#" * (LARGEST + 1),
    "unacceptable": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_a_hostile_document_is_refused_with_a_reason(reason: str, tmp_path: Path) -> None:
    began = monotonic()
    with pytest.raises(BadSpecification, match=reason):
        read(written(tmp_path, HOSTILE[reason]))
    assert monotonic() - began < 20


def test_deep_json_is_refused(tmp_path: Path) -> None:
    for depth in (200, 100_000):
        with pytest.raises(BadSpecification, match=r"deep|depth"):
            read(written(tmp_path, b'{"a":' * depth + b"1" + b"}" * depth, "document.json"))


def test_aliases_that_multiply_are_shared_and_not_copied(tmp_path: Path) -> None:
    found = read(written(tmp_path, f"a: &a [x, x, x, x, x, x, x, x, x]\n{LEVELS}".encode()))
    assert found["l"][0] is found["l"][8] is found["k"]


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(BadSpecification, match="no such file"):
        read(tmp_path / "nowhere.yaml")
