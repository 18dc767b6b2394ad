"""Foreign documents for tests, written where a test wants them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mock_alohub.specification.imported.webhooks import load
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook

ORDER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def operation(schema: Any = True, **more: Any) -> dict[str, Any]:
    """A webhook's path item whose body has `schema`."""
    body = {"content": {"application/json": {"schema": schema}}}
    return {"post": {"requestBody": body, "responses": {"200": {"description": "taken"}}, **more}}


def document(webhooks: Any, **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "webhooks": webhooks, **more}


def loaded(folder: Path, webhooks: Any, **more: Any) -> Specification:
    path = folder / "openapi.json"
    path.write_text(json.dumps(document(webhooks, **more)), encoding="utf-8")
    return load(path)


def one(folder: Path, item: Any, **more: Any) -> Webhook:
    """The only webhook of a document with that path item."""
    return loaded(folder, {"order": item}, **more).webhook("order")
