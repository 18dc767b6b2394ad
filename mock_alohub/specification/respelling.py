"""The specification with other words for the outcomes of a call, for what a provider does not publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Json, Schema, Webhook, spellings, statuses


def respelled(specification: Specification, spelling: Mapping[str, str]) -> Specification:
    """`specification` with other literals for some outcomes, e.g. `{"no_answer": "missed"}`.

    The literal changes in the schema and the examples of every webhook that has it. A spelling that is accepted for the
    same outcome already becomes the one that is emitted. The `document` stays as it was read. Raises `UnknownName` for
    an outcome no webhook has, and `BadOption` where none has any, or a spelling is empty or means another outcome.
    """
    known = {one.outcome for webhook in specification.webhooks.values() for one in statuses(webhook)}
    if spelling and not known:
        raise BadOption(
            "no outcome of a call can be spelled otherwise: these webhooks have no word for any",
            hint="--status-spelling is of no use with a document of your own",
        )
    for outcome, word in spelling.items():
        if outcome not in known:
            raise UnknownName("outcome", outcome, known)
        if not word.strip():
            raise BadOption(f"the spelling of {outcome} is empty", hint=f"write it as {outcome}=<spelling>")
    webhooks = {name: _respelled(webhook, spelling) for name, webhook in specification.webhooks.items()}
    return replace(specification, webhooks=webhooks)


def _respelled(webhook: Webhook, spelling: Mapping[str, str]) -> Webhook:
    emitted = spellings(webhook)
    changes = {emitted[outcome]: word for outcome, word in spelling.items() if emitted.get(outcome, word) != word}
    meant: dict[str, str] = {}
    for one in statuses(webhook):
        word = changes.get(one.literal, one.literal)
        if meant.setdefault(word, one.outcome) != one.outcome:
            raise BadOption(f"`{word}` would mean both {meant[word]} and {one.outcome} in {webhook.name}")
    status_field = next((name for name, one in webhook.schema["properties"].items() if _spells(one)), "")
    return replace(
        webhook,
        schema=_reworded(webhook.schema, changes),
        examples={
            key: {**example, status_field: changes.get(example[status_field], example[status_field])}
            if status_field in example
            else example
            for key, example in webhook.examples.items()
        },
    )


def _spells(schema: Schema) -> bool:
    return any("x-outcome" in entry for entry in schema.get("oneOf", ()))


def _reworded(node: Json, changes: Mapping[str, str]) -> Json:
    if isinstance(node, list):
        return [_reworded(one, changes) for one in _without_replaced(node, changes)]
    if not isinstance(node, dict):
        return node
    if "x-outcome" in node and node.get("const") in changes:
        word = changes[node["const"]]
        return {**node, "const": word, "x-assumed": False, "description": f"{node.get('title', word)}, as configured."}
    return {key: _reworded(value, changes) for key, value in node.items()}


def _without_replaced(entries: list[Json], changes: Mapping[str, str]) -> list[Json]:
    # A spelling that was accepted beside the emitted one takes its place; listed twice, `oneOf` would refuse it.
    taken = set(changes.values()) - changes.keys()
    return [one for one in entries if not (isinstance(one, dict) and "x-outcome" in one and one.get("const") in taken)]
