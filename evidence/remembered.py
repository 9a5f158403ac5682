"""What one posting knows of a system when it is done, so that the next one needs to read nothing.

It holds as long as the system has the version it bears: whoever changes evidence, rules or claims leaves the system in
another one (`evidence.locks`), and a posting writes on the condition that it is the same. What a version doesn't tell,
whether there is anything of a run yet, is a condition of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from django.conf import settings

from accounts.actors import Actor
from evidence.batch import Plan
from evidence.posting import PostedResult
from evidence.snapshot import LEVELS, KnownCheck, Snapshot, SpanKey, held, made_of
from evidence.touched import MOST_RUNS
from evidence.writing import Fresh
from rubric.evidence import PROVABLE, FreshnessRule, Interval, Layers
from rubric.levels import Level

# Results observed longer before their receipt lie among others, of which a memory knows nothing.
LATE = timedelta(hours=1)
MOST_ITEMS = 100
MOST_CHECKS = 300
LAST = datetime.max.replace(tzinfo=UTC)


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

    @property
    def layers(self) -> Layers:
        return {Level.MANUAL: self.manual, Level.AUTOMATED: self.automated}

    def span_ids(self, test: str) -> Iterator[tuple[SpanKey, int]]:
        """The key of each span, by test, level and start."""
        spans = [(Level.MANUAL, span[0]) for span in self.manual] + [
            (Level.AUTOMATED, span[0]) for span in self.automated
        ]
        for (level, start), key in zip(spans, self.keys, strict=True):
            if key is not None:
                yield (test, level, start), key

    def put_spans(self, layers: Layers, test: str, keys: Mapping[SpanKey, int], newest: datetime) -> None:
        """These spans take the place of the known ones, but for those that ended before the newest run."""
        self.manual, self.automated = ([span for span in layers[level] if span[1] >= newest] for level in PROVABLE)
        self.keys = [keys.get((test, Level.MANUAL, start)) for start, _ in self.manual]
        self.keys += [keys.get((test, Level.AUTOMATED, start)) for start, _ in self.automated]
        if None in self.keys:
            self.runs = None


class Stored(msgspec.Struct, array_like=True, gc=False):
    """One system at one version: its rules and claims as they were read, checks by name, and tests, unopened.

    `verified` holds the levels of all tests from `verified_at` until `verified_until`.
    """

    system_id: int
    version: str
    generation: int
    facts: str
    claims: str | None
    states_until: datetime | None
    verified: dict[str, int] = {}
    verified_at: datetime = LAST
    verified_until: datetime = LAST
    checks: dict[str, msgspec.Raw] = {}
    tests: dict[str, msgspec.Raw] = {}


class Remembered:
    """What is remembered of a system, for one posting to open as far as it needs that."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.checks: dict[str, KnownCheck] = {}
        self.tests: dict[str, KnownTest] = {}

    def check(self, name: str) -> KnownCheck | None:
        """A check, opened; None where it is not known."""
        if name not in self.checks and name in self.stored.checks:
            self.checks[name] = _open_check(self.stored.checks[name])
        return self.checks.get(name)

    def test(self, key: str) -> KnownTest | None:
        """A test, opened; None where nothing of it is known."""
        if key not in self.tests and key in self.stored.tests:
            self.tests[key] = _open_test(self.stored.tests[key])
        return self.tests.get(key)

    def all_tests(self) -> dict[str, KnownTest]:
        """All tests, opened."""
        for key in self.stored.tests:
            self.test(key)
        return self.tests

    def sealed(self) -> bytes:
        """The same as bytes, from which `Remembered.of` makes it."""
        stored = self.stored
        stored.checks |= {name: msgspec.Raw(_encode(check)) for name, check in self.checks.items()}
        stored.tests |= {key: msgspec.Raw(_encode(test)) for key, test in self.tests.items()}
        return _encode(stored)

    @classmethod
    def of(cls, sealed: bytes) -> Remembered:
        return cls(_open(sealed))

    def verified(self, at: datetime) -> dict[str, Level]:
        """The levels that hold at an instant."""
        stored = self.stored
        if not stored.verified_at <= at < stored.verified_until:
            tests = self.all_tests()
            levels = {key: held(test.layers, at) for key, test in tests.items()}
            self.take_verified({key: level for key, level in levels.items() if level}, at, tests.values())
        return {key: LEVELS[level] for key, level in stored.verified.items()}

    def take_verified(self, levels: Mapping[str, Level], at: datetime, tests: Iterable[KnownTest]) -> None:
        """These levels hold from this instant until the first at which these tests say otherwise."""
        stored = self.stored
        stored.verified, stored.verified_at = {key: level.value for key, level in levels.items()}, at
        stored.verified_until = min(
            (each for test in tests for span in (*test.manual, *test.automated) for each in span if each > at),
            default=LAST,
        )


_encode = msgspec.msgpack.Encoder().encode
_open = msgspec.msgpack.Decoder(Stored).decode
_open_check = msgspec.msgpack.Decoder(KnownCheck).decode
_open_test = msgspec.msgpack.Decoder(KnownTest).decode


def worth_remembering(by_system: Mapping[str, Sequence[tuple[int, PostedResult]]], received_at: datetime) -> bool:
    """Whether a posting may go by what is remembered, and be remembered: it is a short one, of what has just happened."""
    if not settings.POSTINGS_MEMORY or len(by_system) > 1:
        return False
    [items] = by_system.values()
    return 0 < len(items) <= MOST_ITEMS and all(
        item.observed_at is None or received_at - LATE <= item.observed_at <= received_at for _, item in items
    )


def learned(plan: Plan, known: Remembered | None, version: str, verified: Mapping[str, Level]) -> Remembered:
    """What is known when this plan, which was made from what was read for it, is stored; with what was `known` before.

    `verified` are the levels at the time of receipt then.
    """
    read = _of_read(plan)
    if known is not None and known.stored.version == read.stored.version:
        posted = {fresh.item.test for fresh in plan.batch.fresh}
        read.stored.checks = known.stored.checks
        read.tests |= {
            key: test for key, test in known.all_tests().items() if test.runs is not None and key not in posted
        }
    _take_in(read, plan, version)
    read.take_verified(verified, plan.batch.received_at, read.tests.values())
    return read


def advance(known: Remembered, plan: Plan, version: str, verified: Mapping[str, Level]) -> None:
    """Take in what this plan, which was made from what was recalled, stored."""
    _take_in(known, plan, version)
    until = known.stored.verified_until
    known.take_verified(verified, plan.batch.received_at, [known.tests[key] for key in plan.layers])
    known.stored.verified_until = min(until, known.stored.verified_until)


def _of_read(plan: Plan) -> Remembered:
    """What the snapshot that a plan was made from, which was read for it, tells of its system."""
    snapshot, newest = plan.batch.snapshot, _newest_by_test(plan.batch.fresh)
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
    read.checks, tests = {**snapshot.checks}, read.tests
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
    return read


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
    for item in items:
        check, test = known.check(item.check), known.test(item.test)
        if check is None or test is None:
            return None
        snapshot.checks[item.check] = check
        is_known, partner = test.partner(item.observed_at or received_at, snapshot.rules.freshness(item.test))
        if not is_known:
            return None
        if partner is not None:
            snapshot.neighbours.setdefault(item.test, set()).add(partner)
        if item.test not in snapshot.spans:
            snapshot.spans[item.test] = test.layers
            snapshot.span_ids.update(test.span_ids(item.test))
    snapshot.verified = known.verified(received_at)
    return snapshot


def _take_in(known: Remembered, plan: Plan, version: str) -> None:
    """Take in what a plan stored, but for what is verified."""
    batch, stored = plan.batch, known.stored
    rules, keys = batch.snapshot.rules, batch.snapshot.span_ids
    for check in plan.changes.checks:
        if check.id is None:
            known.checks.pop(check.name, None)
        else:
            known.checks[check.name] = check
    for test, at in _newest_by_test(batch.fresh).items():
        of_test = known.tests[test]
        newest = max(at, of_test.newest or at)
        of_test.add_runs(plan.added.get(test, ()), newest, rules.freshness(test))
        if test in plan.layers:
            of_test.put_spans(plan.layers[test], test, keys, newest)
    if len(stored.checks) > MOST_CHECKS:
        stored.checks = {}
    stored.version = version
    if plan.changes.states_until is not None:
        stored.states_until = plan.changes.states_until


def _newest_by_test(results: Iterable[Fresh]) -> dict[str, datetime]:
    """When the newest of these results of each test was observed."""
    newest: dict[str, datetime] = {}
    for fresh in results:
        test, at = fresh.item.test, fresh.observed_at
        if test not in newest or newest[test] < at:
            newest[test] = at
    return newest
