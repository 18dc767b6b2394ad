"""Where an endpoint repeats the key, in whatever spelling, it is masked before anybody sees it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

from mock_alohub.messages.credential import telling

if TYPE_CHECKING:
    from mock_alohub.messages.endpoint import Endpoint

Secrets = re.Pattern[str]
"""What is masked, in capitals and small letters alike."""

_MASK: Final = "****"
_TELLING: Final = 4
"""A text shorter than this is in every answer by chance, and gives nothing away."""
_TELLING_START: Final = 8
"""A key that was cut gives itself away from this many characters on."""
_NOTHING: Final = re.compile(r"(?!)")


@lru_cache(maxsize=8)
def secrets_of(endpoint: Endpoint) -> Secrets:
    """The ways in which the key, or what is made of it here, may stand in an answer or a sentence."""
    longest_first = sorted(_forms(endpoint), key=lambda form: (-len(form), form))
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if longest_first else _NOTHING


@lru_cache(maxsize=8)
def suspects_of(endpoint: Endpoint) -> tuple[str, ...]:
    """A few short texts, in small letters: where none of them is, `secrets_of` finds nothing, and need not look."""
    return tuple(sorted({form[:_TELLING] for form in _forms(endpoint)}))


def _forms(endpoint: Endpoint) -> set[str]:
    if endpoint.key is None:
        return set()
    texts = {*telling(endpoint.key.reveal()), *_starts(endpoint.key.reveal())}
    return {form.lower() for text in texts for form in _written(text) if len(form) >= _TELLING}


def masked(value: Any, secrets: Secrets) -> Any:
    """`value`, a text or a record of texts, with every one of `secrets` in it masked."""
    if isinstance(value, str):
        return secrets.sub(_MASK, value)
    if isinstance(value, Mapping):
        return {name: masked(item, secrets) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, secrets) for item in value]
    return value


def _starts(key: str) -> Iterator[str]:
    return (key[:length] for length in range(_TELLING_START, len(key)))


def _written(text: str) -> Iterator[str]:
    """`text` as JSON, URLs, HTML and base64 write it, by programs that read headers as latin-1 or as UTF-8."""
    for encoding in ("latin-1", "utf-8"):
        encoded = text.encode(encoding)
        yield quote(encoded, safe="")
        yield quote(encoded)
        yield quote_plus(encoded)
        for alphabet in (b"+/", b"-_"):
            yield base64.b64encode(encoded, alphabet).decode().rstrip("=")
        for read in (encoded.decode("utf-8", "backslashreplace"), encoded.decode("latin-1")):
            yield read
            yield html.escape(read)
            yield html.escape(read).replace("&#x27;", "&#39;")
            for escaped in (json.dumps(read)[1:-1], json.dumps(read, ensure_ascii=False)[1:-1]):
                yield escaped
                yield escaped.replace("/", "\\/")  # as PHP writes it
