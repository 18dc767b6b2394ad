from __future__ import annotations

import ast

import pytest

from tests.mutants.operators import KINDS, defaults_in
from tests.mutants.points import mutations


def _mutants(source: str, kind: str) -> list[str]:
    found = mutations(source, defaults_in([ast.parse(source)]))
    return [one.applied(source) for one in found if one.kind == kind]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("comparison", "a < b", "a <= b"),
        ("comparison", "a >= b", "a > b"),
        ("comparison", "a == b", "a != b"),
        ("comparison", "a is None", "a is not None"),
        ("comparison", "a not in b", "a in b"),
        ("comparison", "wait_s < b", "wait_s >= b"),
        ("comparison", "monotonic() > b", "monotonic() <= b"),
        ("comparison", "a <= 0.5", "a > 0.5"),
        ("and, or", "a and b", "a or b"),
        ("and, or", "a or b or c", "a and b and c"),
        ("not", "x = not a", "x = a"),
        ("arithmetic", "a + b", "a - b"),
        ("arithmetic", "a * b", "a / b"),
        ("arithmetic", "a // b", "a * b"),
        ("arithmetic", "a += 1", "a -= 1"),
        ("min, max", "min(a, b)", "max(a, b)"),
        ("min, max", "any(a)", "all(a)"),
        ("call removed", "a.append(b)", "pass"),
        ("call removed", "await a.send(b)", "pass"),
        ("item removed", "x = [a]", "x = []"),
        ("item removed", "x = {a}", "x = set()"),
        ("item removed", "x = {a: b}", "x = {}"),
        ("argument removed", "replace(a, b=c)", "replace(a)"),
        ("argument removed", "sorted(a, key=b)", "sorted(a)"),
        ("condition", "while a:\n    b", "while False:\n    b"),
        ("condition", "x = {a for a in b if c}", "x = {a for a in b if True}"),
        ("loop", "for a in b:\n    continue", "for a in b:\n    break"),
    ],
)
def test_one_change_is_made(kind: str, before: str, after: str) -> None:
    assert _mutants(before, kind) == [after]


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("arithmetic", "'a' + b"),
        ("arithmetic", "a + [b]"),
        ("arithmetic", "f'{a}' + b + c"),
        ("number", "LIMIT = 64 * 1024"),
        ("number", "def a():\n    b[1:]"),
        ("number", "def a():\n    return wait_s > 3"),
        ("item removed", "return_type: tuple[a, b, c]"),
        ("item removed", "a, b, c = d"),
        ("item removed", "x = (a, b)"),
        ("item removed", "__all__ = ['a']"),
        ("call removed", "_log.info(a)"),
        ("call removed", "await sleep(a)"),
        ("call removed", "'a docstring'"),
        ("argument removed", "open(a, mode=b)"),
        ("condition", "if TYPE_CHECKING:\n    a"),
        ("condition", "if a:\n    raise AssertionError(b)"),
        ("comparison", "raise Mistake(a == b)"),
        ("comparison", "f'{a == b}'"),
        ("return", "def a():\n    return"),
        ("return", "def a():\n    return ''"),
    ],
)
def test_what_no_test_could_notice_is_left_alone(kind: str, source: str) -> None:
    assert _mutants(source, kind) == []


def test_a_condition_is_set_to_either() -> None:
    assert _mutants("if a:\n    b", "condition") == ["if True:\n    b", "if False:\n    b"]


def test_of_several_items_each_is_missing_once() -> None:
    assert _mutants("x = (a, b, c)", "item removed") == ["x = (b, c)", "x = (a, c)", "x = (a, b)"]


def test_a_number_in_a_functions_logic_is_one_more() -> None:
    assert _mutants("def a():\n    return b[0]", "number") == ["def a():\n    return b[1]"]


def test_a_result_becomes_none() -> None:
    assert _mutants("def a():\n    return b", "return") == ["def a():\n    return None"]


def test_the_result_of_a_question_is_the_opposite() -> None:
    assert _mutants("def a() -> bool:\n    return b", "return") == ["def a() -> bool:\n    return not (b)"]


def test_an_argument_that_has_a_default_can_be_missing() -> None:
    source = "def a(b, *, c=None, d): ...\na(1, c=2, d=3)"
    assert _mutants(source, "argument removed") == ["def a(b, *, c=None, d): ...\na(1, d=3)"]


def test_a_field_that_has_a_default_can_be_missing() -> None:
    source = "class A:\n    b: int\n    c: int = 0\nA(b=1, c=2)"
    assert _mutants(source, "argument removed") == ["class A:\n    b: int\n    c: int = 0\nA(b=1)"]


def test_an_argument_that_is_its_default_cannot_be_missed() -> None:
    assert _mutants("def a(*, b=None): ...\na(b=None)", "argument removed") == []


def test_functions_of_one_name_must_agree_on_a_default() -> None:
    one, other = ast.parse("def a(b=1, c=2): ..."), ast.parse("def a(b=1, c=3): ...")
    assert defaults_in([one, other])["a"] == {"b": "1"}


def test_a_changed_part_keeps_its_place_in_the_whole() -> None:
    assert _mutants("x = (a and b) == c", "and, or") == ["x = ((a or b)) == c"]


def test_every_kind_that_can_be_picked_exists() -> None:
    source = """
def a(b=0):
    for c in b:
        if not c < 1 and c in [2]:
            continue
        e(min(c + 1, 2))
    return a(b=1)
"""
    assert {one.kind for one in mutations(source, defaults_in([ast.parse(source)]))} == set(KINDS)
