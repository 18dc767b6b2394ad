"""The providers there are: one explicit list, which every choice, enum and table is read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_alohub.errors import UnknownName
from mock_alohub.providers.alohaa import ALOHAA
from mock_alohub.providers.alohub import ALOHUB
from mock_alohub.providers.described import DESCRIBED
from mock_alohub.providers.omicall import OMICALL
from mock_alohub.providers.provider import Provider
from mock_alohub.providers.voipappz import VOIPAPPZ

PROVIDERS: Final[Mapping[str, Provider]] = {provider.name: provider for provider in (ALOHUB, ALOHAA, OMICALL, VOIPAPPZ)}
"""Every provider by name."""


def provider_of(name: str) -> Provider:
    """The provider called `name`, one of the list or the one that is described. Raises `UnknownName`."""
    if name == DESCRIBED.name:
        return DESCRIBED
    try:
        return PROVIDERS[name]
    except KeyError:
        raise UnknownName("provider", name, PROVIDERS) from None
