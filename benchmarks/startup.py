"""How long the command line takes to start: the help of every verb, the version, the list of rules.

Processor time (user and system) of a whole process, beside that of a Python that does nothing; a start is work from its
first moment to its last, and other work on the machine would be in the time on the clock. Rounds of all commands follow
each other, and the median counts. Everything was started once before, so that files and byte code are at hand.

    python -m benchmarks --only startup
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from mock_alohub.cli import VERBS

NAME = "startup"
ROUNDS = 15
HELP_MS, VERSION_MS, RULES_MS = 80.0, 40.0, 120.0
NOTHING = (sys.executable, "-c", "pass")
TARGETS_MS: dict[tuple[str, ...], float] = {
    ("--help",): VERSION_MS,
    ("--version",): VERSION_MS,
    **{(verb, "--help"): HELP_MS for verb in VERBS},
    ("rules", "explain", "--help"): HELP_MS,
    ("rules",): RULES_MS,
}
"""What is started, with the target of each in milliseconds."""


def measure(seconds: float) -> list[dict[str, object]]:
    """A row for each command: milliseconds. How many rounds there are does not depend on `seconds`."""
    script = str(Path(sys.executable).with_name("mock-alohub"))
    commands = {NOTHING: NOTHING, **{words: (script, *words) for words in TARGETS_MS}}
    for command in commands.values():
        processor_ms(command)
    taken = {words: [0.0] * ROUNDS for words in commands}
    for number in range(ROUNDS):
        for words, command in commands.items():
            taken[words][number] = processor_ms(command)
    nothing_ms = statistics.median(taken.pop(NOTHING))
    return [
        {
            "what": f"start: `mock-alohub {' '.join(words)}`",
            "ours": statistics.median(rounds),
            "peer": nothing_ms,
            "peer_name": "python -c pass",
            "ratio": None,
            "target": TARGETS_MS[words],
            "unit": "ms",
        }
        for words, rounds in taken.items()
    ]


def processor_ms(command: Sequence[str]) -> float:
    """Milliseconds of processor time that `command` takes; its output goes nowhere."""
    # Byte code is kept, as it is where the program is installed.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MOCK_ALOHUB"))}
    nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    child = os.posix_spawn(command[0], list(command), environment, file_actions=nowhere)
    _, status, used = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return (used.ru_utime + used.ru_stime) * 1_000
