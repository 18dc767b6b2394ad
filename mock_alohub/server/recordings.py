"""Recordings that play: an MP3 as long as the talk of the call, at the address that the messages link to.

`https://domain:port/IPCCMedia/MP3Export.do?url=<file>&source=ipcc` (Alohub, Call event webhook). Whether a key is
wanted is not published; none is. A recording is there once its call has ended.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from starlette.responses import Response, StreamingResponse

from mock_alohub.calls.call import Call
from mock_alohub.delivery.destination import DEFAULT_NAMESPACE
from mock_alohub.server.mp3 import Mp3, mp3
from mock_alohub.server.providers.alohub.envelope import refusal
from mock_alohub.server.providers.alohub.errors import Code, Refused
from mock_alohub.server.request import ApiRequest
from mock_alohub.vietnam_time import VIETNAM

SOURCE: Final = "ipcc"
_TYPE: Final = "audio/mpeg"
_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,19})-([0-9]{0,19})[ \t]*", re.ASCII | re.IGNORECASE)
_SAFE: Final = re.compile(r"[^A-Za-z0-9._-]", re.ASCII)


class Unsatisfiable(Exception):
    """No byte of what is asked for is in the file."""


def origin(request: ApiRequest) -> str:
    """Where the recordings of the namespace of `request` are served."""
    return request.context.public_url + ("" if request.namespace == DEFAULT_NAMESPACE else f"/ns/{request.namespace}")


async def recording(request: ApiRequest) -> Response:
    """The recording of a call, whole or a part of it."""
    query = request.query_params
    call = None
    if query.get("source", SOURCE) == SOURCE and "url" in query:
        # A path is taken too: the recording_url of searchCallV1 is one.
        file = query["url"].rpartition("/")[2]
        call = request.context.providers.log.recorded(request.namespace, file, request.context.clock.now())
    if call is None:
        return refusal(Refused(Code.NOT_FOUND, "there is no such recording, or its call has not ended"))
    sound = mp3(f"Call {call.id}", call.talk_s)
    headers = _headers(call, sound)
    if request.headers.get("if-none-match") in {headers["ETag"], "*"}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        # HEAD has no parts (RFC 9110, 14.2).
        part = _part(request.headers, sound.size, headers) if request.method == "GET" else None
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{sound.size}"
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    start, stop = part or (0, sound.size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{sound.size}"
    headers["Content-Length"] = str(stop - start)
    status = HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=_TYPE)
    return StreamingResponse(_chunks(sound, start, stop), status, headers, _TYPE)


async def _chunks(sound: Mp3, start: int, stop: int) -> AsyncIterator[bytes]:
    parts = sound.part(start, stop)
    yield await asyncio.to_thread(next, parts)  # the first one ever waits for the encoder
    for part in parts:
        yield part


def _headers(call: Call, sound: Mp3) -> dict[str, str]:
    ended_at = call.ended_at.replace(tzinfo=VIETNAM).astimezone(UTC)
    mark = hashlib.sha256(f"{call.id} {sound.frames}".encode()).hexdigest()[:32]
    return {
        "Accept-Ranges": "bytes",
        "ETag": f'"{mark}"',
        "Last-Modified": format_datetime(ended_at, usegmt=True),
        "Content-Disposition": f'inline; filename="{_SAFE.sub("_", call.recording)}"',
        "Cache-Control": "private, max-age=3600",
    }


def _part(asked: Mapping[str, str], size: int, headers: Mapping[str, str]) -> tuple[int, int] | None:
    """Start and stop of the one range that is asked for; None for the whole, as for several ranges or a malformed one.

    Raises `Unsatisfiable`.
    """
    text = asked.get("range")
    if text is None or asked.get("if-range", headers["ETag"]) not in {headers["ETag"], headers["Last-Modified"]}:
        return None
    found = _RANGE.fullmatch(text)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last so many bytes
        if int(found[2]) == 0:
            raise Unsatisfiable
        return max(0, size - int(found[2])), size
    start = int(found[1])
    if found[2] and int(found[2]) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(size, int(found[2]) + 1) if found[2] else size
