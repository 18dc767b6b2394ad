from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from mock_alohub.credential import another
from mock_alohub.endpoint import Endpoint, Key, parse_url
from mock_alohub.masking import masked, secrets_of

KEY = 'Se"cret/Key 12'
SECRETS = secrets_of(Endpoint(parse_url("http://127.0.0.1"), Key(KEY)))
SPELLINGS = {
    "plain": KEY,
    "in JSON": json.dumps(KEY)[1:-1],
    "in a URL": quote(KEY, safe=""),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "turned": another(KEY).value or "",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_the_key_is_masked_however_it_is_spelled(spelling: str) -> None:
    assert masked(f"<{spelling}>", SECRETS) == "<****>"


def test_a_record_is_masked_all_through() -> None:
    assert masked({"a": [KEY, 1, (KEY,)], "b": None}, SECRETS) == {"a": ["****", 1, ["****"]], "b": None}


def test_without_a_key_nothing_is_masked() -> None:
    assert secrets_of(Endpoint(parse_url("http://127.0.0.1"))) == []


def test_a_very_short_key_does_not_mask_half_of_the_answer() -> None:
    assert masked("an answer", secrets_of(Endpoint(parse_url("http://127.0.0.1"), Key("an")))) == "an answer"
