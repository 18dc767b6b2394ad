"""One self-contained page, fit to be forwarded: no script, nothing loaded from elsewhere, everything escaped.

The page forbids itself all but its own styles by a content security policy, so that even a mistake in escaping could
run nothing.
"""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_alohub.messages.policy import in_words
from mock_alohub.reports import latency_picture, outline
from mock_alohub.reports.outline import Weight
from mock_alohub.reports.record import Format, Record, RuleRecord
from mock_alohub.reports.visible import all_visible, one_line

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_TEMPLATES = Path(__file__).with_name("templates")


def render(record: Record) -> str:
    """The whole page."""
    record = all_visible(record)
    return _template().render(
        record=record,
        headline=outline.headline(record),
        ending=outline.ending(record),
        reason=outline.reason(record),
        moment=outline.moment(record["started_at"]),
        tally=outline.tally(record),
        families=outline.families(record),
        broken=_weighed(record, Weight.BROKEN, Weight.WARNING),
        crashed=outline.of_weight(record, Weight.CRASHED),
        skipped=outline.by_reason(outline.of_weight(record, Weight.SKIPPED)),
        assumptions=outline.assumptions(record["contract"]["assumed"], record["target"]["webhooks"]),
        assumed_rules=[rule for rule in record["rules"] if rule["source"]["assumed"]],
        figures=outline.percentiles(record),
        picture=latency_picture.draw(record),
        again=_again(record),
    )


def _weighed(record: Record, *weights: Weight) -> list[tuple[Weight, RuleRecord]]:
    return [(outline.weight(record, rule), rule) for rule in outline.of_weight(record, *weights)]


def _again(record: Record) -> str:
    """The command that checks the same once more; the key comes from the environment."""
    words = ["mock-alohub", "check", record["target"]["url"], *record.get("options", ()), "--seed", str(record["seed"])]
    for name in record["target"]["webhooks"]:
        words += ["--webhook", name]
    if record["strict"]:
        words.append("--strict")
    return shlex.join(words)


@cache
def _template() -> Template:
    filters: dict[str, Any] = {
        "message": outline.headers_and_body,
        "reply": outline.reply_line,
        "source": outline.source,
        "one_line": one_line,
        "statuses": in_words,
    }
    pages = environment()
    pages.filters.update(filters)
    return pages.get_template("report.html")


def environment(*folders: Path) -> Environment:
    """Where pages are made: the templates of `folders`, then those that all pages share; everything is escaped."""
    # Jinja costs a tenth of a second, which only those wait for who ask for a page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader([*folders, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(duration=outline.duration, ms=outline.milliseconds)
    pages.globals["number"] = outline.number
    return pages


FORMAT = Format("html", ".html", "one self-contained page: for people, to forward and to keep", render)
