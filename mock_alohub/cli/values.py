"""What the values of the options that verbs share mean, alone and together."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mock_alohub.cli.failure import warn
from mock_alohub.cli.options import LARGEST_SEED
from mock_alohub.errors import BadOption, Unreadable
from mock_alohub.messages.endpoint import Key
from mock_alohub.messages.policy import seconds
from mock_alohub.specification.imported.security import key_for
from mock_alohub.specification.respelling import respelled
from mock_alohub.specification.specification import Specification, all_with_method
from mock_alohub.specification.webhook import Webhook, fields
from mock_alohub.vietnam_time import local

if TYPE_CHECKING:
    from mock_alohub.specification.body_template import Wording

STDIN: Final = Path("-")
_NOTES: Final = 5
"""More notes about one document than these are counted, not told."""


def document(text: str) -> Specification:
    """The webhooks of the OpenAPI document in the file `text`, with warnings about what of it cannot be used."""
    # Here, for most commands read no document.
    from mock_alohub.specification.imported import webhooks as foreign

    found = foreign.load(Path(text))
    for note in found.notes[:_NOTES]:
        warn(note)
    if len(found.notes) > _NOTES:
        warn(f"and {len(found.notes) - _NOTES} more of the kind")
    return found


def demand_webhooks(name: str, described: Specification | None) -> None:
    """Raise `UnknownName` unless `name` stands for webhooks of the document `described`, or of those built in."""
    (described or Specification.load()).names(name)


def duration(text: str) -> float:
    """A duration that is no nothing, in seconds. Raises `BadOption`."""
    value = seconds(text)
    if not value:
        raise BadOption(f"`{text}` is no time at all", hint="write it as 5s, 250ms, 1m30s or 2h")
    return value


def key_of(
    context: click.Context, key: str | None, key_file: Path | None, webhooks: Iterable[Webhook] = ()
) -> Key | None:
    """The agreed key as `webhooks` carry it; given twice, the first place counts: command line, environment, file."""
    key = secret_of(context, "key", key, key_file)
    if key is None:
        return None
    if not key.strip():
        raise BadOption("the key is empty", hint="leave --key away where no key was agreed")
    return Key(key_for(webhooks, key))


def secret_of(context: click.Context, what: str, text: str | None, path: Path | None) -> str | None:
    """What the option `what` has, or the file that the option `what`-file names: of two, the one that comes first."""
    if text is not None and path is not None:
        sources = [context.get_parameter_source(name) for name in (what, f"{what}_file")]
        if sources[0] is sources[1]:
            raise BadOption(
                f"the {what} is given twice, by --{what} and by --{what}-file", hint="leave one of them away"
            )
        if min(sources, key=_rank) is sources[0]:
            path = None
    return text if path is None else _secret_in(path, what)


def _rank(source: Any) -> int:
    order = ("COMMANDLINE", "ENVIRONMENT", "DEFAULT_MAP")
    return order.index(source.name) if source is not None and source.name in order else len(order)


def _secret_in(path: Path, what: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        text = data.decode("utf-8-sig").strip("\r\n")
    except OSError as error:
        raise Unreadable(f"cannot read the {what} file {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"the {what} file {path} is not UTF-8") from None
    if not text.strip():
        raise Unreadable(f"the {what} file {path} is empty")
    if "\n" in text:
        raise Unreadable(f"the {what} file {path} has several lines", hint=f"it holds the {what} and nothing else")
    return text


def specification(spelling: Sequence[tuple[str, str]], described: Specification | None = None) -> Specification:
    """The bundled specification, or the one that is `described`, with outcomes spelled as asked for."""
    known = described or Specification.load()
    return respelled(known, dict(spelling)) if spelling else known


def by_method(specified: Specification, wanted: Sequence[str], method: str | None) -> Specification:
    """`specified` with the `wanted` webhooks sent by `method`, if one was asked for."""
    if method is None:
        return specified
    return all_with_method(specified, webhook_names(wanted, specified), method)


def in_words(specified: Specification, wanted: Sequence[str], wordings: Sequence[Wording]) -> Specification:
    """`specified` with the `wanted` webhooks in the partner's words, where there are some."""
    if not wordings:
        return specified
    from mock_alohub.specification.body_template import all_worded  # here, for Jinja is slow to import

    names = webhook_names(wanted, specified)
    found = all_worded(specified, names, wordings)
    unnamed = [name for name in names if _is_without_id(found.webhook(name))]
    if unnamed:
        warn(f"the template of {', '.join(unnamed)} has no call id, so nobody can tell a copy from another call")
    return found


def _is_without_id(webhook: Webhook) -> bool:
    return webhook.template is not None and all(field.role != "call-id" for field in fields(webhook))


def webhooks_of(specified: Specification, names: Sequence[str]) -> tuple[Webhook, ...]:
    """The webhooks that `names` (or providers, or patterns) stand for, each once."""
    return tuple(specified.webhook(name) for name in webhook_names(names, specified))


def webhook_names(wanted: Sequence[str], specified: Specification | None = None) -> tuple[str, ...]:
    """The names of the webhooks that `wanted` (names, providers or patterns) stand for, each once."""
    known = specified or Specification.load()
    return tuple(dict.fromkeys(name for one in wanted for name in known.names(one)))


def drawn_seed(seed: int | None) -> int:
    """`seed`, or one drawn now."""
    import secrets  # here, for what draws nothing need not wait for it

    return secrets.randbelow(LARGEST_SEED) if seed is None else seed


def warn_if_insecure(insecure: bool) -> None:
    """Be loud about a certificate that nobody looks at."""
    if insecure:
        warn("--insecure: the certificate is not verified, so anyone on the way can read the key")


def instant(text: str) -> datetime:
    """A moment in local time of Vietnam, unless it has a zone. Raises `BadOption`."""
    try:
        return local(datetime.fromisoformat(text))
    except ValueError:
        raise BadOption(f"`{text}` is not a time", hint="write it as 2024-01-13T15:00:30") from None
