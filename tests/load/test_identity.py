"""What a worker says of itself, and when it is not wanted for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mock_alohub.load.identity import difference, own_identity

KEY = "k-4711-secret"


@pytest.mark.parametrize("key", [KEY, "", None, "khoá"])
def test_two_that_are_alike_work_together(key: str | None) -> None:
    assert not difference(own_identity(key), key)


@pytest.mark.parametrize("other", [None, "", "k-4711-secreT", KEY + " "])
def test_another_key_is_told(other: str | None) -> None:
    assert "key is another" in difference(own_identity(other), KEY)


def test_another_version_is_told_with_both() -> None:
    identity = replace(own_identity(KEY), version="0.0.1")
    assert "runs mock-alohub 0.0.1, the master 0.1.0" in difference(identity, KEY)


def test_another_specification_is_told() -> None:
    identity = replace(own_identity(KEY), specification="0" * 16)
    assert "openapi.yaml" in difference(identity, KEY)


def test_the_key_is_not_in_what_travels_and_no_two_are_alike() -> None:
    first, second = own_identity(KEY), own_identity(KEY)
    assert KEY not in str(first)
    assert first.proof != second.proof
