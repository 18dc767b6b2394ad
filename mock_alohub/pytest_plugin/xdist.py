"""How pytest-xdist spreads the tests of a run with an endpoint under test. Imported by a hook of xdist only."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from mock_alohub.check.rules import BY_ID

_GENERATED = "contract_tests/test_generated.py::"


class OneEndpointScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps what is sent to the endpoint on one worker, in its order; every other test goes wherever there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return "the endpoint under test" if _GENERATED in nodeid or _rule_in(nodeid) in BY_ID else nodeid


def _rule_in(nodeid: str) -> str:
    """The rule that a test made by `alohub_rule` is about: its id begins with it."""
    parameters = nodeid.partition("[")[2].removesuffix("]")
    return next((rule for rule in BY_ID if parameters == rule or parameters.startswith(f"{rule}-")), "")
