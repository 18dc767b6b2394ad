"""The answer of an endpoint, as it is read from the wire."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from mock_alohub.delivery.failure import Failure
from mock_alohub.delivery.fast_records import drafted
from mock_alohub.messages.attempt import Cause, Headers, Reply

HEAD_CAP = 256 * 1024
"""Bytes of header block (interim answers, trailers and chunk extensions included) that are read without any body."""
HEADERS_CAP = 1000
"""Headers of one answer."""
_REMEMBERED = 4096
"""Bytes of the longest answer that is remembered."""
_SWITCHING_PROTOCOLS = 101
_FIRST_LINE = b"HTTP/1.1 "
_reply = drafted(Reply)
_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")


class Answer:
    """Reads one answer after another from a connection, each started with `expect`.

    `complete` says that the answer is whole; `clean`, that nothing came behind it; `keep_alive`, that by its version
    and headers another request may follow. `received` counts every byte.
    The parser's callbacks (`on_…`) are called by httptools.
    """

    __slots__ = (
        "_bodiless",
        "_chunks",
        "_failure",
        "_headers",
        "_kept",
        "_known",
        "_last",
        "_last_bytes",
        "_pairs",
        "_parser",
        "_quiet_from",
        "_size",
        "_status",
        "_version",
        "body_cap",
        "clean",
        "complete",
        "head_complete",
        "keep_alive",
        "received",
    )

    def __init__(self, body_cap: int) -> None:
        self.body_cap = body_cap
        self._parser = HttpResponseParser(self)
        self._bodiless = False
        self._pairs: list[tuple[str, str]] = []
        self._last: Reply | None = None
        self._last_bytes = b""
        self.expect(bodiless=False)

    def expect(self, *, bodiless: bool) -> None:
        """Get ready for the next answer; a `bodiless` one (to HEAD) ends with its headers."""
        if self._bodiless:
            # The parser knows nothing of HEAD: after the headers it waits for a body that never comes.
            self._parser = HttpResponseParser(self)
        self._bodiless = bodiless
        self._chunks: list[bytes] = []
        self._kept = self._size = self._quiet_from = self._status = self.received = 0
        self._headers: Headers = ()
        self._version = ""
        self._failure: Failure | None = None
        self._known: Reply | None = None
        self.head_complete = self.complete = self.keep_alive = False
        self.clean = True

    def feed(self, data: bytes) -> None:
        """Read `data`. Raises `Failure` (protocol) when it is not HTTP or its headers go beyond every measure."""
        if not self.received:
            if data == self._last_bytes and not self._bodiless:
                self._recall()
                return
            if data.startswith(_FIRST_LINE):
                self._version = "1.1"
            else:
                _look_at(data)
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.clean = False
            if not self.complete:
                raise self._failure or _not_http(str(error)) from None
        if self.complete:
            if self.received == len(data) <= _REMEMBERED and self.clean and self.keep_alive and not self._bodiless:
                self._last_bytes, self._last = data, self.reply()
        elif self.received - self._quiet_from > HEAD_CAP:
            raise Failure(Cause.PROTOCOL, f"the header block of the answer is larger than {HEAD_CAP // 1024} KiB")

    def _recall(self) -> None:
        # Byte for byte the answer before, which was whole and left the parser between two messages: it says the same.
        # Endpoints acknowledge in the same words all day, and to read them again is a third of the cost of an attempt.
        self.received = len(self._last_bytes)
        self._known = self._last
        self.head_complete = self.complete = self.keep_alive = True

    def close(self) -> None:
        """Nothing more is read. The parser and its reader know each other: apart, they are freed at once."""
        del self._parser

    def end(self) -> Failure | None:
        """The connection ended here: None when that completes the answer, else what is missing."""
        if not self.head_complete:
            when = f"after {self.received} bytes of the answer's headers" if self.received else "without an answer"
            return Failure(Cause.RESET, f"the endpoint closed the connection {when}")
        framing = {name.lower(): value for name, value in self._headers}
        if framing.get("transfer-encoding", "").lower().rstrip().endswith("chunked"):
            end = f"in the middle of a chunked body, after {self._size} bytes of it"
            return Failure(Cause.RESET, f"the endpoint closed the connection {end}")
        if "content-length" in framing:
            end = f"after {self._size} of the {framing['content-length']} bytes that Content-Length announced"
            return Failure(Cause.RESET, f"the endpoint closed the connection {end}")
        self.complete = True
        return None

    def progress(self) -> str:
        """How far the answer came, in words."""
        if not self.received:
            return "no answer came"
        if not self.head_complete:
            return f"the answer's headers were not complete ({self.received} bytes came)"
        return f"the answer was not complete ({self._size} bytes of its body came)"

    def reply(self) -> Reply:
        """The answer that was read."""
        if self._known is not None:
            return self._known
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if len(body) > self.body_cap:
            body = body[: self.body_cap]
        self._known = _reply(self._status, self._headers, body, self._size, self._version)
        return self._known

    def on_message_begin(self) -> None:
        """Another status line: the final one after an interim one, or something nobody asked for."""
        if self.complete:
            self._fail(Failure(Cause.PROTOCOL, "a second answer to one request"))
        self._pairs = []
        self.head_complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or one trailer, which is dropped."""
        if not self.head_complete:
            self._pairs.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The header block ended."""
        parser = self._parser
        self.head_complete = True
        self._status = parser.get_status_code()
        if self._status < 100:
            self._fail(_not_http(f"its status is {self._status:03}"))
        if len(self._pairs) > HEADERS_CAP:
            self._fail(Failure(Cause.PROTOCOL, f"the answer has more than {HEADERS_CAP} headers"))
        if not self._version:
            self._version = parser.get_http_version()
        self._headers = tuple(self._pairs)
        if self._bodiless and not 100 <= self._status < 200:
            self.keep_alive = parser.should_keep_alive()
            self.complete = True

    def on_body(self, chunk: bytes) -> None:
        """A piece of the body."""
        if self.complete:
            self._fail(Failure(Cause.PROTOCOL, "a body behind a whole answer"))
        self._quiet_from = self.received
        self._size += len(chunk)
        if self._kept < self.body_cap:
            self._kept += len(chunk)
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it is an interim one (100 Continue, 103 Early Hints)."""
        status = self._status
        if 100 <= status < 200 and status != _SWITCHING_PROTOCOLS:
            self._version = ""
            self.head_complete = False
        elif not self.complete:
            self.keep_alive = self._parser.should_keep_alive()
            self.complete = True

    def _fail(self, failure: Failure) -> None:
        # httptools swallows what a callback raises and ends with an error of its own.
        self._failure = failure
        raise failure


def _look_at(beginning: bytes) -> None:
    if beginning.startswith(_TLS_RECORDS):
        raise Failure(Cause.PROTOCOL, "what came back is TLS, not plain HTTP: does the URL have to start with https?")
    if beginning.lstrip(b"\r\n")[:1] not in (b"H", b""):
        # httptools would take RTSP and ICE as well.
        raise _not_http(f"it starts with {beginning[:24]!r}")


def _not_http(why: str) -> Failure:
    return Failure(Cause.PROTOCOL, f"what came back is not HTTP: {why}")
