"""Until when evidence holds by what had run at an instant: what a report says of it, whatever ran later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Max, Q

from assessments.models import System
from evidence.models import Run, RunQuerySet
from evidence.rules_of import Rules
from rubric.levels import Level
from scores.score import FullScore, TestScore


def as_known(system: System, full: FullScore) -> FullScore:
    """The same score with each `fresh_until` as it was to be expected at its instant, in one statement at most.

    `full` counts runs that came after its instant in `fresh_until` alone; here these count nowhere. The system's
    organisation must be loaded.
    """
    falls = known_falls(system, Rules.of(system), full.tests, full.total.at)
    tests = tuple(replace(test, fresh_until=falls.get(test.test.key)) for test in full.tests)
    return replace(full, tests=tests)


def known_falls(system: System, rules: Rules, tests: Sequence[TestScore], at: datetime) -> dict[str, datetime]:
    """By test, the first instant after `at` at which its verified level falls if nothing runs after `at`.

    What one run proves ends with its window. What two prove ends with that of the earlier one; of all pairs the newest
    run's, with the newest other run that lies far enough before it, holds longest.
    """
    newest = {test.test.key: test.last_run_at for test in tests if test.verified and test.last_run_at is not None}
    repeated = {test.test.key: newest[test.test.key] for test in tests if test.verified is Level.AUTOMATED}
    held_by = newest | (_partners(system, rules, repeated, at) if repeated else {})
    return {test: run_at + rules.freshness(test).window for test, run_at in held_by.items()}


def _partners(system: System, rules: Rules, newest: Mapping[str, datetime], at: datetime) -> dict[str, datetime]:
    """By test, when the newest run was that makes a pair with the test's newest one."""
    column = rules.time_column
    runs = Run.objects.timed(rules).filter(system=system)
    wanted = Q(pk__in=[])
    for test, run_at in newest.items():
        rule = rules.freshness(test)
        bounds = {f"{column}__gt": at - rule.window, f"{column}__lte": run_at - rule.repeat}
        wanted |= Q(test=test, **bounds)
    runs = runs.filter(wanted)
    if rules.repeat_hours == 0:
        return _second_newest(runs, column)
    return dict(runs.order_by().values("test").annotate(newest=Max(column)).values_list("test", "newest"))


def _second_newest(runs: RunQuerySet, column: str) -> dict[str, datetime]:
    """By test the time of its second newest run: where any two make a pair, the two may share an instant."""
    times: dict[str, dict[str, datetime]] = defaultdict(dict)
    for test, run_id, run_at in runs.values_list("test", "run_id", column):
        times[test][run_id] = run_at
    return {test: sorted(own.values())[-2] for test, own in times.items() if len(own) > 1}
