"""What can be changed at a node of the syntax tree. Each operator yields the new text of the node and what was done.

Left out is what changes nothing that anybody could test: texts, tuned numbers, the exact moment of a time limit.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from textwrap import shorten
from typing import Final

Changed = Iterator[tuple[str, str]]
Defaults = Mapping[str, Mapping[str, str]]

KINDS: Final[Mapping[str, int]] = {
    "comparison": 4,
    "and, or": 4,
    "condition": 4,
    "not": 3,
    "call removed": 3,
    "arithmetic": 3,
    "return": 2,
    "item removed": 2,
    "argument removed": 2,
    "min, max": 1,
    "loop": 1,
    "number": 1,
}
"""The kinds of mutations, and how often each is picked beside the others."""

_BOUNDARY: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OPPOSITE: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,  # codespell:ignore
    ast.NotIn: ast.In,  # codespell:ignore
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
_SIGNS: Final[dict[type[ast.AST], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",  # codespell:ignore
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.And: "and",
    ast.Or: "or",
}
_SWAPPED_CALLS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_UNTESTED_CALLS: Final = {"print", "sleep", "warn", "collect", "echo"}
_LOGS: Final = re.compile(r"_?(log|logger|logging)$")
_MEASURED: Final = re.compile(r"(_s|_ms|_at|_time|^now|^began|^deadline|^monotonic|^perf_counter|^elapsed)$")
_BUILT_IN_OPTIONS: Final[Defaults] = {
    "sorted": {"key": "None", "reverse": "False"},
    "min": {"key": "None"},
    "max": {"key": "None"},
}
_TEXTS: Final = (ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp)


def at(node: ast.AST, parents: Sequence[ast.AST], defaults: Defaults) -> Iterator[tuple[str, str, str]]:
    """The mutations of `node`: kind, new text, what was done. `parents` are the nodes around it, the nearest last."""
    for kind, operator in _OPERATORS.items():
        for text, says in operator(node, parents):
            yield kind, text, says
    for text, says in _argument_removed(node, defaults):
        yield "argument removed", text, says


def is_log(call: ast.AST) -> bool:
    """Whether `call` only tells somebody something, or only waits."""
    name = _called(call)
    owner = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    return name in _UNTESTED_CALLS or bool(owner is not None and _LOGS.search(_name(owner)))


def defaults_in(trees: Sequence[ast.AST]) -> Defaults:
    """The parameters that have a default, of every function and record in `trees`, with the default as text.

    Where one name is used twice, a parameter must have the same default in both.
    """
    found: dict[str, Mapping[str, str]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                own = _defaults(node)
                known = found.get(node.name, own)
                found[node.name] = {name: text for name, text in own.items() if known.get(name) == text}
    return {**found, **_BUILT_IN_OPTIONS}


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> dict[str, str]:
    if isinstance(node, ast.ClassDef):
        fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and one.value is not None]
        return {_name(one.target): ast.unparse(one.value) for one in fields if one.value is not None}
    arguments = node.args
    places = [*arguments.posonlyargs, *arguments.args]
    with_default = zip(places[len(places) - len(arguments.defaults) :], arguments.defaults, strict=True)
    named = [
        (one, default) for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default
    ]
    return {one.arg: ast.unparse(default) for one, default in [*with_default, *named]}


def _comparison(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if not isinstance(node, ast.Compare):
        return
    for place, sign in enumerate(node.ops):
        # Nobody can tell whether a moment was exactly that of a limit: there the whole comparison is turned.
        table = _OPPOSITE if type(sign) not in _BOUNDARY or _is_measured(node) else _BOUNDARY
        changed, other = deepcopy(node), table[type(sign)]
        changed.ops[place] = other()
        yield _text(changed, parents), f"{_SIGNS[type(sign)]} to {_SIGNS[other]}"


def _and_or(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if isinstance(node, ast.BoolOp):
        changed = deepcopy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield _text(changed, parents), f"{_SIGNS[type(node.op)]} to {_SIGNS[type(changed.op)]}"


def _not(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _text(node.operand, parents), "not dropped"


def _number(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if not isinstance(node, ast.Constant) or type(node.value) is not int or _function(parents) is None:
        return  # outside functions numbers are sizes and limits that were tuned
    parent = parents[-1]
    in_logic = (
        isinstance(parent, ast.Return | ast.Subscript)
        or (isinstance(parent, ast.BinOp) and _is_arithmetic(parent))
        or (isinstance(parent, ast.Compare) and not _is_measured(parent))
        or _called(parent) == "range"
    )
    if in_logic:
        yield str(node.value + 1), f"{node.value} to {node.value + 1}"


def _arithmetic(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if not isinstance(node, ast.BinOp | ast.AugAssign) or type(node.op) not in _ARITHMETIC:
        return
    if isinstance(node, ast.BinOp) and not _is_arithmetic(node):
        return
    if isinstance(node, ast.AugAssign) and _is_text(node.value):
        return
    changed = deepcopy(node)
    changed.op = _ARITHMETIC[type(node.op)]()
    yield _text(changed, parents), f"{_SIGNS[type(node.op)]} to {_SIGNS[type(changed.op)]}"


def _return(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if not isinstance(node, ast.Return) or node.value is None:
        return
    value = node.value
    if isinstance(value, ast.Constant):
        if isinstance(value.value, bool):
            yield f"return {not value.value}", f"return {value.value} to return {not value.value}"
    elif _gives_bool(parents):
        yield f"return not ({ast.unparse(value)})", "result negated"
    else:
        yield "return None", "result to None"


def _condition(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if not parents or isinstance(node, ast.Constant):
        return
    parent = parents[-1]
    if isinstance(parent, ast.If | ast.IfExp) and node is parent.test:
        yield "True", "condition to True"
        yield "False", "condition to False"
    elif isinstance(parent, ast.comprehension) and node in parent.ifs:
        yield "True", "filter to True"
    elif isinstance(parent, ast.While) and node is parent.test:
        yield "False", "condition to False"


def _loop(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if isinstance(node, ast.Continue):
        yield "break", "continue to break"
    elif isinstance(node, ast.Break):
        yield "continue", "break to continue"


def _call_removed(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if isinstance(node, ast.Expr):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and not is_log(call) and _called(call) != "__init__":
            yield "pass", f"call of {_called(call)} removed"


def _item_removed(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    for place in _removable(node, parents):
        changed = deepcopy(node)
        if isinstance(changed, ast.Dict):
            removed = changed.keys.pop(place)
            del changed.values[place]
        elif isinstance(changed, ast.List | ast.Set | ast.Tuple):
            removed = changed.elts.pop(place)
        says = f"item {shorten(ast.unparse(removed or node), 40, placeholder='…')} removed"
        yield ("set()" if isinstance(changed, ast.Set) and not changed.elts else ast.unparse(changed)), says


def _removable(node: ast.AST, parents: Sequence[ast.AST]) -> range:
    if isinstance(node, ast.Dict):
        return range(0 if None in node.keys else len(node.keys))
    if isinstance(node, ast.List | ast.Set | ast.Tuple):
        items = node.elts
        if any(isinstance(one, ast.Starred) for one in items):
            return range(0)
        if not isinstance(node, ast.Tuple):
            return range(0 if isinstance(getattr(node, "ctx", None), ast.Store) else len(items))
        # A pair is a record that is taken apart again; of a longer row an item can be missing unseen.
        apart = isinstance(parents[-1], ast.Subscript | ast.Return | ast.For | ast.comprehension | ast.Dict)
        return range(0 if apart or isinstance(node.ctx, ast.Store) or len(items) < 3 else len(items))
    return range(0)


def _min_max(node: ast.AST, parents: Sequence[ast.AST]) -> Changed:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SWAPPED_CALLS:
        changed, other = deepcopy(node), _SWAPPED_CALLS[node.func.id]
        changed.func = ast.Name(other)
        yield ast.unparse(changed), f"{node.func.id} to {other}"


def _argument_removed(node: ast.AST, defaults: Defaults) -> Changed:
    if not isinstance(node, ast.Call) or is_log(node):
        return
    known = defaults.get(_called(node), {})
    for place, keyword in enumerate(node.keywords):
        name = keyword.arg
        kept = _called(node) == "replace"  # of dataclasses: what is not given stays
        optional = name in known and known[name or ""] != ast.unparse(keyword.value)
        if name is None or not (kept or optional) or _is_constant_text(keyword.value):
            continue
        changed = deepcopy(node)
        del changed.keywords[place]
        yield ast.unparse(changed), f"argument {name} removed"


_OPERATORS: Final[dict[str, Callable[[ast.AST, Sequence[ast.AST]], Changed]]] = {
    "comparison": _comparison,
    "and, or": _and_or,
    "not": _not,
    "number": _number,
    "arithmetic": _arithmetic,
    "return": _return,
    "condition": _condition,
    "loop": _loop,
    "call removed": _call_removed,
    "item removed": _item_removed,
    "min, max": _min_max,
}


def _text(node: ast.AST, parents: Sequence[ast.AST]) -> str:
    text = ast.unparse(node)
    inside = parents and isinstance(parents[-1], ast.BoolOp | ast.BinOp | ast.UnaryOp | ast.Compare | ast.Await)
    return f"({text})" if inside else text


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _called(node: ast.AST) -> str:
    return _name(node.func) if isinstance(node, ast.Call) else ""


def _is_measured(node: ast.AST) -> bool:
    """Whether a time or a fraction is part of `node`: its neighbours are as good as it is."""
    return any(
        (isinstance(one, ast.Constant) and isinstance(one.value, float)) or _MEASURED.search(_name(one))
        for one in ast.walk(node)
    )


def _is_constant_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, _TEXTS) or _is_constant_text(node)


def _is_arithmetic(node: ast.BinOp) -> bool:
    """Whether numbers are reckoned with, as far as one sees: texts and lists are put together with `+`, too."""
    sides = (node.left, node.right)
    return not any(_is_text(one) or (isinstance(one, ast.BinOp) and not _is_arithmetic(one)) for one in sides)


def _function(parents: Sequence[ast.AST]) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The function that a node with these parents is in."""
    functions = [one for one in parents if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return functions[-1] if functions else None


def _gives_bool(parents: Sequence[ast.AST]) -> bool:
    function = _function(parents)
    return bool(function and function.returns and ast.unparse(function.returns) == "bool")
