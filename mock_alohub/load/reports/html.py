"""One self-contained page about a load run: no script, nothing loaded from elsewhere, pictures drawn as SVG.

Frame and style are those of the page of a check, with the same content security policy.
"""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mock_alohub.load import wording
from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports import pictures
from mock_alohub.reports import outline
from mock_alohub.reports.html import environment
from mock_alohub.reports.record import Format
from mock_alohub.reports.visible import all_visible

if TYPE_CHECKING:
    from jinja2 import Template

DRAIN_S: Final = 30.0
"""What `--drain` is when nobody says."""

_TEMPLATES = Path(__file__).with_name("templates")


def render(record: LoadRecord) -> str:
    """The whole page."""
    record = all_visible(record)
    return _template().render(
        record=record,
        headline=wording.headline(record),
        ending=record["verdict"],
        reason=wording.sentence(record),
        assumptions=outline.assumptions(record["contract"]["assumed"], record["target"]["webhooks"]),
        moment=outline.moment(record["started_at"]),
        load=wording.load(record),
        noun=wording.noun(record),
        statuses=wording.statuses(record),
        generator=wording.generator(record),
        figures=wording.figures(record["latency_ms"]),
        lag=wording.figures(record["lag_ms"]),
        rate=pictures.rate(record),
        latency=pictures.latency(record),
        percentiles=pictures.percentiles(record),
        retries=pictures.retries(record),
        knee=pictures.knee(record),
        most=max((one["count"] for one in record["causes"]), default=1),
        again=again(record),
    )


def again(record: LoadRecord) -> str:
    """The command that offers the same load once more; the key comes from the environment."""
    plan = record["plan"]
    words = ["mock-alohub", "load", record["target"]["url"]]
    words += ["--spec", "FILE"] if "provider" in record["target"] else []
    for name in record["target"]["webhooks"]:
        words += ["--webhook", name]
    if record["capacity"] is not None:
        words.append("--find-capacity")
    else:
        words += ["--rate", f"{plan['rate']:g}", "--duration", f"{plan['duration_s']:g}s"]
    words += ["--profile", plan["profile"], "--arrivals", plan["arrivals"], "--seed", str(record["seed"])]
    words += [] if plan["retries"] else ["--no-retries"]
    words += ["--time-scale", f"{plan['time_scale']:g}"] if plan["retries"] and plan["time_scale"] != 1 else []
    words += ["--workers", str(plan["workers"])] if plan["workers"] > 1 else []
    words += ["--drain", f"{plan['drain_s']:g}s"] if plan["retries"] and plan["drain_s"] != DRAIN_S else []
    for one in record["thresholds"]:
        if one["limit"]:
            words += [f"--max-{one['name']}", f"{one['limit']:g}{'%' if one['unit'] == 'percent' else 'ms'}"]
    return shlex.join(words)


@cache
def _template() -> Template:
    pages = environment(_TEMPLATES)
    pages.filters.update(percentage=wording.percentage, per_second=wording.per_second, span=wording.span)
    pages.globals.update(
        percent=wording.percent,
        limit=wording.limit,
        measured=wording.measured,
        names=wording.THRESHOLDS,
        judged=wording.JUDGED,
    )
    return pages.get_template("load.html")


FORMAT = Format("html", ".html", "one self-contained page with pictures: for people, to forward and to keep", render)
