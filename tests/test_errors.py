from __future__ import annotations

import inspect
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from mock_alohub import errors
from mock_alohub.errors import ExitCode, MissingExtra, Mistake, UnknownName, Unreachable

MISTAKES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Mistake)]


@pytest.mark.parametrize(
    ("code", "number"),
    [("KEPT", 0), ("BROKEN", 1), ("USAGE", 2), ("UNREACHABLE", 3), ("INTERNAL", 70), ("INTERRUPTED", 130)],
)
def test_exit_codes_are_those_that_scripts_rely_on(code: str, number: int) -> None:
    assert ExitCode[code] == number


@pytest.mark.parametrize("kind", MISTAKES)
def test_no_mistake_reads_as_a_broken_contract(kind: type[Mistake]) -> None:
    assert kind.exit_code in {ExitCode.USAGE, ExitCode.UNREACHABLE}


def test_an_unreachable_endpoint_has_an_exit_code_of_its_own() -> None:
    assert Unreachable("no").exit_code is ExitCode.UNREACHABLE


def test_a_mistake_is_its_sentence() -> None:
    assert str(Mistake("what is wrong", hint="what to do")) == "what is wrong"


def test_an_unknown_name_near_to_a_known_one_says_which() -> None:
    assert UnknownName("rule", "ack.stedy", ["ack.steady", "auth"]).nearest == "ack.steady"


def test_an_unknown_name_near_to_none_lists_a_few() -> None:
    assert str(UnknownName("format", "zzz", ["json", "html"])).endswith("allowed: `html`, `json`")


def test_an_unknown_name_near_to_none_does_not_list_many() -> None:
    names = [f"rule-{number:02}" for number in range(13)]
    assert str(UnknownName("rule", "zzz", names)).endswith("there are 13, from `rule-00` to `rule-12`")


def test_an_unknown_name_may_have_a_hint() -> None:
    assert UnknownName("rule", "zzz", ["a"], hint="look there").hint == "look there"


def test_a_missing_extra_says_how_to_install_it() -> None:
    assert MissingExtra("generating messages", "contract").hint == "pip install 'mock-alohub[contract]'"


def test_a_missing_extra_of_a_package_that_is_not_installed_is_added_from_its_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing_installed(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", nothing_installed)
    checkout = Path(errors.__file__).parents[1]
    assert MissingExtra("generating messages", "contract").hint == f"pip install '{checkout}[contract]'"
