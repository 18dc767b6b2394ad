from __future__ import annotations

import orjson
import pytest

from mock_alohub.check.rules import BY_ID, FAMILIES, RULES
from mock_alohub.specification.specification import Specification
from tests.cli.running import run


def listed(*arguments: str) -> set[str]:
    return {rule["id"] for rule in orjson.loads(run("rules", "--format", "json", *arguments).out)}


def test_the_table_has_every_rule() -> None:
    table = run("rules").out
    assert all(f"  {rule.id} " in table for rule in RULES)


def test_the_table_is_divided_by_family() -> None:
    assert set(FAMILIES) <= set(run("rules").out.splitlines())


def test_the_table_counts_the_rules() -> None:
    assert run("rules").out.splitlines()[-1].startswith(f"{len(RULES)} rules: ")


def test_json_has_every_rule() -> None:
    assert listed() == {rule.id for rule in RULES}


def test_rules_can_be_filtered_by_family() -> None:
    assert listed("--family", "auth", "--family", "http") == {r.id for r in RULES if r.family in {"auth", "http"}}


@pytest.mark.parametrize("word", ["MUST", "must"])
def test_rules_can_be_filtered_by_level(word: str) -> None:
    assert listed("--level", word) == {rule.id for rule in RULES if rule.level == "MUST"}


def test_rules_can_be_filtered_by_webhook() -> None:
    only_auto = {rule.id for rule in RULES} - listed("--webhook", "alohub.call-ended")
    assert "ack.running-call" in only_auto
    assert "ack.every-outcome" not in only_auto


def test_for_a_webhook_whose_provider_documents_little_the_levels_are_lower() -> None:
    for webhook in Specification.load().webhooks.values():
        records = orjson.loads(run("rules", "--webhook", webhook.name, "--format", "json").out)
        told = {record["id"]: (record["level"], record["source"]["assumed"]) for record in records}
        assert told["deadline.burst"] == (
            ("SHOULD", True) if "deadline" in webhook.delivery["assumed"] else ("MUST", False)
        )


def test_filters_that_leave_nothing_say_so() -> None:
    done = run("rules", "--family", "compat", "--level", "must")
    assert (done.code, done.err) == (2, "error: no rule is left with these filters\n")


def test_rules_are_explained_one_after_the_other() -> None:
    done = run("rules", "explain", "ack.steady", "http.tls")
    assert done.code == 0
    assert [line for line in done.out.splitlines() if line in BY_ID] == ["ack.steady", "http.tls"]


def test_an_explanation_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert max(map(len, run("rules", "explain", "auth.rejects-near-miss").out.splitlines())) <= 70


def test_an_assumed_source_is_marked() -> None:
    assumed = next(rule for rule in RULES if rule.source.assumed)
    assert "(assumed)" in run("rules", "explain", assumed.id).out


def test_an_explanation_can_be_json() -> None:
    record = orjson.loads(run("rules", "explain", "auth.rejects-near-miss", "--format", "json").out)
    assert (record["needs"], record["level"]) == (["key"], "MUST")


def test_json_names_every_case() -> None:
    record = orjson.loads(run("rules", "explain", "robust.missing-field", "--format", "json").out)
    assert {"without call_id", "without eventType"} <= set(record["cases"])


def test_an_unknown_rule_is_answered_with_the_nearest() -> None:
    done = run("rules", "explain", "ack.exactly200")
    assert done.code == 2
    assert done.err == (
        "error: unknown rule `ack.exactly200`; did you mean `ack.exactly-200`?\n  hint: mock-alohub rules lists them\n"
    )


def test_an_unknown_word_below_rules_is_answered_with_the_nearest() -> None:
    done = run("rules", "explian", "x")
    assert done.code == 2
    assert done.err.splitlines()[0] == "error: unknown command `explian`; did you mean `explain`?"


def test_an_unknown_family_is_answered_with_the_list() -> None:
    done = run("rules", "--family", "xyz")
    assert (done.code, done.err.startswith("error: unknown family `xyz`; allowed: `ack`, ")) == (2, True)
