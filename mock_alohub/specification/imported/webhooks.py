"""The webhooks of anybody's OpenAPI 3.1 document, as far as they can be sent.

What a document does not say is assumed, and marked so: no rule that rests on it is more than a SHOULD. A webhook that
cannot be sent (a form, a file, a reference that leads nowhere) is left out with a note; the others are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from mock_alohub.errors import BadSpecification
from mock_alohub.specification.delivery_terms import check_delivery
from mock_alohub.specification.imported.merging import flat
from mock_alohub.specification.imported.notes import Notes
from mock_alohub.specification.imported.reading import read
from mock_alohub.specification.imported.samples import SAMPLES, samples
from mock_alohub.specification.imported.security import SIGNATURE_HEADER, SIGNED_HEADERS, KeyForm, Secured, secured
from mock_alohub.specification.imported.unfolding import Unfolding, size
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook

Json = Any

PROVIDER: Final = "described"
"""The provider of every webhook that is known from its document alone."""

DEADLINE: Final = "15s"
RETRIES: Final = ("5s", "5m", "30m")
_VERBS: Final = ("post", "put", "patch")
_LARGEST_EXAMPLE: Final = 20_000
_LONGEST_REASON: Final = 200
_JSON_TYPE: Final = re.compile(r"application/(?:[\w.!#$&^-]+\+)?json\b|\*/\*|application/\*", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN_HEADERS: Final = frozenset(
    {"host", "content-type", "content-length", "transfer-encoding", "connection", "user-agent", "accept"}
)
_ASSUMED: Final = {
    "deadline": "the document names no time limit; fifteen seconds are taken, which Standard Webhooks calls reasonable",
    "acknowledged-by": "the document does not say what happens after another answer than those it lists",
    "retries": "the document does not say when a message is sent again",
    "fires": "the document does not say at which moment of a call a message is sent",
}


@cache
def load(path: Path) -> Specification:
    """The webhooks of the document at `path`. Raises `BadSpecification` when none of them can be used."""
    document = read(path)
    if not isinstance(document, dict) or "openapi" not in document:
        raise BadSpecification(f"{path} is no OpenAPI document", hint="wanted: OpenAPI 3.1 with `webhooks:`")
    if not re.match(r"3\.[1-9]", str(document["openapi"])):
        version = str(document["openapi"])[:20] if isinstance(document["openapi"], str | float) else "something else"
        raise BadSpecification(f"{path} is OpenAPI {version}; `webhooks:` came with 3.1", hint="wanted: OpenAPI 3.1")
    items = document.get("webhooks")
    if not isinstance(items, dict) or not items:
        raise BadSpecification(f"{path} describes no webhooks", hint="wanted: OpenAPI 3.1 with `webhooks:`")
    reader = _Reader(path, document)
    webhooks: dict[str, Webhook] = {}
    for name, item in items.items():
        try:
            webhooks[name] = reader.webhook(name, item)
        except BadSpecification as error:
            reader.notes.leave_out(_printable(name), error.message)
    notes = reader.notes.sentences()
    if not webhooks:
        raise BadSpecification(f"{path}: {notes[0]}", hint="none of its webhooks can be used")
    return Specification({"openapi": document["openapi"]}, webhooks, notes)


class _Reader:
    def __init__(self, path: Path, document: Mapping[str, Json]) -> None:
        self._path, self._document = path, document
        self._unfolding = Unfolding(path, document)
        self._title = str(_member(document, "info").get("title") or path.name)
        self.notes = Notes()

    def webhook(self, name: str, item: Json) -> Webhook:
        """The webhook `name`. Raises `BadSpecification` when nothing can be sent of it."""
        if not name.isprintable() or not name.strip():
            raise BadSpecification("its name cannot be written on a line")
        path_item, file = self._unfolding.resolved(item, self._path)
        verb, operation = self._operation(path_item)
        content_type, media, media_file = self._media(operation, file)
        schema = flat(self._unfolding.schema(media.get("schema", True), media_file))
        key = self._secured(name, operation)
        signed, headers = self._headers(name, path_item, operation, file, key)
        if signed and key.form is not KeyForm.SIGNATURE:
            key = Secured(SIGNATURE_HEADER, KeyForm.SIGNATURE, key.scheme)
        delivery = _delivery(operation)
        check_delivery(delivery, f"{self._path}: webhook {name}")
        webhook = Webhook(
            name=name,
            provider=PROVIDER,
            title=_text(operation.get("summary")) or name,
            description=_text(operation.get("description")),
            method=verb.upper(),
            content_type=content_type,
            key_header=key.header,
            schema=schema,
            examples={},
            delivery=delivery,
            methods=(verb.upper(),),
            documents=self._documents(name, key, inherited="security" not in operation and not signed),
            headers=headers,
            key_form=key.form,
            drawn=True,
        )
        webhook.examples.update(self._sent(webhook, media, media_file))  # type: ignore[attr-defined]
        return webhook

    def _operation(self, item: Json) -> tuple[str, Mapping[str, Json]]:
        verb = next((verb for verb in _VERBS if isinstance(item, dict) and isinstance(item.get(verb), dict)), None)
        if verb is None:
            raise BadSpecification(f"it has no operation of {', '.join(_VERBS)}")
        return verb, item[verb]

    def _media(self, operation: Mapping[str, Json], file: Path) -> tuple[str, Mapping[str, Json], Path]:
        body, file = self._unfolding.resolved(operation.get("requestBody"), file)
        content = body.get("content") if isinstance(body, dict) else None
        if not isinstance(content, dict) or not content:
            raise BadSpecification("it has no request body")
        fitting = next((kind for kind in content if _JSON_TYPE.match(kind) and isinstance(content[kind], dict)), None)
        if fitting is None:
            raise BadSpecification(f"its body is {_printable(', '.join(content))[:80]}; only JSON is sent")
        return ("application/json" if "*" in fitting else fitting.strip()), content[fitting], file

    def _secured(self, name: str, operation: Mapping[str, Json]) -> Secured:
        wanted = operation.get("security", self._document.get("security", []))
        schemes = _member(_member(self._document, "components"), "securitySchemes")
        known = {one: self._unfolding.resolved(scheme, self._path)[0] for one, scheme in schemes.items()}
        found, passed = secured(wanted if isinstance(wanted, list) else [], known)
        if found.header is not None and not _TOKEN.fullmatch(found.header):
            raise BadSpecification("the name of its key header cannot stand in a request")
        if found.header is None:
            for why in passed:
                self.notes.tell(name, why)
        return found

    def _headers(
        self, webhook: str, item: Mapping[str, Json], operation: Mapping[str, Json], file: Path, key: Secured
    ) -> tuple[bool, tuple[tuple[str, str], ...]]:
        """Whether its headers are those of a signature, and the others that every message has, with a value.

        A signature that nobody here can make is left out: what the document shows is of another message.
        """
        headers: dict[str, tuple[str, str]] = {}
        signed = False
        listed = [*_list(item.get("parameters")), *_list(operation.get("parameters"))]
        for parameter, where in (self._unfolding.resolved(one, file) for one in listed):
            if not isinstance(parameter, dict) or parameter.get("in") != "header":
                continue
            name = _text(parameter.get("name"))
            low = name.lower()
            signed = signed or low == SIGNATURE_HEADER
            if not _TOKEN.fullmatch(name) or low in _OWN_HEADERS | SIGNED_HEADERS or low == (key.header or "").lower():
                continue
            if "signature" in low:
                self.notes.tell(webhook, f"{name} is a signature of a kind that is not known here, so it is not sent")
                continue
            value = self._value(parameter, where)
            if value is not None and (parameter.get("required") or "example" in parameter or "examples" in parameter):
                headers[low] = (name, value)
        return signed, tuple(headers.values())

    def _value(self, parameter: Mapping[str, Json], file: Path) -> str | None:
        schema = self._unfolding.schema(parameter.get("schema", True), file)
        for value in (*self._examples(parameter, file).values(), *_plain_values(schema), "text"):
            text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool | int) else ""
            if text and text.isascii() and text.isprintable():
                return text
        return None

    def _examples(self, holder: Mapping[str, Json], file: Path) -> dict[str, Json]:
        found = {"example": holder["example"]} if "example" in holder else {}
        several = holder.get("examples")
        for name, example in several.items() if isinstance(several, dict) else ():
            value, _ = self._unfolding.resolved(example, file)
            if isinstance(value, dict) and "value" in value:
                found[_printable(name)] = value["value"]
        return {name: value for name, value in found.items() if size(value, {}) <= _LARGEST_EXAMPLE}

    def _sent(
        self, webhook: Webhook, media: Mapping[str, Json], file: Path
    ) -> Iterator[tuple[str, Mapping[str, Json]]]:
        """Its messages: the document's examples that are as the schema wants them, else some made of the schema.

        Raises `BadSpecification` where there is none.
        """
        validator = Validator(webhook)
        examples = self._examples(media, file)
        of_schema = [webhook.schema["example"]] if "example" in webhook.schema else []
        of_schema += _list(webhook.schema.get("examples"))
        examples |= {f"example {number} of the schema": value for number, value in enumerate(of_schema, 1)}
        found = False
        for name, value in examples.items():
            if isinstance(value, dict) and validator.is_valid(value):
                found = True
                yield name, value
                continue
            why = validator.problems(value)[0].message[:_LONGEST_REASON]
            self.notes.tell(webhook.name, f"{name} is not as its schema wants it, so it is not sent ({why})")
        if not found:
            yield from _made(webhook, validator).items()

    def _documents(self, name: str, key: Secured, *, inherited: bool) -> dict[str, tuple[str, str]]:
        said = {"fields": (self._title, f"webhooks, {name}"), "headers": (self._title, f"webhooks, {name}")}
        if key.header is not None and not inherited:
            said["security"] = (self._title, f"securitySchemes, {key.scheme}" if key.scheme else f"webhooks, {name}")
        if key.form is KeyForm.SIGNATURE:
            said["signature"] = ("Standard Webhooks", "Signature scheme")
        return said


def _made(webhook: Webhook, validator: Validator) -> dict[str, Mapping[str, Json]]:
    """Messages made of the schema of `webhook`, each once. Raises `BadSpecification` where none is as it wants it."""
    made = list(samples(webhook.schema, SAMPLES))
    names = ["schema, filled in full", "schema, filled as little as can be"]
    names += [f"schema, filled in way {number}" for number in range(3, SAMPLES + 1)]
    valid = {repr(one): (name, one) for name, one in zip(names, made, strict=False) if validator.is_valid(one)}
    if valid:
        return dict(valid.values())
    why = f": {validator.problems(made[0])[0].message[:_LONGEST_REASON]}" if made else ""
    raise BadSpecification(f"no message could be made that its schema accepts; it needs an example{why}")


def _delivery(operation: Mapping[str, Json]) -> dict[str, Json]:
    """What `x-delivery` says, and the usual where it says nothing; then the value is marked as assumed."""
    given = operation.get("x-delivery", {})
    if not isinstance(given, dict):
        raise BadSpecification("`x-delivery` is no mapping")
    usual = {"deadline": DEADLINE, "acknowledged-by": _acknowledging(operation), "retries": list(RETRIES)}
    kept = {name: value for name, value in given.items() if name not in {"fires", "about", "assumed"}}
    assumed = {name: why for name, why in _ASSUMED.items() if name not in kept}
    told = given.get("assumed")
    return {**usual, **kept, "fires": ["ended"], "assumed": assumed | (told if isinstance(told, dict) else {})}


def _acknowledging(operation: Mapping[str, Json]) -> list[int]:
    listed = [int(status) for status in _member(operation, "responses") if re.fullmatch("2[0-9][0-9]", status)]
    return listed or list(range(200, 300))


def _plain_values(schema: Mapping[str, Json]) -> Iterator[Json]:
    yield from (schema[name] for name in ("const", "default", "example") if name in schema)
    for name in ("examples", "enum"):
        yield from _list(schema.get(name))


def _member(holder: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)[1:-1]
