"""Everything the server answers: the control API and the providers' own, each operation by its `operationId`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_alohub.server import alohaa_rest, alohub_rest, control, omicall_rest, voipappz_rest
from mock_alohub.server.ask import Handler

HANDLERS: Final[Mapping[str, Handler]] = {
    **control.HANDLERS,
    **alohub_rest.HANDLERS,
    **voipappz_rest.HANDLERS,
    **alohaa_rest.HANDLERS,
    **omicall_rest.HANDLERS,
}
