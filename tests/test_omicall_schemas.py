"""The schemas of OMICall's webhooks: the documents' samples keep them, corruptions of a single field break them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema
import jsonschema_rs
import orjson
import pytest

from mock_alohub import bundle
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook

FOLDER: Final = bundle.path("schemas") / "omicall"
SAMPLES: Final = Path(__file__).parent / "data" / "omicall"

Payload = dict[str, Any]


def webhook_of(name: str) -> Webhook:
    return Specification.load().webhook(f"omicall.{name}")


def printed(name: str) -> Payload:
    """A payload as the documents print it, without the comments that make it no JSON (see docs/omicall.md)."""
    payload: Payload = orjson.loads((SAMPLES / f"{name}.sample.json").read_bytes())
    return payload


SAMPLE_OF: Final = {name: printed(name) for name in ("live", "cdr")}
FAST: Final = {name: jsonschema_rs.validator_for(dict(webhook_of(name).schema)) for name in SAMPLE_OF}
SECOND: Final = {name: jsonschema.Draft202012Validator(webhook_of(name).schema) for name in SAMPLE_OF}

each_sample = pytest.mark.parametrize("name", SAMPLE_OF)


def is_valid(name: str, payload: object) -> bool:
    """What our validator says; the independent one must say the same."""
    verdicts = (FAST[name].is_valid(payload), SECOND[name].is_valid(payload))
    assert len(set(verdicts)) == 1
    return verdicts[0]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_every_file_is_a_schema_of_2020_12(path: Path) -> None:
    schema = orjson.loads(path.read_bytes())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


@each_sample
def test_the_documents_own_sample_is_valid(name: str) -> None:
    assert is_valid(name, SAMPLE_OF[name])


@each_sample
def test_every_field_of_the_sample_is_required_and_no_other(name: str) -> None:
    assert set(webhook_of(name).schema["required"]) == set(SAMPLE_OF[name])


@each_sample
@pytest.mark.parametrize("keyword", ["examples", "x-unusual", "x-open", "x-later"])
def test_the_values_that_a_field_lists_are_valid_for_it(name: str, keyword: str) -> None:
    for field, schema in webhook_of(name).schema["properties"].items():
        assert [one for one in schema.get(keyword, ()) if not jsonschema_rs.is_valid(schema, one)] == [], field


@each_sample
@pytest.mark.parametrize("keyword", ["x-unusual", "x-open", "x-later"])
def test_a_sample_with_one_of_these_values_is_valid(name: str, keyword: str) -> None:
    for field, schema in webhook_of(name).schema["properties"].items():
        for value in schema.get(keyword, ()):
            assert is_valid(name, SAMPLE_OF[name] | {field: value}), field


@each_sample
def test_an_added_field_is_allowed(name: str) -> None:
    assert is_valid(name, {**SAMPLE_OF[name], "addedLater": {"a": [1]}})


@each_sample
@pytest.mark.parametrize("direction", ["inbound", "outbound", "local"])
def test_there_are_three_directions(name: str, direction: str) -> None:
    assert is_valid(name, SAMPLE_OF[name] | {"direction": direction})


def test_seconds_that_were_not_answered_cannot_be_recorded() -> None:
    problems = Validator(webhook_of("cdr")).problems(SAMPLE_OF["cdr"] | {"answer_sec": 0})
    assert [one.pointer for one in problems] == ["/record_seconds"]


def test_milliseconds_are_no_seconds_and_seconds_no_milliseconds() -> None:
    cdr = SAMPLE_OF["cdr"]
    seconds = [name for name in cdr if name.startswith("time_")]
    milliseconds = [name for name in cdr if name.endswith("_date")]
    assert (len(seconds), len(milliseconds)) == (3, 2)
    assert not any(is_valid("cdr", cdr | {name: cdr[name] * 1000}) for name in seconds)
    assert not any(is_valid("cdr", cdr | {name: cdr[name] // 1000}) for name in milliseconds)


# Corruptions of a single field

MISSING: Final = object()


def in_arabic(text: str) -> str:
    r"""`text` with Arabic-Indic digits, which some engines take for `\d`."""
    return text.translate({ord("0") + digit: 0x660 + digit for digit in range(10)})


TEXT: Final[Mapping[str, Callable[[str], object]]] = {
    "a number": lambda text: 7,
    "empty": lambda text: "",
    "with a line feed": lambda text: f"{text}\n",
    "with a space before it": lambda text: f" {text}",
    "with a space behind it": lambda text: f"{text} ",
    "in the other case": str.swapcase,
    "without its first character": lambda text: text[1:],
    "without its last character": lambda text: text[:-1],
    "twice": lambda text: text * 2,
    "another word": lambda text: "something",
    "in Arabic digits": in_arabic,
    "with a plus": lambda text: f"+{text}",
}
FREE: Final = {"note", "ivr", "domain_fusion", "provider"}
"""Fields of free text: other letters in them are another text, no corruption. Types and line feeds still are."""
NUMBER: Final[Mapping[str, Callable[[Any], object]]] = {
    "text": str,
    "a clock time": lambda number: "00:00:05",
    "negative": lambda number: -number,
    "in thousandths": lambda number: number * 1_000_000 if number < 10**9 else number * 1000,
    "empty": lambda number: "",
}
WHOLE: Final[Mapping[str, Callable[[int], object]]] = {"a fraction": lambda number: number + 0.5}
ANY: Final[Mapping[str, object]] = {
    "missing": MISSING, "null": None, "true": True, "a fraction of one": 0.5, "an array": [], "an object": {},
    "an array of null": [None],
}  # fmt: skip


def corruptions(field: str, value: object) -> Iterator[tuple[str, object]]:
    """Other values in place of `value`, each with a name."""
    yield from ((name, other) for name, other in ANY.items() if other != value or type(other) is not type(value))
    if isinstance(value, bool):
        yield from (("as text", str(value).lower()), ("as a number", int(value)))
    elif isinstance(value, str):
        for name, change in TEXT.items():
            if change(value) != value and (field not in FREE or name in {"a number", "with a line feed"}):
                yield name, change(value)
    elif isinstance(value, int | float):
        yield from ((name, change(value)) for name, change in NUMBER.items())
        if isinstance(value, int):
            yield from ((name, change(value)) for name, change in WHOLE.items())
    elif isinstance(value, dict):
        yield "as an array", [value]
        yield from ((f"without {name}", {key: one for key, one in value.items() if key != name}) for name in value)
        yield from ((f"{name} a number", value | {name: 7}) for name in value)
    elif isinstance(value, list):
        yield "as text", "[]"
        yield "as an object", {"0": value}
        yield from ((f"of one that lacks {name}", [_without(value[0], name)]) for name in (value[0] if value else ()))


def _without(one: Payload, name: str) -> Payload:
    return {key: value for key, value in one.items() if key != name}


def corrupted(name: str) -> Iterator[tuple[str, Payload]]:
    """The sample called `name` with a single field corrupted, for every field and corruption."""
    sample = SAMPLE_OF[name]
    for field, value in sample.items():
        for what, other in corruptions(field, value):
            payload = sample | {field: other}
            if other is MISSING:
                del payload[field]
            yield f"{field}: {what}", payload


_NOBODY: Final = "no agent was reached"
_PLUS: Final = "84 with a plus before it is the same number"
_PRICE: Final = "any price that is not negative"
_SWITCH: Final = "the other value there is"
_URL: Final = "still the URL of a file"
_WORD: Final = "one word for who ended a call is published, so any of its form is accepted"
SURVIVORS: Final[Mapping[str, Mapping[str, str]]] = {
    "live": {"from_number: empty": _NOBODY},
    "cdr": {
        "call_out_price: a fraction of one": _PRICE,
        "call_out_price: in thousandths": _PRICE,
        "endby_name: without its last character": _WORD,
        "endby_name: twice": _WORD,
        "from_number: empty": _NOBODY,
        "hotline: with a plus": _PLUS,
        "is_auto_call: true": _SWITCH,
        "is_have_forward_out: true": _SWITCH,
        "recording_file_url: without its last character": _URL,
        "recording_file_url: twice": _URL,
        "sip_number: with a plus": _PLUS,
        "sip_user: empty": _NOBODY,
        "source_number: with a plus": _PLUS,
        "user: an array": _NOBODY,
    },
}
"""The corruptions that the schema accepts, each with the reason."""


@each_sample
def test_the_corruptions_that_are_accepted_are_those_explained(name: str) -> None:
    accepted = {what for what, payload in corrupted(name) if is_valid(name, payload)}
    assert accepted == set(SURVIVORS[name])


@each_sample
def test_at_least_95_of_100_corruptions_are_refused(name: str) -> None:
    verdicts = [is_valid(name, payload) for _, payload in corrupted(name)]
    score = verdicts.count(False) / len(verdicts)
    assert score >= 0.95, f"{score:.1%} of {len(verdicts)}"
