"""`python -m tests.mutants` puts small faults into a copy of the program and says which the quick tests notice."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import ClassVar, Final, get_args

from tests.mutants import listing, touching, workspace
from tests.mutants.areas import AREAS, UnknownPlace, modules, near_tests
from tests.mutants.judging import Judge, Judgement, Widest
from tests.mutants.mutation import Mutant, difference
from tests.mutants.picking import pick
from tests.mutants.running import Trouble, preload

ROOT: Final = Path(__file__).resolve().parents[2]
_BROKEN: Final = 2
_STOPPED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when enough mutants were killed, 1 when not, 2 when they could not be judged."""
    chosen = _options().parse_args(arguments)
    # However this is ended, the tests that it runs at the moment end as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        mutants = pick(ROOT, modules(ROOT, AREAS), chosen.count, chosen.seed, chosen.only)
        if chosen.list:
            for mutant in mutants:
                _show(mutant)
            return 0
        judgements = list(_judgements(mutants, chosen))
    except (Trouble, UnknownPlace) as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return _BROKEN
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return _STOPPED
    print(listing.total(judgements))
    if chosen.report:
        chosen.report.write_text(listing.table(judgements), encoding="utf-8")
    return int(listing.killed_percent(judgements) < chosen.wanted)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--count", type=_positive, default=60, help="how many mutants (60)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--only", default="*", metavar="GLOB", help="modules whose path matches, e.g. '*/rules/*'")
    parser.add_argument("--list", action="store_true", help="show the mutants and test none")
    parser.add_argument("--wanted", type=float, default=95.0, metavar="PERCENT", help="killed at least (95)")
    parser.add_argument("--workers", type=_positive, default=1, help="how many are tested at a time (1)")
    parser.add_argument("--widest", choices=get_args(Widest), default="tier", help="the most tests to ask (tier)")
    parser.add_argument("--coverage", type=Path, metavar="FILE", help="database of --cov-context=test")
    parser.add_argument("--pytest-args", default="", metavar="ARGS", help="further arguments of pytest")
    parser.add_argument("--keep-going", action="store_true", help="leave out mutants whose tests fail without them")
    parser.add_argument("--report", type=_new_file, metavar="FILE", help="write a table in Markdown")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number from 1 on")
    return int(text)


def _new_file(text: str) -> Path:
    if not Path(text).parent.is_dir():  # better said now than after an hour
        raise argparse.ArgumentTypeError(f"the folder of `{text}` does not exist: make it first")
    return Path(text)


def _show(mutant: Mutant) -> None:
    print(f"{mutant.area}  {mutant.place}  {mutant.mutation.says}")
    for line in difference((ROOT / mutant.module).read_text(), mutant.mutation):
        print(f"    {line}")


def _judgements(mutants: Sequence[Mutant], chosen: argparse.Namespace) -> Iterator[Judgement]:
    """Judge each mutant, and print what became of it."""
    known = touching.read(chosen.coverage, ROOT) if chosen.coverage else None
    preload()
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        base = Path(name).resolve()
        judge = Judge(base / "0", {}, known, chosen.widest, shlex.split(chosen.pytest_args))
        workspace.copy(ROOT, judge.folder)
        able = _measure(judge, mutants, keep_going=chosen.keep_going)
        others = [workspace.copy(ROOT, base / str(number)) for number in range(1, chosen.workers)]
        for judgement in _judged(judge, [judge.folder, *others], able):
            print(listing.line(judgement, (ROOT / judgement.mutant.module).read_text()), flush=True)
            yield judgement


def _measure(judge: Judge, mutants: Sequence[Mutant], *, keep_going: bool) -> list[Mutant]:
    """Run the near tests of every mutant without it; the mutants whose tests pass."""
    able = []
    for mutant in mutants:
        near = tuple(near_tests(judge.folder, mutant.module))
        try:
            if near and near not in judge.near_s:
                judge.near_s[near] = judge.measure(near)
                print(f"passes    {' '.join(near)}  without a mutant in {judge.near_s[near]:.1f} s", flush=True)
        except Trouble as trouble:
            if not keep_going:
                raise
            print(f"left out  {mutant.place}  {trouble}", file=sys.stderr)
        else:
            able.append(mutant)
    if not able:
        raise Trouble("no mutant is left whose tests pass without it")
    print(
        f"without mutants: {len(judge.near_s)} groups of tests pass in {sum(judge.near_s.values()):.0f} s", flush=True
    )
    return able


def _judged(judge: Judge, folders: Sequence[Path], mutants: Sequence[Mutant]) -> Iterator[Judgement]:
    """Every mutant's judgement, in order: as many at a time as there are copies of the tree."""
    if len(folders) == 1:
        yield from map(judge.judge, mutants)
        return
    context = get_context("fork")
    free: SimpleQueue[Path] = context.SimpleQueue()
    for folder in folders:
        free.put(folder)
    with ProcessPoolExecutor(len(folders), context, _Worker.begin, (judge, free)) as pool:
        yield from pool.map(_Worker.judge_next, mutants)


class _Worker:
    """What a process that judges mutants has got from the one that started it."""

    judge: ClassVar[Judge]

    @classmethod
    def begin(cls, judge: Judge, free: SimpleQueue[Path]) -> None:
        cls.judge = replace(judge, folder=free.get())

    @classmethod
    def judge_next(cls, mutant: Mutant) -> Judgement:
        return cls.judge.judge(mutant)


if __name__ == "__main__":
    sys.exit(main())
