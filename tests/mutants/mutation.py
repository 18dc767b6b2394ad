"""One small fault in a module: which bytes of its source become what."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass
from typing import Final

_WIDEST: Final = 150


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of one node of a module's syntax tree.

    `start` and `end` are offsets into the UTF-8 bytes of the source. `kind` groups mutations of one sort, `says` is
    what a reader sees, `scope` is the function or class around it ("" at module level). `line` is that of the node;
    `statement_lines` are those from the begin of its statement to its own end.
    """

    kind: str
    says: str
    line: int
    statement_lines: range
    start: int
    end: int
    replacement: str
    scope: str = ""

    def applied(self, source: str) -> str:
        """`source` with this fault in it. Raises SyntaxError where the result is no Python."""
        encoded = source.encode()
        mutated = (encoded[: self.start] + self.replacement.encode() + encoded[self.end :]).decode()
        compile(mutated, "mutant", "exec", ast.PyCF_ONLY_AST)
        return mutated


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutation of a module of an area. `module` is the path from the root of the tree, with slashes."""

    area: str
    module: str
    mutation: Mutation

    @property
    def place(self) -> str:
        """Where it is: `path:line`."""
        return f"{self.module}:{self.mutation.line}"


def difference(source: str, mutation: Mutation) -> list[str]:
    """The first line that `mutation` takes from `source` (`-`), and the first one that it puts there (`+`)."""
    lines = difflib.unified_diff(source.splitlines(), mutation.applied(source).splitlines(), n=0, lineterm="")
    changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    firsts = [next((line for line in changed if line.startswith(sign)), "") for sign in "-+"]
    return [line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…" for line in firsts if line]
