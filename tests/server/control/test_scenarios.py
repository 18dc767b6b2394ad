"""Scenarios over the control API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.alohub import Mock
from tests.server.asking import API, answered, asked, registered
from tests.server.scenarios.test_scenario import BUNDLED


async def begun(one: Mock, prefix: str = "", **wishes: Any) -> Any:
    """A run that goes on for minutes: nobody listens at the endpoint, and its time is not skipped."""
    await registered(one, prefix=prefix)
    reply = await one.ask("POST", f"{prefix}{API}/scenarios/busy/runs", wishes)
    assert reply.status == 201, reply.body
    return reply.json


def test_every_scenario_is_listed(tmp_path: Path) -> None:
    items = answered(tmp_path, "GET", f"{API}/scenarios").json["items"]
    assert [one["name"] for one in items] == BUNDLED


def test_a_scenario_is_shown_with_its_steps(tmp_path: Path) -> None:
    shown = answered(tmp_path, "GET", f"{API}/scenarios/second-attempt").json
    assert shown["own_receiver"]
    assert [next(iter(step)) for step in shown["steps"]] == ["inbox", "call"]
    assert shown["ends"]["received"] == 2


def test_an_unknown_scenario_is_told_the_nearest(tmp_path: Path) -> None:
    reply = answered(tmp_path, "GET", f"{API}/scenarios/buzy")
    assert (reply.status, reply.json["detail"]) == (404, "unknown scenario `buzy`; did you mean `busy`?")


def test_an_unknown_scenario_cannot_be_run(tmp_path: Path) -> None:
    assert answered(tmp_path, "POST", f"{API}/scenarios/buzy/runs", {}).status == 404


def test_a_story_about_the_receiver_is_not_told_to_endpoints(tmp_path: Path) -> None:
    reply = answered(tmp_path, "POST", f"{API}/scenarios/never/runs", {"receiver": "endpoints"})
    assert (reply.status, reply.json["detail"]) == (409, "`never` says how its receiver behaves")


def test_a_story_is_not_told_to_endpoints_that_are_not_there(tmp_path: Path) -> None:
    reply = answered(tmp_path, "POST", f"{API}/scenarios/busy/runs", {"receiver": "endpoints"})
    assert (reply.status, reply.json["detail"]) == (409, "no endpoint here is enabled")


def test_a_run_that_has_begun_says_how_far_it_is(tmp_path: Path) -> None:
    run = asked(tmp_path, lambda one: begun(one, seed=7))
    assert (run["state"], run["seed"], run["receiver"], run["steps"]) == ("running", 7, "endpoints", 1)


def test_a_run_that_is_not_over_in_time_is_answered_with_408(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        run = await begun(one)
        return await one.ask("GET", f"{API}/runs/{run['id']}", query={"timeout": "10ms"})

    reply = asked(tmp_path, story)
    assert reply.status == 408
    assert reply.json["detail"].startswith("the run is not over after 10ms: ")


def test_a_run_that_is_stopped_sends_nothing_more(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        run = await begun(one)
        await one.ask("GET", f"{API}/wait", query={"timeout": "10s"})
        stopped = await one.ask("POST", f"{API}/runs/{run['id']}/stop")
        await one.ask("GET", f"{API}/wait", query={"state": "canceled", "timeout": "10s"})
        return stopped.json, (await one.ask("GET", f"{API}/namespace")).json["deliveries"]

    run, deliveries = asked(tmp_path, story)
    assert (run["state"], run["ended_at"] is not None) == ("stopped", True)
    assert (deliveries["canceled"], deliveries["waiting"], deliveries["attempting"]) == (1, 0, 0)


def test_a_run_that_is_stopped_at_once_has_sent_nothing(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        run = await begun(one)
        stopped = await one.ask("POST", f"{API}/runs/{run['id']}/stop")
        return stopped.json, (await one.ask("GET", f"{API}/namespace")).json["deliveries"]

    run, deliveries = asked(tmp_path, story)
    assert (run["state"], run["calls"]) == ("stopped", [])
    assert set(deliveries.values()) == {0}


def test_a_run_that_has_ended_stays_as_it_is_when_it_is_stopped(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        run = await begun(one)
        first = await one.ask("POST", f"{API}/runs/{run['id']}/stop")
        return first.json, (await one.ask("POST", f"{API}/runs/{run['id']}/stop")).json

    first, second = asked(tmp_path, story)
    assert first == second


def test_runs_of_another_namespace_are_not_seen(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        run = await begun(one, "/ns/theirs")
        found = await one.ask("GET", f"{API}/runs/{run['id']}")
        return found.status, (await one.ask("GET", f"{API}/runs")).json["items"]

    assert asked(tmp_path, story) == (404, [])


def test_runs_are_listed_the_newest_first(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        runs = [await begun(one), await begun(one)]
        listed = await one.ask("GET", f"{API}/runs")
        return [run["id"] for run in runs], [run["id"] for run in listed.json["items"]]

    ids, listed = asked(tmp_path, story)
    assert listed == ids[::-1]


def test_a_namespace_that_is_reset_has_no_runs(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        run = await begun(one)
        await one.ask("DELETE", f"{API}/namespace")
        return (await one.ask("GET", f"{API}/runs/{run['id']}")).status

    assert asked(tmp_path, story) == 404


def test_too_many_runs_at_once_are_refused(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        for _ in range(10):
            await begun(one)
        return await one.ask("POST", f"{API}/scenarios/busy/runs", {})

    reply = asked(tmp_path, story)
    assert (reply.status, reply.json["detail"]) == (429, "10 runs are under way")


@pytest.mark.parametrize("wishes", [{"seed": -1}, {"receiver": "mine"}, {"sed": 1}])
def test_wishes_that_are_not_described_are_refused(wishes: dict[str, Any], tmp_path: Path) -> None:
    assert answered(tmp_path, "POST", f"{API}/scenarios/busy/runs", wishes).status == 422


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("never", "start the server without --public-only"),
        ("busy", "start the server without --public-only, or let an endpoint be the receiver"),
    ],
)
def test_a_run_has_no_receiver_of_its_own_where_private_addresses_are_not_dialled(
    name: str, hint: str, tmp_path: Path
) -> None:
    reply = answered(tmp_path, "POST", f"{API}/scenarios/{name}/runs", {}, private=False, url="http://127.0.0.1:9")
    assert (reply.status, reply.json["hint"]) == (409, hint)


def test_a_server_at_a_public_address_reaches_itself_in_any_case(tmp_path: Path) -> None:
    reply = answered(tmp_path, "POST", f"{API}/scenarios/busy/runs", {}, private=False, url="http://8.8.8.8:9")
    assert reply.status == 201
