"""Everything the server answers: the control API and the providers' own, each operation by its `operationId`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_alohub.server import control
from mock_alohub.server.providers.alohaa import rest as alohaa_rest
from mock_alohub.server.providers.alohub import rest as alohub_rest
from mock_alohub.server.providers.omicall import rest as omicall_rest
from mock_alohub.server.providers.voipappz import rest as voipappz_rest
from mock_alohub.server.request import Handler

HANDLERS: Final[Mapping[str, Handler]] = {
    **control.HANDLERS,
    **alohub_rest.HANDLERS,
    **voipappz_rest.HANDLERS,
    **alohaa_rest.HANDLERS,
    **omicall_rest.HANDLERS,
}
