"""The careful partner behind servers that others wrote: wsgiref and werkzeug (WSGI), uvicorn (ASGI)."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any
from unittest.mock import patch
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, make_server

import uvicorn
from werkzeug import serving

from tests.zoo.receiver import Receiver
from tests.zoo.wire import Answer, Request


class Listening:
    """An endpoint of a framework, at `origin`."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"


def wsgi(receiver: Receiver) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {"content-type": environ.get("CONTENT_TYPE", "")}
        if "HTTP_AUTHORIZATION" in environ:
            headers["authorization"] = environ["HTTP_AUTHORIZATION"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = receiver.answer(Request(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers, body))
        length = ("Content-Length", str(len(answer.body)))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", [*answer.headers, length])
        return [answer.body]

    return app


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base
        """A sender that hangs up is not worth a line."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()


@contextlib.contextmanager
def wsgiref_server() -> Iterator[Listening]:
    """HTTP/1.0, one request at a time, by Python's own reference server."""
    with (
        patch.object(ServerHandler, "log_exception"),
        make_server("127.0.0.1", 0, wsgi(Receiver()), handler_class=_Quiet) as server,
        _serving(server),
    ):
        yield Listening(server.server_port)


class _QuietWerkzeug(serving.WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the name in the base
        """A sender that hangs up is not worth a line."""


@contextlib.contextmanager
def werkzeug_server() -> Iterator[Listening]:
    """HTTP/1.1 with threads, by Flask's development server."""
    app = wsgi(Receiver())
    server = serving.make_server("127.0.0.1", 0, app, threaded=True, request_handler=_QuietWerkzeug)
    with contextlib.closing(server.socket), _serving(server):
        yield Listening(server.port)


@contextlib.contextmanager
def _serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(timeout=10)


def asgi(receiver: Receiver) -> Callable[..., Any]:
    async def app(scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        body, more = b"", True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            body, more = body + event.get("body", b""), event.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer: Answer = receiver.answer(Request(scope["method"], scope["path"], headers, body))
        pairs = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})

    return app


def uvicorn_server(http: str) -> Callable[[], contextlib.AbstractContextManager[Listening]]:
    """HTTP/1.1 with one event loop, by uvicorn; `http` is the parser: h11 or httptools."""

    @contextlib.contextmanager
    def start() -> Iterator[Listening]:
        config = uvicorn.Config(asgi(Receiver()), http=http, ws="none", lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
            thread.start()
            try:
                yield Listening(listener.getsockname()[1])
            finally:
                server.should_exit = True
                thread.join(timeout=10)

    return start
