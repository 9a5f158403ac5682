"""One system's part of a posting: what is new in it, and what storing that does to checks, runs and spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from evidence import spans, writing
from evidence.models import Status
from evidence.posting import Content, Fault, PostedResult, SystemOutcome
from evidence.preparation import keep_pending_spans
from evidence.snapshot import Growth, KnownCheck, LayersByTest, RunKey, Snapshot
from evidence.telling import BAD, flips
from evidence.writing import Fresh
from rubric.evidence import PROVABLE, RunTimes, parting, run_instants
from rubric.loader import builtin

Regions = dict[str, tuple[datetime, datetime]]


class Batch:
    """The posted items of one system, sorted into fresh ones, duplicates, faults and conflicts."""

    def __init__(self, snapshot: Snapshot, items: Sequence[tuple[int, PostedResult]], received_at: datetime) -> None:
        self.system = system = snapshot.system
        self.snapshot = snapshot
        self.received_at = received_at
        self.fresh: list[Fresh] = []
        self.duplicates = 0
        self.faults: list[Fault] = []
        self.conflicts: list[Fault] = []
        self._checks = dict(snapshot.checks)
        self._health_before = {name: check.newest_status for name, check in self._checks.items()}
        self._known: dict[tuple[str, str], tuple[PostedResult | Content, datetime]] = dict(snapshot.results)
        tests = tests_of(tuple(system.edition_keys))
        for index, item in items:
            self._sort(index, item, tests)

    def _sort(self, index: int, item: PostedResult, tests: frozenset[str]) -> None:
        if item.test not in tests:
            self.faults.append(Fault(index, "test", f"{item.test!r} is no test of this system's rubric."))
            return
        check = self._checks.get(item.check)
        if check is None:
            check = self._checks[item.check] = KnownCheck(item.check, item.test)
        elif check.test != item.test:
            detail = f"The check {item.check!r} belongs to the test {check.test}; a check has one test for good."
            self.faults.append(Fault(index, "check", detail))
            return
        identity = item.identity
        known = self._known.get(identity)
        if known is None:
            at = item.observed_at or self.received_at
            self._known[identity] = (item, at)
            self.fresh.append(Fresh(item, check, at))
        elif item.says_the_same_as(*known):
            self.duplicates += 1
        else:
            detail = f"The check {item.check!r} has other content for the run {item.run_id!r} already."
            self.conflicts.append(Fault(index, None, detail))

    def states_until(self, growths: Iterable[Growth], regions: Regions) -> datetime | None:
        """The first instant at which the system's state may be another, where its kept states tell of that instant."""
        known = self.system.states_until
        if known is None or not self.fresh:
            return None
        instants = [first for first, _ in regions.values()]
        for growth in growths:
            partings = (parting(growth.before[level], growth.after[level]) for level in PROVABLE)
            instants += [at for at in partings if at is not None]
        first, since = min(fresh.observed_at for fresh in self.fresh), self.system.states_since
        if since is None or first < since:
            instants.append(first)
        lowest = min(instants, default=known)
        return lowest if lowest < known else None

    def changed_checks(self) -> list[KnownCheck]:
        """The checks that are new, or whose newest result is among the fresh ones."""
        changed = {}
        for fresh in self.fresh:
            check = fresh.check
            if fresh.item.status != Status.SKIPPED and check.outdone_by(fresh.observed_at, self.received_at):
                check.newest_status = fresh.item.status
                check.newest_observed_at, check.newest_received_at = fresh.observed_at, self.received_at
                changed[check.name] = check
            elif check.id is None:
                changed.setdefault(check.name, check)
        return list(changed.values())

    def turned(self) -> tuple[list[str], list[str]]:
        """The checks that began to fail and those that recovered, by results that are young enough to count for health."""
        rules = self.snapshot.rules
        statuses = {fresh.item.status for fresh in self.fresh}
        if statuses.isdisjoint(BAD) and not any(status in BAD for status in self._health_before.values()):
            return [], []
        after = {
            check.name: check.newest_status
            for check in {fresh.check.name: fresh.check for fresh in self.fresh}.values()
            if check.newest_observed_at is not None
            and self.received_at - check.newest_observed_at < rules.freshness(check.test).window
        }
        return flips(self._health_before, after)

    def merged_runs(self) -> dict[RunKey, RunTimes]:
        """The runs that the fresh results belong to, as they are with them."""
        merged = dict(self.snapshot.runs)
        for fresh in self.fresh:
            key = (fresh.item.test, fresh.item.run_id, fresh.item.branch)
            times = RunTimes.of(fresh.item.status, fresh.observed_at)
            known = merged.get(key)
            merged[key] = times if known is None else known.merged(times)
        return merged

    def instants(self, merged: Mapping[RunKey, RunTimes]) -> tuple[dict[str, list[datetime]], Regions]:
        """The times of runs that had none, ascending by test; and for tests with a run that moved, what to rebuild."""
        counting = self.snapshot.rules.counting
        instants = run_instants(merged, counting)
        if not self.snapshot.runs:
            return {test: sorted(times.values()) for test, times in instants.items()}, {}
        added: dict[str, list[datetime]] = {}
        regions: Regions = {}
        known = run_instants(self.snapshot.runs, counting)
        for test, times in instants.items():
            old = known.get(test, {})
            fresh = sorted(time for run_id, time in times.items() if run_id not in old)
            moved = [
                at for run_id, time in times.items() if old.get(run_id, time) != time for at in (old[run_id], time)
            ]
            if moved:
                regions[test] = (min(moved + fresh), max(moved + fresh))
            elif fresh:
                added[test] = fresh
        return added, regions


@lru_cache
def tests_of(editions: tuple[str, ...]) -> frozenset[str]:
    """The keys of the tests of any of these editions."""
    return frozenset(test for key in editions for test in builtin()[key].tests)


class Plan:
    """What one batch changes: facts, runs and, as far as they follow from the snapshot alone, spans."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        snapshot, self.runs = batch.snapshot, batch.merged_runs()
        self.added, self.regions = batch.instants(self.runs)
        self.growths = spans.grown(snapshot, self.added)
        self.changes = writing.Changes(
            system_id=batch.system.id,
            version=snapshot.version,
            generation=batch.system.generation,
            checks=batch.changed_checks(),
            results=batch.fresh,
            runs=self._changed_runs(),
            known_runs=snapshot.runs,
            spans=spans.difference(self.growths, snapshot.span_keys),
            states_until=batch.states_until(self.growths, self.regions),
            first_run_at=min((times.observed for times in self.runs.values()), default=None),
        )

    def _changed_runs(self) -> Mapping[RunKey, RunTimes]:
        known = self.batch.snapshot.runs
        if not known:
            return self.runs
        return writing.with_siblings((key for key, times in self.runs.items() if known.get(key) != times), self.runs)

    @property
    def is_all(self) -> bool:
        """Whether its changes are all that is to be done, as it is for a run that comes in without moving."""
        return not self.regions and self.batch.system.pending_generation is None

    def outcome(self, rebuilt: LayersByTest) -> SystemOutcome:
        """What the batch did, once the spans of these tests were `rebuilt` besides."""
        batch, at = self.batch, self.batch.received_at
        failing, recovered = batch.turned()
        here = {test: layers for test, layers in rebuilt.items() if self._reaches(test, at)}
        return SystemOutcome(
            system=batch.system,
            claims=batch.snapshot.claims,
            verified_before=batch.snapshot.verified,
            verified_after=batch.snapshot.verified_with(self.growths, here, at),
            failing=failing,
            recovered=recovered,
        )

    def finish(self) -> SystemOutcome:
        """Once all is stored: rebuild the spans around runs that moved, and those of a change in preparation."""
        system, rules, runs = self.batch.system, self.batch.snapshot.rules, self.batch.snapshot.runs
        rebuilt = spans.rebuild_region(system, system.generation, rules, self.regions)
        keep_pending_spans(system, rules, runs, self.runs)
        return self.outcome(rebuilt)

    def _reaches(self, test: str, at: datetime) -> bool:
        """Whether the runs of this test that moved decide what is verified at this instant."""
        first, last = self.regions[test]
        return first <= at < last + self.batch.snapshot.rules.freshness(test).window
