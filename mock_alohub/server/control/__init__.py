"""The control API: one handler for each operation of `openapi.yaml`, by its `operationId`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_alohub.server.control import calls, deliveries, endpoints, inboxes, namespaces, scenarios, service
from mock_alohub.server.request import Handler

HANDLERS: Final[Mapping[str, Handler]] = {
    "healthz": service.healthz,
    "readyz": service.readyz,
    "metrics": service.metrics,
    "describeApi": service.describe_api,
    "showDocs": service.show_docs,
    "listEndpoints": endpoints.list_endpoints,
    "registerEndpoint": endpoints.register_endpoint,
    "getEndpoint": endpoints.get_endpoint,
    "changeEndpoint": endpoints.change_endpoint,
    "removeEndpoint": endpoints.remove_endpoint,
    "placeCalls": calls.place_calls,
    "listDeliveries": deliveries.list_deliveries,
    "getDelivery": deliveries.get_delivery,
    "resendDelivery": deliveries.resend_delivery,
    "cancelDelivery": deliveries.cancel_delivery,
    "waitForDeliveries": deliveries.wait_for_deliveries,
    "listScenarios": scenarios.list_scenarios,
    "getScenario": scenarios.get_scenario,
    "runScenario": scenarios.run_scenario,
    "listRuns": scenarios.list_runs,
    "getRun": scenarios.get_run,
    "stopRun": scenarios.stop_run,
    "streamEvents": namespaces.stream_events,
    "readClock": namespaces.read_clock,
    "advanceClock": namespaces.advance_clock,
    "listNamespaces": namespaces.list_namespaces,
    "getNamespace": namespaces.get_namespace,
    "resetNamespace": namespaces.reset_namespace,
    "receiveMessage": inboxes.receive_message,
    "receiveMessageByPut": inboxes.receive_message,
    "receiveMessageByPatch": inboxes.receive_message,
    "listInboxes": inboxes.list_inboxes,
    "getInbox": inboxes.get_inbox,
    "programInbox": inboxes.program_inbox,
    "emptyInbox": inboxes.empty_inbox,
    "listMessages": inboxes.list_messages,
}
