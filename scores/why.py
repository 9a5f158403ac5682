"""Why a system's score is what it is: every point of every test with the facts that make it, at any instant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assessments.models import Assessment, System
from evidence.models import Run
from evidence.rules_of import Rules
from rubric.timeline import timeline
from scores.facts import load_facts
from scores.reading import LAST, explained
from scores.recounting import FIRST
from scores.score import FullScore
from scores.trends import first_fact


@dataclass(frozen=True, slots=True)
class Why:
    """A score at an instant and what it rests on.

    `assessment` is the one whose claims hold; None without one. `newest_runs` are the ids of each test's newest run.
    `earlier` and `later` are the nearest instants at which the score changed or will.
    """

    full: FullScore
    rules: Rules
    assessment: Assessment | None
    newest_runs: Mapping[str, str]
    earlier: datetime | None
    later: datetime | None


def why(system: System, at: datetime) -> Why | None:
    """Why the score at `at` is what it is, in six queries; None where nothing was recorded by then.

    The system's organisation must be loaded.
    """
    finals = list(Assessment.objects.final().filter(system=system))
    facts = load_facts([system], FIRST, LAST, finals=finals)[system.pk]
    since = first_fact(facts, system.first_run_at)
    if since is None or since > at:
        return None
    full, rules = explained(system, facts, at), Rules.of(system)
    held = [final for final in finals if final.effective_at is not None and final.effective_at <= at]
    earlier, later = neighbours([point.at for point in timeline(facts, since, LAST)], at)
    return Why(full, rules, held[-1] if held else None, _newest_runs(system, rules, full), earlier, later)


def neighbours(instants: Sequence[datetime], at: datetime) -> tuple[datetime | None, datetime | None]:
    """The last of these ascending instants before `at`, and the first one after it; None where there is none."""
    before, after = bisect_left(instants, at), bisect_right(instants, at)
    return instants[before - 1] if before else None, instants[after] if after < len(instants) else None


def _newest_runs(system: System, rules: Rules, full: FullScore) -> dict[str, str]:
    """By test, the id of its newest run; of several at that instant the first by name."""
    newest = {test.test.key: test.last_run_at for test in full.tests if test.last_run_at is not None}
    column = rules.time_column
    rows = Run.objects.filter(system=system, test__in=newest, **{f"{column}__in": set(newest.values())})
    return {
        run.test: run.run_id
        for run in rows.timed(rules).order_by("-run_id")
        if getattr(run, column) == newest[run.test]
    }
