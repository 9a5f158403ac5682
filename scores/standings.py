"""Reading how all systems of an organisation stand, from kept states, or from claims and spans where they aren't there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache

from assessments.entries import Listed, edition_changes
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.loader import builtin
from rubric.moment import Latest, Stretch
from rubric.once import Once, Same, once
from rubric.scoring import totals
from rubric.states import EVER, State, fallible, of_digits, verified_in
from rubric.timeline import Facts, levels_at
from scores.evidence_of import Failures, NewestResult, failing_of, newest_failures, usual_window
from scores.holdings import Holding, holding, holding_by_states
from scores.kept import known, order_of
from scores.kept_states import Kept, states_over
from scores.lapses import HORIZON, Ahead, lapses_of
from scores.overview import COMPARED, Standing, review_interval, review_is_due
from scores.recounting import Recounting
from scores.snapshots import Snapshot, snapshot
from scores.steps import LAPSES_SOON
from scores.tallied import Tallied


@dataclass(frozen=True, slots=True)
class _Read:
    """One system at `now` and COMPARED before, what its evidence will hold soon, and the tests whose evidence lapsed."""

    now: Tallied | None
    before: Tallied | None
    verified_soon: Fraction
    assessed_at: datetime | None
    lapsed: int
    held: Holding


def standings(systems: Sequence[Listed], now: datetime, recounting: Recounting | None = None) -> Once[Standing]:
    """One row for each system, in their order, in five queries: two where all states are kept.

    Models must have their organisation loaded. `recounting` takes along what is
    read besides kept states, or by which stamps these were read.
    """
    listed = once(systems)
    kept = states_over(listed, now - COMPARED)
    recounting = recounting or Recounting()
    if len(kept) == len(listed):
        recounting.stamps = kept.stamps
        return _of_states(listed, kept, newest_failures(listed, now), now)
    told = dict(kept)
    recounting.load([system for system in listed if system.pk not in told])
    checks = dict(newest_failures(listed, now))
    found = []
    for system in listed:
        newest = checks.get(system.pk, ())
        if system.pk in told:
            found.append(_of_one(system, told[system.pk], newest, now)[1])
        else:
            read = _by_facts(system, recounting.facts[system.pk], recounting.firsts[system.pk], now)
            found.append(_standing(system, read, newest, now))
    return Once(found)


def _of_states(systems: Once[Listed], kept: Kept, failures: Failures, now: datetime) -> Once[Standing]:
    """From states alone. Of a thousand systems one changes, or passes one of its instants, every few minutes."""
    latest = _latest_of_all(systems, kept, failures)
    known = latest.known
    if known is not None and known[0].holds(now):
        return known[1]
    told, checks = dict(kept), dict(failures)
    found = [_of_one(system, told[system.pk], checks.get(system.pk, ()), now) for system in systems]
    rows = Once(row for _, row in found)
    latest.known = Stretch.common([stretch for stretch, _ in found]), rows
    return rows


@lru_cache(maxsize=16)
def _latest_of_all(systems: Once[Listed], kept: Kept, failures: Failures) -> Latest[Once[Standing]]:
    return Latest()


def _of_one(
    system: Listed, states: Sequence[State], checks: Sequence[NewestResult], now: datetime
) -> tuple[Stretch, Standing]:
    """One row from its states, and how long it stays as it is."""
    latest = _latest(Same(system), Same(states), tuple(checks))
    known = latest.known
    if known is None or not known[0].holds(now):
        row = _standing(system, _by_states(system, states, now), checks, now)
        latest.known = known = _stretch(system, states, checks, now), row
    return known


@lru_cache(maxsize=4096)
def _latest(system: Same[Listed], states: Same[Sequence[State]], checks: tuple[NewestResult, ...]) -> Latest[Standing]:
    return Latest()


def _stretch(system: Listed, states: Sequence[State], checks: Sequence[NewestResult], now: datetime) -> Stretch:
    """`now` among all that a row compares with it."""
    windows = sorted({usual_window(system), *system.windows.values()})
    days = [timedelta(days=days) for days in windows]
    claimed = sorted({state.claims_from for state in states if state.claims_from is not None})
    return Stretch.around(
        now,
        ([state.at for state in states], [timedelta(0), -COMPARED, LAPSES_SOON, HORIZON, *(each / 2 for each in days)]),
        (claimed, [-review_interval(system)]),
        (sorted([at for _, _, at in checks if at is not None]), [-each for each in days]),
        (edition_changes(system), [timedelta(0)]),
    )


def _standing(system: Listed, read: _Read, checks: Sequence[NewestResult], now: datetime) -> Standing:
    score = read.now.score_at(EVER) if read.now else None
    before = read.before.score_at(EVER) if read.before else None
    comparable = score is not None and before is not None and score.rubric is before.rubric
    return Standing(
        system=system,
        score=score,
        before=before,
        change=score.score.score - before.score.score if comparable and score and before else None,
        verified_soon=read.verified_soon,
        assessed_at=read.assessed_at,
        review_due=score is not None and review_is_due(system, read.assessed_at, now),
        failing=len(failing_of(system, checks, now)),
        lapsing=read.held.falling(now + LAPSES_SOON),
        falls_at=read.held.falls_at,
        lapsed=read.lapsed,
        state=read.now,
        earlier=read.before,
        ahead=Ahead((), 0) if system.retired_at is not None else lapses_of(read.held, now, now + HORIZON),
    )


def _by_states(system: Listed, states: Sequence[State], now: datetime) -> _Read:
    """From the states that hold from COMPARED before `now` on, the one that ended then, and maybe earlier ones."""
    tests, then = order_of(system), now - COMPARED
    begun = [state.at for state in states]
    past = bisect_right(begun, now)
    at_last = states[past - 1] if past else None
    compared = bisect_right(begun, then)
    before = states[compared - 1] if compared else None
    soon = bisect_right(begun, now + LAPSES_SOON)
    held = holding_by_states(system, states[past - 1 :] if past else (), now)
    # The state that ended just then counts, too.
    late = states[max(0, bisect_left(begun, then) - 1) : past]
    lapsed = _fallen(at_last, {state.tests for state in late}, tests) if at_last else 0
    return _Read(
        now=known(at_last.rubric, at_last.tests, tests) if at_last else None,
        before=known(before.rubric, before.tests, tests) if before else None,
        verified_soon=_verified(held, states[soon - 1], tests) if soon else Fraction(0),
        assessed_at=at_last.claims_from if at_last else None,
        lapsed=lapsed,
        held=held,
    )


def _verified(held: Holding, state: State, tests: tuple[str, ...]) -> Fraction:
    return known(held.rubric.key, state.tests, tests).score.verified.score


def _fallen(now: State, digits: set[str], tests: tuple[str, ...]) -> int:
    """The tests that hold less than in one of these states, or than ever where they claim more than they hold."""
    in_force, claimed = builtin()[now.rubric].tests, of_digits(now.tests, tests).levels.claimed
    others = [other for other in digits if other != now.tests]
    found = 0
    for place in fallible(now.tests):
        holds, test = verified_in(now.tests[place]), tests[place]
        if test in in_force:
            claims_more = claimed.get(test, Level.NONE) > holds
            found += claims_more or any(verified_in(other[place]) > holds for other in others if place < len(other))
    return found


def _by_facts(system: Listed, facts: Facts, first_run_at: datetime | None, now: datetime) -> _Read:
    """The same from all facts of the system."""
    then = now - COMPARED
    # Most spans of a long history ended before anything that is compared here.
    late = replace(facts, spans=[span for span in facts.spans if span.ends_at > then])
    at_last, before = snapshot(system, late, first_run_at, now), snapshot(system, late, first_run_at, then)
    claims = next((claims for claims in reversed(facts.claims) if claims.effective_at <= now), None)
    return _Read(
        now=at_last.tallied if at_last.score else None,
        before=before.tallied if before.score else None,
        verified_soon=totals(facts.rubric_at(now), levels_at(late, now + LAPSES_SOON).verified).score,
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
