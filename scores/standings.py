"""Reading how all systems of an organisation stand, from kept states, or from claims and spans where they aren't there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from assessments.models import System
from evidence.rules_of import Rules
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.scoring import totals
from rubric.states import State, of_digits, verified_in
from rubric.timeline import Facts, levels_at
from scores.evidence_of import NewestResult, failing_checks, newest_failures
from scores.kept import Known, known, order_of, states_over
from scores.lapses import HORIZON, Ahead, Holding, holding, holding_by_states, lapses_of
from scores.overview import COMPARED, Standing, review_is_due
from scores.recounting import Recounting
from scores.snapshots import Snapshot, of_state, snapshot
from scores.steps import LAPSES_SOON


@dataclass(frozen=True, slots=True)
class _Read:
    """One system at `now` and COMPARED before, what its evidence will hold soon, and the tests whose evidence lapsed."""

    now: Snapshot
    before: Snapshot
    soon: dict[str, Level]
    assessed_at: datetime | None
    lapsed: int
    held: Holding


def standings(systems: Sequence[System], now: datetime, recounting: Recounting | None = None) -> list[Standing]:
    """One row for each system, in their order, in five queries: two where all states are kept.

    Systems must have their organisation loaded. `recounting` takes along what is read besides kept states.
    """
    kept = states_over(systems, now - COMPARED, ended=True)
    others = [system for system in systems if system.pk not in kept]
    recounting = recounting or Recounting()
    recounting.load(others)
    checks = newest_failures(systems, now)
    found = []
    for system in systems:
        if system.pk in kept:
            read = _by_states(system, kept[system.pk], now)
        else:
            read = _by_facts(system, recounting.facts[system.pk], recounting.firsts[system.pk], now)
        found.append(_standing(system, read, checks[system.pk], now))
    return found


def _standing(system: System, read: _Read, checks: Sequence[NewestResult], now: datetime) -> Standing:
    score, retired = read.now.score, system.retired_at is not None
    rubric = read.held.rubric
    return Standing(
        system=system,
        score=score,
        before=read.before.score,
        verified_soon=totals(rubric, read.soon).score,
        assessed_at=read.assessed_at,
        review_due=score is not None and review_is_due(system, read.assessed_at, now),
        failing=failing_checks(checks, Rules.of(system), now),
        lapsing=read.held.falling(now + LAPSES_SOON),
        lapsed=read.lapsed,
        snapshot=read.now,
        ahead=Ahead((), 0) if retired else lapses_of(read.held, now, now + HORIZON),
    )


def _by_states(system: System, states: Sequence[State], now: datetime) -> _Read:
    """From the states that hold from COMPARED before `now` on, and the one that ended then."""
    tests, then = order_of(system), now - COMPARED
    past = [state for state in states if state.at <= now]
    at_last = past[-1] if past else None
    before = next((state for state in reversed(past) if state.at <= then), None)
    soon = next((state for state in reversed(states) if state.at <= now + LAPSES_SOON), None)
    lapsed = 0
    if at_last is not None:
        lapsed = _fallen(at_last, {state.tests for state in past}, tests, known(at_last.rubric, at_last.tests, tests))
    return _Read(
        now=of_state(system, at_last, now),
        before=of_state(system, before, then),
        soon=dict(of_digits(soon.tests, tests).levels.verified) if soon else {},
        assessed_at=at_last.claims_from if at_last else None,
        lapsed=lapsed,
        held=holding_by_states(system, states[len(past) - 1 :] if past else (), now),
    )


def _fallen(now: State, digits: set[str], tests: Sequence[str], read: Known) -> int:
    """The tests that hold less than in one of these states, or than ever where they claim more than they hold."""
    rubric, claimed = read.score.rubric, read.levels.claimed
    others = [other for other in digits if other != now.tests]
    peaks = of_digits(now.tests, tuple(tests)).peaks
    found = 0
    for place, (test, digit) in enumerate(zip(tests, now.tests, strict=False)):
        holds = verified_in(digit)
        if peaks.get(test, 0) <= holds or test not in rubric.tests:
            continue
        claims_more = claimed.get(test, 0) > holds
        found += claims_more or any(verified_in(other[place]) > holds for other in others if place < len(other))
    return found


def _by_facts(system: System, facts: Facts, first_run_at: datetime | None, now: datetime) -> _Read:
    """The same from all facts of the system."""
    then = now - COMPARED
    # Most spans of a long history ended before anything that is compared here.
    late = replace(facts, spans=[span for span in facts.spans if span.ends_at > then])
    at_last = snapshot(system, late, first_run_at, now)
    claims = next((claims for claims in reversed(facts.claims) if claims.effective_at <= now), None)
    return _Read(
        now=at_last,
        before=snapshot(system, late, first_run_at, then),
        soon=dict(levels_at(late, now + LAPSES_SOON).verified),
        assessed_at=claims.effective_at if claims else None,
        lapsed=len(_lapsed(facts, at_last, facts.rubric_at(now), now)),
        held=holding(system, late, now),
    )


def _lapsed(facts: Facts, at_last: Snapshot, rubric: Rubric, now: datetime) -> set[str]:
    """The tests whose evidence once held more than it does, where that is claimed still or ended lately."""
    return {
        span.test
        for span in facts.spans
        if span.ends_at <= now
        and span.test in rubric.tests
        and at_last.verified(span.test) < span.level
        and (now - span.ends_at <= COMPARED or at_last.claimed(span.test) > at_last.verified(span.test))
    }
