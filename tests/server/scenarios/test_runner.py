"""Runs of scenarios, told to the built-in receiver over a real socket, and to a partner's endpoint."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from mock_alohub.delivery.destination import Registration
from mock_alohub.delivery.view import Wanted
from mock_alohub.messages.endpoint import Endpoint, parse_url
from mock_alohub.server.lifespan import Plan, opened
from mock_alohub.server.scenarios.runs import RECEIVER, own_namespace, receiver_path
from mock_alohub.specification.specification import Specification
from mock_alohub.vietnam_time import local
from tests.server.alohub import Mock, partner
from tests.server.asking import API, placed, registered
from tests.server.loopback import on_loopback, ran
from tests.server.scenarios.test_scenario import BUNDLED

DRAWN = (
    "caller_number",
    "destination_number",
    "userName",
    "hotline",
    "total_duration",
    "holding_duration",
    "hangup_by",
)
"""Fields that a seed decides alone; ids and times also depend on when a run is."""


def written(folder: Path, steps: str, **more: str) -> Path:
    """A folder with the scenario `mine`."""
    rest = "".join(f"{name}: {text}\n" for name, text in more.items())
    (folder / "stories").mkdir()
    (folder / "stories" / "mine.yaml").write_text(f"title: Mine\nsteps: {steps}\n{rest}")
    return folder / "stories"


def outcome(folder: Path, steps: str, **more: str) -> Any:
    """The end of a run of a scenario with these steps, told to the built-in receiver."""

    async def story(one: Mock) -> Any:
        return await ran(one, "mine", seed=1)

    return on_loopback(folder, story, scenarios=written(folder, steps, **more))


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_scenario_ends_as_it_says(name: str, tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        return await ran(one, name, seed=7)

    run = on_loopback(tmp_path, story)
    assert (run["state"], run["reason"], run["steps_done"]) == ("passed", "", run["steps"])


@pytest.mark.parametrize("name", ["every-outcome", "duplicate-storm", "campaign-call"])
def test_one_seed_tells_the_same_again_and_another_does_not(name: str, tmp_path: Path) -> None:
    async def facts(one: Mock, seed: int) -> Any:
        run = await ran(one, name, seed=seed)
        inbox = one.context.inboxes.find(run["namespace"], RECEIVER)
        assert inbox is not None
        payloads = [orjson.loads(message.body) for message in inbox.messages]
        return sorted([payload[field] for field in DRAWN] for payload in payloads)

    async def story(one: Mock) -> Any:
        return await facts(one, 7), await facts(one, 7), await facts(one, 8)

    first, again, other = on_loopback(tmp_path, story)
    assert first == again != other


def test_a_run_without_a_seed_says_which_was_drawn(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        return await ran(one, "busy"), await ran(one, "busy")

    first, second = on_loopback(tmp_path, story)
    assert first["seed"] != second["seed"]


def test_a_story_is_told_to_the_endpoints_of_the_namespace(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        async with partner(one, "alohub.call-ended") as endpoint:
            run = await ran(one, "every-outcome", seed=1)
            return run, await endpoint.got(6)

    run, payloads = on_loopback(tmp_path, story)
    assert (run["state"], run["receiver"], run["namespace"], run["received"]) == (
        "passed",
        "endpoints",
        "default",
        None,
    )
    assert {one["call_id"] for one in payloads} == {one["call_id"] for one in run["calls"]}


def test_a_story_about_the_receiver_leaves_the_endpoints_of_the_namespace_alone(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        async with partner(one, "alohub.call-ended") as endpoint:
            return await ran(one, "second-attempt", seed=1), endpoint.messages

    run, messages = on_loopback(tmp_path, story)
    assert (run["receiver"], run["namespace"], messages) == ("inbox", own_namespace(run["id"]), [])


def test_an_endpoint_that_ends_a_story_otherwise_is_told_how(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        await registered(one, policy={"retries": []})
        return await ran(one, "busy", seed=1)

    run = on_loopback(tmp_path, story)
    assert (run["state"], run["reason"]) == (
        "failed",
        "delivered 0 instead of 1; dead 1 instead of 0; given up for: refused",
    )


def test_of_two_endpoints_the_one_that_failed_is_named(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        number = await registered(one, policy={"retries": []})
        async with partner(one, "alohub.call-ended"):
            return number, await ran(one, "busy", seed=1)

    number, run = on_loopback(tmp_path, story)
    assert run["reason"].startswith(f"delivered 0 instead of 1 at endpoint {number}; dead 1 instead of 0 at")


def test_endpoints_that_want_nothing_of_it_are_not_taken_for_success(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        await registered(one, webhooks=["alohub.auto-call"])
        return await ran(one, "busy", seed=1)

    run = on_loopback(tmp_path, story)
    assert (run["state"], run["reason"]) == ("failed", "no endpoint wanted any of the messages")


def test_time_that_a_run_skips_does_not_pass_elsewhere(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        await registered(one)
        await placed(one)
        engine = one.context.engine
        before = await retried(one)
        await ran(one, "never", seed=1)
        return before, engine.deliveries(Wanted()).items[0]

    before, after = on_loopback(tmp_path, story)
    assert before == after


async def retried(one: Mock) -> Any:
    """The one delivery, once it waits for its second attempt."""
    with one.context.engine.subscribe() as events:
        while True:
            (view,) = one.context.engine.deliveries(Wanted()).items
            if view.attempts == 1 and view.state.name == "waiting":
                return view
            await anext(events)


def test_the_deliveries_of_a_run_can_be_read_where_it_says(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        run = await ran(one, "third-attempt", seed=1)
        return run, await one.ask("GET", f"/ns/{run['namespace']}{API}/deliveries")

    run, reply = on_loopback(tmp_path, story)
    assert [one["id"] for one in reply.json["items"]] == run["calls"][0]["deliveries"]
    assert reply.json["items"][0]["attempts_made"] == 3


def test_nothing_is_sent_to_the_receiver_of_a_run_that_is_over(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        run = await ran(one, "busy", seed=1)
        return one.context.engine.store.endpoints(run["namespace"])

    assert on_loopback(tmp_path, story) == []


def test_a_run_reaches_its_receiver_wherever_the_server_is_known_to_be(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        return await ran(one, "busy", seed=1)

    assert on_loopback(tmp_path, story, public_url="http://mock.test:9")["state"] == "passed"


def test_a_hostile_server_tells_stories_as_they_are(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        return await ran(one, "campaign-burst", seed=1)

    run = on_loopback(tmp_path, story, hostile=100.0)
    assert (run["state"], run["attempts"]) == ("passed", 200)


def test_stories_hold_where_time_goes_faster(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        return await ran(one, "campaign-call", seed=1), await ran(one, "fourth-attempt", seed=1)

    assert [run["state"] for run in on_loopback(tmp_path, story, time_scale=1000.0)] == ["passed", "passed"]


def test_a_story_that_ends_otherwise_than_it_says_has_failed(tmp_path: Path) -> None:
    run = outcome(tmp_path, "[call: {}]", ends="{ dead: 1, received: 2 }")
    assert (run["state"], run["reason"]) == ("failed", "dead 0 instead of 1; received 1 instead of 2")


def test_a_wait_for_what_cannot_come_is_an_end(tmp_path: Path) -> None:
    run = outcome(tmp_path, "[call: {}, wait: { delivered: 2 }]")
    assert (run["state"], run["reason"]) == ("failed", "step 2 waits for what cannot come: every delivery has ended")


def test_wishes_that_cannot_be_true_together_are_an_end(tmp_path: Path) -> None:
    run = outcome(tmp_path, "[call: { outcome: busy, talk_s: 5 }]")
    assert run["state"] == "failed"
    assert "a call with outcome `busy` has no talk" in run["reason"]


def test_calls_of_long_ago_are_told_of_at_once(tmp_path: Path) -> None:
    run = outcome(tmp_path, "[{ call: { outcome: answered }, ago: 1h }]")
    began = local(datetime.fromisoformat(run["started_at"]))
    assert run["state"] == "passed"
    assert run["calls"][0]["call_id"] < f"{began - timedelta(hours=1):%Y%m%d%H%M%S}999999"


def test_time_can_be_advanced_by_so_much(tmp_path: Path) -> None:
    steps = (
        "[inbox: { fail_first: { count: 1 } }, call: {}, wait: { attempts: 1 }, advance: 1h, wait: { delivered: 1 }]"
    )
    assert outcome(tmp_path, steps, ends="{ delivered: 1, attempts: 2 }")["state"] == "passed"


def test_what_was_delivered_can_be_sent_again(tmp_path: Path) -> None:
    run = outcome(tmp_path, "[call: {}, wait: { delivered: 1 }, resend: delivered]", ends="{ received: 2 }")
    assert (run["state"], run["attempts"]) == ("passed", 2)


def test_runs_end_with_the_server(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        await registered(one)
        await one.ask("POST", f"{API}/scenarios/busy/runs", {"seed": 1})
        return one.context.runs.of("default")[0]

    assert on_loopback(tmp_path, story).state == "stopped"


def test_the_oldest_run_that_has_ended_is_forgotten_first_and_all_that_was_its_own(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        one.context.runs._kept = 2
        runs = [await ran(one, "busy", seed=1) for _ in range(3)]
        remembered = await one.ask("GET", f"{API}/runs")
        left = [one.context.engine.deliveries(Wanted(run["namespace"])).items for run in runs]
        return [run["id"] for run in runs], [run["id"] for run in remembered.json["items"]], [len(own) for own in left]

    ids, remembered, left = on_loopback(tmp_path, story)
    assert remembered == [ids[2], ids[1]]
    assert left == [0, 1, 1]


def test_a_receiver_that_a_killed_process_left_behind_is_sent_nothing(tmp_path: Path) -> None:
    own = own_namespace("0a1b2c3d")
    plan = Plan(Specification.load(), "http://127.0.0.1:9", tmp_path / "mock.db")

    async def twice() -> Any:
        async with opened(plan) as context:
            left_behind = parse_url(f"http://127.0.0.1:9{receiver_path(own)}")
            for namespace in (own, "scenario-of-mine"):
                await context.engine.register(Registration(Endpoint(left_behind), namespace))
        async with opened(plan) as context:
            return [one.registration.namespace for one in context.engine.store.destinations()]

    assert asyncio.run(twice()) == ["scenario-of-mine"]
