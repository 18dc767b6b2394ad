"""A shell line that sends a probe again, for whoever has only curl. The key is never written into it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from mock_alohub.check.evidence import Exchange
from mock_alohub.messages.signature import HEADER

_READABLE = re.compile(r"[^\x00-\x1f\x7f]*")
_LONG = 1_500
_RUN = re.compile(rb"(.)\1{31,}", re.DOTALL)
_SENT_BY_CURL = {"host", "user-agent", "accept", "content-length"}


def curl(exchange: Exchange, key_header: str | None) -> str:
    """The curl line that reproduces `exchange`; the key is read from `$MOCK_ALOHUB_KEY`."""
    request, transmission = exchange.request, exchange.transmission
    if transmission.wire.cut_at is not None:
        return f"mock-alohub send {shlex.quote(request.url.shown())} --webhook {exchange.webhook} --fault truncate"
    words = ["curl", "-i"]
    if request.method != "POST":
        words += ["-X", request.method]
    if transmission.wire.hang_up is not None:
        words += ["--max-time", "0.05"]
    words.append(shlex.quote(request.url.shown()))
    words += [f"-H {header}" for header in _headers(exchange, key_header)]
    if not request.body and request.method == "POST":
        words += ["-d", "''"]
    elif request.body and _is_readable(request.body):
        words += ["--data-binary", shlex.quote(request.body.decode())]
    elif request.body:
        words += ["--data-binary", "@-"]
        return _at_once(f"{_python(request.body)} | {' '.join(words)}", exchange.at_once)
    return _at_once(" ".join(words), exchange.at_once)


def _headers(exchange: Exchange, key_header: str | None) -> Iterator[str]:
    names = {name.lower() for name, _ in exchange.request.headers}
    for name, value in exchange.request.headers:
        if name.lower() not in _SENT_BY_CURL:
            yield _header(name, value, key_header, exchange)
    if "content-type" not in names and "content-length" in names:
        yield "Content-Type:"  # or else curl says that it sends a form


def _header(name: str, value: str, key_header: str | None, exchange: Exchange) -> str:
    credential = exchange.transmission.credential
    if name != key_header or name == HEADER or credential is None or credential.shell is None:
        return shlex.quote(f"{name}: {value}")
    if not credential.shell:
        return shlex.quote(f"{name};")  # curl's way to send an empty header
    if "$" not in credential.shell:
        return shlex.quote(f"{name}: {credential.shell}")
    return f'"{name}: {credential.shell}"'


def _is_readable(body: bytes) -> bool:
    if body.startswith(b"@"):
        return False  # curl would send the file of that name
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return len(body) <= _LONG and _READABLE.fullmatch(text) is not None


def _python(body: bytes) -> str:
    """A command that prints `body` exactly; long runs of one byte are written as a product."""
    parts, end = [], 0
    for run in _RUN.finditer(body):
        if run.start() > end:
            parts.append(repr(body[end : run.start()]))
        parts.append(f"{run.group(1)!r}*{len(run.group())}")
        end = run.end()
    if end < len(body):
        parts.append(repr(body[end:]))
    code = f"import sys; sys.stdout.buffer.write({'+'.join(parts)})"
    return f"python3 -c {shlex.quote(code)}"


def _at_once(line: str, copies: int) -> str:
    return line if copies == 1 else f"for i in $(seq {copies}); do {line} & done; wait"
