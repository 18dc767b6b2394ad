"""The options that several verbs share, and what their values mean together."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.core import ParameterSource

from mock_alohub import spec
from mock_alohub.cli.failure import warn
from mock_alohub.cli.option import ParamType, Parsed, Setting, WholeNumber, argument, option
from mock_alohub.clock import local
from mock_alohub.endpoint import Key, parse_url
from mock_alohub.errors import BadOption, Unreadable
from mock_alohub.foreign import webhooks as foreign
from mock_alohub.foreign.security import key_for
from mock_alohub.policy import seconds
from mock_alohub.provider import spelling_of
from mock_alohub.spec import Specification, Webhook

if TYPE_CHECKING:
    from mock_alohub.template import Wording

Verb = TypeVar("Verb", bound=Callable[..., Any])

CALL_ENDED: Final = "alohub.call-ended"
AUTO_CALL: Final = "alohub.auto-call"
LARGEST_SEED: Final = 2**31 - 1
STDIN: Final = Path("-")
_NOTES: Final = 5
"""More notes about one document than these are counted, not told."""


def url_argument(verb: Verb) -> Verb:
    """The endpoint."""
    return argument("url", type=Parsed("URL", parse_url), metavar="URL")(verb)


def optional_url_argument(verb: Verb) -> Verb:
    """The endpoint, for a verb that does not always need it."""
    return argument("url", required=False, type=Parsed("URL", parse_url), metavar="URL")(verb)


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
    """One or more webhooks: by name, by provider, or by a pattern such as `alohub.*`."""
    return option(
        "--webhook",
        "webhooks",
        multiple=True,
        type=_WebhookName(),
        callback=_all_that_are_described,
        default=tuple(default),
        show_default=bool(default),
        metavar="WEBHOOK",
        help=help,
    )


class _WebhookName(ParamType):
    """What stands for some webhooks of the specification in use: that of `--spec`, or the bundled one."""

    name = "WEBHOOK"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name as it is. Raises `UnknownName`."""
        if not _is_default(ctx, param):
            (_described_in(ctx) or spec.load()).names(value)
        return value


def _all_that_are_described(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """The default is one provider's; of a document of somebody's own, all webhooks are meant."""
    described = _described_in(ctx)
    return tuple(described.webhooks) if described and _is_default(ctx, param) else value


def _described_in(ctx: click.Context | None) -> Specification | None:
    found = ctx.params.get("described") if ctx else None
    return (
        found if isinstance(found, Specification) else None
    )  # an option that was not given may have a mark of its own


def _is_default(ctx: click.Context | None, param: click.Parameter | None) -> bool:
    return bool(ctx and param and param.name and ctx.get_parameter_source(param.name) is ParameterSource.DEFAULT)


def spec_option(verb: Verb) -> Verb:
    """Somebody's own OpenAPI document in place of the bundled specification."""
    return option(
        "--spec",
        "described",
        type=Parsed("FILE", _document),
        is_eager=True,  # the names of webhooks are looked up in it
        metavar="FILE",
        help="Take the webhooks of this OpenAPI 3.1 document, of any provider, in place of those that are built in.",
    )(verb)


def about_calls(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """A callback of options about calls. Raises `BadOption` beside `--spec`: such messages tell nothing of calls."""
    if _described_in(ctx) and not _is_default(ctx, param):
        spelled = param.spelled(ctx) if isinstance(param, Setting) else param.human_readable_name
        raise BadOption(f"{spelled} is of no use with --spec: nothing of a call is in those messages")
    return value


def _document(text: str) -> Specification:
    found = foreign.load(Path(text))
    for note in found.notes[:_NOTES]:
        warn(note)
    if len(found.notes) > _NOTES:
        warn(f"and {len(found.notes) - _NOTES} more of the kind")
    return found


def method_option(verb: Verb) -> Verb:
    """The method that the webhooks are sent with."""
    return option(
        "--method",
        metavar="METHOD",
        help="Send with another method that the webhook can have, e.g. GET.  [default: the webhook's own]",
    )(verb)


def template_option(verb: Verb) -> Verb:
    """The partner's own template of the body."""
    return option(
        "--body-template",
        "wordings",
        multiple=True,
        lines=True,
        pair="=",
        type=Parsed("[WEBHOOK=]FILE", _wording),
        metavar="[WEBHOOK=]FILE",
        help="The template of the body, for webhooks whose body the partner words: JSON with {{field}} in it. "
        "Repeatable.",
    )(verb)


def _wording(text: str) -> Wording:
    from mock_alohub.template import wording_in  # here, for Jinja is slow to import

    return wording_in(text)


def spelling_option(verb: Verb) -> Verb:
    """How the provider spells the outcomes whose spelling it does not publish."""
    return option(
        "--status-spelling",
        multiple=True,
        pair="=",
        type=Parsed("OUTCOME=WORD", spelling_of),
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
        callback=about_calls,
        metavar="TIME",
        help="When the first call starts, e.g. 2024-01-13T15:00:30; local time of Vietnam unless a zone is given.",
    )(verb)


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
    known = described or spec.load()
    return spec.respelled(known, dict(spelling)) if spelling else known


def by_method(specified: Specification, wanted: Sequence[str], method: str | None) -> Specification:
    """`specified` with the `wanted` webhooks sent by `method`, if one was asked for."""
    if method is None:
        return specified
    return spec.all_sent_by(specified, webhook_names(wanted, specified), method)


def in_words(specified: Specification, wanted: Sequence[str], wordings: Sequence[Wording]) -> Specification:
    """`specified` with the `wanted` webhooks in the partner's words, where there are some."""
    if not wordings:
        return specified
    from mock_alohub.template import all_worded  # as above

    names = webhook_names(wanted, specified)
    found = all_worded(specified, names, wordings)
    unnamed = [name for name in names if _is_without_id(found.webhook(name))]
    if unnamed:
        warn(f"the template of {', '.join(unnamed)} has no call id, so nobody can tell a copy from another call")
    return found


def _is_without_id(webhook: Webhook) -> bool:
    return webhook.template is not None and all(field.role != "call-id" for field in spec.fields(webhook))


def webhooks_of(specified: Specification, names: Sequence[str]) -> tuple[Webhook, ...]:
    """The webhooks that `names` (or providers, or patterns) stand for, each once."""
    return tuple(specified.webhook(name) for name in webhook_names(names, specified))


def webhook_names(wanted: Sequence[str], specified: Specification | None = None) -> tuple[str, ...]:
    """The names of the webhooks that `wanted` (names, providers or patterns) stand for, each once."""
    known = specified or spec.load()
    return tuple(dict.fromkeys(name for one in wanted for name in known.names(one)))


def drawn_seed(seed: int | None) -> int:
    """`seed`, or one drawn now."""
    return secrets.randbelow(LARGEST_SEED) if seed is None else seed


def warn_if_insecure(insecure: bool) -> None:
    """Be loud about a certificate that nobody looks at."""
    if insecure:
        warn("--insecure: the certificate is not verified, so anyone on the way can read the key")


def _instant(text: str) -> datetime:
    try:
        return local(datetime.fromisoformat(text))
    except ValueError:
        raise BadOption(f"`{text}` is not a time", hint="write it as 2024-01-13T15:00:30") from None
