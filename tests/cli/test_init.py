from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mock_alohub import cli
from mock_alohub.cli import VERBS
from mock_alohub.cli.verb import Verb
from tests.cli.running import ROOT, command, environment, process, run


def verb_of(name: str) -> click.Command:
    found = getattr(importlib.import_module(f"mock_alohub.cli.{name}"), name)
    assert isinstance(found, click.Command)
    return found


def test_help_lists_every_verb() -> None:
    assert all(f"  {name} " in run("--help").out for name in VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_the_list_says_of_a_verb_what_its_help_begins_with(name: str) -> None:
    assert (verb_of(name).help or "").partition("\n")[0] == VERBS[name]


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_verb_has_help(name: str, flag: str) -> None:
    done = run(name, flag)
    assert done.out.startswith(f"Usage: mock-alohub {name} ")


@pytest.mark.parametrize("name", VERBS)
def test_no_help_is_wider_than_a_terminal(name: str) -> None:
    done = process(name, "--help", env=environment(COLUMNS="80"))
    assert max(map(len, done.out.splitlines())) <= 80


def test_version_names_program_and_version() -> None:
    assert run("--version").out == "mock-alohub 0.1.0\n"


def test_without_a_verb_help_is_shown_and_the_usage_is_wrong() -> None:
    done = run()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage:")


def test_an_unknown_verb_is_answered_with_the_nearest() -> None:
    done = run("chekc")
    assert done.code == 2
    assert done.err == "error: unknown command `chekc`; did you mean `check`?\n  hint: mock-alohub --help lists them\n"


def test_an_unknown_option_is_answered_with_the_nearest() -> None:
    done = run("generate", "--outcom", "busy")
    assert done.code == 2
    assert done.err == (
        "error: unknown option `--outcom`; did you mean `--outcome`?\n  hint: mock-alohub generate --help\n"
    )


def test_a_missing_argument_is_named() -> None:
    done = run("check")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: URL is missing")


def test_too_many_arguments_are_counted_and_not_repeated() -> None:
    done = run("check", "http://127.0.0.1:1", "my-secret")
    assert done.code == 2
    assert "1 argument too many" in done.err
    assert "my-secret" not in done.said


def test_a_defect_is_told_in_one_line_and_has_a_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("the key is SECRET")

    monkeypatch.setattr("mock_alohub.cli.lazy.importlib.import_module", broken)
    done = run("check", "http://127.0.0.1:1")
    assert done.code == 70
    assert "internal error (RuntimeError at test_init.py:" in done.err
    assert "please report" in done.err
    assert "SECRET" not in done.err
    assert "Traceback" not in done.err


def test_debug_adds_the_traceback_of_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("mock_alohub.cli.lazy.importlib.import_module", broken)
    monkeypatch.setenv("MOCK_ALOHUB_DEBUG", "1")
    assert "RuntimeError: out of order" in run("check", "http://127.0.0.1:1").err


def test_ctrl_c_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mock_alohub.cli.lazy.importlib.import_module", interrupted)
    done = run("check", "http://127.0.0.1:1")
    assert (done.code, done.said) == (130, "")


def test_the_installed_command_is_there() -> None:
    script = Path(sys.executable).with_name("mock-alohub")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.startswith("mock-alohub ")


def test_the_package_runs_as_a_module() -> None:
    assert process("--version").out.startswith("mock-alohub ")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_ends_the_writer_silently(unbuffered: str) -> None:
    writer = subprocess.Popen(
        command("generate", "--count", "200000", "--seed", "1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PYTHONUNBUFFERED=unbuffered),
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    assert json.loads(writer.stdout.readline())["eventType"] == "call"
    writer.stdout.close()
    assert (writer.wait(timeout=120), writer.stderr.read()) == (141, b"")
    writer.stderr.close()


def test_ctrl_c_stops_a_writer_without_a_traceback() -> None:
    writer = subprocess.Popen(
        command("generate", "--count", "100000000"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    assert writer.stdout.readline()
    writer.send_signal(signal.SIGINT)
    writer.stdout.read()
    assert (writer.wait(timeout=120), writer.stderr.read()) == (130, b"")
    writer.stdout.close()
    writer.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_a_mistake_not_a_crash() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("rules"), stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=120, check=False
        )
    assert done.returncode == 2
    assert done.stderr.decode() == "error: cannot write to standard output: no space left on device\n"


def test_a_stream_that_lacks_a_character_gets_an_escape() -> None:
    done = process("rules", "explain", "ack.exactly-200", env=environment(PYTHONIOENCODING="ascii"))
    assert (done.code, done.err) == (0, "")


def test_no_color_is_heeded() -> None:
    assert "\x1b" not in process("chekc", env=environment(NO_COLOR="1", FORCE_COLOR="1")).err


def test_force_color_is_heeded() -> None:
    assert process("chekc", env=environment(FORCE_COLOR="1")).err.startswith("\x1b[1;31merror\x1b[0m: ")


def test_a_pipe_has_no_colour() -> None:
    assert "\x1b" not in process("rules").out


def test_a_shell_can_complete_verbs() -> None:
    done = process(env=environment(_MOCK_ALOHUB_COMPLETE="bash_complete", COMP_WORDS="mock-alohub ge", COMP_CWORD="1"))
    assert done.out == "plain,generate\n"


@pytest.mark.parametrize("name", VERBS)
def test_every_option_has_a_variable(name: str) -> None:
    verb = verb_of(name)
    assert isinstance(verb, Verb)
    assert all(
        setting.envvar == f"MOCK_ALOHUB_{key.replace('-', '_').upper()}" for key, setting in verb.settings.items()
    )


def test_the_tests_run_the_command_line_of_this_tree() -> None:
    assert Path(cli.__file__).is_relative_to(ROOT)
