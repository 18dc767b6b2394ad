from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from mock_alohub.delivery.fast_records import drafted
from mock_alohub.messages.attempt import Attempt, Phases, Reply

RECORDS = [Attempt(1, 2.0, 3.0), Phases(1.0, None, 2.0), Reply(200, (("A", "b"),), b"body", 4, "1.0")]


@pytest.fixture(params=RECORDS, ids=lambda record: type(record).__name__)
def record(request: pytest.FixtureRequest) -> object:
    return request.param


def twin(record: object) -> object:
    values = [getattr(record, field.name) for field in fields(record)]  # type: ignore[arg-type]
    return drafted(type(record))(*values)


def test_a_drafted_record_is_the_record(record: object) -> None:
    assert type(twin(record)) is type(record)
    assert twin(record) == record
    assert repr(twin(record)) == repr(record)


def test_a_drafted_record_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        drafted(Phases)(1.0).dns_s = 2.0  # type: ignore[misc]


def test_a_drafted_record_has_the_defaults_of_the_record() -> None:
    assert drafted(Attempt)(1, 2.0, 3.0) == RECORDS[0]


def test_a_drafted_record_can_be_copied_replaced_and_pickled(record: object) -> None:
    assert copy.deepcopy(twin(record)) == record
    assert pickle.loads(pickle.dumps(twin(record))) == record
    assert replace(twin(record)) == record  # type: ignore[type-var]


def test_a_drafted_record_has_the_same_hash() -> None:
    assert hash(twin(RECORDS[1])) == hash(RECORDS[1])
