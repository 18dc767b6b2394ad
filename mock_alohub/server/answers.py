"""Everything the server answers: the control API and Alohub's own, each operation by its `operationId`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_alohub.server import alohub_rest, control
from mock_alohub.server.ask import Handler

HANDLERS: Final[Mapping[str, Handler]] = {**control.HANDLERS, **alohub_rest.HANDLERS}
