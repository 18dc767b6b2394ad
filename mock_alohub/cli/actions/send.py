"""What `send` does: send calls to an endpoint, once each and without a verdict."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import click

from mock_alohub.check.curl import curl
from mock_alohub.check.evidence import Exchange, Expect
from mock_alohub.cli import values
from mock_alohub.cli.actions.drawing import drawn, unknown_fields, wishes
from mock_alohub.cli.failure import talk, warn
from mock_alohub.cli.terminal import painted
from mock_alohub.delivery import transport
from mock_alohub.delivery.sender import Sender
from mock_alohub.errors import BadOption, ExitCode
from mock_alohub.faults.body import UNKNOWN_STATUS
from mock_alohub.faults.fault import chained, together
from mock_alohub.messages.attempt import CONNECT_CAUSES, Attempt, Cause, Phases
from mock_alohub.messages.endpoint import URL, Endpoint
from mock_alohub.messages.masking import masked, secrets_of
from mock_alohub.messages.policy import Policy, in_words, policy_of
from mock_alohub.messages.transmission import HangUp, Transmission, agreed, request_of
from mock_alohub.reports.visible import one_line
from mock_alohub.specification.webhook import Webhook

_BODY_SHOWN: Final = 200


def send(context: click.Context, /, url: URL, **chosen: Any) -> ExitCode:
    """Send what the options of `context` ask for to `url`, and print a line for each message."""
    known = values.specification(chosen["status_spelling"], chosen["described"])
    worded = values.in_words(known, chosen["webhooks"], chosen["wordings"])
    specified = values.by_method(worded, chosen["webhooks"], chosen["method"])
    webhooks = values.webhooks_of(specified, chosen["webhooks"])
    seed = values.drawn_seed(chosen["seed"])
    wanted = wishes(chosen, seed)
    if UNKNOWN_STATUS in chosen["wanted_faults"] and any(webhook.template for webhook in webhooks):
        raise BadOption(
            f"the fault {UNKNOWN_STATUS.name} does not know where a template has the status",
            hint="--set MEMBER=WORD gives a member another word",
        )
    for name in unknown_fields(webhooks, wanted):
        warn(f"`{name}` is no field of {' or '.join(chosen['webhooks'])}; it is added")
    endpoint = Endpoint(
        url, values.key_of(context, chosen["key"], chosen["key_file"], webhooks if chosen["described"] else ())
    )
    transmissions = chained(
        chosen["wanted_faults"], [Transmission(one, agreed(endpoint)) for one in drawn(webhooks, wanted)], seed
    )
    mailing = Mailing(endpoint, {webhook.name: webhook for webhook in webhooks}, verbose=chosen["verbose"])
    if chosen["dry_run"]:
        print("\n".join(mailing.described(transmissions)))
        return ExitCode.KEPT
    values.warn_if_insecure(chosen["insecure"])
    try:
        transport.run(mailing.send(transmissions, insecure=chosen["insecure"]))
    finally:
        mailing.sum_up(seed)
    return mailing.exit_code()


@dataclass(slots=True)
class Mailing:
    """Plans on their way to one endpoint, and what came of them so far."""

    endpoint: Endpoint
    webhooks: dict[str, Webhook]
    verbose: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    acknowledged: int = 0
    unheard: int = 0

    async def send(self, transmissions: Sequence[Transmission], *, insecure: bool) -> None:
        """Send `transmissions` one after the other, those beside each other at once."""
        async with transport.Transport(verify_tls=not insecure) as sender:
            for group in together(transmissions):
                await asyncio.sleep(group[0].wait_s)
                await asyncio.gather(*(self._send(plan, sender) for plan in group))

    async def _send(self, plan: Transmission, sender: Sender) -> None:
        webhook = self.webhooks[plan.message.webhook]
        policy = policy_of(webhook)
        request = request_of(plan, self.endpoint.url, webhook.key_header)
        attempt = await sender.send(request, deadline_s=policy.deadline_s, wire=plan.wire)
        self.attempts.append(attempt)
        failure = policy.failure(attempt)
        self.acknowledged += failure is None
        self.unheard += failure is Cause.HUNG_UP
        for line in self._told(plan, attempt, failure, policy):
            print(line, flush=True)

    def _told(self, plan: Transmission, attempt: Attempt, failure: Cause | None, policy: Policy) -> Iterator[str]:
        status = f"{attempt.status}" if attempt.status is not None else "---"
        colour = "32" if failure is None else "33" if failure is Cause.HUNG_UP else "31"
        secrets = secrets_of(self.endpoint)
        why = one_line(masked(_why(attempt, failure, policy), secrets))
        message = plan.message
        head = f"{painted(status, colour, sys.stdout)} {_time(attempt.elapsed_s):>8}  {message.webhook}"
        yield f"{head}  {message.call_id}" + (f"  {why}" if why else "")
        if self.verbose:
            yield f"    {_phases(attempt.phases)}{', reused connection' if attempt.reused else ''}"
            if attempt.reply is not None:
                body = attempt.reply.body[:_BODY_SHOWN].decode("utf-8", "backslashreplace")
                size = attempt.reply.body_size
                more = f" (of {size:,} bytes)" if size > _BODY_SHOWN else ""
                yield f"    answer: {one_line(masked(body, secrets)) or 'empty'}{more}"

    def described(self, transmissions: Sequence[Transmission]) -> Iterator[str]:
        """`transmissions` as lines for a shell, with a word on what a shell does not do."""
        for number, plan in enumerate(transmissions, 1):
            webhook = self.webhooks[plan.message.webhook]
            words = [f"{number} of {len(transmissions)}: {webhook.name}, call {plan.message.call_id}", *_unusual(plan)]
            yield f"# {', '.join(words)}"
            request = request_of(plan, self.endpoint.url, webhook.key_header)
            nothing_yet = Attempt(1, 0.0, 0.0)
            exchange = Exchange("send", "dry run", webhook.name, plan, request, nothing_yet, Expect.NOTHING)
            yield curl(exchange, webhook.key_header)

    def sum_up(self, seed: int) -> None:
        """Say on standard error how many were acknowledged, and how to send the same again."""
        judged = len(self.attempts) - self.unheard
        words = [f"{self.acknowledged} of {judged} acknowledged" if judged else "nothing to acknowledge"]
        if self.unheard:
            words.append(f"{self.unheard} hung up on")
        talk(f"{', '.join(words)} (seed {seed})")

    def exit_code(self) -> ExitCode:
        """0 all acknowledged, 1 some not, 3 when no attempt reached the endpoint."""
        if self.attempts and all(attempt.cause in CONNECT_CAUSES for attempt in self.attempts):
            return ExitCode.UNREACHABLE
        return ExitCode.KEPT if self.acknowledged + self.unheard == len(self.attempts) else ExitCode.BROKEN


def _why(attempt: Attempt, failure: Cause | None, policy: Policy) -> str:
    if failure is None:
        return ""
    if failure is Cause.STATUS:
        return f"not acknowledged: only {in_words(policy.acknowledged_by)} counts"
    if failure is Cause.HUNG_UP:
        return "hung up without waiting for the answer, as asked"
    return f"{failure}: {attempt.detail}" if attempt.detail else str(failure)


def _unusual(plan: Transmission) -> Iterator[str]:
    """What of a plan a curl line does not do."""
    wire = plan.wire
    if plan.wait_s:
        yield f"after {plan.wait_s:g} s"
    if plan.beside:
        yield "together with the one before"
    if wire.pieces > 1:
        yield f"in {wire.pieces} pieces, {wire.pause_s:g} s apart"
    if wire.cut_at is not None:
        yield f"hangs up after {wire.cut_at} bytes of the body"
    if wire.hang_up is not None:
        yield "resets the connection" if wire.hang_up is HangUp.RESET else "hangs up without waiting for the answer"


def _time(elapsed_s: float) -> str:
    return f"{elapsed_s:.2f} s" if elapsed_s >= 1 else f"{elapsed_s * 1000:.1f} ms"


def _phases(phases: Phases) -> str:
    named = {
        "dns": phases.dns_s,
        "connect": phases.connect_s,
        "tls": phases.tls_s,
        "send": phases.send_s,
        "wait": phases.wait_s,
        "receive": phases.receive_s,
    }
    return ", ".join(f"{name} {_time(spent)}" for name, spent in named.items() if spent is not None) or "no phase"
