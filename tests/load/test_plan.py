import json
from typing import Any

import pytest

from mock_alohub.errors import BadOption, BadURL, Mistake, UnknownName
from mock_alohub.load.plan import LoadPlan
from mock_alohub.specification.specification import Specification

WORDED = next(webhook.name for webhook in Specification.load().webhooks.values() if webhook.worded)


def plan(**changes: Any) -> LoadPlan:
    usual: dict[str, Any] = {"url": "http://127.0.0.1:1/hook", "webhooks": ("alohub.call-ended",)}
    return LoadPlan(**{**usual, "rate": 10, "duration_s": 5, **changes})


def test_what_goes_through_json_comes_back() -> None:
    made = plan(
        webhooks=(WORDED,), spelling=(("busy", "engaged"),), retries=False, seed=7,
        templates=((WORDED, '{"id": "{{uuid}}"}'),), method="GET",
    )  # fmt: skip
    assert LoadPlan.of_dict(json.loads(json.dumps(made.as_dict()))) == made


def test_what_is_sent_is_worded_and_sent_as_the_partner_has_it() -> None:
    [kind] = plan(webhooks=(WORDED,), templates=((WORDED, '{"id": "{{uuid}}"}'),), method="GET").kinds
    assert (kind.method, list(kind.schema["properties"])) == ("GET", ["id"])


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"url": "nowhere"}, BadURL),
        ({"webhooks": ()}, BadOption),
        ({"webhooks": ("alohub.call-end",)}, UnknownName),
        ({"rate": 0}, BadOption),
        ({"rate": float("nan")}, BadOption),
        ({"duration_s": float("inf")}, BadOption),
        ({"profile": "stedy"}, UnknownName),
        ({"arrivals": "uniform"}, UnknownName),
        ({"time_scale": -1}, BadOption),
        ({"drain_s": -1}, BadOption),
        ({"max_in_flight": 0}, BadOption),
    ],
)
def test_a_value_that_no_run_can_have_is_a_mistake(changes: dict[str, Any], mistake: type[Mistake]) -> None:
    with pytest.raises(mistake):
        plan(**changes)


def test_an_unknown_name_in_a_plan_is_a_mistake() -> None:
    with pytest.raises(UnknownName, match="duration_s"):
        LoadPlan.of_dict({**plan().as_dict(), "duration": 3})
