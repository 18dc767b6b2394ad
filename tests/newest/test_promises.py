from __future__ import annotations

from pathlib import Path

import pytest

from tests.newest.environment import Failed
from tests.newest.promises import steps
from tests.newest.wheel import BARE, Wheel

REQUIRED = {
    BARE: frozenset({"click"}),
    "contract": frozenset({"pytest", "schemathesis"}),
    "server": frozenset({"uvicorn"}),
    "load": frozenset({"locust"}),
    "all": frozenset({"pytest", "schemathesis", "uvicorn", "locust"}),
}
REFUSALS = (("check", "contract"), ("serve", "server"), ("load", "load"))


def names(extra: str, **changed: frozenset[str]) -> list[str]:
    return [step.name for step in steps(Wheel(Path("toy.whl"), REQUIRED | changed), extra)]


def test_the_bare_wheel_refuses_what_every_extra_promises() -> None:
    assert names(BARE)[-4:] == ["check, report", *(f"{verb} without [{extra}]" for verb, extra in REFUSALS)]


def test_an_extra_keeps_its_own_promise_and_refuses_the_others() -> None:
    assert names("server") == [
        "--version",
        "serve, healthcheck",
        "check without [contract]",
        "load without [load]",
    ]


def test_an_extra_that_requires_all_packages_refuses_nothing() -> None:
    assert [name for name in names("all") if "without" in name] == []


def test_an_extra_that_requires_all_packages_keeps_every_promise() -> None:
    assert {"suite, a part", "serve, healthcheck", "load"} <= set(names("all"))


def test_the_suite_runs_in_two_processes_with_its_extra() -> None:
    assert "suite -n 2, a part" in names("contract")


def test_an_extra_that_promises_nothing_is_a_mistake() -> None:
    with pytest.raises(Failed, match="the extra `postgres`"):
        names("postgres", postgres=frozenset({"psycopg"}))
