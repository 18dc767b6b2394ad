"""Security schemes of foreign documents become the header that carries the key."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.check.rule import Level
from mock_alohub.check.rules import BY_ID
from mock_alohub.errors import BadOption
from mock_alohub.specification.imported.security import key_for, key_value
from mock_alohub.specification.imported.webhooks import load
from mock_alohub.specification.webhook import Webhook
from tests.specification.imported.writing import ORDER, loaded, one, operation

SCHEMES: dict[str, tuple[dict[str, Any], tuple[str | None, str]]] = {
    "apiKey": ({"type": "apiKey", "in": "header", "name": "X-Key"}, ("X-Key", "plain")),
    "bearer": ({"type": "http", "scheme": "bearer"}, ("Authorization", "bearer")),
    "basic": ({"type": "http", "scheme": "Basic"}, ("Authorization", "basic")),
    "oauth2": ({"type": "oauth2", "flows": {}}, ("Authorization", "bearer")),
    "signature": ({"type": "apiKey", "in": "header", "name": "Webhook-Signature"}, ("webhook-signature", "signature")),
    "marked": ({"type": "http", "scheme": "x", "x-signature": "standard-webhooks"}, ("webhook-signature", "signature")),
    "query": ({"type": "apiKey", "in": "query", "name": "key"}, (None, "plain")),
    "mutual": ({"type": "mutualTLS"}, (None, "plain")),
}


def secured(folder: Path, scheme: dict[str, Any], **more: Any) -> Webhook:
    item = operation(ORDER, security=[{"s": []}], **more)
    return one(folder, item, components={"securitySchemes": {"s": scheme}})


@pytest.mark.parametrize("kind", SCHEMES)
def test_a_scheme_becomes_a_header(kind: str, tmp_path: Path) -> None:
    scheme, wanted = SCHEMES[kind]
    webhook = secured(tmp_path, scheme)
    assert (webhook.key_header, webhook.key_form) == wanted


def test_a_scheme_that_no_header_carries_is_told_of(tmp_path: Path) -> None:
    components = {"securitySchemes": {"s": SCHEMES["query"][0]}}
    found = loaded(tmp_path, {"order": operation(ORDER, security=[{"s": []}])}, components=components)
    assert "puts no key into a header" in found.notes[0]


def test_signed_headers_among_the_parameters_are_a_signature_as_well(tmp_path: Path) -> None:
    parameters = [{"name": "webhook-signature", "in": "header", "required": True, "schema": {"type": "string"}}]
    webhook = one(tmp_path, operation(ORDER, parameters=parameters))
    assert (webhook.key_form, webhook.headers) == ("signature", ())


def test_rules_of_a_scheme_that_the_webhook_names_are_a_must(tmp_path: Path) -> None:
    webhook = secured(tmp_path, SCHEMES["bearer"][0])
    assert BY_ID["auth.rejects-wrong"].level_for(webhook) is Level.MUST


def test_a_scheme_of_the_whole_document_may_be_meant_for_its_api_alone(tmp_path: Path) -> None:
    components = {"securitySchemes": {"s": SCHEMES["bearer"][0]}}
    webhook = one(tmp_path, operation(ORDER), components=components, security=[{"s": []}])
    assert (webhook.key_header, BY_ID["auth.rejects-wrong"].level_for(webhook)) == ("Authorization", Level.SHOULD)


@pytest.mark.parametrize("scheme", [None, {"type": "http", "x-signature": "home-made"}])
def test_a_scheme_nobody_knows_leaves_the_webhook_out(scheme: Any, tmp_path: Path) -> None:
    webhooks = {"good": operation(ORDER, security=[]), "bad": operation(ORDER, security=[{"s": []}])}
    found = loaded(tmp_path, webhooks, components={"securitySchemes": {"s": scheme} if scheme else {}})
    assert list(found.webhooks) == ["good"]


def test_a_key_is_written_as_its_scheme_wants_it() -> None:
    assert key_value("plain", "abc") == "abc"
    assert key_value("signature", "whsec_abc") == "whsec_abc"
    assert key_value("bearer", "abc") == key_value("bearer", "Bearer abc") == "Bearer abc"
    assert key_value("basic", "me:secret") == "Basic " + base64.b64encode(b"me:secret").decode()


def test_basic_credentials_have_two_parts() -> None:
    with pytest.raises(BadOption, match="user:password"):
        key_value("basic", "secret")


def test_the_shop_of_the_zoo_signs() -> None:
    document = Path(__file__).parents[2] / "data" / "specs" / "orders.yaml"
    assert load(document).webhook("order.created").key_form == "signature"


def test_one_key_is_not_carried_in_two_ways(tmp_path: Path) -> None:
    components = {"securitySchemes": {kind: SCHEMES[kind][0] for kind in ("bearer", "basic")}}
    items = {kind: operation(ORDER, security=[{kind: []}]) for kind in ("bearer", "basic")}
    webhooks = loaded(tmp_path, items, components=components).webhooks.values()
    with pytest.raises(BadOption, match="different ways: Authorization has it in 1, such as `bearer`; "):
        key_for(webhooks, "me:secret")
