from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.cli.running import Done, process, run

VALID = run("generate", "--seed", "1", "-n", "5").out.encode()
FIRST = VALID.splitlines()[0]
WRONG = FIRST.replace(b'"answered"', b'"answerd"').replace(b'"objectId":1', b'"objectId":"1"')


def judged(content: bytes, *arguments: str) -> Done:
    return run("validate", *arguments, stdin=content)


def test_valid_messages_end_with_0_and_a_word_on_standard_error() -> None:
    assert judged(VALID) == Done(0, "", "5 messages, all valid\n")


def test_every_error_has_its_line_and_pointer() -> None:
    done = judged(FIRST + b"\n\n" + WRONG + b"\n")
    assert [line.split(": ")[:2] for line in done.out.splitlines()] == [
        ["stdin:3", "/call_status"],
        ["stdin:3", "/objectId"],
    ]
    assert done.code == 1


def test_the_nearest_allowed_value_is_said() -> None:
    assert "nearest allowed: `answered`" in judged(WRONG).out


def test_errors_are_counted() -> None:
    assert judged(WRONG + b"\n" + FIRST).err == "2 messages, 1 invalid (2 errors)\n"


def test_errors_can_be_json() -> None:
    first, _ = map(orjson.loads, judged(WRONG, "--format", "json").out.splitlines())
    assert (first["file"], first["line"], first["pointer"], first["nearest"]) == (
        "stdin",
        1,
        "/call_status",
        "answered",
    )


def test_a_file_is_named_in_its_errors() -> None:
    Path("calls.ndjson").write_bytes(WRONG)
    assert run("validate", "calls.ndjson").out.startswith("calls.ndjson:1: /call_status: ")


def test_an_array_is_read_message_by_message() -> None:
    assert judged(b"[\n" + b",\n".join(VALID.splitlines()) + b"\n]").err == "5 messages, all valid\n"


def test_one_document_over_several_lines_is_one_message() -> None:
    pretty = orjson.dumps(orjson.loads(FIRST), option=orjson.OPT_INDENT_2)
    assert judged(pretty).err == "1 message, all valid\n"


def test_a_dash_is_standard_input() -> None:
    assert judged(VALID, "-").code == 0


def test_a_webhook_can_be_named() -> None:
    running = run("generate", "--webhook", "alohub.auto-call", "--moment", "running", "-n", "1").out.encode()
    assert (judged(running).code, judged(running, "--webhook", "alohub.call-ended").code) == (0, 1)


def test_a_spelling_can_be_set() -> None:
    respelled = ["--status-spelling", "busy=besetzt"]
    calls = run("generate", "--outcome", "busy", *respelled).out.encode()
    assert (judged(calls).code, judged(calls, *respelled).code) == (1, 0)


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_nothing_is_not_valid(content: bytes) -> None:
    done = judged(content)
    assert (done.code, done.err) == (2, "error: standard input is empty, so there is nothing to validate\n")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00{", "é".encode("latin-1"), b"PK\x03\x04\n" * 50])
def test_what_is_not_json_at_all_is_unreadable(content: bytes) -> None:
    done = judged(content)
    assert done.code == 2
    assert done.err.startswith("error: standard input holds no message")


def test_a_broken_line_among_messages_is_an_invalid_message() -> None:
    done = judged(FIRST + b"\n{broken\n" + FIRST)
    assert done.code == 1
    assert done.out.startswith("stdin:2: not JSON")


def test_a_file_that_is_missing_does_not_keep_the_others_from_being_read() -> None:
    Path("calls.ndjson").write_bytes(WRONG)
    done = run("validate", "nope.ndjson", "calls.ndjson")
    assert done.code == 2
    assert "error: cannot read nope.ndjson: no such file or directory" in done.err
    assert "calls.ndjson:1:" in done.out


def test_a_folder_cannot_be_read() -> None:
    Path("calls").mkdir()
    assert run("validate", "calls").err == "error: cannot read calls: is a directory\n"


def test_an_unknown_format_is_answered_with_the_list() -> None:
    done = judged(VALID, "--format", "xml")
    assert (done.code, done.err) == (2, "error: unknown format `xml`; allowed: `json`, `text`\n")


def test_what_was_generated_can_be_piped_in() -> None:
    made = process("generate", "-n", "20", "--webhook", "alohub.auto-call")
    assert process("validate", stdin=made.out.encode()).code == 0


def test_a_terminal_escape_in_a_value_is_written_out() -> None:
    hostile = FIRST.replace(b'"answered"', b'"\\u001b[31m"')
    assert "\x1b" not in judged(hostile).out
