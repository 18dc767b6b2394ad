"""The example endpoints, each started as a partner would start it and attacked over raw sockets."""

from __future__ import annotations

import http.client
import json
import os
import runpy
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mock_alohub.check.rules import BY_ID, RULES
from mock_alohub.check.webhook_under_test import under_test
from mock_alohub.specification.specification import DEFAULT, Specification
from tests.tiers import cases

EXAMPLES = Path(__file__).parent.parent / "examples"
PATH = "/api/alohub/webhook"
KEY = "k3y-of-the-partner"
DATABASE = "calls.db"
START_S = 120.0
"""How long an example may take to start; a compiler or a cold disk may be in the way."""
ANSWER_S = 5.0
"""The contract's deadline (Alohub, Call event webhook)."""

ALOHUB = [under_test(Specification.load().webhook(name)) for name in DEFAULT]
NOT_TOLD = {rule.id for rule in RULES if rule.judge is None and not list(rule.cases(ALOHUB))}
"""Rules without a case for the webhooks that the examples are for."""

_numbers = count(20_240_113_150_030_000_001 + os.getpid() % 1000 * 1000)
"""Of this process alone: a late call to an example that was killed may reach one that took its port."""


@dataclass(frozen=True, slots=True)
class Example:
    """An example endpoint: `command` builds what must be built in a folder and gives the command that starts it."""

    name: str
    command: Callable[[Path], list[str]]
    needs: Callable[[], str | None] = lambda: None
    """What is missing on this machine, None when nothing is."""


def _python(file: str) -> Callable[[Path], list[str]]:
    return lambda _folder: [sys.executable, str(EXAMPLES / file)]


def _express_needs() -> str | None:
    if shutil.which("node") is None:
        return "Node.js (node) is not installed"
    if not (EXAMPLES / "express_endpoint/node_modules").is_dir():
        return "examples/express_endpoint/node_modules is missing: run `npm ci` there"
    return None


def _go(folder: Path) -> list[str]:
    # Built, not `go run`: that one would keep SIGTERM to itself.
    program = folder / "endpoint"
    subprocess.run(["go", "build", "-o", program, "."], cwd=EXAMPLES / "go_endpoint", check=True, timeout=START_S)
    return [str(program)]


ALL = (
    Example("flask", _python("flask_endpoint/app.py")),
    Example("fastapi", _python("fastapi_endpoint/main.py")),
    Example("express", lambda _folder: ["node", str(EXAMPLES / "express_endpoint/server.js")], _express_needs),
    Example("go", _go, lambda: None if shutil.which("go") else "the Go tool chain (go) is not installed"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Running:
    """An example that listens."""

    port: int
    process: subprocess.Popen[str]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            reply = connection.getresponse()
            return Answer(reply.status, reply.read())
        finally:
            connection.close()

    def post(self, body: bytes, key: str | None = KEY, content_type: str = "application/json") -> Answer:
        authorization = {} if key is None else {"Authorization": key}
        return self.ask("POST", PATH, body, Content_Type=content_type, **authorization)

    def tell(self, event: dict[str, object]) -> Answer:
        return self.post(json.dumps(event).encode())

    def processed(self, call_id: str) -> int:
        """How many events of a call were processed, once everything acknowledged so far has been."""
        last = ended_call()
        assert self.tell(last).status == 200
        # Events are processed in order: when this last one is, those before it are, too.
        until = time.monotonic() + ANSWER_S
        while self.read(str(last["call_id"])).status != 200:
            assert time.monotonic() < until, "an acknowledged event is not processed"
            time.sleep(0.01)
        answer = self.read(call_id)
        return 0 if answer.status == 404 else int(answer.json()["count"])

    def read(self, call_id: str) -> Answer:
        return self.ask("GET", f"/calls/{quote(call_id, safe='')}")


def ended_call(**changes: object) -> dict[str, object]:
    """A call-ended event as Alohub's document shows it, with an id of its own."""
    return {
        "call_id": str(next(_numbers)),
        "call_status": "answered",
        "direction": "outbound",
        "caller_number": "0389900001",
        "destination_number": "888",
        "starttime": "2024-01-13 15:00:30",
        "answertime": "2024-01-13 15:00:35",
        "endtime": "2024-01-13 15:05:30",
        "hangup_by": "customer",
        "hotline": "",
        "total_duration": "300",
        "holding_duration": "0",
        "recording_url": "https://recordings.example:1777/IPCCMedia/MP3Export.do?url=a.mp3&source=ipcc",
        "objectId": 1,
        "transactionID": "TRANSID_1111",
        "userName": "agent.888",
        "eventType": "call",
    } | changes


RUNNING_CALL = {"endtime": "", "hangup_by": "", "total_duration": "", "holding_duration": "", "recording_url": ""}
FIELDS = tuple(ended_call())
MAY_BE_MISSING = {"transactionID", "userName"}


@contextmanager
def started(command: list[str], folder: Path) -> Iterator[Running]:
    """The example behind `command`, on a free port; ended by SIGTERM."""
    environment = os.environ | {"ALOHUB_WEBHOOK_KEY": KEY, "PORT": "0", "CALLS_DB": str(folder / DATABASE)}
    with (
        (folder / "stderr").open("a") as errors,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as run,
    ):
        try:
            assert run.stdout is not None
            line = run.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:"), (folder / "stderr").read_text()
            yield Running(int(line.split(":")[2].split("/")[0]), run)
        finally:
            run.terminate()
            try:
                run.wait(ANSWER_S)
            except subprocess.TimeoutExpired:
                run.kill()
                raise


@pytest.fixture(scope="module", params=ALL, ids=lambda example: example.name)
def command(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    example: Example = request.param
    if missing := example.needs():
        pytest.skip(missing)
    return example.command(tmp_path_factory.mktemp(example.name))


@pytest.fixture(scope="module")
def endpoint(command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("run")
    with started(command, folder) as running:
        yield running
    errors = (folder / "stderr").read_text()
    assert "Traceback" not in errors, errors
    assert KEY not in errors, "the key is in the log"


@pytest.mark.parametrize(
    "command",
    cases(((one.name, one) for one in ALL), ["flask"]),
    indirect=True,
    scope="module",
)
def test_every_rule_is_kept_even_when_strict(endpoint: Running, tmp_path: Path) -> None:
    effects = endpoint.url("/calls/{call_id}#/count")
    code, outcomes = _check(endpoint.url(PATH), tmp_path, "--strict", "--effects", effects, "--generated", "12")
    # Loopback needs no TLS, and some rules are about what other providers send; all else must have been tried.
    assert outcomes == dict.fromkeys(BY_ID, "pass") | dict.fromkeys(("http.https", "http.tls", *NOT_TOLD), "skip")
    assert code == 0


def _check(url: str, folder: Path, *options: str) -> tuple[int, dict[str, str]]:
    """The exit code of `mock-alohub check`, and the outcome of each rule."""
    report = folder / "report.json"
    command = (sys.executable, "-m", "mock_alohub", "check", url, "--seed", "7", *options, "--report", f"json={report}")
    environment = os.environ | {"MOCK_ALOHUB_KEY": KEY}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert report.is_file(), run.stderr
    return run.returncode, {rule["id"]: rule["outcome"] for rule in json.loads(report.read_bytes())["rules"]}


def test_a_call_is_acknowledged_with_200_and_a_small_answer(endpoint: Running) -> None:
    answer = endpoint.tell(ended_call())
    assert (answer.status, answer.json()) == (200, {"received": True})


def test_a_processed_call_can_be_read_back(endpoint: Running) -> None:
    event = ended_call(userName="Trần Thị Bích O'Neil 📞", recording_url="")
    endpoint.tell(event)
    assert endpoint.processed(str(event["call_id"])) == 1
    assert endpoint.read(str(event["call_id"])).json() == {"call_id": event["call_id"], "count": 1, "latest": event}


def test_an_unknown_call_is_not_found(endpoint: Running) -> None:
    assert endpoint.read("never-sent").status == 404


@pytest.mark.parametrize(
    "key",
    [None, "", KEY[:-1], KEY + "x", KEY.upper(), KEY[:-1] + "!", f"x{KEY}x", "ümlaut"],
    ids=["none", "empty", "prefix", "longer", "upper-case", "same-length", "inside", "latin-1"],
)
def test_another_key_is_refused_and_has_no_effect(endpoint: Running, key: str | None) -> None:
    event = ended_call()
    answer = endpoint.post(json.dumps(event).encode(), key)
    assert answer.status == 401
    assert KEY.encode() not in answer.body
    assert endpoint.processed(str(event["call_id"])) == 0


def test_a_stranger_learns_nothing_about_his_body(endpoint: Running) -> None:
    assert endpoint.post(b"{", key="wrong", content_type="text/plain").status == 401


def test_a_duplicate_is_acknowledged_and_processed_once(endpoint: Running) -> None:
    event = ended_call()
    assert [endpoint.tell(event).status for _ in range(3)] == [200, 200, 200]
    assert endpoint.processed(str(event["call_id"])) == 1


def test_copies_that_come_together_are_acknowledged_and_processed_once(endpoint: Running) -> None:
    event = ended_call()
    with ThreadPoolExecutor(5) as pool:
        assert {answer.status for answer in pool.map(endpoint.tell, [event] * 5)} == {200}
    assert endpoint.processed(str(event["call_id"])) == 1


def test_twenty_calls_that_end_together_are_all_acknowledged_in_time(endpoint: Running) -> None:
    events = [ended_call() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        assert [answer.status for answer in pool.map(endpoint.tell, events)] == [200] * 20
    assert [endpoint.processed(str(event["call_id"])) for event in events] == [1] * 20


def test_a_status_change_is_processed_beside_the_event_before_it(endpoint: Running) -> None:
    ended = ended_call()
    endpoint.tell(ended | RUNNING_CALL)
    endpoint.tell(ended)
    assert endpoint.processed(str(ended["call_id"])) == 2
    assert endpoint.read(str(ended["call_id"])).json()["latest"] == ended


def test_a_late_running_event_does_not_reopen_an_ended_call(endpoint: Running) -> None:
    ended = ended_call()
    endpoint.tell(ended)
    assert endpoint.tell(ended | RUNNING_CALL).status == 200
    assert endpoint.processed(str(ended["call_id"])) == 2
    assert endpoint.read(str(ended["call_id"])).json()["latest"] == ended


def test_a_call_id_with_characters_of_a_url_can_be_read_back(endpoint: Running) -> None:
    event = ended_call(call_id=f"a/b c?d%{next(_numbers)}")
    endpoint.tell(event)
    assert endpoint.processed(str(event["call_id"])) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"call_status": "transferred"},
        {"eventType": "survey"},
        {"direction": "sideways"},
        {"queue": {"name": "sales", "wait": 1.5, "huge": [None, True]}},
        {"CALL_ID": 7, "Call_Status": None, "__proto__": {"call_id": 7}},
        {"caller_number": "+84389900001", "hotline": "19001234"},
        {"objectId": 2**53 - 1},
        {"transactionID": None, "userName": None},
        {"transactionID": "x" * 5000},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_unknown_or_unusual_is_acknowledged(endpoint: Running, changes: dict[str, object]) -> None:
    event = ended_call(**changes)
    assert endpoint.tell(event).status == 200
    assert endpoint.processed(str(event["call_id"])) == 1


def test_fields_that_may_be_absent_are_not_missed(endpoint: Running) -> None:
    assert (
        endpoint.tell({name: text for name, text in ended_call().items() if name not in MAY_BE_MISSING}).status == 200
    )


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_a_charset_beside_the_content_type_changes_nothing(endpoint: Running, content_type: str) -> None:
    assert endpoint.post(json.dumps(ended_call()).encode(), content_type=content_type).status == 200


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/problem+json", "multipart/form-data", ""],
)
def test_another_content_type_is_refused(endpoint: Running, content_type: str) -> None:
    assert endpoint.post(json.dumps(ended_call()).encode(), content_type=content_type).status == 415


WHOLE = json.dumps(ended_call())
NESTED = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "body",
    [
        WHOLE[: len(WHOLE) // 2].encode(),
        b"",
        b" ",
        f"{WHOLE[:-1]},}}".encode(),
        f"{WHOLE} {{}}".encode(),
        WHOLE.replace('"objectId": 1', '"objectId": NaN').encode(),
        f'{WHOLE[:-1]}, "more": NaN}}'.encode(),
        f'{WHOLE[:-1]}, "more": -Infinity}}'.encode(),
        WHOLE.replace("'", "").replace('"', "'").encode(),
        b'{"call_id": "' + b"\xff\xfe" + WHOLE.encode()[13:],
        f'{WHOLE[:-1]}, "more": "'.encode() + b'\xc3"}',
        WHOLE.encode("utf-16"),
        b"\xef\xbb\xbf" + WHOLE.encode(),
        b"[]",
        f"[{WHOLE}]".encode(),
        b'"text"',
        b"1",
        b"null",
        b"true",
        NESTED,
        b'{"a":' * 30_000,
        WHOLE[:-1].encode() + b', "more": ' + NESTED + b"}",
    ],
    ids=[
        "cut", "empty", "space", "trailing-comma", "two-documents", "nan", "nan-in-unknown-field", "infinity", "quotes",
        "invalid-utf-8", "half-a-character", "utf-16", "bom", "array", "array-of-one", "string", "number", "null",
        "true", "deep-array", "deep-open-objects", "deep-in-unknown-field",
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_a_bad_request(endpoint: Running, body: bytes) -> None:
    answer = endpoint.post(body)
    # A parser without a stack may read the deep unknown field; then it is a field like any other that is ignored.
    deep_but_sound = body.startswith(WHOLE[:-1].encode()) and NESTED in body
    assert answer.status == 400 or (deep_but_sound and answer.status == 200)
    assert b"Traceback" not in answer.body
    assert b"node_modules" not in answer.body
    assert endpoint.tell(ended_call()).status == 200


@pytest.mark.parametrize("field", sorted(set(FIELDS) - MAY_BE_MISSING))
def test_a_missing_field_is_named_in_the_refusal(endpoint: Running, field: str) -> None:
    answer = endpoint.tell({name: value for name, value in ended_call().items() if name != field})
    assert answer.status == 422
    assert field.encode() in answer.body


@pytest.mark.parametrize("wrong", [["list"], {"a": 1}, True], ids=["list", "object", "boolean"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_another_type_is_refused(endpoint: Running, field: str, wrong: object) -> None:
    assert endpoint.tell(ended_call(**{field: wrong})).status == 422


def test_a_call_without_an_id_is_refused(endpoint: Running) -> None:
    assert endpoint.tell(ended_call(call_id="")).status == 422


def test_text_and_number_are_not_taken_for_each_other(endpoint: Running) -> None:
    assert endpoint.tell(ended_call(objectId="1")).status == 422
    assert endpoint.tell(ended_call(total_duration=300)).status == 422


@pytest.mark.parametrize("field", ["call_id", "call_status", "endtime", "userName"])
def test_text_that_no_database_takes_breaks_nothing(endpoint: Running, field: str) -> None:
    half_a_pair = endpoint.post(json.dumps(ended_call(**{field: "\ud83d"})).encode())
    assert half_a_pair.status in {200, 400, 422}
    assert endpoint.tell(ended_call(**{field: f"a\0b{next(_numbers)}"})).status == 200


def test_a_number_beyond_every_float_breaks_nothing(endpoint: Running) -> None:
    answer = endpoint.post(json.dumps(ended_call()).replace('"objectId": 1', '"objectId": 1e999').encode())
    assert answer.status in {200, 400, 422}


@pytest.mark.parametrize("key", [KEY, "wrong"])
@pytest.mark.parametrize("size", [1 << 20, 3 << 20])
def test_a_large_body_gets_an_answer(endpoint: Running, size: int, key: str) -> None:
    body = json.dumps(ended_call(more="x" * size)).encode()
    assert endpoint.post(body, key).status == (413 if key == KEY else 401)
    assert endpoint.tell(ended_call()).status == 200


def test_a_chunked_body_is_read_whole(endpoint: Running) -> None:
    event = ended_call()
    body = json.dumps(event).encode()
    pieces = (body[:100], body[100:101], body[101:])
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    with talk(endpoint, chunks, "Transfer-Encoding: chunked") as connection:
        assert connection.recv(64).split()[1] == b"200"
    assert endpoint.processed(str(event["call_id"])) == 1


def test_a_body_that_ends_early_is_no_event_and_harms_nobody(endpoint: Running) -> None:
    event = ended_call()
    body = json.dumps(event).encode()
    # The first piece is a whole event: only the announced length says that something is missing.
    with talk(endpoint, body, f"Content-Length: {len(body) + 10}"):
        pass
    with talk(endpoint, body, f"Content-Length: {len(body) + 10}") as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closes with a reset
    assert endpoint.processed(str(event["call_id"])) == 0


def test_silent_senders_do_not_hold_up_the_others(endpoint: Running) -> None:
    silent = [socket.create_connection(("127.0.0.1", endpoint.port)) for _ in range(20)]
    try:
        for connection in silent:
            connection.sendall(head("Content-Length: 1000") + b"{")
        assert endpoint.tell(ended_call()).status == 200
    finally:
        for connection in silent:
            connection.close()


def test_a_retry_after_the_sender_hung_up_is_acknowledged_and_processed_once(endpoint: Running) -> None:
    event = ended_call()
    body = json.dumps(event).encode()
    with talk(endpoint, body, f"Content-Length: {len(body)}"):
        pass
    assert endpoint.tell(event).status == 200
    assert endpoint.processed(str(event["call_id"])) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_another_method_is_not_allowed(endpoint: Running, method: str) -> None:
    body = None if method in {"GET", "HEAD"} else json.dumps(ended_call()).encode()
    assert endpoint.ask(method, PATH, body, Authorization=KEY, Content_Type="application/json").status == 405


def test_one_connection_may_carry_answers_of_every_kind(endpoint: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=ANSWER_S)
    statuses = []
    for key, body in ((KEY, WHOLE), ("wrong", WHOLE), (KEY, "{"), (KEY, "{}"), (KEY, WHOLE)):
        # http.client opens a new connection when the endpoint closed the old one, as an endpoint may.
        connection.request("POST", PATH, body, {"Authorization": key, "Content-Type": "application/json"})
        reply = connection.getresponse()
        reply.read()
        statuses.append(reply.status)
    connection.close()
    assert statuses == [200, 401, 400, 422, 200]


def test_sigterm_ends_it_at_once_and_nothing_acknowledged_is_lost(command: list[str], tmp_path: Path) -> None:
    event = ended_call()
    with started(command, tmp_path) as first:
        assert first.tell(event).status == 200
        first.process.send_signal(signal.SIGTERM)
        first.process.wait(ANSWER_S)
    with started(command, tmp_path) as second:
        assert second.tell(event).status == 200
        assert second.processed(str(event["call_id"])) == 1


def test_work_that_a_kill_cut_short_is_taken_up_at_the_next_start(command: list[str], tmp_path: Path) -> None:
    event = ended_call()
    with started(command, tmp_path) as first:
        assert first.tell(event).status == 200
        first.process.kill()
        first.process.wait(ANSWER_S)
    _forget_what_was_done(tmp_path / DATABASE)
    with started(command, tmp_path) as second:
        assert second.processed(str(event["call_id"])) == 1


def _forget_what_was_done(database: Path) -> None:
    """Put `database` into the state of a kill between an acknowledgement and the work, which no test can time."""
    if not database.read_bytes().startswith(b"SQLite"):
        lines = database.read_text().splitlines(keepends=True)
        database.write_text("".join(line for line in lines if not line.startswith('{"done"')))
        return
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE events SET processed = 0")


@pytest.mark.parametrize("command", [ALL[-1]], ids=["go"], indirect=True)
def test_half_a_line_of_a_power_cut_is_forgotten(command: list[str], tmp_path: Path) -> None:
    event = ended_call()
    (tmp_path / DATABASE).write_text('{"event":{"call_id":"20240113')
    for _ in range(2):
        with started(command, tmp_path) as running:
            assert running.tell(event).status == 200
            assert running.processed(str(event["call_id"])) == 1


def test_without_a_key_it_does_not_start(command: list[str], tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "ALOHUB_WEBHOOK_KEY"} | {"PORT": "0"}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=START_S)
    assert run.returncode == 1
    assert "ALOHUB_WEBHOOK_KEY is not set" in run.stderr
    assert run.stdout == ""


def test_the_lock_file_of_express_names_no_registry() -> None:
    lock = json.loads((EXAMPLES / "express_endpoint/package-lock.json").read_text())
    assert lock["packages"]["node_modules/express"]["integrity"]
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_the_table_of_examples_lists_every_folder() -> None:
    table = (EXAMPLES / "README.md").read_text()
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    assert {name for name in folders if f"]({name}/)" in table} == folders


def test_the_flask_sample_acknowledges_a_call_and_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    sample = runpy.run_path(str(EXAMPLES / "documentation_samples/flask_snippet.py"))
    event = ended_call()
    answer = sample["app"].test_client().post(PATH, json=event)
    assert (answer.status_code, answer.json) == (200, {"received": True})
    assert str(event["call_id"]) in capsys.readouterr().out


@pytest.mark.parametrize(("column", "file"), [(2, "flask_snippet.py"), (3, "express_snippet.js")])
def test_the_checker_says_of_the_samples_what_the_documents_say(column: int, file: str, tmp_path: Path) -> None:
    node = file.endswith(".js")
    if node and (missing := _express_needs()):
        pytest.skip(missing)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node" if node else sys.executable, str(EXAMPLES / "documentation_samples" / file)]
    environment = os.environ | {"PORT": str(port), "NODE_PATH": str(EXAMPLES / "express_endpoint/node_modules")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        try:
            code, outcomes = _check(f"http://127.0.0.1:{port}{PATH}", tmp_path, "--wait", "30s", "--generated", "0")
        finally:
            run.terminate()
    rows = [line.strip("| ").split(" | ") for line in (EXAMPLES.parent / "docs/examples.md").read_text().splitlines()]
    documented = {row[0].strip("`") for row in rows if len(row) == 5 and row[column] == "broken"}
    assert {rule for rule, outcome in outcomes.items() if outcome == "fail"} == documented
    assert code == 1


def head(*headers: str) -> bytes:
    """The head of a POST with the right key."""
    lines = (f"POST {PATH} HTTP/1.1", "Host: x", f"Authorization: {KEY}", "Content-Type: application/json", *headers)
    return "\r\n".join((*lines, "\r\n")).encode()


@contextmanager
def talk(endpoint: Running, body: bytes, *headers: str) -> Iterator[socket.socket]:
    """A connection over which the head and `body` went; it is closed whatever came back."""
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=ANSWER_S) as connection:
        connection.sendall(head(*headers) + body)
        yield connection
