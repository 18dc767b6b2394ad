"""The webhooks of a document, as a plan carries them to where the document is not."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.calls.call import Moment
from mock_alohub.errors import BadOption, BadSpecification
from mock_alohub.load.carried_spec import LARGEST, carried, specification_of
from mock_alohub.load.counts import Counts
from mock_alohub.load.plan import LoadPlan
from mock_alohub.providers import provider_of
from mock_alohub.providers.described import with_its_messages
from mock_alohub.providers.provider import body_of
from mock_alohub.specification.imported import webhooks as foreign
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook
from tests.fakes import simulator
from tests.load.generators import plan as any_plan
from tests.load.generators import run
from tests.load.receiving import receiving

DOCUMENTS = sorted((Path(__file__).parents[1] / "data" / "specs").glob("*.yaml"))
EVERY = [(path, name) for path in DOCUMENTS for name in foreign.load(path).webhooks]
every_webhook = pytest.mark.parametrize(("path", "name"), EVERY, ids=[f"{path.stem}-{name}" for path, name in EVERY])


def plan(path: Path, *names: str, **changes: Any) -> LoadPlan:
    """A plan with some webhooks of a document, or all of them."""
    document = foreign.load(path)
    wanted = names or tuple(document.webhooks)
    return LoadPlan(
        **{"url": "http://127.0.0.1:1/", "rate": 10, "duration_s": 5, **changes},
        webhooks=wanted, described=carried(document, wanted),
    )  # fmt: skip


def travelled(made: LoadPlan) -> LoadPlan:
    return LoadPlan.of_dict(json.loads(json.dumps(made.as_dict())))


def values(webhook: Webhook) -> dict[str, Any]:
    return {field.name: getattr(webhook, field.name) for field in fields(webhook)}


@every_webhook
def test_what_it_takes_to_send_a_webhook_comes_back(path: Path, name: str) -> None:
    made = plan(path, name)
    assert travelled(made) == made
    (webhook,) = travelled(made).kinds
    assert values(webhook) == values(with_its_messages(foreign.load(path).webhook(name)))


@every_webhook
def test_the_same_calls_make_the_same_messages_there(path: Path, name: str) -> None:
    (there,) = travelled(plan(path, name)).kinds
    here, calls = foreign.load(path).webhook(name), simulator()
    for call in (calls.call() for _ in range(50)):
        bodies = {body_of(provider_of(one.provider), one, call, Moment.ENDED) for one in (here, there)}
        assert len(bodies) == 1


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_only_what_is_wanted_travels(path: Path) -> None:
    first = next(iter(foreign.load(path).webhooks))
    assert list(plan(path, first).specification.webhooks) == [first]


def orders() -> Webhook:
    return foreign.load(next(path for path in DOCUMENTS if path.stem == "orders")).webhook("order.created")


def wide(webhooks: int, fields_each: int) -> Specification:
    """A document of as many webhooks, each with a description of a kilobyte for every field, and a place for an id."""
    first = orders()
    extra = {f"field_{number}": {"type": "string", "description": "a" * 1_000} for number in range(fields_each)}
    schema = {**first.schema, "properties": {**first.schema["properties"], **extra}}
    return Specification({}, {f"w{n}": replace(first, name=f"w{n}", schema=schema) for n in range(webhooks)})


def test_a_document_of_a_megabyte_travels() -> None:
    document = wide(1, 1_000)
    assert 1_000_000 < len(carried(document, document.webhooks)) < 2_000_000


def test_more_than_every_process_can_have_in_time_is_refused() -> None:
    document = wide(5, 1_000)
    with pytest.raises(BadOption, match=rf"5 webhooks .* make [5-9],.* bytes; .* carries {LARGEST:,}") as refused:
        carried(document, document.webhooks)
    assert refused.value.hint == "name fewer with --webhook"
    assert carried(document, ["w0", "w1"])


def test_with_as_much_as_is_carried_a_generator_begins_in_time() -> None:
    document = wide(3, 1_280)
    text = carried(document, document.webhooks)
    assert 0.9 < len(text) / LARGEST < 1
    with receiving() as endpoint:
        run_counts = run(
            any_plan(endpoint.url, webhooks=tuple(document.webhooks), described=text), MOCK_ALOHUB_KEY="whsec_"
        )
    assert (run_counts.unsent, run_counts.first) == ({}, Counts(acknowledged=100))


def test_a_number_that_no_process_could_read_is_refused() -> None:
    document = wide(1, 0)
    webhook = replace(document.webhook("w0"), examples={"huge": {"id": "a", "type": "order.created", "total": 2**70}})
    with pytest.raises(BadSpecification, match="cannot be handed to other processes"):
        carried(replace(document, webhooks={"w0": webhook}), ["w0"])


def test_a_text_is_read_once() -> None:
    made = plan(DOCUMENTS[0])
    assert specification_of(made.described) is travelled(made).specification
