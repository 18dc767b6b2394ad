from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
import schemathesis  # noqa: F401 - imported here once, else by every run in this process

import mock_alohub.pytest_plugin.harness
import mock_alohub.pytest_plugin.options
from mock_alohub import bundle
from mock_alohub.check.rules import BY_ID, RULES
from mock_alohub.check.webhook_under_test import under_test
from mock_alohub.specification.specification import DEFAULT, Specification
from tests.zoo import correct
from tests.zoo.broken import ack, idempotency, robust
from tests.zoo.receiver import KEY, WEBHOOK, Receiver
from tests.zoo.server import Server

pytest_plugins = ["pytester"]

SUITE = str(bundle.path("contract_tests"))
RULE_TESTS = f"{SUITE}/test_rules.py"
ALOHUB = [under_test(Specification.load().webhook(name)) for name in DEFAULT]
NOT_TOLD = [rule.id for rule in RULES if rule.judge is None and not list(rule.cases(ALOHUB))]
NOT_TRIED_HERE = 2 + len(NOT_TOLD)  # http.https and http.tls (loopback, no TLS), and rules about other providers' words

Serve = Callable[..., str]
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a receiver, and tell its URL."""
    servers: list[Server] = []

    def start(receiver: Receiver, server: type[Server] = Server) -> str:
        servers.append(server(receiver))
        return f"{servers[-1].__enter__().origin}{WEBHOOK}"

    yield start
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest with the key, as strictly as any project can."""
    monkeypatch.setenv("MOCK_ALOHUB_KEY", KEY)
    monkeypatch.delenv("MOCK_ALOHUB_URL", raising=False)

    def start(*arguments: str, process: bool = False) -> pytest.RunResult:
        all_arguments = ("-p", "no:cacheprovider", "-W", "error", "-rA", *arguments)
        if process:
            return pytester.runpytest_subprocess(*all_arguments)
        return pytester.runpytest_inprocess(*all_arguments)

    return start


def rules_of(result: pytest.RunResult, word: str) -> set[str]:
    """The rules whose tests the summary lists under `word`."""
    lines = [line for line in result.outlines if line.startswith(f"{word} ") and "test_rule[" in line]
    return {next(rule for rule in BY_ID if line.partition("[")[2].startswith(rule)) for line in lines}


class TestContractTests:
    def test_a_correct_endpoint_passes_every_rule(self, run: Run, serve: Serve) -> None:
        url = serve(correct.VeryStrict())
        effects = f"{url.removesuffix(WEBHOOK)}/calls/{{call_id}}#/count"
        result = run(RULE_TESTS, f"--alohub-url={url}", f"--alohub-effects={effects}", "--alohub-generated=10")
        assert result.ret == pytest.ExitCode.OK
        assert result.parseoutcomes().keys() == {"passed", "skipped"}
        assert result.parseoutcomes()["skipped"] == NOT_TRIED_HERE

    def test_a_correct_endpoint_passes_the_generated_tests(self, run: Run, serve: Serve) -> None:
        url = serve(correct.VeryStrict())
        result = run(f"{SUITE}/test_generated.py", f"--alohub-url={url}", "--alohub-generated=10")
        assert result.parseoutcomes() == {"passed": 4}

    def test_a_broken_must_fails_the_tests_of_its_rule_alone(self, run: Run, serve: Serve) -> None:
        result = run(RULE_TESTS, f"--alohub-url={serve(ack.CrashesWhenBusy())}", "--alohub-generated=0")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert rules_of(result, "FAILED") == {"ack.every-outcome"}

    def test_a_judged_rule_sees_what_the_others_sent(self, run: Run, serve: Serve) -> None:
        result = run(RULE_TESTS, f"--alohub-url={serve(ack.NoContent())}", "--alohub-rule=ack")
        assert rules_of(result, "FAILED") == {"ack.exactly-200"}
        result.stdout.re_match_lines([r"  case    (\d+) of \1 calls that were taken, first in .*"])

    def test_a_failure_tells_the_finding_and_how_to_see_it_again(self, run: Run, serve: Serve) -> None:
        url = serve(ack.CrashesWhenBusy())
        result = run(RULE_TESTS, f"--alohub-url={url}", "--alohub-rule=ack.every-outcome")
        result.stdout.fnmatch_lines(
            [
                "ack.every-outcome (MUST): Every outcome is acknowledged",
                "  Source: Alohub, Call event webhook, *",
                "  case    busy, * (alohub.call-ended)",
                f"  sent    POST {url}, * bytes",
                "  got     500 after *",
                "  wanted  200: the call is acknowledged",
                "  to do   *",
                f'  again   curl -i {url} -H "Authorization: $MOCK_ALOHUB_KEY" *',
            ]
        )

    def test_a_failure_shows_neither_a_traceback_nor_the_key(self, run: Run, serve: Serve) -> None:
        result = run(RULE_TESTS, f"--alohub-url={serve(ack.CrashesWhenBusy())}", "--alohub-rule=ack.every-outcome")
        assert rules_of(result, "FAILED")
        assert "mock_alohub/" not in result.stdout.str()
        assert KEY not in result.stdout.str()

    def test_a_rule_that_builds_on_a_broken_one_is_skipped_with_that_reason(self, run: Run, serve: Serve) -> None:
        result = run(RULE_TESTS, f"--alohub-url={serve(idempotency.Conflict())}", "--alohub-rule=idempotency")
        assert rules_of(result, "FAILED") == {"idempotency.duplicate"}
        result.stdout.fnmatch_lines(["SKIPPED*builds on idempotency.duplicate, which is broken"])

    def test_a_skip_names_the_option_of_pytest(self, run: Run, serve: Serve) -> None:
        url = serve(Receiver())
        result = run(RULE_TESTS, f"--alohub-url={url}", "--alohub-rule=idempotency.processed-once")
        result.stdout.fnmatch_lines(["SKIPPED*needs --alohub-effects: *"])

    def test_a_broken_should_passes_and_is_listed_at_the_end(self, run: Run, serve: Serve) -> None:
        url = serve(robust.TakesNan())
        result = run(RULE_TESTS, f"--alohub-url={url}", "--alohub-rule=robust.malformed-json")
        assert result.ret == pytest.ExitCode.OK
        assert result.parseoutcomes() == {"passed": 6, "SHOULD": 2}
        result.stdout.fnmatch_lines(["*SHOULD rules that are broken*", "robust.malformed-json (SHOULD): *"])

    def test_a_broken_should_fails_when_strict(self, run: Run, serve: Serve) -> None:
        url = serve(robust.TakesNan())
        result = run(RULE_TESTS, f"--alohub-url={url}", "--alohub-rule=robust.malformed-json", "--alohub-strict")
        assert result.parseoutcomes() == {"passed": 6, "failed": 2}

    def test_where_the_first_call_is_refused_everything_else_is_skipped_with_that_reason(
        self, run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MOCK_ALOHUB_KEY", "another key")
        result = run(RULE_TESTS, f"--alohub-url={serve(Receiver())}", "--alohub-rule=auth", "--alohub-rule=ack")
        assert rules_of(result, "FAILED") == {"auth.accepts-key"}
        assert result.parseoutcomes()["failed"] == 2
        result.stdout.fnmatch_lines(["SKIPPED*the first ordinary call was refused: 401 after *"])

    def test_an_endpoint_that_is_not_there_fails_once(self, run: Run, serve: Serve) -> None:
        with Server(Receiver()) as server:
            url = f"{server.origin}{WEBHOOK}"
        result = run(RULE_TESTS, f"--alohub-url={url}", "--alohub-webhook=alohub.call-ended", "--alohub-generated=0")
        assert result.parseoutcomes()["failed"] == 1
        assert "passed" not in result.parseoutcomes()
        result.stdout.fnmatch_lines(["  got     the endpoint could not be reached: *"])

    def test_a_closed_gate_fails_even_when_its_test_was_not_chosen(self, run: Run, serve: Serve) -> None:
        with Server(Receiver()) as server:
            url = f"{server.origin}{WEBHOOK}"
        result = run(RULE_TESTS, f"--alohub-url={url}", "-k", "burst")
        assert result.parseoutcomes()["failed"] == 1

    @pytest.mark.exhaustive
    def test_what_breaks_is_told_by_the_generated_tests_and_not_again(self, run: Run, serve: Serve) -> None:
        options = [f"--alohub-url={serve(robust.OwnTransactionsOnly())}", "--alohub-rule=robust.generated"]
        result = run(SUITE, *options, "--alohub-webhook=alohub.call-ended", "--alohub-generated=24", "-k", "generated")
        assert result.ret == pytest.ExitCode.OK
        assert result.parseoutcomes()["SHOULD"] == 1
        result.stdout.fnmatch_lines(["SKIPPED*it is broken: another test has found a message that shows it"])
        result.stdout.re_match_lines([r'.*"transactionID":"[^T"][^"]?".*'])

    def test_one_fault_reads_as_one_fault_with_generated_messages_too(self, run: Run, serve: Serve) -> None:
        options = [
            f"--alohub-url={serve(ack.CrashesWhenBusy())}",
            "--alohub-generated=24",
            "-k",
            "outcome or generated",
        ]
        result = run(SUITE, *options, "--alohub-webhook=alohub.call-ended")
        assert rules_of(result, "FAILED") == {"ack.every-outcome"}
        assert "SHOULD" not in result.parseoutcomes()

    def test_generated_messages_can_be_switched_off(self, run: Run, serve: Serve) -> None:
        result = run(f"{SUITE}/test_generated.py", f"--alohub-url={serve(Receiver())}", "--alohub-generated=0")
        assert result.parseoutcomes() == {"skipped": 4}

    def test_without_a_url_one_sentence_says_what_is_missing(self, run: Run) -> None:
        result = run(SUITE)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(
            ["ERROR: there is no endpoint to try", "hint: pytest contract_tests --alohub-url *"]
        )

    def test_the_schemas_are_tested_without_a_url(self, run: Run) -> None:
        result = run(f"{SUITE}/test_schemas.py", "-k", "metaschema or example")
        assert result.ret == pytest.ExitCode.OK

    def test_every_rule_is_listed_without_an_endpoint(self, run: Run) -> None:
        result = run(RULE_TESTS, "--collect-only", "-q")
        assert result.ret == pytest.ExitCode.OK
        listed = "\n".join(result.outlines)
        assert [rule.id for rule in RULES if f"test_rule[{rule.id}" not in listed] == []

    def test_tests_are_named_after_rule_webhook_and_case(self, run: Run) -> None:
        result = run(RULE_TESTS, "--collect-only", "-q")
        result.stdout.fnmatch_lines(
            ["*::test_rule[[]ack.every-outcome-alohub.call-ended-busy, inbound, ended by customer[]]"]
        )

    def test_the_ordinary_call_comes_first_and_the_judgement_last(self, run: Run) -> None:
        result = run(SUITE, "--collect-only", "-q", "--alohub-webhook=alohub.call-ended")
        listed = [line for line in result.outlines if "test_rules.py" in line or "test_generated.py" in line]
        assert "auth.accepts-key" in listed[0]
        assert "http.small-answer" in listed[-1]
        assert listed.index(next(line for line in listed if "test_generated.py" in line)) > 50

    def test_junit_has_every_test_and_the_words_of_a_failure(
        self, run: Run, serve: Serve, pytester: pytest.Pytester
    ) -> None:
        options = ["--alohub-rule=ack.exactly-200", "--alohub-rule=ack.running-call", "--junit-xml=junit.xml"]
        run(RULE_TESTS, f"--alohub-url={serve(ack.NoContent())}", *options)
        suite = ElementTree.parse(pytester.path / "junit.xml").getroot()[0]
        assert suite.attrib["failures"] == "1"
        failure = suite.find(".//failure")
        assert failure is not None
        assert "exactly 200" in str(failure.text)

    @pytest.mark.exhaustive
    def test_xdist_keeps_the_rules_together(self, run: Run, serve: Serve) -> None:
        options = ["--alohub-rule=auth", "--alohub-rule=ack.exactly-200", "--alohub-rule=idempotency.duplicate"]
        url = serve(ack.NoContent())
        result = run(RULE_TESTS, f"--alohub-url={url}", *options, "-n", "2", process=True)
        assert rules_of(result, "FAILED") == {"ack.exactly-200"}
        assert "worker 'gw" not in result.stdout.str()


class TestOptions:
    @pytest.mark.parametrize(
        ("option", "sentence"),
        [
            ("--alohub-url=partner.test", "*has no scheme"),
            ("--alohub-webhook=alohub.call-end", "*did you mean `alohub.call-ended`?"),
            ("--alohub-rule=ack.every-outcom", "*did you mean `ack.every-outcome`?"),
            ("--alohub-skip-rule=nonsense", "*unknown rule `nonsense`*"),
            ("--alohub-burst=0", "*a whole number from 1 to 1,000"),
            ("--alohub-generated=many", "*a whole number from 0 to 10,000"),
            ("--alohub-effects-wait=soon", "*`soon` is not a duration"),
            ("--alohub-effects=http://partner.test/", "*names no {call_id}*"),
            ("--alohub-status-spelling=missed", "*`missed` is no spelling; allowed: OUTCOME=WORD"),
            ("--alohub-status-spelling=lost=missed", "*unknown outcome `lost`*"),
        ],
    )
    def test_a_bad_value_is_told_in_one_sentence(self, run: Run, option: str, sentence: str) -> None:
        result = run(option)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: {sentence}"])

    def test_a_family_stands_for_its_rules_and_others_are_left_out(self, run: Run) -> None:
        options = ("--alohub-rule=order", "--alohub-skip-rule=order.reversed", "--alohub-webhook=alohub.call-ended")
        result = run(RULE_TESTS, "--collect-only", "-q", *options)
        listed = [line.partition("[")[2] for line in result.outlines if "test_rule[" in line]
        rules = {line.partition("-alohub")[0].removesuffix("]") for line in listed}
        assert "order.reversed" not in rules
        assert rules == {rule.id for rule in RULES if rule.family == "order"} - {"order.reversed"}

    def test_another_spelling_of_an_outcome_is_sent(self, run: Run, serve: Serve) -> None:
        receiver = ack.CrashesWhenBusy()
        options = ["--alohub-rule=ack.every-outcome", "--alohub-status-spelling=busy=engaged"]
        result = run(RULE_TESTS, f"--alohub-url={serve(receiver)}", *options)
        assert result.ret == pytest.ExitCode.OK


class TestFixtures:
    def test_a_partners_own_test_sends_calls_to_a_server_it_started(
        self, run: Run, serve: Serve, pytester: pytest.Pytester
    ) -> None:
        receiver = Receiver()
        pytester.makeconftest(f"""
            import pytest

            @pytest.fixture(scope="session")
            def alohub_url():
                return {serve(receiver)!r}
        """)
        pytester.makepyfile("""
            from mock_alohub.calls.call import Outcome

            def test_a_missed_call_is_taken(alohub_simulator, alohub_send):
                call = alohub_simulator.call(outcome=Outcome.NO_ANSWER)
                assert alohub_send(call).status == 200
                assert alohub_send(call, {"transactionID": "order 7"}, webhook="alohub.auto-call").status == 200

            def test_what_was_sent_is_remembered(alohub_harness):
                assert [one.attempt.status for one in alohub_harness.evidence] == [200, 200]

            async def coroutine(alohub_send):
                return alohub_send().status

            def test_it_works_inside_a_running_loop(alohub_send):
                import asyncio
                assert asyncio.run(coroutine(alohub_send)) == 200

            def test_a_rule(alohub_rule):
                alohub_rule()
        """)
        result = run("--alohub-rule=ack.running-call")
        result.assert_outcomes(passed=5)
        assert len(receiver.counts) > 2

    def test_without_a_url_a_partners_own_test_is_skipped_with_the_reason(
        self, run: Run, pytester: pytest.Pytester
    ) -> None:
        pytester.makepyfile("def test_it(alohub_send): alohub_send()")
        result = run()
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED*no endpoint: give --alohub-url URL"])

    def test_a_key_that_no_header_can_carry_fails_in_one_sentence(self, run: Run, pytester: pytest.Pytester) -> None:
        pytester.makeconftest("""
            import pytest

            @pytest.fixture(scope="session")
            def alohub_url():
                return "http://127.0.0.1:9/"

            @pytest.fixture(scope="session")
            def alohub_key():
                return "line" + chr(10) + "break"
        """)
        pytester.makepyfile("def test_it(alohub_send): alohub_send()")
        result = run()
        result.stdout.fnmatch_lines(["*the key holds a control character*"])

    def test_a_rule_that_crashes_is_told_as_a_defect_of_ours(
        self, run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def crash(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(mock_alohub.pytest_plugin.harness.PytestHarness, "hold", crash)
        result = run(RULE_TESTS, f"--alohub-url={serve(Receiver())}", "--alohub-rule=ack.running-call")
        result.stdout.fnmatch_lines(["*This is a defect of mock-alohub, not of the endpoint."])


def test_the_plugin_imports_nothing_heavy() -> None:
    code = (
        "import sys, mock_alohub.pytest_plugin\n"
        "ours = {name for name in sys.modules if name.startswith('mock_alohub')}\n"
        "heavy = {'faker', 'schemathesis', 'hypothesis', 'yaml', 'orjson', 'asyncio', 'jsonschema_rs'}\n"
        "print(sorted(ours | heavy & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout == "['mock_alohub', 'mock_alohub.pytest_plugin']\n"


def test_the_docs_name_every_option_and_fixture(pytestconfig: pytest.Config) -> None:
    words = (bundle.ROOT / "docs" / "pytest.md").read_text("utf-8")
    options = {f"--{name.replace('_', '-')}" for name in vars(pytestconfig.option) if name.startswith("alohub_")}
    fixtures = ("alohub_url", "alohub_key", "alohub_simulator", "alohub_send", "alohub_harness", "alohub_rule")
    assert len(options) == 16
    assert [name for name in (*options, *fixtures) if f"`{name}" not in words] == []
