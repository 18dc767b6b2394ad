from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest

from mock_alohub.messages import credential
from mock_alohub.messages.transmission import Credential

KEYS = ["Secret-Key-123", "a", "----", "Bearer abc def", "ALLCAPS99", "0000"]
MAKERS = [credential.another, credential.prefix, credential.longer, credential.changed_case, credential.inside]
MAKERS += [credential.other_beginning, credential.punctuated]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_no_lie_is_the_key(make: object, key: str) -> None:
    lie = make(key)  # type: ignore[operator]
    assert lie is None or lie.value.strip() != key.strip()


LIES = [(key, lie) for key in KEYS for make in MAKERS if (lie := make(key)) is not None]


@pytest.mark.parametrize(("key", "lie"), LIES, ids=lambda one: one.says if isinstance(one, Credential) else one)
def test_a_shell_makes_the_same_lie_from_the_key(key: str, lie: Credential) -> None:
    environment = {"PATH": os.environ["PATH"], "MOCK_ALOHUB_KEY": key, "LC_ALL": "C"}
    done = subprocess.run(["sh", "-c", f'printf %s "{lie.shell}"'], env=environment, capture_output=True, check=True)
    assert done.stdout.decode() == lie.value


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_what_a_shell_is_told_says_nothing_about_the_key(make: object) -> None:
    assert make("Secret-Key-123").shell == make("Another-Word-77").shell  # type: ignore[operator]


@pytest.mark.parametrize("key", ["ßµÿ-é-a", "straße"])
def test_letters_beyond_ascii_keep_their_case(key: str) -> None:
    lie = credential.changed_case(key)
    assert lie is not None
    assert (lie.value or "").encode("latin-1")


@pytest.mark.parametrize("key", KEYS)
def test_another_key_has_the_same_length(key: str) -> None:
    assert len(credential.another(key).value or "") == len(key)


def test_the_scheme_of_a_key_keeps_its_case() -> None:
    changed = credential.changed_case("Bearer abc")
    assert changed is not None
    assert changed.value == "Bearer ABC"


@pytest.mark.parametrize("maker", [credential.prefix, credential.longer])
def test_the_padding_of_base64_is_left_alone(maker: Callable[[str], Credential | None]) -> None:
    assert maker("Basic YWxvaHViOms=") is None


def test_a_hyphen_comes_before_the_last_character_of_a_key() -> None:
    lies = [credential.punctuated(key) for key in ("ab", "abc")]
    assert [lie and lie.value for lie in lies] == ["a-b", "ab-c"]


@pytest.mark.parametrize("key", ["a", "YWxvaHViOms=", "Basic YWxvaHViOms"])
def test_no_hyphen_comes_into_a_single_character_or_into_base64(key: str) -> None:
    assert credential.punctuated(key) is None


@pytest.mark.parametrize(
    ("key", "secret"), [("Bearer abc-def", "abc-def"), ("whsec_MfKQ9r8G", "MfKQ9r8G"), ("Basic user:pass", "pass")]
)
def test_what_is_secret_of_a_key_gives_it_away_alone(key: str, secret: str) -> None:
    assert {key, secret} <= set(credential.telling(key))


def test_every_lie_that_is_made_of_a_key_gives_it_away() -> None:
    key = "Secret-Key-123"
    makers = (credential.another, credential.prefix, credential.changed_case, credential.punctuated)
    assert {lie.value for make in makers if (lie := make(key))} <= set(credential.telling(key))
