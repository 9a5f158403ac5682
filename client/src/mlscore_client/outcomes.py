"""What the tests of a pytest session say about checks: plain data, so that workers of xdist can ship it.

A test case may be attempted several times, and in three phases each. Whatever failed counts, although a later attempt
passed: a flaky test shows as failed, never as a false green.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from mlscore_client.results import LONGEST_CHECK, MOST_METRICS, WORST_FIRST, Result, shortened, worst


@dataclass
class Case:
    """One test case for one check. `cases` is how many were selected for the check, `param` the case's own parameters.

    `finished` once its teardown was reported: a worker that crashed in the midst leaves it open.
    """

    test: str
    check: str
    system: str | None
    cases: int
    param: str
    status: str = "skipped"
    message: str = ""
    started: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    finished: bool = False

    def add(self, status: str, message: str, metrics: Mapping[str, float]) -> None:
        """Take in a phase or an attempt; message and metrics are those of the worst."""
        if WORST_FIRST.index(status) <= WORST_FIRST.index(self.status):
            if message or status != self.status:
                self.message = message
            if metrics:
                self.metrics = dict(metrics)
            self.status = status


def results_of(cases: Iterable[Mapping[str, Any]]) -> list[Result]:
    """One result a check, the worst of its cases; `cases` are Cases as dicts, each the last state of its own."""
    checks: dict[tuple[str, str, str | None], list[Case]] = {}
    for values in cases:
        case = Case(**values)
        checks.setdefault((case.test, case.check, case.system), []).append(case)
    return [_folded(found) for found in checks.values()]


def _folded(cases: list[Case]) -> Result:
    status = worst([case.status for case in cases])
    message = "; ".join(_told(case, len(cases)) for case in cases if case.status == status and case.message)
    missing = cases[0].cases - sum(case.finished for case in cases)
    # A crashed worker or an interrupted session leaves cases out: what they would have shown is not known.
    if missing > 0 and status != "failed":
        status, message = "error", f"{missing} of {cases[0].cases} cases did not run to their end"
    return Result(
        test=cases[0].test,
        status=status,
        check=shortened(cases[0].check, LONGEST_CHECK),
        system=cases[0].system,
        message=message or None,
        observed_at=datetime.fromtimestamp(min(case.started for case in cases), timezone.utc),
        metrics=_metrics(cases),
    )


def _told(case: Case, count: int) -> str:
    return f"[{case.param}] {case.message}" if case.param and count > 1 else case.message


def _metrics(cases: list[Case]) -> dict[str, float]:
    """All metrics; one that several cases bear gets their parameters, so that none is lost."""
    names = [name for case in cases for name in case.metrics]
    shared = {name for name in names if names.count(name) > 1}
    merged = {
        f"{name}[{case.param}]" if name in shared and case.param else name: value
        for case in cases
        for name, value in case.metrics.items()
    }
    return dict(list(merged.items())[:MOST_METRICS])
