"""The webhooks of anybody's document as a plan carries them: to processes and machines where the document is not.

What it takes to send them travels, and no more: their messages, which are drawn before, and not what they are drawn
from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from mock_alohub.errors import BadOption, BadSpecification
from mock_alohub.providers.described import with_its_messages
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook

LARGEST: Final = 4 * 1024 * 1024
"""Bytes: so much is with every process before the first call is due."""
_KEPT: Final = 8


def carried(specification: Specification, names: Iterable[str]) -> str:
    """The webhooks called `names`, as text. Raises `BadOption` where it is too much, and `BadSpecification`."""
    webhooks = [with_its_messages(specification.webhook(name)) for name in names]
    try:
        text = orjson.dumps(webhooks)
    except TypeError as error:
        raise BadSpecification(f"the webhooks cannot be handed to other processes: {error}") from None
    if len(text) > LARGEST:
        raise BadOption(
            f"{len(webhooks)} webhooks with their messages make {len(text):,} bytes; a load run carries {LARGEST:,}",
            hint="name fewer with --webhook",
        )
    return text.decode()


@lru_cache(_KEPT)
def specification_of(text: str) -> Specification:
    """The opposite of `carried`."""
    webhooks = map(_webhook, orjson.loads(text))
    return Specification({}, {webhook.name: webhook for webhook in webhooks})


def _webhook(values: Mapping[str, Any]) -> Webhook:
    documents = {topic: (document, section) for topic, (document, section) in values["documents"].items()}
    headers = tuple((name, value) for name, value in values["headers"])
    return Webhook(**{**values, "methods": tuple(values["methods"]), "documents": documents, "headers": headers})
