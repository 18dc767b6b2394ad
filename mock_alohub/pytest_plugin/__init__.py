"""The pytest plugin: options, fixtures, and what a broken SHOULD looks like. Loaded in every run, so it imports little.

`contract_tests/` is written with it; so can be the tests of a partner's own project.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from mock_alohub.calls.simulator import Simulator
    from mock_alohub.check.single_case import RuleCase
    from mock_alohub.messages.attempt import Attempt
    from mock_alohub.pytest_plugin.harness import CaseResult, PytestHarness
    from mock_alohub.pytest_plugin.options import Options

# Everything else of the package is imported where it is needed: a project that merely has the plugin installed pays
# nothing for it.

_WARNING: Final = "alohub_warning"
_CATEGORY: Final = "SHOULD broken"
_OPTIONS: Final = pytest.StashKey["Options"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, in a group of their own."""
    group = parser.getgroup("mock-alohub", "mock-alohub: the contract of a partner's endpoint")
    add = group.addoption
    add("--alohub-url", metavar="URL", help="the endpoint under test (or MOCK_ALOHUB_URL)")
    add("--alohub-key", metavar="KEY", help="the key agreed with it (better: MOCK_ALOHUB_KEY)")
    add("--alohub-webhook", metavar="NAME", action="append", help="a webhook or provider; repeatable (default: alohub)")
    add("--alohub-spec", metavar="FILE", help="an OpenAPI 3.1 document of any provider, whose webhooks are meant")
    add("--alohub-method", metavar="METHOD", help="send with another method of the webhooks, such as GET")
    add(
        "--alohub-body-template",
        metavar="[WEBHOOK=]FILE",
        action="append",
        help="the template of the body, for webhooks whose body the partner words; repeatable",
    )
    add("--alohub-rule", metavar="RULE", action="append", help="a rule or family to try; repeatable (default: all)")
    add("--alohub-skip-rule", metavar="RULE", action="append", help="a rule or family to leave out; repeatable")
    add("--alohub-strict", action="store_true", help="a broken SHOULD fails as well")
    add("--alohub-effects", metavar="URL#/POINTER", help="how to read how often {call_id} was processed")
    add("--alohub-effects-wait", metavar="TIME", help="how long effects may take (default: 2s)")
    add("--alohub-burst", metavar="N", help="calls that end together (default: 20)")
    add("--alohub-generated", metavar="N", help="generated messages for each webhook; 0: none (default: 100)")
    add("--alohub-seed", metavar="N", help="the seed of the calls and generated messages (default: 0)")
    add("--alohub-insecure", action="store_true", help="accept any certificate")
    add(
        "--alohub-status-spelling",
        metavar="OUTCOME=WORD",
        action="append",
        help="how the provider spells an outcome, such as no_answer=missed; repeatable",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and check the options where there are any."""
    config.addinivalue_line(
        "markers", "alohub_stage(stage, place): when in a run the test is tried: a name of rule.Stage"
    )
    if any(value for name, value in vars(config.option).items() if name.startswith("alohub_")):
        options_of_run(config)  # a bad value is said at once, not in the middle of collection


def options_of_run(config: pytest.Config) -> Options:
    """The options of this run, read once. Raises `pytest.UsageError` for a value that is not allowed."""
    from mock_alohub.errors import Mistake
    from mock_alohub.pytest_plugin.options import options_of

    if _OPTIONS not in config.stash:
        try:
            config.stash[_OPTIONS] = options_of(vars(config.option), os.environ)
        except Mistake as mistake:
            raise pytest.UsageError(_sentence(mistake)) from None
    return config.stash[_OPTIONS]


def has_url(config: pytest.Config) -> bool:
    """Whether an endpoint is named, without reading the other options."""
    return bool(config.getoption("alohub_url") or os.environ.get("MOCK_ALOHUB_URL"))


def _sentence(mistake: Any) -> str:
    return f"{mistake.message}\nhint: {mistake.hint}" if mistake.hint else str(mistake.message)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case of each rule (`alohub_rule`), one for each webhook (`alohub_webhook`)."""
    if "alohub_rule" in metafunc.fixturenames:
        cases = options_of_run(metafunc.config).rule_cases()
        metafunc.parametrize("alohub_rule", [_param(one) for one in cases], indirect=True)
    if "alohub_webhook" in metafunc.fixturenames:
        metafunc.parametrize("alohub_webhook", [subject.name for subject in options_of_run(metafunc.config).subjects])


def _param(one: RuleCase) -> Any:
    # Whatever a test with `alohub_generated` breaks is shrunk; this rule would only say it again.
    place = 2 if one.rule.id == "robust.generated" else 0
    return pytest.param(one, id=one.id, marks=pytest.mark.alohub_stage(one.rule.stage.name, place))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that have a stage into the order of the stages, in the places that they have between them."""
    places = [place for place, item in enumerate(items) if item.get_closest_marker("alohub_stage")]
    if places:
        from mock_alohub.check.rule import Stage

        ordered = sorted(
            (items[place] for place in places), key=lambda item: (Stage[_stage(item)[0]], *_stage(item)[1:])
        )
        for place, item in zip(places, ordered, strict=True):
            items[place] = item


def _stage(item: pytest.Item) -> tuple[Any, ...]:
    marker = item.get_closest_marker("alohub_stage")
    return marker.args if marker else ()


@pytest.fixture(scope="session")
def alohub_url(pytestconfig: pytest.Config) -> str:
    """The URL under test: `--alohub-url`. Override it to name a server that your own fixtures start."""
    url = options_of_run(pytestconfig).url
    if not url:
        pytest.skip("no endpoint: give --alohub-url URL")
    return url


@pytest.fixture(scope="session")
def alohub_key(pytestconfig: pytest.Config) -> str | None:
    """The agreed key: `--alohub-key`, None when there is none. Override it to set one for your own tests."""
    return options_of_run(pytestconfig).key


@pytest.fixture(scope="session")
def alohub_harness(pytestconfig: pytest.Config, alohub_url: str, alohub_key: str | None) -> Iterator[PytestHarness]:
    """The endpoint under test and everything that tries it; `evidence` is what was sent so far and what came of it."""
    from mock_alohub.errors import Mistake
    from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
    from mock_alohub.pytest_plugin.harness import PytestHarness

    chosen = options_of_run(pytestconfig)
    try:
        endpoint = Endpoint(parse_url(alohub_url), Key(alohub_key) if alohub_key else None)
    except Mistake as mistake:
        pytest.fail(_sentence(mistake), pytrace=False)
    with PytestHarness(endpoint, chosen.subjects, chosen.wishes) as harness:
        yield harness


@pytest.fixture(scope="session")
def alohub_simulator(alohub_harness: PytestHarness) -> Simulator:
    """Calls as a call centre makes them, none of them twice; wish for what you need: `.call(outcome=…, talk_s=…)`."""
    return alohub_harness.simulator


@pytest.fixture(scope="session")
def alohub_send(alohub_harness: PytestHarness) -> Callable[..., Attempt]:
    """Send what a webhook says about a call: `alohub_send(call).status`. See `PytestHarness.send` for the arguments."""
    return alohub_harness.send


@pytest.fixture
def alohub_rule(request: pytest.FixtureRequest, alohub_harness: PytestHarness) -> Callable[[], None]:
    """One case of one rule; called, it holds the endpoint to it. A test that takes it is made for every case."""
    one: RuleCase = request.param

    def hold() -> None:
        __tracebackhide__ = True
        try:
            outcome = alohub_harness.hold(one)
        except Exception as error:
            error.add_note("This is a defect of mock-alohub, not of the endpoint.")
            raise
        settle(request.node, outcome)

    return hold


@pytest.fixture
def alohub_generated(request: pytest.FixtureRequest, alohub_harness: PytestHarness) -> Callable[..., None]:
    """Generated messages: `alohub_generated(webhook, valid=True)` holds the endpoint to them."""

    def hold(webhook: str, *, valid: bool) -> None:
        __tracebackhide__ = True
        settle(request.node, alohub_harness.hold_generated(alohub_harness.subject(webhook), valid=valid))

    return hold


def settle(item: pytest.Item, outcome: CaseResult) -> None:
    """End the test as `outcome` has it: fail it, skip it, or let it pass, noting what a SHOULD rule found."""
    from mock_alohub.reports.failure_message import in_pytest_words

    __tracebackhide__ = True
    strict = options_of_run(item.config).strict
    binding = [breach for breach in outcome.breaches if strict or breach.is_binding]
    for breach in outcome.breaches:
        if breach not in binding:
            # Properties go from xdist's workers to the terminal, and into JUnit files.
            item.user_properties.append((_WARNING, str(breach)))
    if binding:
        pytest.fail("\n\n".join(map(str, outcome.breaches)), pytrace=False)
    if outcome.untried and not outcome.breaches:
        pytest.skip(in_pytest_words(outcome.untried))


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, Mapping[str, bool]]] | None:
    """Count a test that passed with a broken SHOULD apart from those that merely passed."""
    if report.when == "call" and report.passed and _warnings(report):
        return _CATEGORY, "W", (_CATEGORY, {"yellow": True})
    return None


def _warnings(report: pytest.TestReport) -> list[str]:
    return [str(value) for name, value in report.user_properties if name == _WARNING]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the broken SHOULD rules, which fail nothing."""
    reports = terminalreporter.stats.get(_CATEGORY, [])
    if not reports:
        return
    terminalreporter.section("SHOULD rules that are broken (--alohub-strict makes them fail)", yellow=True)
    for report in reports:
        for text in _warnings(report):
            terminalreporter.write_line(text)
            terminalreporter.write_line("")


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`, keep all rules on one worker: they follow each other, and share what they saw.

    Only where xdist would spread single tests, and only in a run that has an endpoint under test.
    """
    if config.getoption("dist", "no") not in {"load", "worksteal"} or not has_url(config):
        return None
    from mock_alohub.pytest_plugin.xdist import OneEndpointScheduling

    return OneEndpointScheduling(config, log)
