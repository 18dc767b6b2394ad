"""Deliveries on disk: a `Store` in one SQLite file. All SQL of the project is in this folder."""

from mock_alohub.delivery.outbox.outbox import Outbox

__all__ = ["Outbox"]
