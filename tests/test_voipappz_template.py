"""VoipAppz's bodies in a partner's own words: what a webhook is then, and that every verb knows it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import orjson
import pytest

from mock_alohub import bundle
from mock_alohub.calls.call import Direction, Outcome
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.messages.message import Payload
from mock_alohub.pytest_plugin.options import options_of
from mock_alohub.specification.body_template import in_quotes, worded
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook, literals, spellings, with_method
from tests.cli.running import Done, environment, run
from tests.fakes import simulator
from tests.zoo.correct_voipappz import TEMPLATE, ToldTheTemplate
from tests.zoo.receiver import WEBHOOK
from tests.zoo.server import Server

HANGUP: Final = Specification.load().webhook("voipappz.call-hangup")
NAME: Final = HANGUP.name


def said(template: str, webhook: Webhook = HANGUP, **wishes: Any) -> Payload:
    """What is said of a call in the words of `template`."""
    subject = under_test(worded(webhook, template))
    return subject.message(subject.call(simulator(), **wishes)).payload


def member(template: str, name: str = "a") -> dict[str, Any]:
    """The schema of a member of `template`."""
    found: dict[str, Any] = worded(HANGUP, template).schema["properties"][name]
    return found


def subject(template: str = TEMPLATE) -> WebhookUnderTest:
    return under_test(worded(HANGUP, template))


# What a webhook is in other words


def test_a_message_has_the_members_of_the_template_and_no_others() -> None:
    assert said('{"id": "{{uuid}}", "seconds": {{duration}}}').keys() == {"id", "seconds"}


def test_values_are_those_of_the_provider_before_they_are_worded() -> None:
    plain = under_test(HANGUP)
    call = plain.call(simulator())
    told = plain.message(call).payload
    assert subject('{"id": {{uuid}}, "s": "{{duration}}", "n": {"of": {{contact_number}}}}').message(call).payload == {
        "id": told["uuid"],
        "s": str(told["duration"]),
        "n": {"of": told["contact_number"]},
    }


def test_the_layout_of_the_template_is_not_sent() -> None:
    message = subject('{\n  "id": "{{uuid}}"\n}\n').message(under_test(HANGUP).call(simulator()))
    assert message.body == orjson.dumps(message.payload)


def test_by_get_the_members_are_parameters_of_the_query() -> None:
    by_get = under_test(
        with_method(worded(HANGUP, '{"id": "{{uuid}}", "s": {{duration}}, "none": {{call_state}}}'), "GET")
    )
    message = by_get.message(by_get.call(simulator()))
    assert (message.body, message.headers, message.method) == (b"", (), "GET")
    assert [pair.partition("=")[0] for pair in message.query.split("&")] == ["id", "s", "none"]
    assert message.payload["none"] == ""


def test_a_field_without_quotes_keeps_its_schema() -> None:
    assert member('{"a": {{duration}}}') == HANGUP.schema["properties"]["duration"]


def test_text_is_the_same_in_quotes() -> None:
    assert member('{"a": "{{uuid}}"}') == HANGUP.schema["properties"]["uuid"]


@pytest.mark.parametrize(
    ("field", "taken", "refused"),
    [
        ("duration", ("60", "0"), (60, "", "60.5", "60\n", "sixty")),
        ("answer_at", ("23:34:00", ""), (None, "23:34", "23:34:00\n")),
        ("queue_disposition", ("answer", "anser", "timeout", ""), (None, "null", "something")),
        ("billing_duration", ("",), (None, "null", "0")),
        ("user_fullname", ("Dana", ""), (None, 7)),
        ("call_state", ("", "anything"), (None,)),
    ],
)
def test_a_field_in_quotes_is_text_and_null_is_empty(field: str, taken: Any, refused: Any) -> None:
    webhook = worded(HANGUP, '{"a": "{{' + field + '}}"}')
    for accepts in (Validator(webhook).is_valid, jsonschema.Draft202012Validator(dict(webhook.schema)).is_valid):
        assert [value for value in taken if not accepts({"a": value})] == []
        assert [value for value in refused if accepts({"a": value})] == []


def test_of_text_around_fields_the_words_are_demanded() -> None:
    validator = Validator(worded(HANGUP, '{"a": "call {{uuid}} (of {{duration}} s)"}'))
    assert validator.is_valid({"a": "call x (of 60 s)"})
    assert not validator.is_valid({"a": "call x of 60 s"})


def test_what_a_template_says_itself_is_always_the_same() -> None:
    validator = Validator(worded(HANGUP, '{"id": "{{uuid}}", "a": ["b"], "source": "voip"}'))
    told = said('{"id": "{{uuid}}", "a": ["b"], "source": "voip"}')
    assert validator.is_valid(told)
    assert [one.pointer for one in validator.problems({**told, "source": "other"})] == ["/source"]


@pytest.mark.parametrize("text", ["{% raw %}{{7}}{% endraw %}", "\ue0007\ue000", "\\ue0007\\ue000"])
def test_what_a_template_says_itself_is_not_taken_for_a_value(text: str) -> None:
    schema = member(f'{{"a": "{text}", "b": {{{{uuid}}}}}}')
    assert schema["const"] == said(f'{{"a": "{text}", "b": {{{{uuid}}}}}}')["a"]


@pytest.mark.parametrize("value", ["{{user_fullname | default('nobody', true)}}", "\"{{'a' if duration else 'b'}}\""])
def test_what_is_made_of_fields_may_be_anything(value: str) -> None:
    assert Validator(worded(HANGUP, f'{{"a": {value}}}')).is_valid({"a": "anything at all"})


def test_every_member_is_required_and_others_may_be_there() -> None:
    validator = Validator(worded(HANGUP, '{"id": "{{uuid}}", "s": {{duration}}}'))
    told = said('{"id": "{{uuid}}", "s": {{duration}}}')
    assert validator.is_valid({**told, "added": 1})
    assert [one.pointer for one in validator.problems({"id": told["id"]})] == ["/s"]


def test_a_member_plays_the_role_of_its_field() -> None:
    told = subject('{"call": "{{uuid}}", "how": {{cause}}, "way": "{{direction}}"}')
    assert told.fields_with_role("call-id") == ("call",)
    assert told.fields_with_role("status") == ("how",)
    assert spellings(told.webhook) == spellings(HANGUP)
    assert literals(told.webhook, "x-direction") == literals(HANGUP, "x-direction")
    message = told.message(told.call(simulator()))
    assert told.call_id(message) == message.payload["call"]


def test_unusual_values_are_those_of_the_fields_as_the_template_writes_them() -> None:
    reporting = Specification.load().webhook("voipappz.call-reporting")
    told = under_test(worded(reporting, '{"id": "{{uuid}}", "s": "{{billing_duration}}", "n": {{billing_duration}}}'))
    assert list(told.unusual_values) == [("s", "1733173541"), ("n", 1733173541)]


def test_a_number_in_quotes_plays_no_role() -> None:
    field = {"type": "integer", "x-role": "attempt", "minimum": 1}
    assert "x-role" not in in_quotes(field)
    assert in_quotes({"type": ["string", "null"], "x-role": "call-id"})["x-role"] == "call-id"


def test_examples_are_those_of_the_specification_in_other_words() -> None:
    webhook = worded(HANGUP, TEMPLATE)
    validator = Validator(webhook)
    assert webhook.examples.keys() == HANGUP.examples.keys()
    assert [validator.problems(one) for one in webhook.examples.values() if validator.problems(one)] == []


@pytest.mark.parametrize("name", [one.name for one in Specification.load().webhooks.values() if one.worded])
def test_what_is_said_of_any_call_is_valid(name: str) -> None:
    whole = Specification.load().webhook(name)
    quoted = ", ".join(f'"text {field}": "{{{{{field}}}}}"' for field in whole.schema["properties"])
    bare = ", ".join(f'"{field}": {{{{{field}}}}}' for field in whole.schema["properties"])
    told = under_test(worded(whole, f"{{{quoted}, {bare}}}"))
    validator, drawn = Validator(told.webhook), simulator()
    calls = [
        told.call(drawn, outcome=outcome, direction=direction)
        for outcome in Outcome
        for direction in Direction
        if told.tells_of(outcome, direction)
    ]
    wrong = [message.body for call in calls for message in told.messages(call) if validator.problems(message.payload)]
    assert (wrong, bool(calls)) == ([], True)


def test_bodies_of_this_provider_alone_are_worded_by_the_partner() -> None:
    assert {one.provider for one in Specification.load().webhooks.values() if one.worded} == {"voipappz"}


# What is refused


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("[1]", "no JSON object"),
        ("{}", "has no member"),
        ('{"a": {{uuid}', "cannot be read"),
        ('{"a": 1{{duration}}}', "stands for a whole value"),
        ('{"{{uuid}}": 1}', "in the name of a member"),
        ('{"a": {{answer_at | round}}}', "cannot be filled in"),
        ('{"a": ' * 300 + "{{uuid}}" + "}" * 300, "nested more than 32 levels deep"),
        ("{% set x = 1 %}{}", "may not"),
    ],
)
def test_what_is_no_template_is_a_mistake(template: str, why: str) -> None:
    with pytest.raises(BadOption, match=why):
        worded(HANGUP, template)


def test_an_unknown_field_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown field of voipappz.call-hangup `uid`; did you mean `uuid`\?"):
        worded(HANGUP, '{"a": "{{uid}}"}')


def test_a_body_that_the_provider_words_has_no_template() -> None:
    with pytest.raises(BadOption, match="the provider's own"):
        worded(Specification.load().webhook("alohub.call-ended"), '{"a": "{{call_id}}"}')


# The verbs


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "body.json"
    file.write_text(TEMPLATE)
    return file


def generated(*options: str | Path) -> Done:
    return run("generate", "--webhook", NAME, "--seed", "1", *options)


def test_what_is_generated_is_valid(template: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.ndjson"
    assert generated("--body-template", template, "-n", "20", "-o", made).code == 0
    assert run("validate", "--webhook", NAME, "--body-template", template, made).code == 0
    assert run("validate", "--webhook", NAME, made).code == 1


def test_what_is_not_in_the_words_of_the_template_is_invalid(template: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.ndjson"
    assert generated("-n", "1", "-o", made).code == 0
    done = run("validate", "--webhook", NAME, "--body-template", template, made)
    assert (done.code, "`callId` is missing" in done.out) == (1, True)


def test_members_can_be_set(template: Path) -> None:
    done = generated("--body-template", template, "-n", "1", "--set", "seconds=7")
    assert (done.code, json.loads(done.out)["seconds"], done.err) == (0, "7", "")


def test_a_template_can_be_for_some_of_the_webhooks(template: Path) -> None:
    done = generated("--webhook", "voipappz.call-ringing", "--body-template", f"*-hangup={template}", "-n", "2")
    kinds = {"callId" if "callId" in line else "uuid" for line in map(json.loads, done.out.splitlines())}
    assert kinds == {"callId", "uuid"}


def test_several_templates_have_a_line_each_in_the_environment(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ringing = tmp_path / "of ringing.json"
    ringing.write_text('{"rings": "{{uuid}}"}')
    monkeypatch.setenv("MOCK_ALOHUB_BODY_TEMPLATE", f"{NAME}={template}\nvoipappz.call-ringing={ringing}")
    done = generated("--webhook", "voipappz.call-ringing", "-n", "1")
    assert {next(iter(json.loads(line))) for line in done.out.splitlines()} == {"callId", "rings"}


def test_templates_may_stand_in_the_settings_file(template: Path) -> None:
    Path("mock-alohub.toml").write_text(f'[body-template]\n"{NAME}" = "{template}"\n')
    assert "callId" in generated("-n", "1").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--webhook", "alohub", "--body-template", "body.json"),
            "the body of alohub.call-ended is the provider's own",
        ),
        (("--body-template", "body.json"), "the body of alohub.call-ended is the provider's own"),
        (("--webhook", NAME, "--body-template", "nothing.json"), "cannot read the template nothing.json: no such file"),
        (("--webhook", NAME, "--body-template", "."), "cannot read the template .: is a directory"),
        (("--webhook", NAME, "--body-template", "latin.json"), "the template latin.json is not UTF-8"),
        (("--webhook", NAME, "--body-template", "unknown.json"), "unknown.json: unknown field of voipappz.call-hangup"),
        (("--webhook", NAME, "--body-template", "array.json"), "array.json: what the template gives is no JSON object"),
        (("--webhook", NAME, "--body-template", "large.json"), "large.json: the template has more than 65,536"),
        (("--webhook", NAME, "--body-template", "voipapz=body.json"), "did you mean `voipappz`?"),
        (("--webhook", NAME, "--body-template", "alohub=body.json"), "is for alohub, which is not under test"),
        (("--webhook", NAME, "--body-template", "=body.json"), "names no template; allowed: FILE or WEBHOOK=FILE"),
    ],
)
def test_a_bad_template_is_one_sentence(options: tuple[str, ...], said: str, template: Path) -> None:
    Path("latin.json").write_bytes(b'{"a": "\xff"}')
    Path("unknown.json").write_text('{"a": "{{uid}}"}')
    Path("array.json").write_text("[]")
    Path("large.json").write_text("x" * 70_000)
    done = run("generate", *options)
    assert (done.code, done.out, done.err.startswith("error: ")) == (2, "", True)
    assert said in done.err


def test_a_template_without_a_call_id_is_warned_of() -> None:
    Path("few.json").write_text('{"seconds": {{duration}}}')
    assert f"the template of {NAME} has no call id" in generated("--body-template", "few.json", "-n", "1").err


def test_a_fault_that_looks_for_the_status_says_that_it_does_not_find_it(template: Path) -> None:
    words = ("http://127.0.0.1:9/", "--webhook", NAME, "--body-template", template, "--fault")
    assert "does not know where a template has the status" in run("send", *words, "unknown-status").err
    assert run("send", *words, "wrong-type", "--dry-run", "--seed", "1").code == 0


# An endpoint that was told the template


Checked = Callable[..., tuple[int, dict[str, list[str]]]]


@pytest.fixture
def checked(template: Path, tmp_path: Path) -> Checked:
    """A check of an endpoint that was told the template: the exit code, and the cases of the rules that are broken."""

    def check(*options: str | Path) -> tuple[int, dict[str, list[str]]]:
        report = tmp_path / "report.json"
        with Server(ToldTheTemplate()) as running:
            words = ("--webhook", "voipappz", "--strict", "--seed", "3", "--report", f"json={report}")
            rules = ("--rule", "ack", "--rule", "order", "--rule", "compat", "--rule", "robust.missing-field")
            done = run("check", running.origin + WEBHOOK, *words, *rules, *options)
        rules_ = json.loads(report.read_bytes())["rules"]
        return done.code, {one["id"]: [case["case"] for case in one["findings"]] for one in rules_ if one["findings"]}

    return check


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_nothing_is_found_in_an_endpoint_that_was_told_the_template(method: str, checked: Checked) -> None:
    assert checked("--body-template", "body.json", "--method", method) == (0, {})


def test_a_report_says_that_bodies_were_worded_otherwise(checked: Checked, tmp_path: Path) -> None:
    checked("--body-template", f"{NAME}=body.json", "--rule", "ack.exactly-200")
    notes = json.loads((tmp_path / "report.json").read_bytes())["notes"]
    assert [note for note in notes if "template" in note] == [
        f"bodies as a template of the partner's words them: {NAME}"
    ]


def test_without_the_template_the_same_endpoint_takes_nothing(checked: Checked) -> None:
    code, broken = checked()
    assert (code, "ack.every-outcome" in broken) == (1, True)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_what_is_sent_is_acknowledged(method: str, template: Path) -> None:
    with Server(ToldTheTemplate()) as running:
        url, words = running.origin + WEBHOOK, ("--webhook", "voipappz", "--method", method, "-n", "5", "--seed", "1")
        assert run("send", url, *words, "--body-template", template).code == 0
        assert run("send", url, *words).code == 1


def test_the_options_of_pytest_take_templates(template: Path) -> None:
    options = options_of({"alohub_webhook": [NAME], "alohub_body_template": [str(template)]}, {})
    assert [one.webhook.template is not None for one in options.subjects] == [True]
    with pytest.raises(BadOption, match="the provider's own"):
        options_of({"alohub_body_template": [str(template)]}, {})


def contract_tests(folder: Path, file: str, *words: str) -> str:
    """What the contract tests in `file` say, which must pass."""
    tests = bundle.path("contract_tests") / file
    command = [sys.executable, "-m", "pytest", str(tests), "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--alohub-webhook", NAME, *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.exhaustive
def test_the_contract_tests_pass_against_an_endpoint_that_was_told_the_template(template: Path, tmp_path: Path) -> None:
    words = ("--alohub-body-template", str(template), "--alohub-strict", "-k", "every-outcome or unknown-status")
    with Server(ToldTheTemplate()) as running:
        assert " passed" in contract_tests(tmp_path, "test_rules.py", "--alohub-url", running.origin + WEBHOOK, *words)


@pytest.mark.exhaustive
def test_the_schemas_are_right_in_other_words_and_by_get(template: Path, tmp_path: Path) -> None:
    words = ("--alohub-body-template", str(template), "--alohub-method", "GET", "-k", "for_both")
    assert "4 passed" in contract_tests(tmp_path, "test_schemas.py", *words)
