"""The application as a whole: namespaces, paths, methods, bodies, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message

from mock_alohub.server.access import Access
from mock_alohub.server.app import App
from mock_alohub.server.handler_table import HANDLERS
from mock_alohub.server.operations import operations
from mock_alohub.server.request import BODY_LIMIT, ApiRequest
from mock_alohub.specification.specification import Specification
from tests.server.alohub import Mock, Reply
from tests.server.asking import API, answered, asked


def test_what_is_described_is_served_and_nothing_else() -> None:
    assert {operation.id for operation in operations(Specification.load())} == HANDLERS.keys()


def test_no_two_operations_share_an_id() -> None:
    names = [operation.id for operation in operations(Specification.load())]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", ["a", "test-7", "x" * 64])
def test_a_namespace_is_there_as_soon_as_it_is_named(name: str, tmp_path: Path) -> None:
    assert answered(tmp_path, "GET", f"/ns/{name}{API}/namespace").json["name"] == name


@pytest.mark.parametrize("name", ["", "A", "a_b", "x" * 65, "a.b", "é"])
def test_what_is_no_name_is_no_namespace(name: str, tmp_path: Path) -> None:
    assert answered(tmp_path, "GET", f"/ns/{name}{API}/namespace").status == 404


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1/", "/api/v1/endpoints/", "//healthz", "/ns/a", "/ns/a/"])
def test_where_nothing_is_404_is_answered(path: str, tmp_path: Path) -> None:
    assert answered(tmp_path, "GET", path).status == 404


def test_a_path_that_is_nearly_right_is_answered_with_the_right_one(tmp_path: Path) -> None:
    assert answered(tmp_path, "GET", "/api/v1/deliverys").json["hint"] == "did you mean /api/v1/deliveries ?"


def test_a_method_that_a_path_lacks_is_answered_with_those_it_has(tmp_path: Path) -> None:
    reply = answered(tmp_path, "PUT", f"{API}/endpoints")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"[]", "application/json", 422),
        (b"x" * (BODY_LIMIT + 1), "application/json", 413),
        (b"{}", "application/json; charset=utf-8", 201),
    ],
)
def test_a_body_that_is_not_what_is_wanted_is_refused(body: bytes, kind: str, status: int, tmp_path: Path) -> None:
    headers = {"content-type": kind} if kind else {}
    assert answered(tmp_path, "POST", f"{API}/calls", body=body, headers=headers).status == status


def test_an_announced_body_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    headers = {"content-type": "application/json", "content-length": str(BODY_LIMIT + 1)}
    assert answered(tmp_path, "POST", f"{API}/calls", body=b"", headers=headers).status == 413


@pytest.mark.parametrize(
    ("query", "pointer", "nearest"),
    [
        ({"limit": 0}, "/limit", None),
        ({"limit": 501}, "/limit", None),
        ({"limit": "many"}, "/limit", None),
        ({"stat": "dead"}, "/stat", "state"),
        ({"state": "deda"}, "/state", "dead"),
        ({"since": "yesterday"}, "/since", None),
    ],
)
def test_a_parameter_that_is_not_allowed_is_pointed_at(
    query: dict[str, str], pointer: str, nearest: str | None, tmp_path: Path
) -> None:
    reply = answered(tmp_path, "GET", f"{API}/deliveries", query=query)
    (flaw,) = reply.json["errors"]
    assert (reply.status, flaw["in"], flaw["pointer"], flaw.get("nearest")) == (422, "query", pointer, nearest)


def test_a_defect_of_ours_is_answered_without_its_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(ask: ApiRequest) -> None:
        raise RuntimeError("s3cret")

    async def scenario(one: Mock) -> Reply:
        app = App(one.context, Access(), {**HANDLERS, "healthz": broken})  # type: ignore[dict-item]  # on purpose
        return await Mock(one.context, app).ask("GET", "/healthz")

    reply = asked(tmp_path, scenario)
    assert (reply.status, b"s3cret" in reply.body, "s3cret" in caplog.text) == (500, False, True)


@pytest.mark.parametrize("path", ["/healthz", "/nothing", f"{API}/endpoints"])
def test_every_answer_has_a_strict_policy_and_is_not_kept(path: str, tmp_path: Path) -> None:
    headers = answered(tmp_path, "GET", path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("path", ["/healthz", f"{API}/endpoints"])
def test_no_answer_says_anything_about_other_origins(path: str, tmp_path: Path) -> None:
    headers = answered(tmp_path, "GET", path, headers={"Origin": "http://127.0.0.1"}).headers
    assert [name for name in headers if name.startswith("access-control")] == []


def test_a_parameter_that_is_given_twice_is_pointed_at(tmp_path: Path) -> None:
    pairs: Any = [("limit", 1), ("limit", 2)]
    (flaw,) = answered(tmp_path, "GET", f"{API}/deliveries", query=pairs).json["errors"]
    assert (flaw["pointer"], flaw["detail"]) == ("/limit", "`limit` is given 2 times, wanted once")


def test_a_client_that_leaves_in_the_middle_of_its_body_is_not_answered(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[Message]:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(b"host", b"127.0.0.1")]
        scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/inbox/mine", "headers": headers}
        await one.app({**scope, "query_string": b"", "root_path": ""}, receive, send)
        return sent

    assert asked(tmp_path, scenario) == []


@pytest.mark.parametrize("path", ["/v1", "/v1/campaign", "/api/v1.0/base/makeCal", "/ns/mine/v1/no", "/api/report/x"])
def test_where_only_alohubs_api_is_nothing_is_told_of_in_its_envelope(path: str, tmp_path: Path) -> None:
    reply = answered(tmp_path, "GET", path)
    assert (reply.status, reply.json["success"], reply.code) == (404, "0", "NOT_FOUND")


def test_a_method_that_a_path_of_alohubs_api_lacks_is_told_of_in_its_envelope(tmp_path: Path) -> None:
    reply = answered(tmp_path, "DELETE", "/api/v1.0/base/makeCall")
    assert (reply.status, reply.headers["allow"], reply.json["success"]) == (405, "POST", "0")


@pytest.mark.parametrize("path", ["/v1x", "/api/v1/deliverys"])
def test_elsewhere_it_is_a_problem(path: str, tmp_path: Path) -> None:
    assert answered(tmp_path, "GET", path).headers["content-type"] == "application/problem+json"
