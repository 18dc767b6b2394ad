"""The schemas of Alohaa's webhooks: the documents' samples keep them, corruptions of a single field break them."""

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

SPECIFICATION: Final = Specification.load()
FOLDER: Final = bundle.path("schemas") / "alohaa"
SAMPLES: Final = Path(__file__).parent / "data" / "alohaa"

Payload = dict[str, Any]


def webhook_of(name: str) -> Webhook:
    return SPECIFICATION.webhook(f"alohaa.{name}")


def printed(name: str) -> Payload:
    """A payload as the documents print it, made JSON where it is none (see docs/alohaa.md)."""
    payload: Payload = orjson.loads((SAMPLES / f"{name}.sample.json").read_bytes())
    return payload


SAMPLE_OF: Final[Mapping[str, tuple[Webhook, Payload]]] = {
    "outgoing-call": (webhook_of("outgoing-call"), printed("outgoing-call")),
    "dial-on-agent": (webhook_of("incoming-call"), printed("dial-on-agent")),
    # Of this event the documents print the fields alone, so the specification's example stands for it.
    "call-completion": (webhook_of("incoming-call"), dict(webhook_of("incoming-call").examples["answered"])),
    "campaign": (webhook_of("campaign"), printed("campaign")),
}
FAST: Final = {name: jsonschema_rs.validator_for(dict(one.schema)) for name, (one, _) in SAMPLE_OF.items()}
SECOND: Final = {name: jsonschema.Draft202012Validator(one.schema) for name, (one, _) in SAMPLE_OF.items()}

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
    assert is_valid(name, SAMPLE_OF[name][1])


def test_the_example_of_a_campaigns_call_is_the_documents_sample() -> None:
    assert webhook_of("campaign").examples["answered"] == printed("campaign")


@each_sample
def test_the_examples_of_a_field_are_valid_for_it(name: str) -> None:
    for field, schema in SAMPLE_OF[name][0].schema["properties"].items():
        for keyword in ("examples", "x-unusual", "x-open"):
            wrong = [one for one in schema.get(keyword, ()) if not jsonschema_rs.is_valid(schema, one)]
            assert wrong == [], field


@each_sample
def test_an_added_field_is_allowed(name: str) -> None:
    assert is_valid(name, {**SAMPLE_OF[name][1], "addedLater": {"a": [1]}})


@pytest.mark.parametrize("name", ["ended_at", "call_status", "call_duration"])
def test_a_call_that_is_being_dialled_does_not_know_its_end(name: str) -> None:
    completed = SAMPLE_OF["call-completion"][1]
    assert not is_valid("dial-on-agent", SAMPLE_OF["dial-on-agent"][1] | {name: completed[name]})


@pytest.mark.parametrize("name", ["ended_at", "call_status", "call_duration"])
def test_a_completed_call_without_its_kind_knows_all_of_its_end(name: str) -> None:
    payload = {**SAMPLE_OF["call-completion"][1]}
    del payload["webhook_type"], payload[name]
    assert not is_valid("call-completion", payload)


def test_what_is_wrong_with_an_early_end_is_said_of_the_field() -> None:
    ended_at = SAMPLE_OF["call-completion"][1]["ended_at"]
    problems = Validator(webhook_of("incoming-call")).problems(printed("dial-on-agent") | {"ended_at": ended_at})
    assert [one.pointer for one in problems] == ["/ended_at", "/call_status", "/call_duration"]
    assert problems[0].message.startswith("an agent is being dialled, so `ended_at` must not be there")


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
FREE: Final = {"agent_name"}
"""Fields of free text: other letters in them are another text, no corruption. Types and line feeds still are."""
NUMBER: Final[Mapping[str, Callable[[int], object]]] = {
    "text": str,
    "a clock time": lambda seconds: f"00:00:{seconds:02}",
    "negative": lambda seconds: -seconds,
    "a fraction": lambda seconds: seconds + 0.5,
    "as the milliseconds of today": lambda seconds: 1_700_000_000_000 + seconds,
    "empty": lambda seconds: "",
}
ANY: Final[Mapping[str, object]] = {
    "missing": MISSING, "null": None, "true": True, "a fraction of one": 0.5, "an array": [], "an object": {},
}  # fmt: skip


def corruptions(field: str, value: object) -> Iterator[tuple[str, object]]:
    """Other values in place of `value`, each with a name."""
    yield from ANY.items()
    if isinstance(value, str):
        for name, change in TEXT.items():
            if change(value) != value and (field not in FREE or name in {"a number", "with a line feed"}):
                yield name, change(value)
    elif isinstance(value, int):
        yield from ((name, change(value)) for name, change in NUMBER.items())


def corrupted(name: str) -> Iterator[tuple[str, Payload]]:
    """The sample called `name` with a single field corrupted, for every field and corruption."""
    sample = SAMPLE_OF[name][1]
    for field, value in sample.items():
        for what, other in corruptions(field, value):
            payload = sample | {field: other}
            if other is MISSING:
                del payload[field]
            yield f"{field}: {what}", payload


_NOTHING: Final = "empty is how nothing is written: no recording, no key, a hidden caller, no agent reached"
_URL: Final = "still the URL of a file"
_OLDER: Final = "an older version of the page has no such field"
_NO_KEYS: Final = "the page does not say that the keys are told of when none was pressed"
SURVIVORS: Final[Mapping[str, Mapping[str, str]]] = {
    "outgoing-call": {
        "call_recording_url: empty": _NOTHING,
        "call_recording_url: without its last character": _URL,
        "call_recording_url: twice": _URL,
    },
    "dial-on-agent": {
        "caller_number: empty": _NOTHING,
        "webhook_type: missing": _OLDER,
    },
    "call-completion": {
        "caller_number: empty": _NOTHING,
        "receiver_number: empty": _NOTHING,
        "webhook_type: missing": _OLDER,
        "call_recording_url: empty": _NOTHING,
        "call_recording_url: without its last character": _URL,
        "call_recording_url: twice": _URL,
        "dtmfcodes: empty": _NOTHING,
        "dtmfcodes: missing": _NO_KEYS,
        "dtmfcode: empty": _NOTHING,
        "dtmfcode: without its first character": _NOTHING,
        "dtmfcode: without its last character": _NOTHING,
        "dtmfcode: missing": _NO_KEYS,
    },
    "campaign": {
        "dtmf_key: empty": _NOTHING,
        "dtmf_key: without its first character": _NOTHING,
        "dtmf_key: without its last character": _NOTHING,
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


def test_97_of_100_corruptions_of_all_samples_are_refused() -> None:
    verdicts = [is_valid(name, payload) for name in SAMPLE_OF for _, payload in corrupted(name)]
    assert round(100 * verdicts.count(False) / len(verdicts)) == 97


def test_a_wrong_message_is_told_of_by_the_webhook_whose_fields_it_has() -> None:
    webhooks = [webhook_of(name) for name in ("campaign", "outgoing-call", "incoming-call")]
    name, problems = Validator(*webhooks).judged(printed("dial-on-agent") | {"did_number": "806973XXXX"})
    assert (name, [one.pointer for one in problems]) == ("alohaa.incoming-call", ["/did_number"])
