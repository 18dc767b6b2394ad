"""How a foreign document says that the sender is known: its security schemes, as the header that carries the key."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mock_alohub.errors import BadOption, BadSpecification

if TYPE_CHECKING:
    from mock_alohub.specification.webhook import Webhook

Json = Any

SIGNATURE_HEADER: Final = "webhook-signature"
"""Standard Webhooks: "Signature scheme", headers webhook-id, webhook-timestamp and webhook-signature."""
SIGNED_HEADERS: Final = frozenset({"webhook-id", "webhook-timestamp", SIGNATURE_HEADER})
_KEYWORD: Final = "x-signature"
_STANDARD: Final = "standard-webhooks"
_TOKENS: Final = frozenset({"oauth2", "openIdConnect"})


class KeyForm(StrEnum):
    """How the agreed key becomes the value of the key header."""

    PLAIN = "plain"
    BEARER = "bearer"
    BASIC = "basic"
    SIGNATURE = "signature"
    """The key signs each message and is never sent (Standard Webhooks)."""


_OF_HTTP: Final = {"bearer": KeyForm.BEARER, "basic": KeyForm.BASIC}


def key_for(webhooks: Iterable[Webhook], key: str) -> str:
    """What `key` stands for where those `webhooks` are sent. Raises `BadOption` where they carry it in several ways."""
    ways: dict[tuple[str, str], list[str]] = {}
    for webhook in webhooks:
        if webhook.key_header:
            ways.setdefault((webhook.key_header, webhook.key_form), []).append(webhook.name)
    if len(ways) > 1:
        told = "; ".join(
            f"{header} has it in {len(names)}, such as `{names[0]}`" for (header, _), names in ways.items()
        )
        raise BadOption(
            f"the webhooks carry the key in different ways: {told}", hint="name those of one way with --webhook"
        )
    return next((key_value(form, key) for _, form in ways), key)


def key_value(form: str, key: str) -> str:
    """The whole value of the key header (or the secret, where messages are signed) that `key` stands for.

    A key that begins with its scheme is whole already. Raises `BadOption` for credentials that are none.
    """
    scheme = form.capitalize() + " "
    if form not in (KeyForm.BEARER, KeyForm.BASIC) or key.lower().startswith(scheme.lower()):
        return key
    if form == KeyForm.BEARER:
        return scheme + key
    if ":" not in key:
        raise BadOption("the key of this document is `user:password` (basic authentication)")
    return scheme + base64.b64encode(key.encode()).decode()


def demand_one_form(webhooks: Iterable[Webhook], key: str) -> None:
    """Raise `BadOption` for a `key` that those `webhooks` cannot carry, or would carry in several forms."""
    forms = {webhook.key_form for webhook in webhooks if webhook.key_header}
    if len(forms) > 1:
        raise BadOption(
            "these webhooks carry the key in different ways", hint="register the endpoint once for those of each way"
        )
    for form in forms:
        key_value(form, key)


class Secured(NamedTuple):
    """The key header, how the key is written into it, and the scheme that says so; without a header it is open."""

    header: str | None = None
    form: KeyForm = KeyForm.PLAIN
    scheme: str = ""


def secured(requirements: Iterable[Json], schemes: Mapping[str, Json]) -> tuple[Secured, tuple[str, ...]]:
    """The first of `requirements` that a header can carry, and why those before it were passed over.

    Raises `BadSpecification` for a scheme that is not described.
    """
    passed: list[str] = []
    for requirement in requirements:
        if not isinstance(requirement, dict):
            raise BadSpecification("`security` holds something else than requirements")
        for name in requirement:
            if not isinstance(schemes.get(name), dict):
                raise BadSpecification(f"the security scheme `{name}` is not described under components")
            found = _of(name, schemes[name])
            if found is not None:
                return found, tuple(passed)
            passed.append(f"the security scheme `{name}` puts no key into a header, so none is sent")
    return Secured(), tuple(passed)


def _of(name: str, scheme: Mapping[str, Json]) -> Secured | None:
    if _KEYWORD in scheme:
        if scheme[_KEYWORD] != _STANDARD:
            raise BadSpecification(f"`{_KEYWORD}` of the scheme `{name}` is unknown; allowed: `{_STANDARD}`")
        return Secured(SIGNATURE_HEADER, KeyForm.SIGNATURE, name)
    kind = scheme.get("type")
    if kind == "apiKey" and scheme.get("in") == "header" and isinstance(scheme.get("name"), str):
        header = scheme["name"]
        if header.lower() == SIGNATURE_HEADER:
            return Secured(SIGNATURE_HEADER, KeyForm.SIGNATURE, name)
        return Secured(header, KeyForm.PLAIN, name)
    if kind == "http":
        form = _OF_HTTP.get(str(scheme.get("scheme")).lower())
        return Secured("Authorization", form, name) if form else None
    return Secured("Authorization", KeyForm.BEARER, name) if kind in _TOKENS else None
