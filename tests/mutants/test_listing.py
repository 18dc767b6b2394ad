from __future__ import annotations

from typing import Literal

from tests.mutants.judging import Judgement
from tests.mutants.listing import killed_percent, line, table, total
from tests.mutants.mutation import Mutant
from tests.mutants.points import mutations

_SOURCE = "x = a == b\n"


def _judged(
    outcome: Literal["killed", "killed by time limit", "survived"], killer: str = "", note: str = ""
) -> Judgement:
    [mutation] = mutations(_SOURCE, {})
    return Judgement(Mutant("area", "part/one.py", mutation), outcome, killer, note, 1.23)


def test_a_killed_mutant_is_one_line() -> None:
    assert (
        line(_judged("killed", "t.py::test_it"), _SOURCE)
        == "killed    part/one.py:1  == to !=  by t.py::test_it in 1.2 s"
    )


def test_a_survivor_is_shown() -> None:
    assert line(_judged("survived", note="no test executes it"), _SOURCE).splitlines() == [
        "survived  part/one.py:1  == to !=  (no test executes it) in 1.2 s",
        "    -x = a == b",
        "    +x = a != b",
    ]


def test_the_share_of_the_killed_is_of_a_hundred() -> None:
    assert killed_percent([_judged("killed")] * 3 + [_judged("survived")]) == 75


def test_the_total_tells_of_those_that_hung() -> None:
    judgements = [_judged("killed"), _judged("killed by time limit"), _judged("survived")]
    assert total(judgements) == "2 of 3 killed (66.7 %), 1 of them by the time limit"


def test_the_table_has_the_areas_and_every_mutant() -> None:
    report = table([_judged("killed", "t.py::test[a|b]"), _judged("survived")])
    assert "| area | 1 | 2 |" in report.splitlines()
    assert "| `part/one.py:1` | == to != | killed | t.py::test[a\\|b] | 1.2 |" in report.splitlines()
