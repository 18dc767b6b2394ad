"""Where an endpoint repeats the key, in whatever spelling, it is masked before anybody sees it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from mock_alohub.credential import telling
from mock_alohub.endpoint import Endpoint

_TELLING: Final = 4
"""A text shorter than this is in every answer by chance, and gives nothing away."""


def secrets_of(endpoint: Endpoint) -> list[str]:
    """The ways in which the key may stand in an answer or a sentence, the longest first."""
    if endpoint.key is None:
        return []
    forms = {form for text in telling(endpoint.key.reveal()) for form in _written(text)}
    return sorted((form for form in forms if len(form) >= _TELLING), key=len, reverse=True)


def _written(text: str) -> set[str]:
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return {text, json.dumps(text)[1:-1], quote(text, safe=""), encoded, encoded.rstrip("=")}


def masked(value: Any, secrets: Sequence[str]) -> Any:
    """`value`, a text or a record of texts, with every one of `secrets` in it masked."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "****")
        return value
    if isinstance(value, Mapping):
        return {name: masked(item, secrets) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, secrets) for item in value]
    return value
