from __future__ import annotations

import pytest

from mock_alohub.delivery.destination import Destination, Overrides, Registration
from mock_alohub.errors import BadOption
from mock_alohub.messages.policy import Policy
from tests.fakes import KEY, endpoint

ALOHUB = Policy(5.0, frozenset({200}), (5.0, 30.0, 120.0), {"retries": "a reason"})


def test_nothing_overridden_leaves_the_policy_as_it_is() -> None:
    assert Overrides().over(ALOHUB) == ALOHUB


def test_what_is_overridden_takes_the_place_of_what_was() -> None:
    changed = Overrides(1.0, (200, 204), ()).over(ALOHUB)
    assert changed == Policy(1.0, frozenset({200, 204}), (), {"retries": "a reason"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"deadline_s": 0.0}, "deadline is 0 s"),
        ({"deadline_s": float("nan")}, "deadline"),
        ({"deadline_s": 3601.0}, "at most an hour"),
        ({"acknowledged_by": (99,)}, "acknowledging status"),
        ({"acknowledged_by": (600,)}, "acknowledging status"),
        ({"retries_s": (-1.0,)}, "wait before a retry"),
        ({"retries_s": (float("inf"),)}, "wait before a retry"),
        ({"retries_s": (float("nan"),)}, "wait before a retry"),
    ],
)
def test_an_override_that_makes_no_sense_is_a_mistake(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        Overrides(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("key", "shown"), [(KEY, "masked"), (None, "")])
def test_a_destination_is_shown_without_its_key(key: str | None, shown: str) -> None:
    view = Destination(3, Registration(endpoint("http://a.test/h?token=secret1", key))).shown()
    assert (view.id, view.key, view.url) == (3, shown, "http://a.test/h?token=****")
