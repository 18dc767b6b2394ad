"""Recordings are served as a player, a browser and a download manager want them."""

from __future__ import annotations

import io
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.mp3 import MP3

from mock_alohub.server.providers.dialled_call import agent_at, fate_of, lived
from tests.server.alohub import LEGACY, PUBLIC_URL, Mock, Reply, asked, partner

PATH = "/IPCCMedia/MP3Export.do"
CALL_ID = "20240113150030000001"
FILE = f"{CALL_ID}.mp3"
AT = datetime(2024, 1, 13, 15, 0, 30)  # noqa: DTZ001 - local times of Vietnam carry no zone


async def with_call(one: Mock, number: str = "0912345678", namespace: str = "default") -> None:
    life: Any = fate_of(number)
    call = lived(CALL_ID, number, life, at=AT, agent=agent_at("888"))
    await one.context.switchboard.place(namespace, [call])
    await one.context.providers.log.written()


def served(folder: Path, method: str = "GET", file: str = FILE, **headers: str) -> Reply:
    async def scenario(one: Mock) -> Reply:
        await with_call(one)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await one.ask(method, PATH, headers=named, query={"url": file, "source": "ipcc"})

    return asked(folder, scenario)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Reply:
    return served(tmp_path_factory.mktemp("recording"))


def length_s(body: bytes) -> float:
    info: Any = MP3(io.BytesIO(body)).info  # type: ignore[no-untyped-call]
    return float(info.length)


def test_a_recording_is_as_long_as_the_talk(whole: Reply) -> None:
    assert length_s(whole.body) == pytest.approx(25, abs=0.05)


def test_a_recording_says_what_it_is(whole: Reply) -> None:
    wanted = {
        "content-type": "audio/mpeg",
        "content-length": str(len(whole.body)),
        "accept-ranges": "bytes",
        "content-disposition": f'inline; filename="{FILE}"',
    }
    assert {name: whole.headers[name] for name in wanted} == wanted


def test_a_recording_was_last_changed_when_the_call_ended(whole: Reply) -> None:
    assert parsedate_to_datetime(whole.headers["last-modified"]).isoformat() == "2024-01-13T08:01:00+00:00"


def test_the_address_in_a_message_leads_to_the_recording(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Reply:
        async with partner(one) as endpoint:
            await one.post("/api/v1.0/base/makeCall", {"phoneNumber": "0900000200", "ipPhone": "888"}, LEGACY)
            (payload,) = await endpoint.got(1)
        url = urlsplit(payload["recording_url"])
        assert f"{url.scheme}://{url.netloc}" == PUBLIC_URL
        return await one.ask("GET", url.path, query=dict(parse_qsl(url.query)))

    assert asked(tmp_path, scenario).status == 200


def test_the_address_in_a_message_of_a_namespace_leads_to_the_recording(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Reply:
        async with partner(one, "alohub.call-ended", namespace="mine") as endpoint:
            await with_call(one, namespace="mine")
            (payload,) = await endpoint.got(1)
        url = urlsplit(payload["recording_url"])
        return await one.ask("GET", url.path, query=dict(parse_qsl(url.query)))

    assert asked(tmp_path, scenario).status == 200


def test_a_path_to_the_file_leads_to_it_too(tmp_path: Path) -> None:
    assert served(tmp_path, file=f"/var/spool/records/{FILE}").status == 200


@pytest.mark.parametrize("file", ["20240113150030000002.mp3", "", "../../etc/passwd", CALL_ID, "\0.mp3", "ghi-âm.mp3"])
def test_an_unknown_recording_is_not_found(tmp_path: Path, file: str) -> None:
    reply = served(tmp_path, file=file)
    assert (reply.status, reply.json["error_code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("query", [{}, {"url": FILE, "source": "other"}, {"source": "ipcc"}])
def test_a_query_that_names_no_recording_finds_none(tmp_path: Path, query: dict[str, str]) -> None:
    async def scenario(one: Mock) -> Reply:
        await with_call(one)
        return await one.ask("GET", PATH, query=query)

    assert asked(tmp_path, scenario).status == 404


def test_a_call_nobody_answered_has_no_recording(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Reply:
        await with_call(one, "0900000486")
        return await one.ask("GET", PATH, query={"url": FILE})

    assert asked(tmp_path, scenario).status == 404


def test_a_running_call_has_no_recording_yet(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Reply:
        async with partner(one, "alohub.auto-call") as endpoint:
            await one.post("/v1/campaigns/101/customers", {"phoneNumber": "0900000204"}, LEGACY)
            (running,) = await endpoint.got(1)
        assert running["recording_url"] == ""
        return await one.ask("GET", PATH, query={"url": f"{running['call_id']}.mp3"})

    assert asked(tmp_path, scenario, time_scale=3.0).status == 404


def test_head_tells_the_size_and_sends_nothing(tmp_path: Path, whole: Reply) -> None:
    reply = served(tmp_path, "HEAD")
    assert (reply.status, reply.headers["content-length"], reply.body) == (200, str(len(whole.body)), b"")


def test_head_has_no_parts(tmp_path: Path, whole: Reply) -> None:
    reply = served(tmp_path, "HEAD", Range="bytes=0-9")
    assert (reply.status, reply.headers["content-length"]) == (200, str(len(whole.body)))


@pytest.mark.parametrize(
    ("asked_for", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("bytes=10-999999999999", 10, None),
        ("BYTES=0-9", 0, 10),
        ("bytes=-9999999999999", 0, None),
    ],
)
def test_a_part_is_sent(tmp_path: Path, whole: Reply, asked_for: str, start: int, stop: int | None) -> None:
    reply = served(tmp_path, Range=asked_for)
    part = whole.body[start:stop]
    first = start if start >= 0 else len(whole.body) + start
    assert (reply.status, reply.body) == (206, part)
    assert reply.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole.body)}"
    assert reply.headers["content-length"] == str(len(part))


@pytest.mark.parametrize("asked_for", ["bytes=999999999-", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused_with_the_size(tmp_path: Path, whole: Reply, asked_for: str) -> None:
    reply = served(tmp_path, Range=asked_for)
    assert (reply.status, reply.headers["content-range"]) == (416, f"bytes */{len(whole.body)}")


@pytest.mark.parametrize(
    "asked_for",
    ["bytes=9-1", "bytes=-", "bytes=0-1,5-9", "items=0-1", "bytes=a-b", "bytes=\xb2-\xb3", ""],
)
def test_what_is_no_single_range_is_answered_with_the_whole(tmp_path: Path, whole: Reply, asked_for: str) -> None:
    reply = served(tmp_path, Range=asked_for)
    assert (reply.status, len(reply.body)) == (200, len(whole.body))


@pytest.mark.parametrize("header", ["etag", "last-modified"])
def test_a_part_of_the_same_recording_is_sent(tmp_path: Path, whole: Reply, header: str) -> None:
    assert served(tmp_path, Range="bytes=0-9", If_Range=whole.headers[header]).status == 206


def test_a_part_of_another_recording_is_not_sent(tmp_path: Path) -> None:
    assert served(tmp_path, Range="bytes=0-9", If_Range='"another"').status == 200


def test_what_the_client_has_is_not_sent_again(tmp_path: Path, whole: Reply) -> None:
    reply = served(tmp_path, If_None_Match=whole.headers["etag"])
    assert (reply.status, reply.body) == (304, b"")


def test_two_recordings_have_two_marks(tmp_path: Path, whole: Reply) -> None:
    async def scenario(one: Mock) -> Reply:
        await with_call(one, "0900000203")
        return await one.ask("GET", PATH, query={"url": FILE})

    assert asked(tmp_path, scenario).headers["etag"] != whole.headers["etag"]


def test_any_parts_together_are_the_whole(tmp_path: Path, whole: Reply) -> None:
    async def scenario(one: Mock) -> None:
        await with_call(one)
        size = len(whole.body)
        for step in (1 + size // 7, 1 + size // 3, size):
            body = b""
            while len(body) < size:
                wanted = {"Range": f"bytes={len(body)}-{len(body) + step - 1}"}
                body += (await one.ask("GET", PATH, headers=wanted, query={"url": FILE})).body
            assert body == whole.body

    asked(tmp_path, scenario)


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="bytes=0123456789-, ", max_size=30))
def test_no_range_breaks_the_server(text: str) -> None:
    from mock_alohub.server.recordings import Unsatisfiable, _part

    size = 1000
    try:
        part = _part({"range": text}, size, {"ETag": '"a"', "Last-Modified": ""})
    except Unsatisfiable:
        return
    assert part is None or 0 <= part[0] < part[1] <= size


def test_the_end_of_a_five_hour_recording_is_sent_without_its_beginning(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Reply:
        await with_call(one, "0900000204")
        return await one.ask("GET", PATH, headers={"Range": "bytes=-100"}, query={"url": FILE})

    reply = asked(tmp_path, scenario)
    assert int(reply.headers["content-range"].rpartition("/")[2]) == pytest.approx(5 * 3600 * 2000, rel=0.001)
