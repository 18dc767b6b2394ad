"""Where messages go: a URL and the key agreed with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from mock_alohub.errors import BadOption, BadURL

_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_SECRET_PARAMETER = re.compile(r"(?i)([?&][^=&#]*(?:key|token|secret|sig|password|auth|code)[^=&#]*=)[^&#]+")


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """The authorization key of an endpoint. Its value is read with `reveal` only; printed, it is masked."""

    value: str

    def __post_init__(self) -> None:
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", self.value):
            raise BadOption("the key holds a control character or a line break, which no HTTP header can carry")
        try:
            self.value.encode("latin-1")
        except UnicodeEncodeError:
            raise BadOption("the key holds characters that no HTTP header can carry (outside latin-1)") from None

    def reveal(self) -> str:
        """The key itself."""
        return self.value

    def __repr__(self) -> str:
        return "Key(masked)"


@dataclass(frozen=True, slots=True)
class URL:
    """A parsed http(s) URL. `host` is without brackets and in ASCII form; `target` is path and query as sent."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a connection can be shared by: scheme, host, port."""
        return (self.scheme, self.host, self.port)

    @property
    def is_private(self) -> bool:
        """Whether the host is loopback or a private address by its spelling (no look-up is made)."""
        if self.host == "localhost" or self.host.endswith((".localhost", ".local", ".internal")):
            return True
        try:
            address = ip_address(self.host)
        except ValueError:
            return False
        return address.is_private or address.is_loopback

    def joined(self, query: str) -> URL:
        """The URL with `query` (encoded) added to its own."""
        return URL(self.scheme, self.host, self.port, f"{self.target}{'&' if '?' in self.target else '?'}{query}")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def shown(self) -> str:
        """The URL for people and reports: values of query parameters that look secret are masked."""
        return _SECRET_PARAMETER.sub(r"\1****", str(self))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A partner's endpoint: its URL and, when one was agreed, the key it expects in the key header."""

    url: URL
    key: Key | None = None


def parse_url(text: str) -> URL:
    """The URL `text`, checked. Raises `BadURL` with what to do: no scheme, credentials, a bad port."""
    if _UNSAFE.search(text.strip()):
        raise BadURL("the URL holds a space or a control character", hint="write it percent-encoded, a space as %20")
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise BadURL(f"`{text}` is not a URL: {error}") from None
    scheme = parts.scheme.lower()
    if "://" not in text or not scheme:
        raise BadURL(f"`{text}` has no scheme", hint=f"did you mean http://{text.lstrip('/')} ?")
    if scheme not in _DEFAULT_PORTS:
        raise BadURL(f"`{scheme}` URLs cannot receive webhooks; allowed: `http`, `https`")
    if parts.username is not None or parts.password is not None:
        raise BadURL("the URL holds credentials (user:password@)", hint="remove them; the key goes into --key")
    if not parts.hostname:
        raise BadURL(f"`{text}` has no host")
    if port == 0:
        raise BadURL(f"`{text}` has port 0", hint="name the port the endpoint listens on")
    try:
        host = parts.hostname.encode("idna" if not parts.hostname.isascii() else "ascii").decode("ascii")
    except UnicodeError:
        raise BadURL(f"`{parts.hostname}` is not a host name") from None
    return URL(scheme, host, port or _DEFAULT_PORTS[scheme], _target(parts.path, parts.query))


def _target(path: str, query: str) -> str:
    try:
        encoded = quote(path or "/", safe="/%:@!$&'()*+,;=~-._")
        return f"{encoded}?{quote(query, safe='/%:@!$&()*+,;=~-._?')}" if query else encoded
    except UnicodeEncodeError:  # a shell hands over bytes that are not UTF-8 as lone surrogates
        raise BadURL("the URL holds bytes that are not UTF-8", hint="write them percent-encoded") from None
