from __future__ import annotations

from dataclasses import replace

import pytest

from mock_alohub.errors import UnknownName
from mock_alohub.faults import FAULTS, named
from mock_alohub.faults.fault import Fault, chained, together
from tests.faults.transmissions import transmissions


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_what_is_sent(fault: Fault) -> None:
    before = transmissions(4)
    assert list(chained([fault], before, seed=3)) != before


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_does_the_same_for_the_same_seed(fault: Fault) -> None:
    assert chained([fault], transmissions(4), seed=3) == chained([fault], transmissions(4), seed=3)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_leaves_what_it_was_given_as_it_was(fault: Fault) -> None:
    before = transmissions(3)
    chained([fault], before, seed=3)
    assert before == transmissions(3)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_takes_an_empty_sequence(fault: Fault) -> None:
    assert list(chained([fault], [], seed=3)) == []


@pytest.mark.parametrize("first", FAULTS, ids=lambda fault: fault.name)
def test_every_two_faults_can_be_chained(first: Fault) -> None:
    for second in FAULTS:
        assert chained([first, second], transmissions(2), seed=3)


def test_no_fault_leaves_everything_as_it_was() -> None:
    assert chained([], transmissions(3), seed=1) == transmissions(3)


def test_faults_are_applied_one_after_the_other() -> None:
    faults = [named("duplicate"), named("missing-key")]
    after = chained(faults, transmissions(2), seed=1)
    assert [transmission.credential and transmission.credential.value for transmission in after] == [None] * 4


def test_adding_a_fault_does_not_change_what_the_others_draw() -> None:
    alone = chained([named("delay")], transmissions(3), seed=9)
    beside = chained([named("reset"), named("delay")], transmissions(3), seed=9)
    assert [transmission.wait_s for transmission in alone] == [transmission.wait_s for transmission in beside]


def test_plans_beside_each_other_form_one_group() -> None:
    one, two, three = transmissions(3)
    groups = list(together([one, replace(two, beside=True), three]))
    assert [len(group) for group in groups] == [2, 1]


def test_an_unknown_fault_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="did you mean `duplicate`"):
        named("duplicat")


def test_names_are_unique() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
