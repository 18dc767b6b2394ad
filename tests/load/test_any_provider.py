"""Webhooks that are known from a document alone under load: real generator processes, a real endpoint."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.errors import BadOption
from mock_alohub.load.carried_spec import carried
from mock_alohub.load.counts import Counts
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.workload import Serials, Workload
from mock_alohub.messages.endpoint import Key
from mock_alohub.messages.signature import HEADER, ID_HEADER, TIME_HEADER
from mock_alohub.specification.imported import webhooks as foreign
from tests.load.documents import BEARER, FORMS, ORDER, SIGNED, Form, written
from tests.load.generators import plan as any_plan
from tests.load.generators import run
from tests.load.receiving import receiving
from tests.specification.imported.writing import loaded, operation


def plan(url: str, path: Path, **changes: Any) -> LoadPlan:
    document = foreign.load(path)
    return any_plan(url, webhooks=tuple(document.webhooks), described=carried(document, document.webhooks), **changes)


@pytest.mark.parametrize("name", FORMS)
def test_every_message_carries_the_key_as_the_document_has_it(name: str, tmp_path: Path) -> None:
    form = FORMS[name]
    with receiving(status=form.status) as endpoint:
        run_counts = run(plan(endpoint.url, written(tmp_path, form)), MOCK_ALOHUB_KEY=form.key)
    assert run_counts.first == Counts(acknowledged=100)
    assert run_counts.by_webhook.keys() == {"order.made"}
    assert len({json.loads(body)["id"] for body in endpoint.bodies}) == 100


@pytest.mark.parametrize("name", FORMS)
def test_another_key_is_refused(name: str, tmp_path: Path) -> None:
    form = FORMS[name]
    wrong = {"basic": "shop:other", "signed": SIGNED.key.replace("M", "N")}.get(name, "other")
    with receiving(status=form.status) as endpoint:
        run_counts = run(plan(endpoint.url, written(tmp_path, form), retries=False), MOCK_ALOHUB_KEY=wrong)
    assert run_counts.first == Counts(refused=100)


def test_a_message_is_signed_when_it_departs_and_not_when_it_is_drawn(tmp_path: Path) -> None:
    # So few that all of them are drawn before the first departs.
    with receiving(status=SIGNED.status) as endpoint:
        run_counts = run(
            plan(endpoint.url, written(tmp_path, SIGNED), rate=4, duration_s=4), MOCK_ALOHUB_KEY=SIGNED.key
        )
    assert run_counts.first == Counts(acknowledged=16)
    times = [int(fields[TIME_HEADER]) for fields, _ in endpoint.requests]
    assert max(times) - min(times) >= 3


def test_a_retry_is_the_same_message_signed_anew(tmp_path: Path) -> None:
    came: defaultdict[str, list[dict[str, str]]] = defaultdict(list)

    def status(fields: dict[str, str], body: bytes) -> int:
        attempts = came[fields[ID_HEADER]]
        attempts.append(fields)
        return 401 if not SIGNED.shown(fields, body) else 200 if len(attempts) == 3 else 503

    document = written(tmp_path, SIGNED, retries=["2s", "2s"])
    with receiving(status=status) as endpoint:
        run_counts = run(plan(endpoint.url, document, rate=5), MOCK_ALOHUB_KEY=SIGNED.key)
    assert (run_counts.first, run_counts.retries) == (Counts(refused=5), Counts(acknowledged=5, refused=5))
    assert (run_counts.delivered, run_counts.causes) == (5, {"status 503": 10})
    assert set(endpoint.bodies.values()) == {3}
    assert len(came) == 5
    for attempts in came.values():
        first, second, third = (int(fields[TIME_HEADER]) for fields in attempts)
        assert first < second < third
        assert len({fields[HEADER] for fields in attempts}) == 3


def test_the_documents_deadline_and_statuses_count(tmp_path: Path) -> None:
    document = written(tmp_path, BEARER, **{"acknowledged-by": [204], "retries": []})
    with receiving(status=BEARER.status) as endpoint:
        run_counts = run(plan(endpoint.url, document), MOCK_ALOHUB_KEY=BEARER.key)
    assert (run_counts.first, run_counts.lost) == (Counts(refused=100), 100)


def test_without_a_key_signed_webhooks_go_unsigned(tmp_path: Path) -> None:
    with receiving() as endpoint:
        run_counts = run(plan(endpoint.url, written(tmp_path, SIGNED), rate=10))
    assert run_counts.first == Counts(acknowledged=10)
    assert not any(HEADER in fields for fields, _ in endpoint.requests)


@pytest.mark.parametrize(("form", "ahead"), [(BEARER, 1), (SIGNED, 0)])
def test_only_what_is_not_signed_is_written_before_it_is_due(form: Form, ahead: int, tmp_path: Path) -> None:
    made = plan("http://shop.example/", written(tmp_path, form))
    (message,) = Workload(made, Key(form.key), worker=0, serials=Serials(0, 0)).draw()
    assert (message.route.ahead, bool(message.payload)) == (ahead, bool(ahead))


@pytest.mark.parametrize(
    ("forms", "key", "said"),
    [
        ((FORMS["basic"],), "no-colon", "the key of this document is `user:password`"),
        ((FORMS["plain"], FORMS["bearer"]), "k", "carry the key in different ways"),
    ],
)
def test_a_key_that_the_webhooks_cannot_carry_is_told(
    forms: tuple[Form, ...], key: str, said: str, tmp_path: Path
) -> None:
    schemes = {f"s{number}": form.scheme for number, form in enumerate(forms)}
    items = {f"w{number}": operation(ORDER, security=[{f"s{number}": []}]) for number in range(len(forms))}
    document = loaded(tmp_path, items, components={"securitySchemes": schemes})
    made = any_plan("http://127.0.0.1:1/", webhooks=tuple(items), described=carried(document, items))
    with pytest.raises(BadOption, match=said):
        made.endpoint(Key(key))
