"""What came of one rule in one run."""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_alohub.check.rule import Finding, Rule, Skip, Tried
from mock_alohub.reports.record import Outcome


@dataclass(slots=True)
class RuleResult:
    """A rule, and what its cases found so far."""

    rule: Rule
    findings: list[Finding] = field(default_factory=list)
    tried: int = 0
    """Cases that were tried."""
    untried: str = ""
    """Why the rule, or some of its cases, were not tried."""
    crash: str = ""
    """What went wrong in the rule itself; never the endpoint's fault."""

    def note(self, tried: Tried) -> None:
        """Add what one case found."""
        if isinstance(tried, Skip):
            self.untried = self.untried or tried.reason
        else:
            self.tried += 1
            self.findings.extend(tried)

    @property
    def outcome(self) -> Outcome:
        """Pass, fail, skip or crash; a finding weighs more than a crash."""
        if self.findings:
            return "fail"
        if self.crash:
            return "crash"
        return "pass" if self.tried else "skip"

    @property
    def reason(self) -> str:
        """Why it was skipped, how it crashed, or which part was not tried."""
        return self.crash or self.untried
