"""GitHub workflow commands: an error per broken limit, then the verdict, on the summary page of the run."""

from __future__ import annotations

from mock_alohub.load import wording
from mock_alohub.load.record import LoadRecord, ThresholdRecord
from mock_alohub.reports import outline
from mock_alohub.reports.github import command
from mock_alohub.reports.record import Format
from mock_alohub.reports.visible import all_visible


def render(record: LoadRecord) -> str:
    """One command per line; limits count only where there is a verdict on them. The causes stand in the verdict."""
    record = all_visible(record)
    judged = record["verdict"] == "fail" and not record["capacity"]
    lines = [_broken(one) for one in record["thresholds"] if judged and not one["kept"]]
    return "\n".join([*lines, _verdict(record)]) + "\n"


def _broken(one: ThresholdRecord) -> str:
    value, allowed = wording.measured(one["measured"], one["unit"]), wording.limit(one["limit"], one["unit"])
    return command("error", f"load: {wording.THRESHOLDS[one['name']]}", f"{value} (allowed: {allowed})")


def _verdict(record: LoadRecord) -> str:
    level = "notice" if record["verdict"] in ("pass", "fail") else "error"
    rate = record["rate"]
    figures = [
        f"{wording.per_second(rate['offered_per_s'])} {wording.rates(record)} offered",
        f"{wording.per_second(rate['achieved_per_s'])} made",
        *(f"{name} {outline.milliseconds(value)}" for name, value in wording.figures(record["latency_ms"])),
        f"deadline {outline.milliseconds(record['contract']['deadline_ms'])}",
    ]
    causes = [f"{cause['count']:,} x {cause['cause']}" for cause in record["causes"]]
    last = f"{record['target']['url']}, seed {record['seed']}"
    parts = [wording.sentence(record), ", ".join(figures), *causes, last]
    return command(level, f"mock-alohub: {wording.headline(record)}", "\n".join(parts))


FORMAT = Format("github", ".txt", "annotations on a GitHub Actions run (print it to stdout: github=-)", render)
