from __future__ import annotations

from pathlib import Path

import pytest

from tests.skip_guard import ALLOWED, Skipped, read
from tests.tiers import cases

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]
CONFTEST = """
    from tests.skip_guard import SkipGuard, read

    def pytest_configure(config):
        config.pluginmanager.register(SkipGuard(read({entries!r})), "skip-guard")
"""
TESTS = """
    import pytest

    def test_runs():
        pass

    @pytest.mark.skip(reason="no Chromium")
    def test_page():
        pass

    @pytest.mark.parametrize("one", ["a", "b"])
    def test_each(one):
        if one == "b":
            pytest.skip("b is not here")

    @pytest.mark.xfail(reason="broken")
    def test_expected():
        assert False
"""
MODULE = """
    import pytest

    pytest.skip("nothing here", allow_module_level=True)
"""
KNOWN = ["test_tests.py::test_page | no Chromium", "test_tests.py::test_each[b] | *"]
BOTH_WAYS = pytest.mark.parametrize("options", cases([("alone", []), ("two workers", ["-n", "2"])], ["alone"]))


def _run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, entries: list[str], options: list[str], **tests: str
) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST.format(entries=entries))
    return _pytest(pytester, monkeypatch, options, tests or {"test_tests": TESTS})


def _pytest(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str], tests: dict[str, str]
) -> pytest.RunResult:
    pytester.makepyfile(**tests)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take seconds in every process
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "xdist", *options)


@BOTH_WAYS
def test_a_run_whose_skips_are_listed_passes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    assert _run(pytester, monkeypatch, KNOWN, options).ret == pytest.ExitCode.OK


@BOTH_WAYS
def test_a_run_with_another_skip_fails_and_names_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    result = _run(pytester, monkeypatch, KNOWN[:1], options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*skipped, and not allowed to be*", "test_tests.py::test_each[[]b] | b is not here"])


@BOTH_WAYS
def test_a_skipped_module_is_a_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    result = _run(pytester, monkeypatch, KNOWN, options, test_tests=TESTS, test_module=MODULE)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["test_module.py | nothing here"])


@BOTH_WAYS
def test_folders_with_a_conftest_of_their_own_do_no_harm(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    tests = {"one/conftest": "", "one/test_one": TESTS, "two/conftest": "", "two/test_two": "def test_two(): pass"}
    for folder in ("one", "two"):
        pytester.mkdir(folder)
    result = _run(pytester, monkeypatch, ["one/* | *"], options, **tests)
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.exhaustive
def test_a_skipped_module_is_told_once(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    result = _run(pytester, monkeypatch, KNOWN, ["-n", "2"], test_tests=TESTS, test_module=MODULE)
    assert len([line for line in result.outlines if line.startswith("test_module.py |")]) == 1


def test_another_reason_is_another_skip(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = ["test_tests.py::test_page | no Firefox", KNOWN[1]]
    assert _run(pytester, monkeypatch, entries, []).ret == pytest.ExitCode.TESTS_FAILED


def test_a_run_that_failed_already_keeps_its_exit_code(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(pytester, monkeypatch, [], ["--no-such-option"]).ret == pytest.ExitCode.USAGE_ERROR


def test_brackets_of_a_test_id_stand_for_themselves() -> None:
    (entry,) = read(["a.py::test[b] | c"])
    assert entry.covers(Skipped("a.py::test[b]", "c"))
    assert not entry.covers(Skipped("a.py::testb", "c"))


def test_lines_for_people_are_no_entries() -> None:
    assert read(["# why", "", "  "]) == []


def test_a_line_without_a_reason_is_a_mistake() -> None:
    with pytest.raises(pytest.UsageError, match="is not written as"):
        read(["a.py::test"])


def test_the_list_can_be_read() -> None:
    assert read(ALLOWED.read_text().splitlines())


@pytest.mark.parametrize(("ci", "guarded"), [("true", True), ("", False)])
def test_skips_are_guarded_in_ci_only(
    ci: str, guarded: bool, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest("from tests.conftest import *")
    result = _pytest(pytester, monkeypatch, [], {"test_tests": TESTS})
    assert (result.ret == pytest.ExitCode.TESTS_FAILED) is guarded
