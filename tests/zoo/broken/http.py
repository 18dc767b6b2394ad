"""Endpoints with bad manners in HTTP."""

from __future__ import annotations

import ssl
import traceback
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import trustme

from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No, Receiver
from tests.zoo.server import AUTHORITY, TlsServer, certified
from tests.zoo.wire import Answer, Request


@breaks("http.method")
class GetIsHealthy(Receiver):
    """A page for monitors under the same URL."""

    def check_method(self, request: Request) -> None:
        if request.method == "GET":
            raise No(200, "up and running")
        super().check_method(request)


@breaks("http.method")
class OpenToReaders(Receiver):
    """Shows its calls to whoever asks without a key."""

    def check_method(self, request: Request) -> None:
        if request.method == "GET" and "authorization" not in request.headers:
            raise No(200, "all calls")
        super().check_method(request)


@breaks("http.method")
class AnyMethod(Receiver):
    """Routes every method to the same function."""

    def check_method(self, request: Request) -> None:
        """Nothing is demanded."""

    def receive(self, request: Request) -> Answer:
        if request.method in {"GET", "DELETE"}:
            return Answer(200, b"[]")
        return super().receive(request)


@breaks("http.method")
class PatchIsPostAsWell(Receiver):
    """One route for POST and PATCH."""

    def check_method(self, request: Request) -> None:
        if request.method != "PATCH":
            super().check_method(request)


@breaks("http.method")
class DeleteDoesNothing(Receiver):
    """204 for DELETE."""

    def check_method(self, request: Request) -> None:
        if request.method == "DELETE":
            raise No(204, "")
        super().check_method(request)


def shown(body: str, kind: str = "text/html") -> No:
    no = No(400, "")
    no.answer = Answer(400, body.encode(), (("Content-Type", kind),))
    return no


@breaks("http.no-leak")
class ShowsTheTraceback(Receiver):
    """A Python traceback in a 400."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No:
            raise shown(traceback.format_exc(), "text/plain") from None


@breaks("http.no-leak")
class ShowsWhatExpressShows(Receiver):
    """The page of Express outside production."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No:
            raise shown(
                "<!DOCTYPE html><pre>SyntaxError: Unexpected token &#39;}&#39;<br> &nbsp; &nbsp;at JSON.parse"
                " (&lt;anonymous&gt;)<br> &nbsp; &nbsp;at parse (/srv/app/node_modules/body-parser/lib/types/json.js:"
                "92:19)</pre>"
            ) from None


@breaks("http.no-leak")
class StackInJson(Receiver):
    """A JavaScript stack as a JSON string."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No:
            stack = r'{"error":"x","stack":"TypeError: x is null\n    at call (/srv/app/server.js:10:5)\n    at next"}'
            raise shown(stack, "application/json") from None


@breaks("http.no-leak")
class ShowsWhatPhpShows(Receiver):
    """PHP with display_errors."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No:
            raise shown(
                "<br />\n<b>Fatal error</b>:  Uncaught TypeError: strtotime(): Argument #1 must be of type string in "
                "/var/www/html/hook.php:12\nStack trace:\n#0 /var/www/html/hook.php(12): strtotime()\n#1 {main}\n  "
                "thrown in <b>/var/www/html/hook.php</b> on line <b>12</b><br />"
            ) from None


@breaks("http.no-leak")
class ShowsWhatDotNetShows(Receiver):
    """ASP.NET's developer page."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No:
            raise shown(
                "System.NullReferenceException: Object reference not set to an instance of an object.\r\n"
                "   at Crm.Hooks.Receive(Call call) in C:\\src\\Crm\\Hooks.cs:line 42\r\n"
                "   at lambda_method1(Closure , Object )\r\n", "text/plain"
            ) from None  # fmt: skip


@breaks("http.no-leak")
class ShowsWhatSpringShows(Receiver):
    """Spring's error attributes with the trace."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No:
            raise shown(
                r'{"status":400,"trace":"java.lang.NullPointerException\r\n\tat com.example.Hook.receive(Hook.java:31)'
                r'\r\n\tat java.base\/java.lang.reflect.Method.invoke(Method.java:580)"}',
                "application/json",
            ) from None


@breaks("http.no-leak")
class EchoesTheKey(Receiver):
    """Repeats the request's headers in its answer."""

    def receive(self, request: Request) -> Answer:
        answer = super().receive(request)
        return replace(answer, body=repr(dict(request.headers)).encode())


@breaks("http.no-leak")
class KeyInAHeader(Receiver):
    """Sends the key back in a header."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(200, headers=(("X-Key", self.key or ""),))


@breaks("http.small-answer")
class WholeHistory(Receiver):
    """Answers with all calls there were."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(200, b"[" + b'{"call": 1},' * 9000 + b"{}]")


@breaks("http.small-answer")
class LongErrors(Receiver):
    """An error page of 100 KiB."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No:
            raise shown("<html>" + "<p>oh no</p>" * 9000) from None


@breaks("http.tls")
class UnknownAuthority(TlsServer):
    """A certificate of an authority nobody trusts."""

    def context(self) -> ssl.SSLContext:
        return certified(trustme.CA().issue_cert("127.0.0.1"))


@breaks("http.tls")
class OldProtocol(TlsServer):
    """TLS 1.1 at most."""

    def context(self) -> ssl.SSLContext:
        context = certified(AUTHORITY.issue_cert("127.0.0.1"))
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context


@breaks("http.tls")
class Expired(TlsServer):
    """A certificate that ended yesterday."""

    def context(self) -> ssl.SSLContext:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        return certified(AUTHORITY.issue_cert("127.0.0.1", not_after=yesterday))


@breaks("http.tls")
class AnotherName(TlsServer):
    """A certificate for another host."""

    def context(self) -> ssl.SSLContext:
        return certified(AUTHORITY.issue_cert("crm.example"))
