"""Records as a load run writes them, one for each thing that can come of it. The same on every machine."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

from mock_alohub.load.reason import REASONS
from mock_alohub.load.record import (
    CapacityRecord,
    CellRecord,
    CountsRecord,
    LoadRecord,
    PercentilesRecord,
    StepRecord,
    ThresholdRecord,
)
from mock_alohub.load.wording import unsent
from tests.reports.records import HOSTILE

URL = "https://crm.example.vn/hooks/alohub"
DEADLINE_MS = 5000.0
_Share = Literal["late", "refused", "failed", "lost"]
_SHARES: Final = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1.0)
NO_PERCENTILES: Final = PercentilesRecord(p50=None, p90=None, p95=None, p99=None, p99_9=None, max=None)


def counts(sent: int, late: int = 0, refused: int = 0, failed: int = 0) -> CountsRecord:
    """Attempts, those acknowledged that came to nothing else."""
    acknowledged = sent - late - refused - failed
    return CountsRecord(sent=sent, acknowledged=acknowledged, late=late, refused=refused, failed=failed)


def percentiles(*values: float) -> PercentilesRecord:
    """The six figures, in order."""
    p50, p90, p95, p99, p99_9, slowest = values
    return PercentilesRecord(p50=p50, p90=p90, p95=p95, p99=p99, p99_9=p99_9, max=slowest)


def limits(**measured: float | None) -> list[ThresholdRecord]:
    """The four limits there are by default, none of them allowing anything, as `measured`."""
    names: tuple[_Share, ...] = ("late", "refused", "failed", "lost")
    return [
        ThresholdRecord(
            name=name, limit=0.0, measured=measured.get(name, 0.0), unit="percent", kept=not measured.get(name, 0.0)
        )
        for name in names
    ]


def cells(
    seconds: int, rate: float, *, for_s: int = 1, slow: Callable[[int], float] = lambda at: 0.0
) -> list[CellRecord]:
    """A run, piece by piece: an endpoint that answers in 20 ms or so, `slow` ms longer at a second."""
    draw = random.Random(7)
    made = []
    for at in range(0, seconds, for_s):
        due = max(0, round(draw.gauss(rate * for_s, math.sqrt(rate * for_s) / 2)))
        extra = slow(at)
        slowest = 60 + extra * 1.15 + draw.random() * 60
        late = round(due * min(max(slowest - DEADLINE_MS, 0) / 2000, 0.9))
        made.append(
            CellRecord(
                at_s=float(at),
                for_s=float(for_s),
                scheduled=due,
                sent=due,
                retried=0,
                acknowledged=due - late,
                late=late,
                refused=0,
                failed=0,
                in_flight=max(3, round(rate * (20 + extra) / 1000)),
                p50_ms=round(min(18 + extra / 3 + draw.random() * 6, 5000), 2),
                p99_ms=round(min(40 + extra + draw.random() * 20, 5000), 2),
                max_ms=round(min(slowest, 5000.8), 2),
                lag_ms=round(0.3 + draw.random(), 2),
            )
        )
    return made


def curve(*latencies: float) -> list[list[float]]:
    """Pairs of share and latency for the shares that a short run can tell apart."""
    return [[share, latency] for share, latency in zip(_SHARES, latencies, strict=False)]


def _record(rate: float, duration_s: float, timeline: Sequence[CellRecord], *, retried: int = 0) -> LoadRecord:
    sent = sum(cell["sent"] for cell in timeline)
    late = sum(cell["late"] for cell in timeline)
    refused = sum(cell["refused"] for cell in timeline)
    return LoadRecord(
        format=1,
        kind="load",
        tool={"name": "mock-alohub", "version": "0.1.0"},
        target={"url": URL, "webhooks": ["alohub.call-ended"], "key": "masked"},
        contract={
            "deadline_ms": DEADLINE_MS,
            "acknowledged_by": [200],
            "assumed": {"alohub.call-ended: retries": "the lengths of the growing gaps are not published"},
        },
        plan={
            "rate": rate,
            "duration_s": duration_s,
            "profile": "steady",
            "arrivals": "poisson",
            "retries": True,
            "time_scale": 10.0,
            "drain_s": 30.0,
            "workers": 1,
        },
        seed=42,
        started_at="2025-03-14T09:26:53.250Z",
        duration_s=duration_s + 0.3,
        verdict="pass",
        reason="",
        thresholds=limits(),
        rate={"offered_per_s": round(sent / duration_s, 2), "achieved_per_s": round(sent / duration_s, 2)},
        first_attempts=counts(sent, late, refused),
        retry_attempts=counts(retried),
        deliveries={"delivered": sent, "lost": 0, "undecided": 0},
        unsent={},
        webhooks={"alohub.call-ended": counts(sent, late, refused)},
        causes=[],
        latency_ms=percentiles(20.4, 31.2, 36.9, 58.1, 96.3, 117.6),
        lag_ms=percentiles(0.11, 0.24, 0.31, 0.62, 1.1, 1.4),
        percentiles=curve(11.2, 17.0, 20.4, 25.8, 31.2, 36.9, 58.1, 66.0, 96.3, 104.1, 117.6),
        generator={
            "bottleneck": False,
            "reason": "",
            "cpu_percent": 14.2,
            "in_flight_max": max((cell["in_flight"] for cell in timeline), default=0),
            "workers": [{"name": "local", "sent": sent, "lost_after_s": None}],
        },
        timeline=list(timeline),
        capacity=None,
        notes=[],
    )


def _reasoned(record: LoadRecord) -> LoadRecord:
    record["reason"] = REASONS[record["verdict"]](record, "call")
    return record


def holding() -> LoadRecord:
    """Ten seconds without a flaw."""
    record = _record(200, 10, cells(10, 200))
    return _reasoned(record)


def breaking() -> LoadRecord:
    """A minute in which the endpoint stalls twice and answers 503 now and then; retries bring most calls through."""

    def stalls(at: int) -> float:
        return max(0.0, 5200.0 - abs(at - 22) * 1500, 2600.0 - abs(at - 45) * 800)

    timeline = cells(60, 200, slow=stalls)
    for at, cell in enumerate(timeline):
        cell["refused"] = cell["sent"] // 40 if at % 3 == 0 else 0
        cell["acknowledged"] -= cell["refused"]
    failures = [cell["late"] + cell["refused"] for cell in timeline]
    for at, cell in enumerate(timeline):
        cell["retried"] = failures[at - 1] if at else 0
    record = _record(200, 60, timeline)
    first = record["first_attempts"]
    broken = first["late"] + first["refused"]
    record["plan"]["workers"] = 2
    record["generator"]["workers"] = [
        {"name": "worker-1", "sent": first["sent"] // 2, "lost_after_s": None},
        {"name": "worker-2", "sent": first["sent"] - first["sent"] // 2, "lost_after_s": None},
    ]
    record["retry_attempts"] = counts(broken + 31, late=20, refused=25)
    record["deliveries"] = {"delivered": first["sent"] - 17, "lost": 14, "undecided": 3}
    record["causes"] = [
        {"cause": "deadline: connected, but the answer was not complete after 5 s", "count": first["late"] + 20},
        {"cause": "status 503", "count": first["refused"] + 25},
    ]
    record["verdict"], record["thresholds"] = (
        "fail",
        limits(
            late=100 * first["late"] / first["sent"],
            refused=100 * first["refused"] / first["sent"],
            lost=100 * 14 / first["sent"],
        ),
    )
    record["thresholds"].append(ThresholdRecord(name="p99", limit=2000.0, measured=5000.2, unit="ms", kept=False))
    record["latency_ms"] = percentiles(21.9, 820.0, 2410.0, 5000.2, 5000.4, 5000.8)
    record["percentiles"] = curve(11.0, 17.6, 21.9, 60.4, 820.0, 2410.0, 5000.2, 5000.2, 5000.4, 5000.6, 5000.8)
    record["notes"] = ["3 calls were neither delivered nor lost: a retry was still due when the run ended"]
    return _reasoned(record)


def hour() -> LoadRecord:
    """A soak of an hour, in cells of six seconds, in which the endpoint slows down little by little."""
    timeline = cells(3600, 50, for_s=6, slow=lambda at: at / 12 + (700 if 1800 <= at < 1830 else 0))
    record = _record(50, 3600, timeline)
    record["plan"]["profile"] = "soak"
    record["latency_ms"] = percentiles(82.0, 170.0, 240.0, 340.0, 890.0, 1130.0)
    record["percentiles"] = curve(11.0, 40.0, 82.0, 120.0, 170.0, 240.0, 340.0, 410.0, 890.0, 970.0, 1050.0, 1130.0)
    return _reasoned(record)


def bottleneck() -> LoadRecord:
    """A generator that could not keep up, so that nothing is said about the endpoint."""
    timeline = cells(30, 2880)
    for cell in timeline:
        cell["scheduled"] = round(cell["sent"] * 1.04)
        cell["lag_ms"] = 180.0 + cell["at_s"]
    record = _record(3000, 30, timeline)
    due = sum(cell["scheduled"] for cell in timeline)
    record["verdict"] = "inconclusive"
    record["rate"]["offered_per_s"] = round(due / 30, 2)
    record["unsent"] = {"in-flight-limit": due - record["first_attempts"]["sent"]}
    record["lag_ms"] = percentiles(4.0, 22.0, 41.0, 190.0, 208.0, 211.3)
    record["generator"]["bottleneck"] = True
    record["generator"]["reason"] = f"3.9 % of the departures were not made ({unsent(record['unsent'])})"
    record["generator"]["cpu_percent"] = 99.2
    return _reasoned(record)


def unreachable() -> LoadRecord:
    """Nobody listens there."""
    record = _record(20, 5, cells(5, 20))
    sent = record["first_attempts"]["sent"]
    for cell in record["timeline"]:
        cell["acknowledged"], cell["failed"] = 0, cell["sent"]
        cell["p50_ms"] = cell["p99_ms"] = cell["max_ms"] = None
    record["verdict"] = "unreachable"
    record["first_attempts"] = counts(sent, failed=sent)
    record["webhooks"] = {"alohub.call-ended": counts(sent, failed=sent)}
    record["retry_attempts"] = counts(3 * sent, failed=3 * sent)
    record["deliveries"] = {"delivered": 0, "lost": sent, "undecided": 0}
    record["causes"] = [{"cause": "refused: connection refused", "count": 4 * sent}]
    record["latency_ms"], record["percentiles"] = NO_PERCENTILES, []
    record["thresholds"] = limits(failed=100.0, lost=100.0)
    return _reasoned(record)


def interrupted() -> LoadRecord:
    """Ended by Ctrl-C before its time."""
    record = _record(200, 60, cells(12, 200))
    record["verdict"] = "interrupted"
    record["duration_s"] = 12.1
    record["rate"] = {"offered_per_s": 200.3, "achieved_per_s": 200.1}
    return _reasoned(record)


def _steps(rates: Iterable[tuple[float, float, str]]) -> list[StepRecord]:
    return [
        StepRecord(
            rate=rate,
            seconds=10.0,
            kept=not because,
            because=because,
            p99_ms=p99_ms,
            late=0 if not because else round(rate * 10 * 0.06),
            refused=0,
            failed=0,
            achieved_per_s=rate,
        )
        for rate, p99_ms, because in rates
    ]


def capacity() -> LoadRecord:
    """A search that found where the endpoint breaks."""
    late = "6 % of the calls were late"
    found = CapacityRecord(
        holds_per_s=180.0,
        breaks_per_s=190.0,
        because=late,
        agents=5400,
        steps=_steps(
            [
                (25, 21.0, ""), (50, 22.5, ""), (100, 28.0, ""), (200, 5000.0, late), (150, 61.0, ""),
                (175, 240.0, ""), (190, 5000.0, late), (180, 410.0, ""), (180, 433.0, ""),
            ]
        ),
    )  # fmt: skip
    record = _record(180, 10, cells(10, 180, slow=lambda at: 300.0))
    record["capacity"], record["thresholds"] = found, limits()[:3]
    record["plan"]["retries"] = False
    record["latency_ms"] = percentiles(112.0, 260.0, 330.0, 433.0, 460.0, 470.0)
    record["percentiles"] = curve(12.0, 80.0, 112.0, 170.0, 260.0, 330.0, 433.0, 445.0, 460.0, 470.0)
    return _reasoned(record)


def hostile() -> LoadRecord:
    """An endpoint that attacks the reader of the report in every field it has a hand in."""
    record = breaking()
    everything = "".join(HOSTILE.values())
    record["target"]["url"] = f"{URL}?{HOSTILE['markup']}"
    record["reason"] = f"refused: {everything}"
    record["causes"] = [{"cause": f"reset: {text}", "count": at + 1} for at, text in enumerate(HOSTILE.values())]
    record["unsent"] = {everything: 1}
    record["notes"] = list(HOSTILE.values())
    record["contract"]["assumed"] = {text: text for text in HOSTILE.values()}
    record["webhooks"] = {text: counts(3, late=1) for text in HOSTILE.values()}
    record["generator"]["workers"] = [{"name": text, "sent": 1, "lost_after_s": 3.0} for text in HOSTILE.values()]
    return record


RECORDS: Final[dict[str, Callable[[], LoadRecord]]] = {
    "pass": holding,
    "fail": breaking,
    "hour": hour,
    "bottleneck": bottleneck,
    "unreachable": unreachable,
    "interrupted": interrupted,
    "capacity": capacity,
    "hostile": hostile,
}
