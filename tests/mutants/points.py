"""Where a module can be mutated: every node that decides something, found in its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from tests.mutants.mutation import Mutation
from tests.mutants.operators import Defaults, at, is_log

_WORDS_ONLY: Final = {"__repr__", "__str__"}
_NEVER_READ: Final = {"annotation", "returns", "type_comment"}


def mutations(source: str, defaults: Defaults) -> list[Mutation]:
    """Every mutation of a module with this source. `defaults` are the optional parameters of the whole package."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return [
        Mutation(
            kind=kind,
            says=says,
            line=node.lineno,
            statement_lines=range(_statement(node, parents).lineno, (node.end_lineno or node.lineno) + 1),
            start=starts[node.lineno - 1] + node.col_offset,
            end=starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0),
            replacement=text,
            scope=_scope(parents),
        )
        for node, parents in _nodes(ast.parse(source), ())
        if isinstance(node, ast.expr | ast.stmt)
        for kind, text, says in at(node, parents, defaults)
    ]


def _nodes(node: ast.AST, parents: Sequence[ast.AST]) -> Iterator[tuple[ast.AST, Sequence[ast.AST]]]:
    if _is_words(node):
        return
    yield node, parents
    inside = (*parents, node)
    for field, value in ast.iter_fields(node):
        if field in _NEVER_READ:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _nodes(child, inside)


def _is_words(node: ast.AST) -> bool:
    """Whether all that is in `node` is for people, for the type checker, or never run."""
    match node:
        case ast.JoinedStr() | ast.Raise() | ast.Assert() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name.startswith("__")
        case ast.FunctionDef(name=name):
            return name in _WORDS_ONLY or _is_overload(node)
        case ast.If(test=test, body=body):
            return ast.unparse(test) in {"TYPE_CHECKING", "__name__ == '__main__'"} or _is_impossible(body)
        case ast.Expr(value=value):
            return isinstance(value, ast.Constant) or is_log(value) or _is_awaited_log(value)
    return False


def _is_awaited_log(node: ast.expr) -> bool:
    return isinstance(node, ast.Await) and is_log(node.value)


def _is_overload(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(one) == "overload" for one in node.decorator_list)


def _is_impossible(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[0], ast.Raise) and "AssertionError" in ast.unparse(body[0])


def _statement(node: ast.expr | ast.stmt, parents: Sequence[ast.AST]) -> ast.expr | ast.stmt:
    return next((one for one in (node, *reversed(parents)) if isinstance(one, ast.stmt)), node)


def _scope(parents: Sequence[ast.AST]) -> str:
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return ".".join(one.name for one in parents if isinstance(one, named))
