"""The checker, let loose on a member of the zoo."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from mock_alohub.check import run as run_module
from mock_alohub.check.effects import parse_effects
from mock_alohub.check.rules import BY_ID
from mock_alohub.check.run import Check, run
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.reports.record import Record
from mock_alohub.specification.body_template import worded
from mock_alohub.specification.imported.webhooks import load as described
from mock_alohub.specification.specification import Specification, all_with_method
from mock_alohub.vietnam_time import local
from tests.zoo.member import Member, Wishes, effects_url
from tests.zoo.receiver import WEBHOOK

SEED = 7


def checked(member: Member, seed: int = SEED, rules: Collection[str] = BY_ID.keys()) -> Record:
    """The record of a strict check of `member` by `rules` (default: the whole catalogue)."""
    wishes = member.wishes
    with member.start() as running:
        check = Check(
            Endpoint(parse_url(running.origin + WEBHOOK), Key(wishes.key) if wishes.key else None),
            wishes.webhooks,
            frozenset(rules),
            seed,
            strict=True,
            effects=parse_effects(effects_url(running.origin, wishes.effects)) if wishes.effects else None,
            effects_wait_s=wishes.effects_wait_s,
            burst=wishes.burst,
            generated=wishes.generated,
            insecure=wishes.insecure,
        )
        # Calls begin 14 hours ago: soon after noon, ordinary ones cross midnight, and some members refuse those.
        with patch.object(run_module, "local", _before_noon):
            return asyncio.run(run(check, specification(wishes), watch=lambda _: None))


def _before_noon(moment: datetime) -> datetime:
    """`moment` in Vietnamese time, without a zone; from noon until two, the last minute before noon."""
    there = local(moment)
    return there.replace(hour=11, minute=59) if there.hour in {12, 13} else there


def specification(wishes: Wishes) -> Specification:
    """The contract; with another deadline where waiting for the real one would only take time."""
    real = described(wishes.document) if wishes.document else Specification.load()
    if wishes.template:
        in_words = {name: worded(real.webhook(name), wishes.template) for name in wishes.webhooks}
        real = replace(real, webhooks={**real.webhooks, **in_words})
    if wishes.method:
        real = all_with_method(real, wishes.webhooks, wishes.method)
    if wishes.deadline_s is None:
        return real
    delivery = {"deadline": f"{wishes.deadline_s}s"}
    hurried = {
        name: replace(webhook, delivery={**webhook.delivery, **delivery}) for name, webhook in real.webhooks.items()
    }
    return replace(real, webhooks=hurried)


def broken_rules(record: Record) -> set[str]:
    return {rule["id"] for rule in record["rules"] if rule["findings"]}


def crashed_rules(record: Record) -> dict[str, str]:
    return {rule["id"]: rule["reason"] for rule in record["rules"] if rule["outcome"] == "crash"}


def findings(record: Record) -> list[str]:
    """Every finding in one line, for messages of tests."""
    return [
        f"{rule['id']}: {finding['case']}: {finding['got']} (wanted {finding['wanted']})"
        for rule in record["rules"]
        for finding in rule["findings"]
    ]
