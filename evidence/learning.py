"""What one posting knows of a system when it is done, so that the next one needs to read nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from accounts.actors import Actor
from evidence.batch import Plan
from evidence.posting import PostedResult
from evidence.remembered import Keys, Remembered, Stored
from evidence.snapshot import LEVELS, Growth, LayersByTest, Snapshot, made_of
from evidence.spans import NOTHING
from evidence.standing import Standing
from evidence.writing import Fresh
from rubric.evidence import PROVABLE
from rubric.levels import Level

# Results observed longer before their receipt lie among others, of which a memory knows nothing.
LATE = timedelta(hours=1)
MOST_ITEMS = 100


def worth_remembering(by_system: Mapping[str, Sequence[tuple[int, PostedResult]]], received_at: datetime) -> bool:
    """Whether a posting may go by what is remembered, and be remembered: it is a short one, of what has just happened."""
    if not settings.POSTINGS_MEMORY or len(by_system) > 1:
        return False
    [items] = by_system.values()
    return 0 < len(items) <= MOST_ITEMS and all(
        item.observed_at is None or received_at - LATE <= item.observed_at <= received_at for _, item in items
    )


def learned(plan: Plan, known: Remembered | None, version: str, verified: dict[str, Level]) -> Remembered:
    """What is known when this plan, which was made from what was read for it, is stored; with what was `known` before.

    `verified` are the levels at the time of receipt then.
    """
    snapshot, received_at = plan.batch.snapshot, plan.batch.received_at
    if known is None or known.stored.version != snapshot.version or known.verified(received_at) is None:
        known = _read(snapshot, received_at)
    for test, at in _newest_by_test(plan.batch.fresh).items():
        known.stored.tests[test] = _of_posted(known, snapshot, test, at)
    known.put_checks(snapshot.checks.values())
    advance(known, plan, version, verified)
    return known


def advance(known: Remembered, plan: Plan, version: str, verified: dict[str, Level]) -> None:
    """Take in what this plan stored, of which everything was known, levels at the time of receipt too."""
    until = known.stored.verified_until
    known.take_verified(verified, plan.batch.received_at, _take_in(known, plan, version))
    known.stored.verified_until = min(until, known.stored.verified_until)


def _read(snapshot: Snapshot, at: datetime) -> Remembered:
    """What a snapshot that was read at this instant tells of its system, but for its checks and for what one may go by."""
    system = snapshot.system
    read = Remembered(
        Stored(
            system_id=system.pk,
            version=snapshot.version,
            generation=system.generation,
            facts=snapshot.facts,
            claims=snapshot.claims_text,
            states_until=system.states_until,
        )
    )
    for test, layers in {**_lasting(snapshot), **snapshot.spans}.items():
        standing = Standing(at, layers[Level.MANUAL], layers[Level.AUTOMATED])
        read.stored.tests[test] = read.add_standing(standing), None
    read.take_verified(snapshot.verified, at, read.standings())
    return read


def _of_posted(read: Remembered, snapshot: Snapshot, test: str, at: datetime) -> tuple[int, Keys | None]:
    """The place of a posted test's standing before the posting, whose newest run is at this instant; and its spans' keys."""
    layers, keys = snapshot.spans.get(test, NOTHING), snapshot.span_keys.get(test, ())
    runs = _runs_from_partner(snapshot, test, at)
    as_is = Growth([test], (), layers, layers)
    standing = Standing(at, runs=runs).after(at, as_is, snapshot.rules.repeat)
    kept = standing.kept(as_is)
    return read.add_standing(standing), None if runs is None or kept is None else _chosen(keys, kept)


def _lasting(snapshot: Snapshot) -> LayersByTest:
    lasting: LayersByTest = {}
    for test, level, start, end in sorted(snapshot.lasting):
        if test not in lasting:
            lasting[test] = {known: [] for known in PROVABLE}
        lasting[test][LEVELS[level]].append((start, end))
    return lasting


def _runs_from_partner(snapshot: Snapshot, test: str, at: datetime) -> list[datetime] | None:
    """Of a posted run that is its test's last the earlier neighbour and the runs after that; None where it isn't the last."""
    manual = snapshot.layer(test, Level.MANUAL)
    if manual and manual[-1][1] - snapshot.rules.freshness(test).window > at:
        return None
    # What follows a run's earlier neighbour leaves the run itself out, so that nothing may be known of it before.
    if any(test == met for met, _, _ in snapshot.runs):
        return None
    return snapshot.following.get(test)


def recalled(known: Remembered, actor: Actor, items: Sequence[PostedResult], received_at: datetime) -> Snapshot | None:
    """The snapshot of these posted items; None where that is not all known."""
    token, stored = actor.token, known.stored
    if token is not None and token.system_id not in (None, stored.system_id):
        return None
    slug = items[0].system
    snapshot = made_of(actor, stored.system_id, slug, stored.generation, stored.facts, stored.claims)
    snapshot.version, snapshot.system.states_until = stored.version, stored.states_until
    if snapshot.claims is not None and snapshot.claims.effective_at > received_at:
        return None
    repeat = snapshot.rules.repeat
    partners: dict[tuple[int, datetime], set[datetime]] = {}
    for item in items:
        check, of_test = known.check(item.check), known.test(item.test)
        if check is None or of_test is None:
            return None
        snapshot.checks[item.check] = check
        standing, snapshot.spans[item.test], snapshot.span_keys[item.test] = of_test
        at = item.observed_at or received_at
        asked = id(standing), at
        if asked not in partners:
            is_known, partner = standing.partner(at, repeat)
            if not is_known:
                return None
            partners[asked] = set() if partner is None else {partner}
        snapshot.neighbours[item.test] = snapshot.neighbours.get(item.test, set()) | partners[asked]
    verified = known.verified(received_at)
    if verified is None:
        return None
    snapshot.verified = verified
    return snapshot


def _take_in(known: Remembered, plan: Plan, version: str) -> list[Standing]:
    """Take in what a plan stored, but for what is verified; answers how the posted tests stand now."""
    stored, keys, repeat = known.stored, plan.batch.snapshot.span_keys, plan.batch.snapshot.rules.repeat
    known.put_checks(plan.changes.checks)
    growths = {test: growth for growth in plan.growths for test in growth.tests}
    steps: dict[tuple[int, datetime, int], tuple[int, Sequence[int] | None]] = {}
    for test, at in _newest_by_test(plan.batch.fresh).items():
        place, own = stored.tests[test]
        growth = growths.get(test)
        step = place, at, id(growth)
        if step not in steps:
            steps[step] = _step(known, place, at, growth, repeat)
        place, kept = steps[step]
        if growth is not None and own is not None:
            own = None if kept is None else _chosen(keys.get(test, ()), kept)
        stored.tests[test] = place, own
    stored.version = version
    if plan.changes.states_until is not None:
        stored.states_until = plan.changes.states_until
    return [known.standing_at(place) for place, _ in steps.values()]


def _step(
    known: Remembered, place: int, at: datetime, growth: Growth | None, repeat: timedelta
) -> tuple[int, Sequence[int] | None]:
    """The place of the standing of this one's tests once a newest run at an instant and this growth came in.

    And which of the spans before are left, by their places; None where there is another one, whose key is not known.
    """
    standing = known.standing_at(place)
    standing = standing.after(max(at, standing.newest or at), growth, repeat)
    return known.add_standing(standing), None if growth is None else standing.kept(growth)


def _chosen(keys: Sequence[int], places: Sequence[int]) -> Keys:
    """The keys at these ascending places; mostly all of them."""
    return tuple(keys if len(keys) == len(places) else [keys[place] for place in places])


def _newest_by_test(results: Iterable[Fresh]) -> dict[str, datetime]:
    """When the newest of these results of each test was observed."""
    newest: dict[str, datetime] = {}
    for fresh in results:
        test, at = fresh.item.test, fresh.observed_at
        if test not in newest or newest[test] < at:
            newest[test] = at
    return newest
