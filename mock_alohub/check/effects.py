"""How to learn what an endpoint did with a call: a URL of the partner's own and a pointer to a count in its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from mock_alohub.errors import BadOption
from mock_alohub.messages.endpoint import URL, parse_url
from mock_alohub.messages.transmission import USER_AGENT, Request

if TYPE_CHECKING:
    from mock_alohub.messages.attempt import Attempt, Headers

_PLACEHOLDER = "{call_id}"


class Unknown(Exception):
    """The effects of a call could not be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Where the number of times a call was processed can be read.

    `template` is a URL in which `{call_id}` stands for the call; `pointer` is a JSON pointer to a number, or to an
    array whose length counts. A 404 counts as zero.
    """

    template: str
    pointer: str
    headers: Headers = ()

    def request(self, call_id: str) -> Request:
        """The request that asks about `call_id`."""
        url = self.url(call_id)
        headers = (("Host", url.authority), ("User-Agent", USER_AGENT), ("Accept", "application/json"), *self.headers)
        return Request("GET", url, headers, b"")

    def url(self, call_id: str) -> URL:
        """The address that tells about `call_id`."""
        return parse_url(self.template.replace(_PLACEHOLDER, quote(call_id, safe="")))

    def count(self, attempt: Attempt) -> int:
        """The count in the answer. Raises `Unknown` when there is none."""
        if attempt.reply is None:
            raise Unknown(f"the effects URL gave no answer: {attempt.detail or attempt.cause}")
        if attempt.reply.status == 404:
            return 0
        if attempt.reply.status != 200:
            raise Unknown(f"the effects URL answered {attempt.reply.status}, wanted 200 (or 404 for an unknown call)")
        try:
            value = _at(orjson.loads(attempt.reply.body), self.pointer)
        except orjson.JSONDecodeError:
            raise Unknown("the effects URL answered 200 with a body that is not JSON") from None
        except LookupError:
            raise Unknown(f"the effects URL's answer has nothing at {self._place}") from None
        if isinstance(value, bool) or not isinstance(value, int | list):
            raise Unknown(f"the effects URL's answer has neither a whole number nor an array at {self._place}")
        return value if isinstance(value, int) else len(value)

    @property
    def _place(self) -> str:
        return self.pointer or "its root"


def parse_effects(text: str, headers: Headers = ()) -> Effects:
    """Read `URL_TEMPLATE#/json/pointer`. Raises `BadOption` or `BadURL`."""
    template, hash_, pointer = text.partition("#")
    if hash_ and pointer and not pointer.startswith("/"):
        raise BadOption(f"`#{pointer}` is not a JSON pointer", hint="write it as #/count or #/data/0/events")
    if _PLACEHOLDER not in template:
        raise BadOption(
            "--effects names no {call_id}, so one call's effects cannot be told from another's",
            hint="for example --effects 'http://127.0.0.1:8000/calls/{call_id}#/count'",
        )
    effects = Effects(template, pointer, headers)
    effects.url("20240113150030123456")
    return effects


def _at(document: object, pointer: str) -> object:
    """What RFC 6901's `pointer` points at. Raises `LookupError`."""
    value = document
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value[name]
        elif isinstance(value, Sequence) and not isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,9}", name):
            value = value[int(name)]
        else:
            raise LookupError(name)
    return value
