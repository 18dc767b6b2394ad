"""Of a foreign document's webhooks, everything that can be sent is there; the rest is left out with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_alohub.check.rule import Level
from mock_alohub.check.rules import BY_ID
from mock_alohub.errors import BadSpecification
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.imported.webhooks import load
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import fields
from tests.specification.imported.writing import ORDER, loaded, one, operation

PETS = Path(__file__).parents[2] / "data" / "specs" / "pets.yaml"


def test_the_specifications_own_example_is_enough() -> None:
    webhook = load(PETS).webhook("newPet")
    assert (webhook.method, webhook.content_type, webhook.key_header) == ("POST", "application/json", None)
    assert [(field.name, field.required) for field in fields(webhook)] == [("id", True), ("name", True), ("tag", False)]


def test_what_the_document_does_not_say_is_assumed_and_says_why() -> None:
    policy = policy_of(load(PETS).webhook("newPet"))
    assert (policy.deadline_s, policy.acknowledged_by) == (15.0, frozenset({200}))
    assert policy.assumed.keys() == {"deadline", "acknowledged-by", "retries", "fires"}


def test_no_rule_about_what_is_assumed_is_more_than_a_should() -> None:
    webhook = load(PETS).webhook("newPet")
    assert [rule.id for rule in BY_ID.values() if rule.family != "auth" and rule.level_for(webhook) is Level.MUST] == []


def test_what_the_document_says_of_delivery_counts(tmp_path: Path) -> None:
    said = {"deadline": "3s", "acknowledged-by": [204], "retries": ["1s"]}
    webhook = one(tmp_path, operation(ORDER, **{"x-delivery": said}))
    policy = policy_of(webhook)
    assert (policy.deadline_s, policy.acknowledged_by, policy.retries_s) == (3.0, frozenset({204}), (1.0,))
    assert policy.assumed.keys() == {"fires"}


def test_without_a_listed_status_any_2xx_acknowledges(tmp_path: Path) -> None:
    policy = policy_of(one(tmp_path, operation(ORDER, responses={"default": {"description": "any"}})))
    assert policy.acknowledged_by == set(range(200, 300))


def test_every_part_may_be_a_reference(tmp_path: Path) -> None:
    components = {
        "pathItems": {"Order": {"post": {"requestBody": {"$ref": "#/components/requestBodies/Order"}}}},
        "requestBodies": {
            "Order": {
                "content": {
                    "text/plain": {},
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Order"},
                        "examples": {"first": {"$ref": "#/components/examples/First"}},
                    },
                }
            }
        },
        "schemas": {"Order": ORDER},
        "examples": {"First": {"value": {"id": "1"}}},
    }
    webhook = one(tmp_path, {"$ref": "#/components/pathItems/Order"}, components=components)
    assert webhook.examples == {"first": {"id": "1"}}


def test_an_example_that_is_not_as_the_schema_wants_it_is_not_sent(tmp_path: Path) -> None:
    item = operation(ORDER)
    item["post"]["requestBody"]["content"]["application/json"]["example"] = {"id": 7}
    found = loaded(tmp_path, {"order": item})
    assert {"id": 7} not in found.webhook("order").examples.values()
    assert "not as its schema wants it" in found.notes[0]


def test_fields_of_parts_are_the_messages_own(tmp_path: Path) -> None:
    parts = {"allOf": [ORDER, {"required": ["n"], "properties": {"n": {"type": "integer"}}}]}
    assert [field.name for field in fields(one(tmp_path, operation(parts))) if field.required] == ["id", "n"]


def test_headers_that_every_message_has_are_sent_with_the_value_shown(tmp_path: Path) -> None:
    parameters = [
        {"name": "X-Event", "in": "header", "required": True, "schema": {"type": "string", "enum": ["order"]}},
        {"name": "X-Seldom", "in": "header", "schema": {"type": "string"}},
        {"name": "Host", "in": "header", "required": True, "example": "evil"},
        {"name": "X-Bad\r\nName", "in": "header", "required": True, "example": "evil"},
    ]
    assert one(tmp_path, operation(ORDER, parameters=parameters)).headers == (("X-Event", "order"),)


LEFT_OUT: dict[str, Any] = {
    "only JSON": {"post": {"requestBody": {"content": {"application/x-www-form-urlencoded": {}}}}},
    "no request body": {"post": {}},
    "no operation": {"get": {}},
    "no JSON object": operation({"type": "array"}),
    "not fetched": operation({"$ref": "https://a.example/x.json"}),
    "cannot be used": operation({"properties": {"a": {"type": "strin"}}}),
    "x-delivery": operation(ORDER, **{"x-delivery": {"deadlin": "5s"}}),
}


@pytest.mark.parametrize("reason", LEFT_OUT)
def test_a_webhook_that_cannot_be_sent_is_left_out_with_a_reason(reason: str, tmp_path: Path) -> None:
    found = loaded(tmp_path, {"good": operation(ORDER), "bad": LEFT_OUT[reason]})
    assert list(found.webhooks) == ["good"]
    assert reason in found.notes[0]


@pytest.mark.parametrize("name", ["order.created/v2", "Đơn hàng mới", "a b [c]", "{x}"])
def test_names_with_odd_characters_are_names(name: str, tmp_path: Path) -> None:
    assert loaded(tmp_path, {name: operation(ORDER)}).names(name) == (name,)


def test_a_name_that_would_rule_a_terminal_is_left_out(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"good": operation(ORDER), "bad\x1b[2J": operation(ORDER)})
    assert list(found.webhooks) == ["good"]
    assert found.notes[0].isprintable()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("openapi: 3.1.0\npaths: {}\n", "describes no webhooks"),
        ("openapi: 3.1.0\nwebhooks: {}\n", "describes no webhooks"),
        ("openapi: 3.1.0\nwebhooks: [1]\n", "describes no webhooks"),
        ("openapi: 3.0.3\nwebhooks: {a: {post: {}}}\n", "OpenAPI 3.0.3"),
        ("swagger: '2.0'\n", "no OpenAPI document"),
        ("just text\n", "no OpenAPI document"),
        ("", "no OpenAPI document"),
        ("openapi: 3.1.0\nwebhooks: {a: {post: {}}}\n", "a is left out: it has no request body"),
    ],
)
def test_a_document_without_a_webhook_to_send_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(text)
    with pytest.raises(BadSpecification, match=reason):
        load(path)


def test_a_field_in_several_parts_has_to_be_as_all_of_them_want_it(tmp_path: Path) -> None:
    part = {"type": "object", "properties": {"id": {"pattern": "^a"}}}
    own = {"properties": {"id": {"type": "string", "pattern": "b$", "title": "Id"}}, "required": ["id"]}
    webhook = one(tmp_path, operation({"allOf": [part], **own}))
    assert [(field.name, field.type, field.title) for field in fields(webhook)] == [("id", "string", "Id")]
    validator = Validator(webhook)
    assert [id_ for id_ in ("ab", "a", "b", 1) if validator.is_valid({"id": id_})] == ["ab"]


def test_a_signature_that_cannot_be_made_is_not_sent(tmp_path: Path) -> None:
    parameters = [
        {"name": "X-Hub-Signature-256", "in": "header", "required": True, "example": "sha256=6dcb09"},
        {"name": "X-Event", "in": "header", "required": True, "example": "push"},
    ]
    found = loaded(tmp_path, {"order": operation(ORDER, parameters=parameters)})
    assert found.webhook("order").headers == (("X-Event", "push"),)
    assert found.notes == (
        "webhook order: X-Hub-Signature-256 is a signature of a kind that is not known here, so it is not sent",
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"properties": [1]}]},
        {"allOf": [{"required": "a"}, {"required": 1}]},
        {"allOf": [{"properties": {"a": {"minimum": "x"}}}, {"properties": {"a": {"minimum": 3}}}]},
        {"allOf": [{"properties": {"a": {"type": "frog"}}}, {"properties": {"a": {"type": [7]}}}]},
        {"properties": {"a": {"enum": 3}, "b": {"oneOf": {}}}},
        {"properties": {"a": {"pattern": "("}}},
        {"properties": {"a": {"multipleOf": 0}}},
    ],
)
def test_what_is_no_schema_is_left_out(schema: Any, tmp_path: Path) -> None:
    found = loaded(tmp_path, {"good": operation(ORDER), "bad": operation(schema)})
    assert list(found.webhooks) == ["good"]
    assert found.notes[0].startswith("webhook bad is left out: ")
