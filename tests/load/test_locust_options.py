"""The options of a load run as locust's: parsed by a parser like its own."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import pytest

from mock_alohub import bundle
from mock_alohub.errors import BadOption, Mistake, UnknownName
from mock_alohub.load.locust_options import add_arguments, notes_of, plan_of
from mock_alohub.load.ownership import NotOwned
from mock_alohub.load.plan import LoadPlan
from tests.specification.imported.test_webhooks import PETS
from tests.specification.imported.writing import ORDER, loaded, operation

URL = "http://127.0.0.1:8000/hook"


class Parser(argparse.ArgumentParser):
    """Takes what locust's parser takes, and has two of its options already."""

    def __init__(self) -> None:
        super().__init__()
        super().add_argument("-t", "--run-time")
        super().add_argument("--profile")

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        for extra in ("env_var", "include_in_web_ui", "is_multiple"):
            settings.pop(extra, None)
        return super().add_argument(*names, **settings)


def plan(*arguments: str, host: str | None = URL) -> LoadPlan:
    parser = Parser()
    add_arguments(parser)
    return plan_of(parser.parse_args(arguments), host)


def test_the_host_alone_makes_a_plan() -> None:
    made = plan("--seed", "1")
    assert made == LoadPlan(URL, ("alohub.call-ended",), 10.0, 60.0, seed=1)


def test_every_option_is_in_the_plan() -> None:
    made = plan(
        "--rate", "200", "-t", "10m", "--profile", "ramp", "--arrivals", "constant", "--webhook", "alohub.auto-call",
        "--webhook", "alohub.call-ended", "--seed", "5", "--no-retries", "--time-scale", "10", "--drain", "5s",
        "--insecure", "--status-spelling", "no_answer=missed",
    )  # fmt: skip
    assert made == LoadPlan(
        URL, ("alohub.auto-call", "alohub.call-ended"), 200.0, 600.0, "ramp", "constant", 5, False, 10.0, 5.0, True,
        (("no_answer", "missed"),),
    )  # fmt: skip


def test_all_webhooks_of_a_document_are_meant_unless_some_are_named() -> None:
    made = plan("--spec", str(PETS))
    assert (made.webhooks, made.provider) == (("newPet",), "Pets")
    assert plan("--spec", str(PETS), "--webhook", "newPet").described == made.described
    with pytest.raises(UnknownName, match="did you mean `newPet`"):
        plan("--spec", str(PETS), "--webhook", "newPt")


def test_what_of_a_document_cannot_be_sent_is_noted(tmp_path: Path) -> None:
    form: dict[str, Any] = {"post": {"requestBody": {"content": {"multipart/form-data": {}}}}}
    loaded(tmp_path, {"order": operation(ORDER), "file": form})
    parser = Parser()
    add_arguments(parser)
    (note,) = notes_of(parser.parse_args(["--spec", str(tmp_path / "openapi.json")]))
    assert note.startswith("webhook file is left out")
    assert notes_of(parser.parse_args([])) == ()


def test_locusts_own_run_time_is_the_duration_also_as_bare_seconds() -> None:
    assert plan("--run-time", "90").duration_s == plan("--duration", "1m30s").duration_s == 90.0


def test_what_locust_reads_under_the_names_taken_over_is_nothing() -> None:
    parser = Parser()
    add_arguments(parser)
    chosen = parser.parse_args(["-t", "5s", "--profile", "spike"])
    assert (chosen.run_time, chosen.profile) == (None, None)


def test_without_a_seed_each_run_draws_its_own() -> None:
    assert plan().seed != plan().seed


def test_values_as_a_form_gives_them_are_taken() -> None:
    parser = Parser()
    add_arguments(parser)
    chosen = parser.parse_args([])
    chosen.rate, chosen.time_scale, chosen.seed = "33.5", "2", "9"
    made = plan_of(chosen, URL)
    assert (made.rate, made.time_scale, made.seed) == (33.5, 2.0, 9)


@pytest.mark.parametrize(
    ("arguments", "kind", "word"),
    [
        (("--rate", "nan"), BadOption, "--rate is `nan`; allowed: a number"),
        (("--rate", "0"), BadOption, "the rate is 0"),
        (("--duration", "soon"), BadOption, "--duration: `soon` is not a duration"),
        (("--drain", "-1"), BadOption, "cannot be waited for|is not a duration"),
        (("--seed", "-1"), BadOption, "--seed is `-1`"),
        (("--status-spelling", "no_answer"), BadOption, "is no spelling"),
        (("--status-spelling", "no_anwser=x"), UnknownName, "did you mean `no_answer`"),
        (("--webhook", "alohub.call-end"), UnknownName, "did you mean `alohub.call-ended`"),
    ],
)
def test_a_value_that_cannot_be_is_named(arguments: tuple[str, ...], kind: type[Mistake], word: str) -> None:
    with pytest.raises(kind, match=word):
        plan(*(f"{arguments[0]}={arguments[1]}",))


def test_a_host_is_wanted() -> None:
    with pytest.raises(BadOption, match="no endpoint is named"):
        plan(host="")


def test_a_strangers_endpoint_is_not_loaded_unless_it_is_said_to_be_ones_own() -> None:
    with pytest.raises(NotOwned, match=r"`100\.64\.0\.1` is beyond private networks"):
        plan(host="http://100.64.0.1/hook")
    assert plan("--i-own-this-endpoint", host="http://100.64.0.1/hook").owned


@pytest.mark.parametrize(
    ("arguments", "host"),
    [
        (("--rate", "20001"), URL),
        (("--duration", "25h"), URL),
        (("--i-own-this-endpoint", "--rate", "1001"), "http://100.64.0.1/hook"),
        (("--i-own-this-endpoint", "--duration", "11m"), "http://100.64.0.1/hook"),
    ],
)
def test_rate_and_duration_have_a_ceiling(arguments: tuple[str, ...], host: str) -> None:
    with pytest.raises(BadOption, match="by default") as raised:
        plan(*arguments, host=host)
    assert "`mock-alohub load` offers more" in raised.value.hint


def test_the_guide_lists_every_option_with_its_default() -> None:
    parser = Parser()
    add_arguments(parser)
    guide = (bundle.path("load") / "README.md").read_text().splitlines()
    rows = [line.split("|") for line in guide if line.startswith("| `-")]
    documented = {re.findall(r"--[a-z-]+", row[1])[0]: row[2].strip() for row in rows}
    known = {action.option_strings[-1 if action.dest == "duration" else 0]: action for action in parser._actions}
    ours = {name for name, action in known.items() if action.dest not in {"help", "run_time", "profile"}}
    assert {"--run-time" if name == "--duration" else name for name in ours} == set(documented)
    for name, default in documented.items():
        action = known.get(name) or known["--duration"]
        said = "" if action.default is False or action.default == [] else action.default
        said = said[0] if isinstance(said, list) else said
        assert default == ("drawn" if name == "--seed" else f"{said:g}" if isinstance(said, float) else said), name
