"""Deliveries on disk: a `Store` in one SQLite file. All SQL about deliveries is in this folder."""

from mock_alohub.delivery.outbox.outbox import Outbox

__all__ = ["Outbox"]
