"""What one posting knows of a system when it is done, so that the next one needs to read nothing.

It holds as long as the system has the version it bears: whoever changes evidence, rules or claims leaves the system in
another one (`evidence.locks`), and a posting writes on the condition that it is the same. What a version doesn't tell,
whether there is anything of a run yet, is a condition of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from django.conf import settings

from accounts.actors import Actor
from evidence.batch import Plan
from evidence.posting import PostedResult
from evidence.snapshot import KnownCheck, Snapshot, SpanKey, held, made_of
from evidence.touched import MOST_RUNS
from evidence.writing import Fresh
from rubric.evidence import PROVABLE, FreshnessRule, Interval, Layers
from rubric.levels import Level

# Results observed longer before their receipt lie among others, of which a memory knows nothing.
LATE = timedelta(hours=1)
MOST_ITEMS = 100
MOST_CHECKS = 300


class KnownTest(msgspec.Struct, array_like=True, gc=False):
    """A test's spans that have not ended, and the runs that may prove `automated` together with the next one.

    `manual` and `automated` are ascending, and `keys` those of the spans of both, one after the other. `runs` are ascending
    and without a gap: the newest one that lies G or more before `newest`, if there is any, and those after it; the last of
    all is among them where they are `whole`. No run is later than `newest`. None: they are not known, or a span's key isn't.
    """

    manual: list[Interval] = []
    automated: list[Interval] = []
    keys: list[int | None] = []
    runs: list[datetime] | None = None
    whole: bool = True
    newest: datetime | None = None

    def partner(self, at: datetime, rule: FreshnessRule) -> tuple[bool, datetime | None]:
        """Whether that is known, and the newest run at or before G before an instant, no earlier than `newest`."""
        if self.runs is None or self.newest is None or at < self.newest:
            return False, None
        place = bisect_right(self.runs, at - rule.repeat)
        if place == len(self.runs) and not self.whole:
            return False, None
        return True, self.runs[place - 1] if place else None

    def add_runs(self, times: Sequence[datetime], newest: datetime, rule: FreshnessRule) -> None:
        """Take in further runs at these ascending times, none of them earlier than `newest` was or later than it is."""
        self.newest = newest
        if self.runs is None:
            return
        if self.whole:
            self.runs += times
        # Those before the newest that may be a partner are none any more.
        del self.runs[: max(0, bisect_right(self.runs, newest - rule.repeat) - 1)]
        if len(self.runs) > MOST_RUNS:
            del self.runs[MOST_RUNS:]
            self.whole = False

    def put_spans(self, layers: Layers, test: str, keys: Mapping[SpanKey, int], newest: datetime) -> None:
        """These spans take the place of the known ones, but for those that ended before the newest run."""
        self.manual, self.automated = ([span for span in layers[level] if span[1] >= newest] for level in PROVABLE)
        self.keys = [keys.get((test, Level.MANUAL, start)) for start, _ in self.manual]
        self.keys += [keys.get((test, Level.AUTOMATED, start)) for start, _ in self.automated]
        if None in self.keys:
            self.runs = None


class Remembered(msgspec.Struct, array_like=True, gc=False):
    """One system at one version: its rules and claims as they were read, checks by name, and tests."""

    system_id: int
    version: str
    generation: int
    facts: str
    claims: str | None
    states_until: datetime | None
    checks: dict[str, KnownCheck]
    tests: dict[str, KnownTest]


def worth_remembering(by_system: Mapping[str, Sequence[tuple[int, PostedResult]]], received_at: datetime) -> bool:
    """Whether a posting may go by what is remembered, and be remembered: it is a short one, of what has just happened."""
    if not settings.POSTINGS_MEMORY or len(by_system) > 1:
        return False
    [items] = by_system.values()
    return 0 < len(items) <= MOST_ITEMS and all(
        item.observed_at is None or received_at - LATE <= item.observed_at <= received_at for _, item in items
    )


def learned(plan: Plan, known: Remembered | None, version: str) -> Remembered:
    """What is known when this plan, which was made from what was read for it, is stored; with what was `known` before."""
    read = _of_read(plan)
    if known is not None and known.version == read.version:
        posted = {fresh.item.test for fresh in plan.batch.fresh}
        read.checks = {**known.checks, **read.checks}
        read.tests |= {test: each for test, each in known.tests.items() if each.runs is not None and test not in posted}
    return after(read, plan, version)


def _of_read(plan: Plan) -> Remembered:
    """What the snapshot that a plan was made from, which was read for it, tells of its system."""
    snapshot, newest = plan.batch.snapshot, newest_by_test(plan.batch.fresh)
    tests: dict[str, KnownTest] = {}
    for test, level, start, end in snapshot.lasting:
        known = tests.setdefault(test, KnownTest())
        (known.manual if level == Level.MANUAL else known.automated).append((start, end))
    for test, layers in snapshot.spans.items():
        tests[test] = KnownTest()
        tests[test].put_spans(layers, test, snapshot.span_ids, newest.get(test, plan.batch.received_at))
    for test in newest.keys() - tests.keys():
        tests[test] = KnownTest()
    # What follows a run's earlier neighbour leaves the run itself out, so that nothing may be known of it before.
    met = {test for test, _, _ in snapshot.runs}
    for test in newest.keys() - met:
        at, runs, manual = newest[test], snapshot.following.get(test), snapshot.layer(test, Level.MANUAL)
        none_later = not manual or manual[-1][1] - snapshot.rules.freshness(test).window <= at
        if runs is not None and none_later:
            known = tests[test]
            known.runs, known.whole, known.newest = runs[:MOST_RUNS], len(runs) <= MOST_RUNS, at
    system = snapshot.system
    return Remembered(
        system_id=system.pk,
        version=snapshot.version,
        generation=system.generation,
        facts=snapshot.facts,
        claims=snapshot.claims_text,
        states_until=system.states_until,
        checks=dict(snapshot.checks),
        tests=tests,
    )


def recalled(known: Remembered, actor: Actor, items: Sequence[PostedResult], received_at: datetime) -> Snapshot | None:
    """The snapshot of these posted items; None where that is not all known."""
    token = actor.token
    if token is not None and token.system_id not in (None, known.system_id):
        return None
    slug = items[0].system
    snapshot = made_of(actor, known.system_id, slug, known.generation, known.facts, known.claims)
    snapshot.version, snapshot.system.states_until = known.version, known.states_until
    if snapshot.claims is not None and snapshot.claims.effective_at > received_at:
        return None
    for item in items:
        check, of_test = known.checks.get(item.check), known.tests.get(item.test)
        if check is None or of_test is None:
            return None
        snapshot.checks[item.check] = check
        is_known, partner = of_test.partner(item.observed_at or received_at, snapshot.rules.freshness(item.test))
        if not is_known:
            return None
        if partner is not None:
            snapshot.neighbours.setdefault(item.test, set()).add(partner)
    for test in {item.test for item in items}:
        of_test = known.tests[test]
        snapshot.spans[test] = {Level.MANUAL: of_test.manual, Level.AUTOMATED: of_test.automated}
        starts = [(test, Level.MANUAL, start) for start, _ in of_test.manual]
        starts += [(test, Level.AUTOMATED, start) for start, _ in of_test.automated]
        snapshot.span_ids |= {start: key for start, key in zip(starts, of_test.keys, strict=True) if key is not None}
    for test, of_test in known.tests.items():
        level = held({Level.MANUAL: of_test.manual, Level.AUTOMATED: of_test.automated}, received_at)
        if level > Level.NONE:
            snapshot.verified[test] = level
    return snapshot


def after(known: Remembered, plan: Plan, version: str) -> Remembered:
    """What is known when this plan, which was made from it, is stored; it is changed in place."""
    batch = plan.batch
    rules, keys = batch.snapshot.rules, batch.snapshot.span_ids
    newest = newest_by_test(batch.fresh)
    checks = known.checks
    for check in plan.changes.checks:
        if check.id is None:
            checks.pop(check.name, None)
        else:
            checks[check.name] = check
    for test, at in newest.items():
        of_test = known.tests[test]
        newest_known = max(at, of_test.newest or at)
        of_test.add_runs(plan.added.get(test, ()), newest_known, rules.freshness(test))
        if test in plan.layers:
            of_test.put_spans(plan.layers[test], test, keys, newest_known)
    if len(checks) > MOST_CHECKS:
        checks = {name: checks[name] for name in {each.item.check for each in batch.fresh} if name in checks}
    known.version, known.checks = version, checks
    if plan.changes.states_until is not None:
        known.states_until = plan.changes.states_until
    return known


def newest_by_test(results: Iterable[Fresh]) -> dict[str, datetime]:
    """When the newest of these results of each test was observed."""
    newest: dict[str, datetime] = {}
    for fresh in results:
        test, at = fresh.item.test, fresh.observed_at
        if test not in newest or newest[test] < at:
            newest[test] = at
    return newest
