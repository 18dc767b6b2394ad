"""docs/scenarios.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mock_alohub.server import hostility, traffic
from mock_alohub.server.operations import operations
from mock_alohub.server.scenarios import runs
from mock_alohub.server.scenarios.runner import PATIENCE_S
from mock_alohub.server.scenarios.runs import Receiver
from mock_alohub.server.scenarios.scenario import Catalogue, Scenario
from mock_alohub.specification.specification import Specification
from tests.server.alohub import Mock
from tests.server.loopback import on_loopback, ran

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
WORDS = " ".join(PAGE.split())


def rows(heading: str) -> list[list[str]]:
    """The rows of the table whose first column is called `heading`."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def row(scenario: Scenario) -> list[str]:
    ends = ", ".join(f"{number} {name}" for name, number in scenario.ends.items())
    return [f"`{scenario.name}`", scenario.title, "its own" if scenario.own_receiver else "any", ends]


def test_the_page_lists_the_bundled_scenarios() -> None:
    assert rows("scenario") == [row(one) for one in Catalogue(Specification.load()).all()]


def test_the_example_of_the_page_ends_as_it_says(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    (tmp_path / "restart.yaml").write_text(example[1])

    async def story(one: Mock) -> Any:
        return await ran(one, "restart", seed=1)

    assert on_loopback(tmp_path, story, scenarios=tmp_path)["state"] == "passed"


def test_the_page_explains_every_step() -> None:
    verbs = {verb for one in Catalogue(Specification.load()).all() for step in one.steps for verb in step} - {"ago"}
    assert verbs <= {cells[0].strip("`") for cells in rows("step")}


def test_the_page_tells_the_limits() -> None:
    assert f"The last {runs.KEPT} runs are remembered, {runs.MOST_AT_ONCE} go on at a time" in WORDS
    assert f"for {PATIENCE_S[Receiver.INBOX]:g} seconds at most with the built-in receiver" in WORDS
    assert f"and {PATIENCE_S[Receiver.ENDPOINTS] / 60:g} minutes with endpoints" in WORDS
    assert f"While more than {traffic.MOST_WAITING:,} deliveries wait" in WORDS
    assert f"held back for {hostility.SHORTEST_S:g} to {hostility.LONGEST_S:g} seconds" in WORDS


def test_the_paths_of_the_page_are_described() -> None:
    described = [re.compile(re.sub(r"\{\w+\}", "[^/]+", one.path)) for one in operations(Specification.load())]
    for path in re.findall(r"(?<!…)/api/v1/[\w/{}$-]+", PAGE):
        assert any(one.fullmatch(path) for one in described), path


def test_what_comes_of_background_calls_is_told() -> None:
    assert all(f"`{came}`" in PAGE for came in traffic.Came)
