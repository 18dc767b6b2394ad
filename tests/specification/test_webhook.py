"""The specification loads, stands alone, and says what cannot be used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from mock_alohub import bundle
from mock_alohub.calls.call import Moment, Outcome
from mock_alohub.errors import BadOption, BadSpecification, UnknownName
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.respelling import respelled
from mock_alohub.specification.specification import DEFAULT, Specification, all_with_method
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook, aliases, fields, spellings, statuses

SPECIFICATION = Specification.load()
WEBHOOKS = pytest.mark.parametrize("webhook", SPECIFICATION.webhooks.values(), ids=SPECIFICATION.webhooks)
ALOHUB = pytest.mark.parametrize("webhook", [SPECIFICATION.webhook(name) for name in DEFAULT], ids=DEFAULT)


def call_ended(specification: Specification = SPECIFICATION) -> Webhook:
    return specification.webhook("alohub.call-ended")


def auto_call(specification: Specification = SPECIFICATION) -> Webhook:
    return specification.webhook("alohub.auto-call")


def test_the_document_is_valid_openapi() -> None:
    validate(dict(SPECIFICATION.document), base_uri=bundle.path("openapi.yaml").as_uri())


def test_both_webhooks_of_alohub_are_described() -> None:
    assert {"alohub.call-ended", "alohub.auto-call"} <= SPECIFICATION.webhooks.keys()


def test_the_specification_is_read_once() -> None:
    assert Specification.load() is SPECIFICATION


def test_an_unknown_webhook_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match=r"unknown webhook `alohub.call-end`; did you mean `alohub.call-ended`"):
        SPECIFICATION.webhook("alohub.call-end")


@WEBHOOKS
def test_a_webhooks_schema_holds_no_reference(webhook: Webhook) -> None:
    assert "$ref" not in json.dumps(webhook.schema)


@ALOHUB
def test_the_key_travels_raw_in_the_authorization_header(webhook: Webhook) -> None:
    assert webhook.key_header == "Authorization"


@WEBHOOKS
def test_a_webhook_is_a_post_of_json(webhook: Webhook) -> None:
    assert (webhook.method, webhook.content_type) == ("POST", "application/json")


@WEBHOOKS
def test_a_webhook_fires_at_moments_of_a_call(webhook: Webhook) -> None:
    assert set(webhook.fires) <= {moment.value for moment in Moment}


@ALOHUB
def test_every_outcome_of_a_call_has_a_spelling(webhook: Webhook) -> None:
    assert spellings(webhook).keys() == {outcome.value for outcome in Outcome}


@ALOHUB
def test_every_field_is_required(webhook: Webhook) -> None:
    assert [field.name for field in fields(webhook) if not field.required] == []


@WEBHOOKS
def test_every_field_says_what_it_is_and_where_that_is_from(webhook: Webhook) -> None:
    for field in fields(webhook):
        assert field.title, field.name
        assert re.search(rf"(?i)Source: {webhook.provider}, [A-Z]", field.description), field.name
        assert field.wanted, field.name


@WEBHOOKS
def test_each_outcome_has_an_example(webhook: Webhook) -> None:
    shown = {value for example in webhook.examples.values() for value in example.values() if isinstance(value, str)}
    assert set(spellings(webhook).values()) <= shown


def test_the_five_seconds_of_call_ended_are_not_assumed_and_the_gaps_are() -> None:
    policy = policy_of(call_ended())
    assert (policy.deadline_s, policy.acknowledged_by, len(policy.retries_s)) == (5.0, frozenset({200}), 3)
    assert policy.assumed.keys() == {"retries"}


def test_the_gaps_between_retries_grow() -> None:
    waits = policy_of(call_ended()).retries_s
    assert list(waits) == sorted(set(waits))


def test_what_the_automatic_call_webhook_leaves_open_is_marked_as_assumed() -> None:
    assert policy_of(auto_call()).assumed.keys() == {"deadline", "retries", "fires"}


def test_only_answered_and_missed_are_published_spellings() -> None:
    published = {one.literal for one in statuses(auto_call()) if not one.assumed}
    assert published == {"answered", "missed"}


def test_the_automatic_call_webhook_accepts_missed_and_emits_no_answer() -> None:
    accepted = [one.literal for one in statuses(auto_call()) if one.outcome == "no_answer"]
    assert (accepted, spellings(auto_call())["no_answer"]) == (["no_answer", "missed"], "no_answer")


def test_aliases_leave_out_what_is_accepted() -> None:
    assert ("missed" in aliases(call_ended()), "missed" in aliases(auto_call())) == (True, False)


def test_fields_list_their_documented_values() -> None:
    values = {field.name: field.values for field in fields(call_ended())}
    assert values["direction"] == ("inbound", "outbound")
    assert values["hangup_by"] == ("customer", "agent", "system")
    assert values["call_status"] == ("answered", "no_answer", "busy", "failed", "canceled")
    assert values["call_id"] == ()


def test_durations_are_strings_and_the_object_id_is_a_number() -> None:
    types = {field.name: field.type for field in fields(call_ended())}
    assert {name for name, kind in types.items() if kind != "string"} == {"objectId"}
    assert types["objectId"] == "integer"


# Other spellings


def test_another_spelling_is_emitted_and_accepted_everywhere() -> None:
    webhook = call_ended(respelled(SPECIFICATION, {"busy": "line_busy"}))
    assert spellings(webhook)["busy"] == "line_busy"
    assert webhook.examples["busy"]["call_status"] == "line_busy"
    assert Validator(webhook).is_valid(webhook.examples["busy"])
    assert not Validator(webhook).is_valid(call_ended().examples["busy"])


def test_a_configured_spelling_is_no_longer_assumed() -> None:
    webhook = call_ended(respelled(SPECIFICATION, {"busy": "line_busy"}))
    assert [one.assumed for one in statuses(webhook) if one.outcome == "busy"] == [False]


def test_the_conditions_follow_the_spelling_of_answered() -> None:
    webhook = call_ended(respelled(SPECIFICATION, {"answered": "ok"}))
    answered = webhook.examples["answered"]
    assert answered["call_status"] == "ok"
    assert Validator(webhook).is_valid(answered)
    assert not Validator(webhook).is_valid({**answered, "recording_url": ""})


def test_a_spelling_accepted_beside_the_emitted_one_takes_its_place() -> None:
    webhook = auto_call(respelled(SPECIFICATION, {"no_answer": "missed"}))
    assert [one.literal for one in statuses(webhook) if one.outcome == "no_answer"] == ["missed"]
    assert Validator(webhook).is_valid(webhook.examples["no_answer"])


def test_two_outcomes_can_change_their_spellings() -> None:
    webhook = auto_call(respelled(SPECIFICATION, {"busy": "failed", "failed": "busy"}))
    emitted = spellings(webhook)
    assert (emitted["busy"], emitted["failed"]) == ("failed", "busy")
    assert all(Validator(webhook).is_valid(example) for example in webhook.examples.values())


def test_the_same_spelling_changes_nothing() -> None:
    webhook = call_ended(respelled(SPECIFICATION, {"busy": "busy"}))
    assert statuses(webhook) == statuses(call_ended())


def test_the_loaded_specification_keeps_its_spellings() -> None:
    respelled(SPECIFICATION, {"busy": "line_busy"})
    assert spellings(call_ended())["busy"] == "busy"


def test_a_spelling_for_an_unknown_outcome_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"unknown outcome `no_anwser`; did you mean `no_answer`"):
        respelled(SPECIFICATION, {"no_anwser": "missed"})


def test_one_spelling_for_two_outcomes_is_refused() -> None:
    with pytest.raises(BadOption, match=r"`failed` would mean both"):
        respelled(SPECIFICATION, {"busy": "failed"})


def test_an_empty_spelling_is_refused() -> None:
    with pytest.raises(BadOption, match=r"the spelling of busy is empty"):
        respelled(SPECIFICATION, {"busy": " "})


# Documents that cannot be used

WHOLE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "webhooks": {
        "acme.rang": {
            "post": {
                "summary": "It rang",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "rang.json"}}}},
                "x-delivery": {"deadline": "5s", "acknowledged-by": [200], "retries": [], "fires": ["ended"]},
            }
        }
    },
}


def written(folder: Path, document: object, schema: object = {"type": "object"}) -> Path:
    (folder / "rang.json").write_text(json.dumps(schema))
    path = folder / "openapi.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(WHOLE))
    change(document["webhooks"]["acme.rang"]["post"])
    return document


def test_another_document_can_be_loaded(tmp_path: Path) -> None:
    webhook = Specification.load(written(tmp_path, WHOLE)).webhook("acme.rang")
    assert (webhook.provider, webhook.key_header, webhook.schema) == ("acme", None, {"type": "object"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda post: post.pop("x-delivery"), "webhook acme.rang lacks 'x-delivery'"),
        (lambda post: post.pop("summary"), "webhook acme.rang lacks 'summary'"),
        (lambda post: post.pop("requestBody"), "webhook acme.rang lacks 'requestBody'"),
        (lambda post: post.update(requestBody=[]), "not shaped as OpenAPI wants it"),
        (lambda post: post.update({"x-delivery": 5}), "`x-delivery` is 5, wanted a mapping"),
        (lambda post: post["x-delivery"].pop("deadline"), "`x-delivery` lacks `deadline`, a duration such as 5s"),
        (lambda post: post["x-delivery"].update(deadline=5), "`x-delivery.deadline` is 5, wanted a duration"),
        (lambda post: post["x-delivery"].update({"acknowledged-by": []}), "wanted a list of statuses"),
        (lambda post: post["x-delivery"].update(retries="5s"), "`x-delivery.retries` is '5s', wanted a list"),
        (lambda post: post["x-delivery"].update(fires=[]), "`x-delivery.fires` is .*, wanted a list of moments"),
        (lambda post: post["x-delivery"].update(retrys=[]), "`x-delivery` has an unknown `retrys`"),
        (lambda post: post["x-delivery"].update(assumed={"retry": "why"}), "`x-delivery.assumed` names some of"),
        (lambda post: post["x-delivery"].update(assumed={"retries": ""}), "each with a reason"),
        (lambda post: post.update(security=[{"key": []}]), "the security scheme `key` is not described"),
    ],
)
def test_an_incomplete_webhook_is_named_with_its_place(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    path = written(tmp_path, changed(change))
    with pytest.raises(BadSpecification, match=words) as caught:
        Specification.load(path)
    assert str(path) in caught.value.message


def test_a_webhook_without_an_operation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSpecification, match=r"webhook acme.rang has no operation \(post, get, put, patch\)"):
        Specification.load(written(tmp_path, {"webhooks": {"acme.rang": {"summary": "It rang"}}}))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSpecification, match=r"cannot read .*absent.yaml: No such file"):
        Specification.load(tmp_path / "absent.yaml")


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("webhooks: [")
    with pytest.raises(BadSpecification, match=r"cannot read .*openapi.yaml: .*line 2"):
        Specification.load(tmp_path / "openapi.yaml")


def test_a_document_without_webhooks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSpecification, match="describes no webhooks"):
        Specification.load(written(tmp_path, {"openapi": "3.1.0", "paths": {}}))


def test_a_missing_schema_file_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    (tmp_path / "rang.json").unlink()
    with pytest.raises(BadSpecification, match=r"cannot read .*rang.json"):
        Specification.load(path)


def test_a_schema_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    (tmp_path / "rang.json").write_text("{")
    with pytest.raises(BadSpecification, match=r"cannot read .*rang.json: "):
        Specification.load(path)


def test_a_reference_to_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSpecification, match=r"there is no .*rang.json#/\$defs/absent"):
        Specification.load(written(tmp_path, WHOLE, {"properties": {"id": {"$ref": "#/$defs/absent"}}}))


def test_a_reference_to_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSpecification, match="refers to itself"):
        Specification.load(written(tmp_path, WHOLE, {"properties": {"id": {"$ref": "#/properties/id"}}}))


def test_a_demand_beside_a_reference_adds_to_it(tmp_path: Path) -> None:
    schema = {
        "$defs": {"short": {"type": "string", "maxLength": 3, "title": "Short"}},
        "properties": {
            "a": {"$ref": "#/$defs/short", "title": "A", "minLength": 1},
            "b": {"$ref": "#/$defs/short", "maxLength": 2},
        },
    }
    properties = Specification.load(written(tmp_path, WHOLE, schema)).webhook("acme.rang").schema["properties"]
    assert properties["a"] == {"type": "string", "maxLength": 3, "title": "A", "minLength": 1}
    assert properties["b"] == {"allOf": [schema["$defs"]["short"], {"maxLength": 2}]}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("alohub.call-ended", ["alohub.call-ended"]),
        ("alohub", ["alohub.call-ended", "alohub.auto-call"]),
        ("alohub.*", ["alohub.call-ended", "alohub.auto-call"]),
        ("alohub.*-ended", ["alohub.call-ended"]),
    ],
)
def test_webhooks_are_found_by_name_by_provider_and_by_pattern(wanted: str, names: list[str]) -> None:
    assert list(Specification.load().names(wanted)) == names


def test_a_webhook_that_nothing_stands_for_is_a_mistake() -> None:
    with pytest.raises(UnknownName, match="did you mean `alohub`"):
        Specification.load().names("alohubb")


def test_a_webhook_is_sent_by_no_method_it_does_not_have() -> None:
    with pytest.raises(UnknownName, match=r"unknown method of alohub\.call-ended `GET`"):
        all_with_method(Specification.load(), ["alohub.call-ended"], "GET")


def test_the_webhooks_that_are_meant_when_none_is_named_exist() -> None:
    assert set(DEFAULT) <= Specification.load().webhooks.keys()


@pytest.mark.parametrize("value", [True, 7, "x", None, [1], {"a": 1}, 1.5])
def test_a_field_admits_what_is_of_its_types(value: object) -> None:
    kinds = {bool: "boolean", int: "integer", str: "string", type(None): "null", list: "array", dict: "object"}
    field = fields(Specification.load().webhook("alohub.call-ended"))[0]
    kind = kinds.get(type(value), "number")
    assert replace(field, type=f"{kind} or null").admits(value)
    assert replace(field, type="any").admits(value)
    others = " or ".join(one for one in (*kinds.values(), "number") if one not in {kind, "number"})
    assert not replace(field, type=others).admits(value)
