"""The settings file that `init` writes: what can be set, each with what it is for and its default, commented out.

What is said of a setting, and its default, is that of the verb's own option, so that neither can grow old here.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from mock_alohub.cli.check import check
from mock_alohub.cli.healthcheck import SERVER, healthcheck
from mock_alohub.cli.load import load
from mock_alohub.cli.option import Argument, Option
from mock_alohub.cli.serve import serve
from mock_alohub.cli.starter import EFFECTS, URL
from mock_alohub.cli.verb import Verb
from mock_alohub.load.profiles import NAMES
from mock_alohub.load.usual import ARRIVALS
from mock_alohub.providers import PROVIDERS
from mock_alohub.settings import FILE, Value

_WIDTH: Final = 100
_DEFAULT = re.compile(r"\s*\[default: (.*)\]")
_HEAD: Final = f"""\
# {FILE}: the settings of mock-alohub. Every command that runs in this folder reads them.
#
# A line like `#strict = false` is a setting that is not set. It shows the default, or an example where
# the text above it says so. To set it, take away the `#` and change the value.
# The command line and the environment (MOCK_ALOHUB_STRICT=1) come before this file.
# All options of a command: mock-alohub check --help
#
# The key of the endpoint does not belong into a file that is committed. Set it in your shell:
#   export MOCK_ALOHUB_KEY=…
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A setting that the file names. `example` is shown where there is no default, `says` where no help suits."""

    setting: str
    example: Value | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Settings of one verb. Those without a `table` are for all verbs that know them, in the words of `verb`."""

    table: str
    verb: click.Command
    lines: tuple[Line, ...]


SECTIONS: Final = (
    Section("", check, (
        Line("url", URL, "The endpoint that receives the webhooks."),
        Line("webhook", says=f"The webhooks that it receives, by name or all of a provider ({', '.join(PROVIDERS)})."),
        Line("status-spelling", {"no_answer": "missed"}, "Spell an outcome of a call as your provider does."),
        Line("insecure"),
    )),
    Section("check", check, (
        Line("strict"),
        Line("effects", EFFECTS,
             "Where to read how often a call was processed: a URL with {call_id} in it, and a JSON pointer to a number "
             "or an array. Without it nobody sees whether duplicates are processed once."),
        Line("effects-wait"),
        Line("rule", ["ack", "auth"]),
        Line("skip-rule", ["http"]),
        Line("burst"),
        Line("generated"),
        Line("seed", 1),
        Line("report", {"json": "report.json", "html": "report.html"}),
        Line("wait", "30s", "Wait until the endpoint accepts connections, at most so long."),
        Line("time-limit", "10m"),
    )),
    Section("load", load, (
        Line("rate", 10),
        Line("duration", "30s"),
        Line("profile", says=f"How the rate goes over time: {', '.join(NAMES)}."),
        Line("arrivals", says=f"By chance, as calls come, or evenly: {', '.join(ARRIVALS)}."),
        Line("retries"),
        Line("time-scale"),
        Line("drain"),
        Line("max-late"),
        Line("max-refused"),
        Line("max-failed"),
        Line("max-lost"),
        Line("max-p95", "500ms", "The time that 95 % of the answers may take at most."),
        Line("workers"),
        Line("report", {"html": "load.html"}),
        Line("i-own-this-endpoint"),
    )),
    Section("serve", serve, (
        Line("endpoint", URL),
        Line("host"),
        Line("port"),
        Line("db"),
        Line("ephemeral"),
        Line("keep"),
        Line("time-scale"),
        Line("calls-per-minute", 6),
        Line("hostile", says="How many deliveries, in percent, are sent twice or overtaken by later ones."),
        Line("quiet"),
    )),
    Section("healthcheck", healthcheck, (
        Line("url", says="The server that `serve` runs. Without this line it would be the endpoint's URL at the top."),
    )),
)  # fmt: skip
_ALWAYS: Final = {("healthcheck", "url"): SERVER}
OF_A_STARTER: Final[Mapping[tuple[str, str], Value]] = {
    ("", "url"): URL,
    ("check", "effects"): EFFECTS,
    ("serve", "endpoint"): URL,
}
"""What is set, by table and setting, in a folder with a starter endpoint."""


def settings_text(live: Mapping[tuple[str, str], Value]) -> str:
    """The file as text. `live` are the settings that are set, by table and setting; all others are commented out."""
    lines = [_HEAD, *(line for section in SECTIONS for line in _section(section, {**live, **_ALWAYS}))]
    return "\n".join(lines) + "\n"


def _section(section: Section, live: Mapping[tuple[str, str], Value]) -> Iterator[str]:
    if section.table:
        purpose = (section.verb.help or "").partition("\n")[0]
        yield f"\n# mock-alohub {section.table}: {purpose[:1].lower()}{purpose[1:]}\n[{section.table}]"
    else:
        yield "# For every command that knows them."
    for line in section.lines:
        yield ""
        yield from _setting(line, _options(section.verb)[line.setting], live.get((section.table, line.setting)))


def _options(verb: click.Command) -> Mapping[str, Option | Argument]:
    return verb.settings if isinstance(verb, Verb) else {}


def _setting(line: Line, option: Option | Argument, live: Value | None) -> Iterator[str]:
    default = _default(option)
    value = line.example if default is None else default
    if value is None:
        raise ValueError(f"`{line.setting}` has no default and no example")
    prose = line.says or _prose(option)
    if live is None and default is None and "Default:" not in prose:
        prose += " For example:"
    yield from (f"# {text}" for text in textwrap.wrap(prose, _WIDTH - 2, break_on_hyphens=False))
    yield f"{line.setting} = {_toml(live)}" if live is not None else f"#{line.setting} = {_toml(value)}"


def _prose(option: Option | Argument) -> str:
    """What the help says of an option, without what is of the command line alone."""
    text = (option.help if isinstance(option, Option) else "") or ""
    text = text.removesuffix(" Repeatable.")
    return _DEFAULT.sub(lambda found: f" Default: {found[1]}.", text)


def _default(option: Option | Argument) -> str | int | tuple[str, ...] | None:
    found = option.get_default(click.Context(click.Command("x")))
    # An option without a default may have a mark of click's own.
    return found if isinstance(found, str | int | tuple) and found != () else None


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str) and value.isdecimal():
        return value  # a number, which an option keeps as it was written
    # A string of JSON is one of TOML as well.
    return json.dumps(value, ensure_ascii=False)
