"""Documents shaped as public ones are: a careful endpoint is found without fault, and a careless one is found out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from mock_alohub.check.effects import parse_effects
from mock_alohub.check.rules import BY_ID
from mock_alohub.check.run import Check, run
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.reports.record import Record
from mock_alohub.specification.imported.security import key_for
from mock_alohub.specification.imported.webhooks import load
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from tests.cli.running import run as cli
from tests.zoo.broken.signatures import given, is_recent, signature
from tests.zoo.careful import Careful
from tests.zoo.check import broken_rules, crashed_rules, findings
from tests.zoo.member import effects_url
from tests.zoo.receiver import WEBHOOK, Event, No
from tests.zoo.server import Server
from tests.zoo.signed import SECRET
from tests.zoo.wire import Answer, Request

SPECS = Path(__file__).parents[2] / "data" / "specs"


@dataclass(frozen=True)
class Shape:
    """What is expected of a document: `note` is what it is remarked upon, `key` what was agreed."""

    webhooks: tuple[str, ...]
    key: str = ""
    carried: tuple[str | None, str] = (None, "plain")
    note: str = ""


SHAPES = {
    "acquirer": Shape(
        ("/CAPTURED", "transfer.updated"),
        "me:s3cret-42",
        ("Authorization", "basic"),
        "webhook /CAPTURED: forgotten is not as its schema wants it",
    ),
    "assistant": Shape(("answer_completed", "call_incoming"), "sk-Ab3dEf6h", ("Authorization", "bearer")),
    "cards": Shape(("card_payment.asked",), SECRET, ("webhook-signature", "signature")),
    "forge": Shape(
        ("ticket-opened", "ticket-closed"),
        note="webhooks ticket-opened, ticket-closed: "
        "X-Forge-Signature-256 is a signature of a kind that is not known here",
    ),
    "mail": Shape(("mail.bounced",), "re_Ab3dEf6h", ("Authorization", "bearer")),
    "subscriptions": Shape(("order.paid", "customer.changed")),
}
SIGNED = "cards"


@cache
def specification(name: str) -> Specification:
    return load(SPECS / f"{name}.yaml")


def wire_key(name: str) -> str | None:
    """The value of the key header; the secret, where messages are signed."""
    key = SHAPES[name].key
    return key_for(specification(name).webhooks.values(), key) if key else None


class Partner(Careful):
    """Takes what is as the document's schemas want it, and knows the sender as the document has it."""

    validator: Validator

    def check(self, event: Event) -> None:
        if not self.validator.is_valid(event):
            raise No(422, "not as its schema wants it")


class VerifyingPartner(Partner):
    """Verifies signatures with the reference library of Standard Webhooks."""

    def check_key(self, request: Request) -> None:
        if not self.is_signed(request):
            self.refuse(request)

    def is_signed(self, request: Request) -> bool:
        try:
            Verifier(SECRET).verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            return False
        except (ValueError, RecursionError):  # it parses the body as well, which is not a matter of signatures
            return True
        return True


Change = Callable[..., Any]


def partner(name: str, **changes: Change) -> Server:
    """The careful partner of a document, with other methods where something is to be wrong with it."""
    webhooks = tuple(specification(name).webhooks.values())
    kind = VerifyingPartner if name == SIGNED else Partner
    members: dict[str, Any] = {"webhooks": webhooks, "validator": Validator(*webhooks), "key": wire_key(name)}
    return Server(type("ItsPartner", (kind,), {**members, **changes})())


def check_of(server: Server, name: str, *rules: str) -> Record:
    """The record of a strict check by `rules`, all by default."""
    key = wire_key(name)
    effects = parse_effects(effects_url(server.origin, "/count")) if name == SIGNED else None
    check = Check(
        Endpoint(parse_url(server.origin + WEBHOOK), Key(key) if key else None),
        SHAPES[name].webhooks,
        frozenset(rules or BY_ID),
        seed=7,
        strict=True,
        effects=effects,
        effects_wait_s=1.0,
        burst=5,
        generated=12,
    )
    with server:
        return asyncio.run(run(check, specification(name), watch=lambda _: None))


@pytest.mark.parametrize("name", SHAPES)
def test_a_document_is_read_as_it_was_meant(name: str) -> None:
    found, shape = specification(name), SHAPES[name]
    assert tuple(found.webhooks) == shape.webhooks
    assert {(one.key_header, one.key_form) for one in found.webhooks.values()} == {shape.carried}
    assert [note.rpartition(", so it is not sent")[0] for note in found.notes] == [shape.note] * bool(shape.note)


@pytest.mark.parametrize("name", SHAPES)
def test_its_messages_are_valid_and_of_several_kinds(name: str, tmp_path: Path) -> None:
    spec, file = ("--spec", SPECS / f"{name}.yaml"), tmp_path / "messages.ndjson"
    assert cli("generate", *spec, "--count", "12", "--seed", "1", "--output", file).code == 0
    done = cli("validate", *spec, file)
    assert (done.code, done.out) == (0, "")
    assert len(set(file.read_bytes().splitlines())) > 3


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_is_found_in_a_careful_endpoint(name: str) -> None:
    record = check_of(partner(name), name)
    assert (findings(record), crashed_rules(record), record["verdict"]) == ([], {}, "pass")
    told = {rule["id"]: rule["outcome"] for rule in record["rules"]}
    assert {told[rule] for rule in ("robust.generated", "idempotency.duplicate", "compat.json-layout")} == {"pass"}
    assert told["auth.rejects-wrong"] == ("pass" if SHAPES[name].key else "skip")


def says_204(self: Careful, event: Event) -> Answer:
    return Answer(204)


def lets_in(self: Careful, request: Request) -> None:
    return


def chokes_on_what_is_new(self: Careful, event: Event) -> None:
    known = {name for webhook in self.webhooks for name in webhook.schema["properties"]}
    if event.keys() - known:
        raise RuntimeError


def wants_all(self: Careful, event: Event) -> None:
    if not any(webhook.schema["properties"].keys() <= event.keys() for webhook in self.webhooks):
        raise No(422, "not all there")


ACKNOWLEDGED = [name for name in SHAPES if name != "mail"]
"""Where the document lists the status that acknowledges."""
KEYED = [name for name, shape in SHAPES.items() if shape.key]
CARELESS: list[tuple[str, dict[str, Change], str]] = [
    *((name, {"acknowledged": says_204}, "ack.exactly-200") for name in ACKNOWLEDGED),
    *((name, {"check_key": lets_in}, "auth.rejects-missing") for name in KEYED),
    *((name, {"check_key": lets_in}, "auth.rejects-wrong") for name in KEYED),
    *((name, {"check": chokes_on_what_is_new}, "compat.unknown-field") for name in SHAPES),
]


@pytest.mark.parametrize(
    ("name", "changes", "rule"), CARELESS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_careless_endpoint_is_found_out(name: str, changes: dict[str, Change], rule: str) -> None:
    record = check_of(partner(name, **changes), name, rule)
    assert broken_rules(record) == {rule}, findings(record)


def test_an_endpoint_that_wants_what_need_not_be_there_is_found_out() -> None:
    found = broken_rules(check_of(partner("assistant", check=wants_all), "assistant", "ack.unusual-calls"))
    # Whether the first, ordinary message has everything is up to the seed.
    assert found
    assert found <= {"ack.unusual-calls", "ack.every-outcome"}


def ignores_time(self: Careful, request: Request) -> bool:
    return given(request) == signature(request, request.body)


def parses_before(self: Careful, request: Request) -> bool:
    try:
        body = json.dumps(json.loads(request.body), separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        body = request.body
    return given(request) == signature(request, body) and is_recent(request)


def compares_the_start(self: Careful, request: Request) -> bool:
    own = signature(request, request.body)
    return len(given(request)) > 6 and own.startswith(given(request)) and is_recent(request)


def remembers_nothing(self: Careful, event: Event, numbers: Any = count()) -> object:  # noqa: B008 - one for all
    return next(numbers)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"is_signed": compares_the_start}, "auth.rejects-forged-signature"),
        ({"is_signed": ignores_time}, "auth.rejects-stale"),
        ({"is_signed": parses_before}, "auth.rejects-altered-body"),
        ({"identity": remembers_nothing}, "auth.replay-has-no-effect"),
    ],
)
def test_a_signature_that_is_not_looked_at_closely_is_found_out(changes: dict[str, Change], rule: str) -> None:
    record = check_of(partner(SIGNED, **changes), SIGNED, rule)
    assert broken_rules(record) == {rule}, findings(record)
