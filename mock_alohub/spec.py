"""The loaded specification: the webhooks of `openapi.yaml` with schema, examples, security and policy.

Nothing about a payload, a deadline, a retry or an acknowledging status is written anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from mock_alohub import bundle
from mock_alohub.errors import BadSpecification, UnknownName

Json = Any
Schema = Mapping[str, Json]

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One kind of message of a provider, as the specification describes it.

    `schema` is self-contained (no reference leaves it). `delivery` is the raw `x-delivery` mapping, read by
    `policy.py`. `key_header` is the header that carries the agreed key, None when the webhook is not secured.
    """

    name: str
    provider: str
    title: str
    description: str
    method: str
    content_type: str
    key_header: str | None
    schema: Schema
    examples: Mapping[str, Mapping[str, Json]]
    delivery: Mapping[str, Json]

    @property
    def fires(self) -> tuple[str, ...]:
        """The moments of a call (`call.Moment` values) at which this webhook is sent."""
        return tuple(self.delivery["fires"])


@dataclass(frozen=True, slots=True)
class Specification:
    """All webhooks by name, and the whole document they come from."""

    document: Mapping[str, Json]
    webhooks: Mapping[str, Webhook]

    def webhook(self, name: str) -> Webhook:
        """The webhook called `name`. Raises `UnknownName`."""
        try:
            return self.webhooks[name]
        except KeyError:
            raise UnknownName("webhook", name, self.webhooks) from None


@cache
def load(path: Path | None = None) -> Specification:
    """The specification at `path` (default: the bundled `openapi.yaml`). Raises `BadSpecification`."""
    source = path or bundle.path("openapi.yaml")
    try:
        document = yaml.load(source.read_bytes(), Loader=_LOADER)  # noqa: S506 - a safe loader, in C where it exists
    except (OSError, yaml.YAMLError) as error:
        raise BadSpecification(f"cannot read {source}: {error}") from None
    webhooks = {name: _webhook(name, item, document, source.parent) for name, item in document["webhooks"].items()}
    return Specification(document, webhooks)


def _webhook(name: str, item: Mapping[str, Json], document: Mapping[str, Json], folder: Path) -> Webhook:
    method, operation = next((verb, item[verb]) for verb in ("post", "get", "put", "patch") if verb in item)
    content_type, media = next(iter(operation["requestBody"]["content"].items()))
    schema = orjson.loads((folder / media["schema"]["$ref"]).read_bytes())
    return Webhook(
        name=name,
        provider=name.partition(".")[0],
        title=operation["summary"],
        description=operation.get("description", ""),
        method=method.upper(),
        content_type=content_type,
        key_header=_key_header(operation, document),
        schema=schema,
        examples={key: example["value"] for key, example in media.get("examples", {}).items()},
        delivery=operation["x-delivery"],
    )


def _key_header(operation: Mapping[str, Json], document: Mapping[str, Json]) -> str | None:
    for requirement in operation.get("security", ()):
        for scheme_name in requirement:
            scheme = document["components"]["securitySchemes"][scheme_name]
            if scheme["type"] == "apiKey" and scheme["in"] == "header":
                return str(scheme["name"])
    return None
