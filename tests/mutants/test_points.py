from __future__ import annotations

import pytest

from tests.mutants.mutation import Mutation, difference
from tests.mutants.points import mutations


def _only(source: str, kind: str) -> Mutation:
    [found] = [one for one in mutations(source, {}) if one.kind == kind]
    return found


def test_a_change_leaves_all_other_bytes_as_they_are() -> None:
    source = 'x = "é"  # ü\ny = "ế", a == b  # ö\n'
    assert _only(source, "comparison").applied(source) == 'x = "é"  # ü\ny = "ế", a != b  # ö\n'


def test_a_mutation_knows_the_function_that_it_is_in() -> None:
    assert _only("class A:\n    def b(self):\n        c == d", "comparison").scope == "A.b"


def test_the_lines_are_those_from_the_begin_of_the_statement() -> None:
    found = _only("x = [\n    a,\n    b\n    == c,\n    d,\n]", "comparison")
    assert (found.line, found.statement_lines) == (3, range(1, 5))


def test_of_a_branch_only_its_condition_counts() -> None:
    [true, _] = [one for one in mutations("if a:\n    b\n", {}) if one.kind == "condition"]
    assert true.statement_lines == range(1, 2)


@pytest.mark.parametrize("name", ["__repr__", "__str__"])
def test_words_about_an_object_are_left_alone(name: str) -> None:
    assert mutations(f"class A:\n    def {name}(self):\n        return self.a and self.b", {}) == []


def test_a_mutant_that_is_no_python_is_refused() -> None:
    source = "x = a == b"
    with pytest.raises(SyntaxError):
        Mutation("", "", 1, range(1, 2), 4, 10, "a ==", "").applied(source)


def test_the_difference_is_the_line_before_and_after() -> None:
    source = "x = 1\ny = a == b\n"
    assert difference(source, _only(source, "comparison")) == ["-y = a == b", "+y = a != b"]


def test_a_long_line_of_a_difference_is_cut() -> None:
    source = f"x = a == {'b' * 200}"
    assert max(map(len, difference(source, _only(source, "comparison")))) == 151
