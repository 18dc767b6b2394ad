"""How a rule was broken, in the words of a failed test: masked, and with the line that sends the same again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent, shorten

from mock_alohub.reports.record import FindingRecord, RuleRecord

_MOST = 5
_BODY = 600
_OPTION = re.compile(r"(?<![\w-])--(key|burst|generated|status-spelling|skip-rule|effects)\b")


@dataclass(frozen=True, slots=True)
class FailureMessage:
    """A rule that was broken, as the record of a check has it.

    `shuts`: it is why not one call of a webhook is taken, so that nothing else of it can be tried.
    """

    rule: RuleRecord
    shuts: bool = False

    @property
    def is_binding(self) -> bool:
        """Whether it fails a test whatever the options: a MUST does, and what keeps all others from being tried."""
        return self.rule["level"] == "MUST" or self.shuts

    def __str__(self) -> str:
        return "\n".join(_lines(self.rule))


def _lines(rule: RuleRecord) -> Iterator[str]:
    source, findings = rule["source"], rule["findings"]
    assumed = " (assumed: the documents leave it open)" if source["assumed"] else ""
    yield f"{rule['id']} ({rule['level']}): {rule['title']}"
    yield f"  {rule['requirement']}"
    yield f"  Source: {source['document']}, {source['section']}{assumed}"
    for finding in findings[:_MOST]:
        yield ""
        yield from _finding(finding)
    if findings[_MOST:]:
        yield f"\n  … and {len(findings) - _MOST} more"


def _finding(finding: FindingRecord) -> Iterator[str]:
    webhook = f" ({finding['webhook']})" if finding["webhook"] else ""
    yield f"  case    {finding['case']}{webhook}"
    if finding["sent"]:
        sent = finding["sent"]
        yield f"  sent    {sent['method']} {sent['url']}, {sent['body_size']:,} bytes"
        if sent["body"] and "--data-binary '" not in finding["reproduce"]:  # which has the body, whole
            yield indent(shortened(sent["body"]), " " * 10)
    yield f"  got     {finding['got']}"
    if finding["received"] and finding["received"]["body"]:
        yield indent(shortened(finding["received"]["body"]), " " * 10)
    yield f"  wanted  {finding['wanted']}"
    yield f"  to do   {in_pytest_words(finding['hint'])}"
    if finding["reproduce"]:
        yield f"  again   {finding['reproduce']}"


def in_pytest_words(text: str) -> str:
    """`text` with the options of the command line as the pytest plugin has them."""
    return _OPTION.sub(r"--alohub-\1", text)


def shortened(body: str) -> str:
    """`body` on one line of bearable length, with nothing in it that a terminal obeys."""
    plain = "".join(letter if letter.isprintable() else " " for letter in body)
    return shorten(plain, _BODY, placeholder=" …") if " " in plain[:_BODY] else plain[:_BODY]
