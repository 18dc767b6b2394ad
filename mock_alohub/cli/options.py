"""The options that several verbs share. What their values mean together is said in `values`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.core import ParameterSource

from mock_alohub.cli.later import Later
from mock_alohub.cli.option import FilePath, ParamType, Parsed, Setting, WholeNumber, argument, option
from mock_alohub.errors import BadOption
from mock_alohub.names import REPORT_FORMATS

if TYPE_CHECKING:
    from mock_alohub.specification.specification import Specification

Verb = TypeVar("Verb", bound=Callable[..., Any])

CALL_ENDED: Final = "alohub.call-ended"
AUTO_CALL: Final = "alohub.auto-call"
LARGEST_SEED: Final = 2**31 - 1
URL: Final = Parsed("URL", Later("mock_alohub.messages.endpoint:parse_url"))
DURATION: Final = Parsed("DURATION", Later("mock_alohub.cli.values:duration"))
_demand_webhooks: Final = Later("mock_alohub.cli.values:demand_webhooks")


def url_argument(verb: Verb) -> Verb:
    """The endpoint."""
    return argument("url", type=URL, metavar="URL")(verb)


def optional_url_argument(verb: Verb) -> Verb:
    """The endpoint, for a verb that does not always need it."""
    return argument("url", required=False, type=URL, metavar="URL")(verb)


def key_options(verb: Verb) -> Verb:
    """The key, given as text or in a file."""
    verb = option(
        "--key-file",
        type=FilePath(),
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
            _demand_webhooks(value, _described_in(ctx))
        return value


def _all_that_are_described(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """The default is one provider's; of a document of somebody's own, all webhooks are meant."""
    described = _described_in(ctx)
    return tuple(described.webhooks) if described and _is_default(ctx, param) else value


def _described_in(ctx: click.Context | None) -> Specification | None:
    # An option that was not given may have a mark of its own for its value.
    source = ctx.get_parameter_source("described") if ctx else None
    return None if ctx is None or source in {None, ParameterSource.DEFAULT} else ctx.params.get("described")


def _is_default(ctx: click.Context | None, param: click.Parameter | None) -> bool:
    return bool(ctx and param and param.name and ctx.get_parameter_source(param.name) is ParameterSource.DEFAULT)


def spec_option(verb: Verb) -> Verb:
    """Somebody's own OpenAPI document in place of the bundled specification."""
    return option(
        "--spec",
        "described",
        type=Parsed("FILE", Later("mock_alohub.cli.values:document")),
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
        type=Parsed("[WEBHOOK=]FILE", Later("mock_alohub.specification.body_template:wording_in")),
        metavar="[WEBHOOK=]FILE",
        help="The template of the body, for webhooks whose body the partner words: JSON with {{field}} in it. "
        "Repeatable.",
    )(verb)


def spelling_option(verb: Verb) -> Verb:
    """How the provider spells the outcomes whose spelling it does not publish."""
    return option(
        "--status-spelling",
        multiple=True,
        pair="=",
        type=Parsed("OUTCOME=WORD", Later("mock_alohub.providers.provider:spelling_of")),
        metavar="OUTCOME=WORD",
        help="Spell an outcome of a call otherwise, e.g. no_answer=missed. Repeatable.",
    )(verb)


def seed_option(help: str) -> Callable[[Verb], Verb]:  # noqa: A002 - as click calls it
    """The seed of everything that is drawn."""
    return option("--seed", type=WholeNumber(0, LARGEST_SEED), metavar="N", help=help)


def report_option(verb: Verb) -> Verb:
    """Reports, each in its format and file. As texts: `reports.parse_requests` reads them together."""
    return option(
        "--report",
        "report_texts",
        multiple=True,
        pair="=",
        metavar="FORMAT=FILE",
        help=f"Write a report; FILE `-` is standard output. Formats: {', '.join(REPORT_FORMATS)}. Repeatable.",
    )(verb)


def insecure_option(verb: Verb) -> Verb:
    """Whether any certificate will do."""
    return option("--insecure", is_flag=True, help="Accept any TLS certificate. For tests alone.")(verb)


def start_option(verb: Verb) -> Verb:
    """When the simulated calls begin."""
    return option(
        "--start",
        type=Parsed("TIME", Later("mock_alohub.cli.values:instant")),
        callback=about_calls,
        metavar="TIME",
        help="When the first call starts, e.g. 2024-01-13T15:00:30; local time of Vietnam unless a zone is given.",
    )(verb)
