"""What locust cannot show, as rows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mock_alohub.load.counts import Counts, RunCounts
from mock_alohub.load.locust_web import TABLES, TABS, console, extend, rows, statistics
from mock_alohub.load.result import Result, WorkerShare


def run_counts() -> RunCounts:
    made = RunCounts(scheduled=2_000, sent=1_990, delivered=1_985, lost=3, undecided=2, in_flight_max=17)
    made.unsend("in-flight-limit", 10)
    made.first = Counts(acknowledged=1_980, late=6, refused=3, failed=1)
    made.retries = Counts(acknowledged=5, refused=4)
    made.by_webhook = {"alohub.call-ended": made.first}
    for value in (0.001, 0.002, 5.0):
        made.latencies.add(value)
    made.lag.add(0.0005)
    return made


def values() -> dict[str, str]:
    return {row["figure"]: row["value"] for row in rows(run_counts())}


def test_departures_that_were_not_made_are_told_with_the_reason() -> None:
    (unsent,) = [row for row in rows(run_counts()) if row["figure"] == "Not sent"]
    assert (unsent["value"], unsent["meaning"]) == ("10", "in-flight-limit")


def test_attempts_deliveries_and_latencies_are_exact() -> None:
    shown = values()
    assert shown["Acknowledged in time"] == "1,980 (99.5 %)"
    assert shown["Late"] == "6 (0.3015 %)"
    assert shown["Retries"] == "9"
    assert shown["Lost"] == "3"
    assert shown["Latency"] == "p50 2, p99 5,000, max 5,000 ms"
    assert shown["Schedule lag"] == "p50 0.5, p99 0.5, max 0.5 ms"


def test_a_run_without_a_call_has_rows_too() -> None:
    shown = {row["figure"]: row["value"] for row in rows(RunCounts())}
    assert shown["Late"] == "0"
    assert shown["Latency"] == "–"  # noqa: RUF001 -- an en dash stands for an empty cell


def test_every_tab_has_a_table_and_every_row_its_columns() -> None:
    filled = {one["key"]: one["data"] for one in statistics(run_counts())}
    structure = {table["key"]: [column["key"] for column in table["structure"]] for table in TABLES}  # type: ignore[index]
    assert [tab["key"] for tab in TABS] == list(structure) == list(filled)
    for key, data in filled.items():
        assert data
        assert all(list(row) == structure[key] for row in data)


def test_rows_have_no_name_by_which_the_web_ui_would_sort_them() -> None:
    assert all("name" not in row for one in statistics(run_counts()) for row in one["data"])


def test_the_console_names_workers_and_notes() -> None:
    text = console(
        Result(run_counts(), (WorkerShare("here/1", 995, None, 12.3), WorkerShare("there/2", 995, 4.0)), notes=("n.",)),
        seed=4711,
    )
    assert "here/1: sent 995, 12 % of a core" in text
    assert "there/2: sent 995, lost after 4 s" in text
    assert "note: n." in text
    assert "Seed                   4711" in text


class WebUI:
    """A Flask application with the two routes of locust's that are looked at."""

    def __init__(self) -> None:
        self.template_args: dict[str, object] = {"version": "2"}
        self.app = Flask(__name__)
        self.app.add_url_rule("/swarm", view_func=lambda: {"success": True}, methods=["POST"], endpoint="swarm")
        self.app.add_url_rule("/stats/requests", view_func=lambda: {"stats": [1]}, endpoint="stats")
        self.app.add_url_rule("/base/stats/requests", view_func=lambda: "log in first", endpoint="login")


@pytest.fixture
def browser() -> FlaskClient:
    web_ui = WebUI()
    master = SimpleNamespace(result=None, live=run_counts())
    options = SimpleNamespace(
        rate=10.0, duration="60s", load_profile="steady", arrivals="poisson", webhooks=["alohub.call-ended"], seed="",
        spec="", no_retries=False, time_scale=1.0, drain="30s", insecure=False, declared=False, status_spelling=[],
    )  # fmt: skip
    extend(web_ui, SimpleNamespace(parsed_options=options, host="http://127.0.0.1:9/"), master)  # type: ignore[arg-type]
    assert set(web_ui.template_args) == {"version", "extended_tabs", "extended_tables"}
    return web_ui.app.test_client()


def test_the_statistics_carry_the_figures_beside_locusts_own(browser: FlaskClient) -> None:
    answer = browser.get("/stats/requests").json
    assert answer == {"stats": [1], "extended_stats": statistics(run_counts())}


def test_a_page_that_is_no_statistics_is_left_as_it_is(browser: FlaskClient) -> None:
    assert browser.get("/base/stats/requests").text == "log in first"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"rate": "x"}, "--rate is `x`; allowed: a number"),
        ({"duration": "soon"}, "--duration: `soon` is not a duration"),
        ({"load_profile": "rampe"}, "unknown profile `rampe`; did you mean `ramp`?"),
        ({"webhooks": "alohub.call-ended,alohub.none"}, "unknown webhook `alohub.none`"),
        ({"host": "127.0.0.1:9"}, "did you mean http://127.0.0.1:9 ?"),
        ({"host": "http://100.64.0.1/"}, "--i-own-this-endpoint"),
    ],
)
def test_the_form_is_refused_with_a_word(browser: FlaskClient, form: dict[str, str], message: str) -> None:
    answer = browser.post("/swarm", data={"host": "http://127.0.0.1:9/", **form}).json
    assert answer is not None
    assert answer["success"] is False
    assert message in answer["message"]


@pytest.mark.parametrize(
    "form", [{}, {"rate": "5", "no_retries": "true"}, {"host": "http://100.64.0.1/", "declared": "true"}]
)
def test_a_good_form_is_locusts_matter(browser: FlaskClient, form: dict[str, str]) -> None:
    assert browser.post("/swarm", data={"host": "http://127.0.0.1:9/", **form}).json == {"success": True}
