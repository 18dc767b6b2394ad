from __future__ import annotations

import json

import pytest

from mock_alohub.load.record import CellRecord, CountsRecord, LoadRecord
from mock_alohub.load.reports.json import render
from mock_alohub.reports.visible import UNSEEN
from tests.load.records import RECORDS, breaking, hostile


def test_keys_stand_in_the_order_of_the_interface() -> None:
    document = json.loads(render(breaking()))
    assert list(document) == list(LoadRecord.__annotations__)
    assert list(document["timeline"][0]) == list(CellRecord.__annotations__)
    assert list(document["webhooks"]["alohub.call-ended"]) == list(CountsRecord.__annotations__)


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "hostile"])
def test_nothing_is_lost(name: str) -> None:
    assert json.loads(render(RECORDS[name]())) == RECORDS[name]()


def test_nothing_in_it_steers_a_terminal() -> None:
    assert UNSEEN.search(render(hostile()).replace("\n", "")) is None
