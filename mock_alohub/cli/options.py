"""The options that several verbs share, and what their values mean together."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from mock_alohub import spec
from mock_alohub.call import Outcome
from mock_alohub.cli.failure import warn
from mock_alohub.cli.option import Parsed, WholeNumber, argument, option
from mock_alohub.clock import local
from mock_alohub.endpoint import Key, parse_url
from mock_alohub.errors import BadOption, UnknownName, Unreadable
from mock_alohub.policy import seconds
from mock_alohub.spec import Specification, Webhook

Verb = TypeVar("Verb", bound=Callable[..., Any])

CALL_ENDED: Final = "alohub.call-ended"
AUTO_CALL: Final = "alohub.auto-call"
LARGEST_SEED: Final = 2**31 - 1
STDIN: Final = Path("-")


def url_argument(verb: Verb) -> Verb:
    """The endpoint."""
    return argument("url", type=Parsed("URL", parse_url), metavar="URL")(verb)


def key_options(verb: Verb) -> Verb:
    """The key, given as text or in a file."""
    verb = option(
        "--key-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Read the key from FILE (`-` is standard input).",
    )(verb)
    return option(
        "-k",
        "--key",
        metavar="KEY",
        help="The agreed key. Other users of this machine can see a command line: rather set MOCK_ALOHUB_KEY.",
    )(verb)


def webhook_option(default: Sequence[str], help: str) -> Callable[[Verb], Verb]:  # noqa: A002 - as click calls it
    """One or more webhooks."""
    return option(
        "--webhook",
        "webhooks",
        multiple=True,
        type=Parsed("WEBHOOK", lambda name: spec.load().webhook(name).name),
        default=tuple(default),
        show_default=bool(default),
        metavar="WEBHOOK",
        help=help,
    )


def spelling_option(verb: Verb) -> Verb:
    """How the provider spells the outcomes whose spelling it does not publish."""
    return option(
        "--status-spelling",
        multiple=True,
        pair="=",
        type=Parsed("OUTCOME=WORD", _spelling),
        metavar="OUTCOME=WORD",
        help="Spell an outcome of a call otherwise, e.g. no_answer=missed. Repeatable.",
    )(verb)


def seed_option(help: str) -> Callable[[Verb], Verb]:  # noqa: A002 - as click calls it
    """The seed of everything that is drawn."""
    return option("--seed", type=WholeNumber(0, LARGEST_SEED), metavar="N", help=help)


def insecure_option(verb: Verb) -> Verb:
    """Whether any certificate will do."""
    return option("--insecure", is_flag=True, help="Accept any TLS certificate. For tests alone.")(verb)


def start_option(verb: Verb) -> Verb:
    """When the simulated calls begin."""
    return option(
        "--start",
        type=Parsed("TIME", _instant),
        metavar="TIME",
        help="When the first call starts, e.g. 2024-01-13T15:00:30; local time of Vietnam unless a zone is given.",
    )(verb)


def duration(text: str) -> float:
    """A duration that is no nothing, in seconds. Raises `BadOption`."""
    value = seconds(text)
    if not value:
        raise BadOption(f"`{text}` is no time at all", hint="write it as 5s, 250ms, 1m30s or 2h")
    return value


def key_of(context: click.Context, key: str | None, key_file: Path | None) -> Key | None:
    """The agreed key; given twice, the place that comes first counts: command line, environment, file."""
    if key is not None and key_file is not None:
        sources = [context.get_parameter_source(name) for name in ("key", "key_file")]
        if sources[0] is sources[1]:
            raise BadOption("the key is given twice, by --key and by --key-file", hint="leave one of them away")
        if min(sources, key=_rank) is sources[0]:
            key_file = None
        else:
            key = None
    if key_file is not None:
        return Key(_key_in(key_file))
    if key is None:
        return None
    if not key.strip():
        raise BadOption("the key is empty", hint="leave --key away where no key was agreed")
    return Key(key)


def _rank(source: Any) -> int:
    order = ("COMMANDLINE", "ENVIRONMENT", "DEFAULT_MAP")
    return order.index(source.name) if source is not None and source.name in order else len(order)


def _key_in(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        text = data.decode("utf-8-sig").strip("\r\n")
    except OSError as error:
        raise Unreadable(f"cannot read the key file {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"the key file {path} is not UTF-8") from None
    if not text.strip():
        raise Unreadable(f"the key file {path} is empty")
    if "\n" in text:
        raise Unreadable(f"the key file {path} has several lines", hint="it holds the key and nothing else")
    return text


def specification(spelling: Sequence[tuple[str, str]]) -> Specification:
    """The bundled specification, with outcomes spelled as asked for."""
    return spec.respelled(spec.load(), dict(spelling)) if spelling else spec.load()


def webhooks_of(specified: Specification, names: Sequence[str]) -> tuple[Webhook, ...]:
    """The webhooks called `names`, each once."""
    return tuple(specified.webhook(name) for name in dict.fromkeys(names))


def drawn_seed(seed: int | None) -> int:
    """`seed`, or one drawn now."""
    return secrets.randbelow(LARGEST_SEED) if seed is None else seed


def warn_if_insecure(insecure: bool) -> None:
    """Be loud about a certificate that nobody looks at."""
    if insecure:
        warn("--insecure: the certificate is not verified, so anyone on the way can read the key")


def _spelling(text: str) -> tuple[str, str]:
    outcome, equals, word = text.partition("=")
    if not equals or not word.strip():
        raise BadOption(f"`{text}` is no spelling; allowed: OUTCOME=WORD", hint="for example no_answer=missed")
    if outcome not in list(Outcome):
        raise UnknownName("outcome", outcome, list(Outcome))
    return outcome, word


def _instant(text: str) -> datetime:
    try:
        return local(datetime.fromisoformat(text))
    except ValueError:
        raise BadOption(f"`{text}` is not a time", hint="write it as 2024-01-13T15:00:30") from None
