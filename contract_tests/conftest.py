"""Says what is missing before anything is tried. Everything else is in the plugin, `mock_alohub.pytest_plugin`."""

from __future__ import annotations

import pytest

from mock_alohub.pytest_plugin import has_url


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Demand a URL where tests need one. They can be listed without, and the schemas need none."""
    need_it = any(item.get_closest_marker("alohub_stage") and item.path.parent.name == __package__ for item in items)
    is_worker = hasattr(config, "workerinput")  # of xdist: it cannot end a run with a sentence, so its tests skip
    if need_it and not has_url(config) and not config.option.collectonly and not is_worker:
        message = (
            "there is no endpoint to try\n"
            "hint: pytest contract_tests --alohub-url http://127.0.0.1:8000/webhook, with its key in MOCK_ALOHUB_KEY"
        )
        raise pytest.UsageError(message)
