"""Why a try came to nothing: the cause, and the plain words for it."""

from __future__ import annotations

import errno
import ssl

from mock_alohub.messages.attempt import Cause

_NO_ROUTE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})
_NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})
_NO_PORT = frozenset({errno.EADDRNOTAVAIL, errno.EADDRINUSE})
_NO_MEMORY = frozenset({errno.ENOBUFS, errno.ENOMEM})

# X509_V_ERR_* numbers of OpenSSL's x509_vfy.h; the ssl module names none of them.
_UNKNOWN_ISSUER = "its certificate's issuer is not trusted here, or an intermediate certificate is missing"
_CERTIFICATE_WORDS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate chain ends in a self-signed certificate that is not trusted here",
    20: _UNKNOWN_ISSUER,
    21: _UNKNOWN_ISSUER,
    23: "its certificate was revoked",
}
_NAME_MISMATCH = frozenset({62, 64})

# Fragments of OpenSSL's reason names; the first that matches tells most.
_HANDSHAKE_WORDS = (
    ("PROTOCOL_VERSION", "it offers no TLS version from 1.2 on"),
    ("UNSUPPORTED_PROTOCOL", "it offers no TLS version from 1.2 on"),
    ("WRONG_VERSION_NUMBER", "what answers does not speak TLS (plain HTTP, perhaps)"),
    ("HTTP_REQUEST", "what answers does not speak TLS (plain HTTP, perhaps)"),
    ("RECORD_LAYER_FAILURE", "what answers does not speak TLS (plain HTTP, perhaps)"),
    ("UNRECOGNIZED_NAME", "it does not know the host name"),
    ("NO_APPLICATION_PROTOCOL", "it does not offer HTTP/1.1"),
    ("HANDSHAKE_FAILURE", "it shares no cipher suite or signature with this client, or wants a client certificate"),
    ("EOF", "it closed the connection during the TLS handshake"),
)


class Failure(Exception):
    """What ended a try: its `cause` and, in plain words, its `detail`. It stays inside the transport."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


class OwnFailure(Failure):
    """A failure of this machine, not of the endpoint: it had nothing left to connect with. `lacks` says what."""

    def __init__(self, lacks: str, detail: str) -> None:
        super().__init__(Cause.REFUSED, detail)
        self.lacks = lacks


def connect_failure(error: OSError, where: str) -> Failure:
    """The failure of a TCP connection to `where` that the operating system refused with `error`."""
    if isinstance(error, ConnectionRefusedError):
        return Failure(Cause.REFUSED, f"connection refused: no one listens at {where}")
    if isinstance(error, TimeoutError):
        return Failure(Cause.CONNECT_TIMEOUT, f"no answer from {where} to the connection request")
    if error.errno in _NO_ROUTE:
        return Failure(Cause.REFUSED, f"there is no route to {where}")
    if error.errno in _NO_DESCRIPTOR:
        why = "this machine allows no more open files (ulimit -n)"
        return OwnFailure("no-open-files", f"no connection to {where}: {why}")
    if error.errno in _NO_PORT:
        # Without a network of its kind (IPv6 in many containers) it is the address that is lacking.
        why = "this machine has no free port, or no address, to connect from"
        return OwnFailure("no-free-port", f"no connection to {where}: {why}")
    if error.errno in _NO_MEMORY:
        return OwnFailure("no-memory", f"no connection to {where}: this machine has no memory left for it")
    return Failure(Cause.REFUSED, f"no connection to {where}: {error.strerror or error}")


def handshake_failure(error: OSError, host: str) -> Failure:
    """The failure of a TLS handshake with `host`, from what the ssl module or the socket raised."""
    return Failure(Cause.TLS, f"TLS with {host} failed: {_handshake_words(error, host)}")


def _handshake_words(error: OSError, host: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _NAME_MISMATCH:
            return f"its certificate was issued for another name than {host}"
        return _CERTIFICATE_WORDS.get(error.verify_code, f"its certificate is not accepted ({error.verify_message})")
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return next((words for mark, words in _HANDSHAKE_WORDS if mark in reason.upper()), reason)
    return "it closed the connection during the TLS handshake"


def lost_failure(error: Exception, received: int) -> Failure:
    """The failure of a connection that ended with `error` before the answer was complete.

    `received` is the number of bytes of the answer that had come.
    """
    if isinstance(error, ssl.SSLError):
        how = f"ended the connection with a TLS alert ({error.reason or error})"
    else:
        how = "reset the connection"
    when = "without an answer" if not received else f"before the answer was complete, after {received} bytes of it"
    return Failure(Cause.RESET, f"the endpoint {how} {when}")
