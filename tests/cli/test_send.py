from __future__ import annotations

import os
import signal
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import trustme

from mock_alohub.faults import FAULTS
from tests.cli.endpoint import KEY, Partner, listening
from tests.cli.running import command, environment, process, run


@pytest.fixture
def echo() -> Iterator[Partner]:
    """An endpoint that repeats the key in its answer."""
    with listening(Partner(echo=True)) as one:
        yield one


def test_a_call_is_sent_and_acknowledged(partner: Partner) -> None:
    done = run("send", partner.url, "--key", KEY)
    assert done.code == 0
    assert done.out.startswith("200 ")
    assert done.err.startswith("1 of 1 acknowledged (seed ")


def test_the_key_is_sent_as_it_is(partner: Partner) -> None:
    run("send", partner.url, "--key", KEY)
    assert partner.requests[0][0] == KEY


def test_a_refusal_ends_with_1(partner: Partner) -> None:
    done = run("send", partner.url)
    assert done.code == 1
    assert "401" in done.out
    assert "not acknowledged: only 200 counts" in done.out


def test_a_closed_port_ends_with_3(closed_port: int) -> None:
    done = run("send", f"http://127.0.0.1:{closed_port}")
    assert done.code == 3
    assert f"refused: connection refused: no one listens at 127.0.0.1:{closed_port}" in done.out


def test_an_unknown_host_ends_with_3() -> None:
    done = run("send", "http://nowhere.invalid/")
    assert (done.code, "dns: the host name `nowhere.invalid` has no address" in done.out) == (3, True)


@pytest.fixture
def untrusted() -> Iterator[Partner]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with listening(tls=context) as one:
        yield one


def test_a_certificate_that_is_not_trusted_ends_with_3(untrusted: Partner) -> None:
    done = run("send", untrusted.url, "--key", KEY)
    assert (done.code, "tls: TLS with 127.0.0.1 failed: its certificate" in done.out) == (3, True)


def test_insecure_accepts_any_certificate_and_is_loud(untrusted: Partner) -> None:
    done = run("send", untrusted.url, "--key", KEY, "--insecure")
    assert (done.code, "warning: --insecure: the certificate is not verified" in done.err) == (0, True)


def test_one_line_is_printed_for_each_attempt(partner: Partner) -> None:
    done = run("send", partner.url, "--key", KEY, "-n", "3", "--fault", "duplicate")
    assert len(done.out.splitlines()) == len(partner.requests) == 6


def test_verbose_adds_phases_and_the_answer(partner: Partner) -> None:
    done = run("send", partner.url, "--key", KEY, "-v")
    assert "connect " in done.out
    assert "answer: {}" in done.out


def test_a_field_can_be_set(partner: Partner) -> None:
    run("send", partner.url, "--key", KEY, "--set", "hotline=1900", "--unset", "userName")
    payload = orjson.loads(partner.requests[0][1])
    assert (payload["hotline"], "userName" in payload) == ("1900", False)


def test_several_webhooks_tell_of_the_same_call(partner: Partner) -> None:
    webhooks = ["--webhook", "alohub.auto-call", "--webhook", "alohub.call-ended"]
    run("send", partner.url, "--key", KEY, "--outcome", "answered", *webhooks)
    assert len({orjson.loads(body)["call_id"] for _, body in partner.requests}) == 1
    assert len(partner.requests) == 3


@pytest.mark.parametrize("fault", ["drop-answer", "reset", "truncate"])
def test_hanging_up_on_purpose_is_no_failure(partner: Partner, fault: str) -> None:
    done = run("send", partner.url, "--key", KEY, "--fault", fault)
    assert (done.code, "hung up without waiting for the answer, as asked" in done.out) == (0, True)


@pytest.mark.parametrize(("fault", "status"), [("wrong-key", "401"), ("missing-key", "401"), ("malformed-body", "400")])
def test_a_fault_is_what_the_endpoint_sees(partner: Partner, fault: str, status: str) -> None:
    assert run("send", partner.url, "--key", KEY, "--fault", fault, "--seed", "1").out.startswith(status)


def test_help_lists_every_fault() -> None:
    text = " ".join(run("send", "--help").out.split())
    assert all(f"{fault.name} {fault.summary}" in text for fault in FAULTS)


def test_an_unknown_fault_is_answered_with_the_nearest() -> None:
    done = run("send", "http://127.0.0.1:1", "--fault", "duplicat")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: unknown fault `duplicat`; did you mean `duplicate`?")


def test_a_dry_run_sends_nothing(partner: Partner) -> None:
    done = run("send", partner.url, "--key", KEY, "--dry-run")
    assert (done.code, partner.requests) == (0, [])


def test_a_dry_run_prints_lines_that_a_shell_runs(partner: Partner) -> None:
    script = run("send", partner.url, "--key", KEY, "--dry-run", "--seed", "1", "-n", "2").out
    env = {"PATH": os.environ["PATH"], "MOCK_ALOHUB_KEY": KEY}
    subprocess.run(["sh", "-e"], input=script.encode(), env=env, capture_output=True, timeout=120, check=True)
    sent = run("generate", "--seed", "1", "-n", "2").out.splitlines()
    assert [(key, body.decode()) for key, body in partner.requests] == [(KEY, body) for body in sent]


def test_a_dry_run_says_what_a_shell_does_not_do() -> None:
    faults = ["--fault", "slow-body", "--fault", "duplicate-concurrently"]
    done = run("send", "http://127.0.0.1:1", "--dry-run", "--seed", "1", *faults)
    comments = [line for line in done.out.splitlines() if line.startswith("#")]
    assert "in 5 pieces, 0.25 s apart" in comments[0]
    assert "together with the one before" in comments[1]


@pytest.mark.parametrize("fault", [fault.name for fault in FAULTS])
def test_the_key_is_never_shown_by_a_dry_run(fault: str) -> None:
    assert KEY not in run("send", "http://127.0.0.1:1", "--key", KEY, "--dry-run", "--fault", fault).said


def test_the_key_is_never_shown_even_if_the_endpoint_repeats_it(echo: Partner) -> None:
    done = run("send", echo.url, "--key", KEY, "-v")
    assert "answer: your key is ****" in done.out
    assert KEY not in done.said


def test_a_turned_key_is_not_shown_either(echo: Partner) -> None:
    done = run("send", echo.url, "--key", KEY, "-v", "--fault", "wrong-key")
    assert "answer: your key is ****" in done.out


def test_the_key_can_come_from_a_file(partner: Partner) -> None:
    Path("key").write_text(f"{KEY}\n")
    assert run("send", partner.url, "--key-file", "key").code == 0


def test_the_key_can_come_from_standard_input(partner: Partner) -> None:
    assert run("send", partner.url, "--key-file", "-", stdin=KEY.encode()).code == 0


def test_the_key_can_come_from_the_environment(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_KEY", KEY)
    assert run("send", partner.url).code == 0


def test_a_key_file_on_the_command_line_comes_before_a_key_in_the_environment(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("key").write_text(KEY)
    monkeypatch.setenv("MOCK_ALOHUB_KEY", "another")
    assert run("send", partner.url, "--key-file", "key").code == 0


def test_a_key_in_the_environment_comes_before_a_key_file_in_the_settings(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mock-alohub.toml").write_text("key-file = 'nope'")
    monkeypatch.setenv("MOCK_ALOHUB_KEY", KEY)
    assert run("send", partner.url).code == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read the key file key: no such file or directory"),
        (b"", "the key file key is empty"),
        (b"\n", "the key file key is empty"),
        (b"a\nb\n", "the key file key has several lines"),
        (b"\xff\xfe", "the key file key is not UTF-8"),
    ],
)
def test_a_key_file_that_holds_no_key_is_refused(content: bytes | None, words: str) -> None:
    if content is not None:
        Path("key").write_bytes(content)
    done = run("send", "http://127.0.0.1:1", "--key-file", "key")
    assert (done.code, done.err.splitlines()[0]) == (2, f"error: {words}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--key", ""], "the key is empty"),
        (["--key", "s3cret", "--key-file", "x"], "the key is given twice, by --key and by --key-file"),
        (["--key", "s3cret\nX-More: 1"], "the key holds a control character or a line break"),
        (["--key", "s3cret €"], "the key holds characters that no HTTP header can carry"),
    ],
)
def test_a_key_that_is_none_is_refused_without_repeating_it(arguments: list[str], words: str) -> None:
    done = run("send", "http://127.0.0.1:1", *arguments)
    assert (done.code, done.err.startswith(f"error: {words}")) == (2, True)
    assert "s3cret" not in done.said


@pytest.mark.parametrize("arguments", [["-key", "s3cret"], ["--kez=s3cret"], ["--key", "x", "s3cret"]])
def test_a_key_in_the_wrong_place_is_not_repeated(arguments: list[str]) -> None:
    done = run("send", "http://127.0.0.1:1", *arguments)
    assert (done.code, "s3cret" in done.said) == (2, False)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:8000", "`127.0.0.1:8000` has no scheme"),
        ("http://user:pw@127.0.0.1", "the URL holds credentials (user:password@)"),
        ("ftp://127.0.0.1", "`ftp` URLs cannot receive webhooks; allowed: `http`, `https`"),
        ("http://", "`http://` has no host"),
        ("http://127.0.0.1:x", "`http://127.0.0.1:x` is not a URL"),
        ("http://a b", "the URL holds a space or a control character"),
    ],
)
def test_a_url_that_is_none_is_refused(url: str, words: str) -> None:
    done = run("send", url)
    assert (done.code, done.err.startswith(f"error: {words}")) == (2, True)


def test_a_password_in_a_url_is_not_repeated() -> None:
    assert "s3cret" not in run("send", "http://me:s3cret@127.0.0.1").said


def test_ctrl_c_says_how_far_it_was(partner: Partner) -> None:
    arguments = ["send", partner.url, "-n", "20", "--fault", "delay", "--fault", "duplicate"]
    sender = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(MOCK_ALOHUB_KEY=KEY),
    )
    assert sender.stdout is not None
    assert sender.stdout.readline().startswith("200 ")
    sender.send_signal(signal.SIGINT)
    _, err = sender.communicate(timeout=120)
    assert sender.returncode == 130
    assert "acknowledged (seed " in err
    assert "Traceback" not in err


def test_a_reader_that_leaves_is_no_crash(partner: Partner) -> None:
    script = f"{' '.join(command('send', partner.url, '-n', '20'))} | head -1"
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        env=environment(MOCK_ALOHUB_KEY=KEY),
        timeout=120,
        check=True,
    )
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr


def test_colours_are_on_demand(partner: Partner) -> None:
    done = process("send", partner.url, env=environment(MOCK_ALOHUB_KEY=KEY, FORCE_COLOR="1"))
    assert done.out.startswith("\x1b[32m200\x1b[0m ")
