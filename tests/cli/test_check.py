from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from mock_alohub.reports import FORMATS
from tests.cli.endpoint import KEY, Partner, listening
from tests.cli.running import command, environment, process, run

QUICK = ("--key", KEY, "--rule", "auth", "--rule", "ack.exactly-200")


@pytest.fixture
def sloppy() -> Iterator[Partner]:
    """An endpoint that lets anybody in."""
    with listening(Partner(key=None)) as one:
        yield one


def test_an_endpoint_that_keeps_the_contract_ends_with_0(partner: Partner) -> None:
    done = run("check", partner.url, *QUICK)
    assert done.code == 0
    assert done.out.startswith("PASS ")


def test_an_endpoint_that_lets_strangers_in_ends_with_1(sloppy: Partner) -> None:
    done = run("check", sloppy.url, *QUICK)
    assert done.code == 1
    assert "auth.rejects-missing" in done.out


def test_a_closed_port_ends_with_3_and_still_writes_its_reports(closed_port: int) -> None:
    done = run("check", f"http://127.0.0.1:{closed_port}", "--report", "json=report.json")
    assert (done.code, json.loads(Path("report.json").read_text())["verdict"]) == (3, "unreachable")


def test_generated_messages_that_are_asked_for_need_the_extra(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    done = run("check", partner.url, *QUICK, "--generated", "5")
    assert (done.code, "pip install 'mock-alohub[contract]'" in done.err) == (2, True)


def test_generated_messages_that_nobody_asked_for_need_no_extra(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    assert run("check", partner.url, *QUICK, "--rule", "robust.generated").code == 0


def test_an_unknown_host_ends_with_3() -> None:
    done = run("check", "http://nowhere.invalid/")
    assert (done.code, done.out.startswith("UNREACHABLE ")) == (3, True)


def test_the_key_is_shown_nowhere(sloppy: Partner) -> None:
    requests = [f"{one.name}={one.name}.txt" for one in FORMATS]
    sloppy.echo = True
    done = run("check", sloppy.url, *QUICK, *(word for one in requests for word in ("--report", one)))
    assert KEY not in done.said
    assert all(KEY not in Path(f"{one.name}.txt").read_text() for one in FORMATS)


def test_it_is_said_where_reports_went(partner: Partner) -> None:
    done = run("check", partner.url, *QUICK, "--report", "html=a.html", "--report", "junit=b.xml")
    assert [line for line in done.err.splitlines() if "report:" in line] == [
        "html report: a.html",
        "junit report: b.xml",
    ]


def test_a_report_on_standard_output_stands_alone_there(partner: Partner) -> None:
    done = run("check", partner.url, *QUICK, "--report", "json=-")
    assert json.loads(done.out)["verdict"] == "pass"
    assert "PASS " in done.err


def test_only_the_rules_that_are_named_are_tried(partner: Partner) -> None:
    run("check", partner.url, *QUICK, "--skip-rule", "auth.rejects-near-miss", "--report", "json=r.json")
    ids = {rule["id"] for rule in json.loads(Path("r.json").read_text())["rules"]}
    assert "auth.rejects-wrong" in ids
    assert not ids & {"auth.rejects-near-miss", "http.method"}


def test_the_seed_is_kept(partner: Partner) -> None:
    run("check", partner.url, *QUICK, "--seed", "17", "--report", "json=r.json")
    assert json.loads(Path("r.json").read_text())["seed"] == 17


def test_strict_counts_should_rules(partner: Partner) -> None:
    arguments = ["check", partner.url, "--key", KEY, "--rule", "robust.malformed-json"]
    assert [run(*arguments).code, run(*arguments, "--strict").code] == [0, 1]


def test_each_family_has_a_line_where_nobody_watches(partner: Partner) -> None:
    done = run("check", partner.url, *QUICK)
    assert any(line.startswith("ack ") and "1 kept" in line for line in done.err.splitlines())


def test_waiting_ends_when_the_endpoint_listens(closed_port: int) -> None:
    partner = Partner()
    late: list[Partner] = []

    def listen_later() -> None:
        time.sleep(0.4)  # the endpoint is to be late: that is what is tried here
        with listening(partner, port=closed_port) as one:
            late.append(one)
            done.wait(50)

    done = Event()
    thread = Thread(target=listen_later)
    thread.start()
    try:
        code = run("check", f"http://127.0.0.1:{closed_port}/alohub", *QUICK, "--wait", "30s").code
    finally:
        done.set()
        thread.join()
    assert (code, len(late)) == (0, 1)


def test_waiting_ends_when_the_time_is_up(closed_port: int) -> None:
    began = time.monotonic()
    done = run("check", f"http://127.0.0.1:{closed_port}", "--wait", "300ms")
    assert (done.code, time.monotonic() - began >= 0.3) == (3, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_check_ends_with_130_and_writes_its_reports(partner: Partner, number: signal.Signals) -> None:
    check = subprocess.Popen(
        command("check", partner.url, "--report", "json=report.json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(MOCK_ALOHUB_KEY=KEY),
    )
    while len(partner.requests) < 20:
        assert check.poll() is None
        time.sleep(0.01)
    check.send_signal(number)
    out, err = check.communicate(timeout=120)
    assert check.returncode == 130
    assert json.loads(Path("report.json").read_text())["verdict"] == "interrupted"
    assert out.startswith("INTERRUPTED ")
    assert "Traceback" not in err


def test_the_verdict_is_the_exit_code_even_if_nobody_reads_the_summary(sloppy: Partner) -> None:
    words = " ".join(command("check", sloppy.url, *QUICK, "--report", "json=report.json"))
    done = subprocess.run(
        ["bash", "-c", f"{words} 2>err | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
        check=True,
    )
    assert done.stdout == "1\n"
    assert "Traceback" not in Path("err").read_text()


def test_insecure_is_loud(closed_port: int) -> None:
    done = run("check", f"https://127.0.0.1:{closed_port}", "--insecure")
    assert "warning: --insecure: the certificate is not verified" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rule", "akc"], "unknown rule `akc`; did you mean `ack`?"),
        (["--skip-rule", "auth.reject-wrong"], "unknown rule `auth.reject-wrong`; did you mean `auth.rejects-wrong`?"),
        (["--rule", "auth", "--skip-rule", "auth"], "no rule is left to try"),
        (["--webhook", "alohub.auto-cal"], "unknown webhook `alohub.auto-cal`; did you mean `alohub.auto-call`?"),
        (["--report", "htm=x"], "unknown report format `htm`; did you mean `html`?"),
        (["--report", "html"], "the report `html` names no file"),
        (["--report", "html=x", "--report", "json=x"], "the reports `html` and `json` would both be written to `x`"),
        (["--report", "html=no/x"], "cannot write a report to `no/x`: its folder does not exist"),
        (["--report", "html=."], "cannot write a report to `.`: it is a folder"),
        (["--burst", "1"], "`--burst` is `1`; allowed: a whole number from 2 to 1,000"),
        (["--generated", "x"], "`--generated` is `x`; allowed: a whole number from 0 to 10,000"),
        (["--effects", "http://127.0.0.1/calls"], "--effects names no {call_id}"),
        (["--effects-header", "a: b"], "--effects-header is of no use without --effects"),
        (["--effects-header", "t0ken"], "`--effects-header`: this is no header"),
        (["--wait", "soon"], "`--wait`: `soon` is not a duration"),
        (["--time-limit", "0s"], "`--time-limit`: `0s` is no time at all"),
        (["--status-spelling", "busy=answered"], "`answered` would mean both answered and busy"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_sent(partner: Partner, arguments: list[str], words: str) -> None:
    done = run("check", partner.url, *arguments)
    assert (done.code, done.out, partner.requests) == (2, "", [])
    assert done.err.startswith(f"error: {words}")


def test_a_header_is_not_repeated_in_a_mistake() -> None:
    assert "t0ken" not in run("check", "http://127.0.0.1:1", "--effects-header", "t0ken").said


def test_settings_reach_the_check(partner: Partner) -> None:
    Path("mock-alohub.toml").write_text(
        f"url = '{partner.url}'\n[check]\nrule = ['auth.accepts-key']\nreport = {{json = 'r.json'}}\nseed = 5\n"
    )
    Path("key").write_text(KEY)
    done = process("check", "--key-file", "key")
    assert done.code == 0
    assert json.loads(Path("r.json").read_text())["seed"] == 5
