"""`--spec`: the verbs speak for any provider whose document has `webhooks:`."""

from __future__ import annotations

import html
import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.specification.imported.test_webhooks import PETS

SPEC = ("--spec", str(PETS))


def test_what_is_generated_is_valid(tmp_path: Path) -> None:
    made = tmp_path / "pets.ndjson"
    assert run("generate", *SPEC, "--count", "5", "--seed", "1", "-o", str(made)).code == 0
    assert run("validate", *SPEC, str(made)).code == 0


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert run("generate", *SPEC, "--seed", "1").out == run("generate", *SPEC, "--seed", "1").out


def test_a_message_of_another_kind_is_invalid(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"id": "one", "name": "Rex"}')
    done = run("validate", *SPEC, str(other))
    assert (done.code, "/id" in done.out) == (1, True)


def test_names_are_those_of_the_document() -> None:
    assert "did you mean `newPet`?" in run("generate", *SPEC, "--webhook", "newPt").err


def test_webhooks_of_the_built_in_providers_are_then_unknown() -> None:
    assert run("generate", *SPEC, "--webhook", "alohub.call-ended").code == 2


def test_a_document_that_is_none_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\n")
    done = run("check", "http://127.0.0.1:9", "--spec", str(path))
    assert (done.code, "describes no webhooks" in done.err) == (2, True)


def test_the_document_may_stand_in_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mock-alohub.toml").write_text(f'spec = "{PETS}"\nwebhook = ["newPet"]\n')
    assert '"name"' in run("generate", "--count", "1", "--seed", "1").out
    Path("mock-alohub.toml").write_text(f'spec = "{PETS}"\nwebhook = ["newPt"]\n')
    assert "did you mean `newPet`?" in run("generate").err


def test_a_secret_is_not_shown_where_a_signed_message_is_refused(tmp_path: Path) -> None:
    signed = PETS.with_name("orders.yaml")
    done = run("send", "http://127.0.0.1:9/", "--spec", str(signed), "--dry-run", "--key", "whsec_c2VjcmV0c2VjcmV0")
    assert ("webhook-signature: v1," in done.out, "c2VjcmV0" in done.out) == (True, False)


@pytest.mark.parametrize(
    ("verb", "option", "value"),
    [
        ("send", "--outcome", "busy"),
        ("send", "--direction", "inbound"),
        ("generate", "--ended-by", "agent"),
        ("generate", "--moment", "ended"),
        ("generate", "--start", "2024-01-13T15:00:30"),
    ],
)
def test_what_is_said_of_calls_is_of_no_use(verb: str, option: str, value: str) -> None:
    where = ("http://127.0.0.1:9/",) if verb == "send" else ()
    done = run(verb, *where, *SPEC, option, value)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: `{option}` is of no use with --spec: nothing of a call is in those messages\n"


def test_what_the_settings_file_says_of_calls_is_named_by_its_place() -> None:
    Path("mock-alohub.toml").write_text('[generate]\noutcome = "busy"\n')
    assert "`outcome` in mock-alohub.toml is of no use with --spec" in run("generate", *SPEC).err


@pytest.mark.parametrize("verb", ["check", "send", "generate", "validate"])
def test_there_is_no_outcome_to_spell(verb: str) -> None:
    where = ("http://127.0.0.1:9/",) if verb in {"check", "send"} else ()
    done = run(verb, *where, *SPEC, "--status-spelling", "busy=engaged")
    assert (done.code, done.out) == (2, "")
    assert "no outcome of a call can be spelled otherwise" in done.err


def test_a_fault_that_needs_the_words_of_a_built_in_provider_says_so() -> None:
    done = run("send", "http://127.0.0.1:9/", *SPEC, "--dry-run", "--fault", "unknown-status")
    assert (done.code, "is known of built-in providers alone" in done.err) == (2, True)


def test_a_report_names_the_command_that_checks_the_same_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mock-alohub.toml").write_text('[check]\nrule = ["ack", "auth"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOCK_ALOHUB_GENERATED", "7")
    monkeypatch.setenv("MOCK_ALOHUB_INSECURE", "1")
    options = (*SPEC, "--strict", "--key", "s3cret-of-theirs")
    run("check", "http://127.0.0.1:9/", *options, "--report", "html=a.html", "--report", "json=a.json")
    page = Path("a.html").read_text()
    found = re.search(r'<pre class="copy">(mock-alohub check .*)</pre>', page)
    assert found, page
    words = shlex.split(html.unescape(found[1]))
    assert "s3cret-of-theirs" not in page
    Path("mock-alohub.toml").unlink()
    monkeypatch.delenv("MOCK_ALOHUB_GENERATED")
    monkeypatch.delenv("MOCK_ALOHUB_INSECURE")
    monkeypatch.setenv("MOCK_ALOHUB_KEY", "s3cret-of-theirs")
    run(*words[1:], "--report", "json=b.json")
    first, second = (json.loads(Path(name).read_text()) for name in ("a.json", "b.json"))
    assert sorted(first["options"]) == sorted(second["options"])
    for what in ("target", "seed", "strict", "verdict"):
        assert first[what] == second[what]
    assert [rule["id"] for rule in first["rules"]] == [rule["id"] for rule in second["rules"]]
