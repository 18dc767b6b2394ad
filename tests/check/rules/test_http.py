from __future__ import annotations

from dataclasses import replace

import pytest

from mock_alohub.check.rules import BY_ID
from mock_alohub.messages.attempt import Cause
from tests.fakes import KEY, answers, exchange, failed, found, judging, replied, skipped, subject, trying

PUBLIC = "http://partner.example/hooks"


def test_the_other_methods_carry_the_agreed_key() -> None:
    tries = trying("http.method", answers(replied(405)))
    assert [(one.request.method, one.authorization) for one in tries.sent] == [
        ("GET", KEY),
        ("PUT", KEY),
        ("PATCH", KEY),
        ("DELETE", KEY),
        ("GET", None),
    ]


def test_put_and_patch_alone_carry_a_body() -> None:
    sent = trying("http.method", answers(replied(405))).sent
    assert [bool(one.request.body) for one in sent] == [False, True, True, False, False]


@pytest.mark.parametrize("status", [200, 204])
def test_a_method_that_is_taken_is_found(status: int) -> None:
    assert trying("http.method", answers(replied(status), replied(405))).broken_cases == ["GET"]


@pytest.mark.parametrize("status", [301, 400, 404, 405, 500])
def test_a_method_may_be_refused_in_any_words(status: int) -> None:
    assert trying("http.method", answers(replied(status))).findings == []


def test_a_method_without_an_answer_is_fine() -> None:
    assert trying("http.method", answers(failed(Cause.RESET))).findings == []


@pytest.mark.parametrize(
    ("method", "cases"), [("PUT", ["GET", "PATCH", "DELETE", "GET without a key"]), ("GET", ["PUT", "PATCH", "DELETE"])]
)
def test_the_webhooks_own_method_is_not_tried(method: str, cases: list[str]) -> None:
    there = replace(subject(), webhook=replace(subject().webhook, method=method))
    assert [case.name for case in BY_ID["http.method"].cases([there])] == cases


def test_without_an_agreed_key_there_is_none_to_leave_out() -> None:
    assert len(trying("http.method", answers(replied(405)), key=None).skips) == 1


def test_https_is_fine() -> None:
    assert found(judging("http.https", exchange(), url="https://partner.example/hooks")) == []


def test_plain_http_on_a_public_address_is_found() -> None:
    (finding,) = found(judging("http.https", exchange(replied(200, address="93.184.215.14:80")), url=PUBLIC))
    assert (finding.got, finding.wanted) == ("http://partner.example", "https://partner.example")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]/", "http://localhost/", "http://10.0.0.1/"])
def test_plain_http_on_a_private_address_is_excepted(url: str) -> None:
    assert "loopback or private" in skipped(judging("http.https", exchange(), url=url))


@pytest.mark.parametrize("address", ["172.17.0.3:80", "[fd00::1]:80"])
def test_a_name_that_leads_to_a_private_address_is_excepted(address: str) -> None:
    assert skipped(judging("http.https", exchange(replied(200, address=address)), url=PUBLIC))


def test_a_failed_handshake_is_found_once() -> None:
    handshakes = [exchange(failed(Cause.TLS, "its certificate has expired"))] * 2
    assert [one.got for one in found(judging("http.tls", *handshakes))] == ["its certificate has expired"]


def test_handshakes_that_worked_are_fine() -> None:
    assert found(judging("http.tls", exchange())) == []


TRACES = {
    "Python": b'Traceback (most recent call last):\n  File "app.py", line 3',
    "JavaScript": b"TypeError: x\n    at handle (/srv/app.js:12:7)\n",
    "Java": b"java.lang.X: y\n\tat com.example.Hook.take(Hook.java:42)\n",
    "Java thread": b'Exception in thread "main" java.lang.Error',
    ".NET": b"System.X: y\n   at Hooks.Take() in C:\\srv\\Hooks.cs:line 12",
    "Go": b"panic: runtime error: index out of range",
    "Go routine": b"goroutine 18 [running]:",
    "Rust": b"thread 'main' panicked at src/main.rs:4:5",
    "PHP": b"<b>Fatal error</b>: x Fatal error: Uncaught Error in /srv/a.php on line 3",
    "Express page": b"<pre>SyntaxError: x<br> &nbsp; &nbsp;at JSON.parse (&lt;anonymous&gt;)<br> &nbsp; &nbsp;at parse "
    b"(/srv/node_modules/body-parser/lib/types/json.js:92:19)</pre>",
    "JavaScript in JSON": rb'{"stack":"TypeError: x\n    at call (/srv/server.js:10:5)\n    at next"}',
    "Java in JSON": rb'{"trace":"java.lang.X\r\n\tat com.example.Hook.take(Hook.java:31)\r\n"}',
    "PHP frames": b"Stack trace:\n#0 /var/www/html/hook.php(12): strtotime()\n#1 {main}",
    "Laravel": b'{"message": "x", "trace": [{"file": "/var/www/app/Hook.php", "line": 12}]}',
    "Ruby": b"/srv/app.rb:12:in `take'",
}


@pytest.mark.parametrize("body", TRACES.values(), ids=TRACES)
def test_a_stack_trace_is_found(body: bytes) -> None:
    (finding,) = found(judging("http.no-leak", exchange(replied(500, body))))
    assert finding.got == "a stack trace is in the answer"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"error": "at least one field"}',
        b"please call at 10:30:15",
        b"warning: late",
        b"see us\n at http://a.example:8080",
    ],
)
def test_an_ordinary_answer_is_no_stack_trace(body: bytes) -> None:
    assert found(judging("http.no-leak", exchange(replied(400, body)))) == []


def test_the_key_in_a_body_is_found() -> None:
    (finding,) = found(judging("http.no-leak", exchange(replied(200, f"got {KEY}".encode()))))
    assert finding.got == "the key is in the answer"


def test_the_key_in_a_header_is_found() -> None:
    assert found(judging("http.no-leak", exchange(replied(200, headers=(("X-Got", KEY),)))))


def test_a_key_so_short_that_it_is_everywhere_is_not_looked_for() -> None:
    assert found(judging("http.no-leak", exchange(replied(200, b"abc")), key="abc")) == []


def test_answers_that_did_not_come_leak_nothing() -> None:
    assert found(judging("http.no-leak", exchange(), exchange(failed(Cause.RESET)))) == []


def test_leaks_are_counted_and_told_once() -> None:
    (finding,) = found(judging("http.no-leak", *[exchange(replied(200, KEY.encode()))] * 3))
    assert "(3 in all)" in finding.case


def test_without_a_key_there_is_none_to_leak() -> None:
    assert found(judging("http.no-leak", exchange(), key=None)) == []


@pytest.mark.parametrize("rule", ["http.no-leak", "http.small-answer"])
def test_without_an_answer_there_is_nothing_to_look_at(rule: str) -> None:
    assert skipped(judging(rule, exchange(failed(Cause.RESET)))) == "there was no answer to look at"


@pytest.mark.parametrize("rule", ["http.no-leak", "http.small-answer"])
def test_one_answer_among_lost_ones_is_enough_to_look_at(rule: str) -> None:
    assert found(judging(rule, exchange(failed(Cause.RESET)), exchange(replied(200)))) == []


def test_an_answer_of_64_kib_is_small() -> None:
    assert found(judging("http.small-answer", exchange(replied(200, b"x" * 65_536)))) == []


def test_a_larger_answer_is_found_once() -> None:
    (finding,) = found(judging("http.small-answer", *[exchange(replied(200, b"x" * 65_537))] * 2))
    assert (finding.got, finding.wanted) == ("65,537 bytes", "at most 65,536 bytes")
