"""What locust cannot show of a run, as rows: for a tab of its web UI and, at the end, for its console.

These figures are exact, and they are those of `mock-alohub load`; locust's own tables come from the same counts.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any, Final

from flask import jsonify, request

from mock_alohub.errors import Mistake
from mock_alohub.load import locust_options
from mock_alohub.load.counts import Counts, RunCounts
from mock_alohub.load.figures import percentiles
from mock_alohub.load.latencies import Latencies
from mock_alohub.load.master import Master
from mock_alohub.load.result import Result

TABS: Final = (
    {"title": "Calls", "key": "calls"},
    {"title": "Webhooks", "key": "webhooks"},
)
TABLES: Final = (
    {
        "key": "calls",
        "structure": [
            {"key": "figure", "title": "Figure"},
            {"key": "value", "title": "Value"},
            {"key": "meaning", "title": "Meaning"},
        ],
    },
    {
        "key": "webhooks",
        "structure": [
            {"key": "webhook", "title": "First attempts"},
            {"key": "acknowledged", "title": "Acknowledged in time"},
            {"key": "late", "title": "Late"},
            {"key": "refused", "title": "Refused"},
            {"key": "failed", "title": "Failed"},
        ],
    },
)
"""The structure that locust's web UI wants of further tabs and their tables. It sorts rows that have a `name` by it."""

Row = dict[str, str]


def statistics(run_counts: RunCounts) -> list[dict[str, Any]]:
    """The rows of both tables, as locust's web UI fetches them with its own statistics."""
    return [
        {"key": "calls", "data": list(rows(run_counts))},
        {"key": "webhooks", "data": [_webhook(name, counts) for name, counts in sorted(run_counts.by_webhook.items())]},
    ]


def rows(run_counts: RunCounts) -> Iterator[Row]:
    """Name, value and meaning of each figure."""
    first = run_counts.first
    yield _row("Departures due", _count(run_counts.scheduled), "first attempts that fell due by the schedule")
    yield _row("Sent", _count(run_counts.sent), "of these; the endpoint cannot slow this down")
    for reason, count in sorted(run_counts.unsent.items()):
        yield _row("Not sent", _count(count), reason)
    yield _row("Acknowledged in time", _part(first.acknowledged, first), "first attempts")
    yield _row("Late", _part(first.late, first), "first attempts without a whole answer within the deadline")
    yield _row("Refused", _part(first.refused, first), "first attempts answered in time with another status")
    yield _row("Failed", _part(first.failed, first), "first attempts without a whole answer, before the deadline")
    yield _row("Retries", _count(run_counts.retries.total), "attempts that the provider makes again")
    yield _row("Delivered", _count(run_counts.delivered), "acknowledged at last")
    yield _row("Lost", _count(run_counts.lost), "not acknowledged even after the last retry")
    yield _row("Undecided", _count(run_counts.undecided), "a retry was due, or an answer, when the run ended")
    yield _row("Latency", _percentiles(run_counts.latencies), "first attempts, from the moment they were due; exact")
    yield _row(
        "Schedule lag", _percentiles(run_counts.lag), "from that moment until the request left: the generator's own"
    )
    yield _row("In flight", _count(run_counts.in_flight_max), "the most attempts under way at one time")


def console(result: Result, seed: int) -> str:
    """The same for a terminal, with the workers and what is to be said of them, and the seed to do it again."""
    lines = ["", "mock-alohub: the exact figures", "-" * 80]
    lines += [f"{row['figure']:<22} {row['value']:<42} {row['meaning']}".rstrip() for row in rows(result.run_counts)]
    for worker in result.workers:
        cpu = "" if worker.cpu_percent is None else f", {worker.cpu_percent:.0f} % of a core"
        lost = "" if worker.lost_after_s is None else f", lost after {worker.lost_after_s:.0f} s"
        lines.append(f"{'Worker':<22} {worker.name}: sent {worker.sent:,}{cpu}{lost}")
    lines.append(f"{'Seed':<22} {seed}")
    lines += [f"note: {note}" for note in result.notes]
    return "\n".join([*lines, ""])


def extend(web_ui: Any, environment: Any, master: Master) -> None:
    """Give locust's `web_ui` the tabs, with the figures of `master`, and a word in its form for a bad plan."""
    web_ui.template_args |= {"extended_tabs": TABS, "extended_tables": TABLES}

    def demand_a_plan() -> Any:
        if not request.path.endswith("/swarm"):
            return None
        try:
            locust_options.plan_of(_with(environment.parsed_options, request.form), request.form.get("host"))
        except Mistake as mistake:
            hint = f" ({mistake.hint})" if mistake.hint else ""
            return jsonify({"success": False, "message": f"{mistake.message}{hint}", "host": environment.host})
        return None

    def add_figures(response: Any) -> Any:
        if request.path.endswith("/stats/requests") and response.is_json:
            run_counts = master.result.run_counts if master.result is not None else master.live
            response.set_data(jsonify({**response.json, "extended_stats": statistics(run_counts)}).data)
        return response

    web_ui.app.before_request(demand_a_plan)
    web_ui.app.after_request(add_figures)


def _with(options: Any, form: Any) -> Namespace:
    """The options as locust will set them from a form."""
    chosen = dict(vars(options))
    for name in chosen.keys() & form.keys():
        before = chosen[name]
        if isinstance(before, bool):
            chosen[name] = form[name] == "true"
        elif isinstance(before, list):
            chosen[name] = form[name].split(",") if "," in form[name] else form.getlist(name)
        else:
            chosen[name] = form[name]
    return Namespace(**chosen)


def _row(name: str, value: str, meaning: str) -> Row:
    return {"figure": name, "value": value, "meaning": meaning}


def _webhook(name: str, counts: Counts) -> Row:
    return {
        "webhook": name,
        **{kind: _count(getattr(counts, kind)) for kind in ("acknowledged", "late", "refused", "failed")},
    }


def _count(number: int) -> str:
    return f"{number:,}"


def _part(number: int, of: Counts) -> str:
    return f"{number:,} ({100 * number / of.total:.4g} %)" if of.total else "0"


def _percentiles(latencies: Latencies) -> str:
    if not latencies.count:
        return "–"  # noqa: RUF001 -- an en dash stands for an empty cell
    found = percentiles(latencies)
    return f"p50 {found['p50']:,.4g}, p99 {found['p99']:,.4g}, max {found['max']:,.4g} ms"
