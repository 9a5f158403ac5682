"""One system's part of a posting: what is new in it, and what storing that does to runs, spans and health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import FilteredRelation, Q

from accounts.models import Token
from assessments.models import System
from evidence import spans
from evidence.locks import claims_of
from evidence.models import Check, Result, Run, Status
from evidence.posting import PROVENANCE, Fault, PostedResult, SystemOutcome
from evidence.preparation import keep_pending_spans
from evidence.rules_of import Rules
from evidence.snapshot import RunKey, Snapshot, Wanted, read, verified_in
from rubric.evidence import RunTimes, run_instants
from rubric.loader import builtin

STORED = ("run_id", "status", "observed_at", "message", "url", *PROVENANCE, "metrics")


class Batch:
    """The posted items of one locked system, sorted into fresh ones, duplicates, faults and conflicts."""

    def __init__(
        self, system: System, token: Token | None, items: Sequence[tuple[int, PostedResult]], received_at: datetime
    ) -> None:
        self.system = system
        self.rules = Rules.of(system)
        self.received_at = received_at
        self.token = token
        self.fresh: list[Result] = []
        self.duplicates = 0
        self.faults: list[Fault] = []
        self.conflicts: list[Fault] = []
        self._checks: dict[str, Check] = {}
        self._known: dict[tuple[str, str], Result] = {}
        self._load([item for _, item in items])
        tests = {test for key in system.edition_keys for test in builtin()[key].tests}
        for index, item in items:
            self._sort(index, item, tests)

    def _load(self, items: Sequence[PostedResult]) -> None:
        """The checks these items name, and the results already stored under their identities, in one query."""
        rows = Check.objects.filter(system=self.system, name__in={item.check for item in items}).annotate(
            same=FilteredRelation("results", condition=Q(results__run_id__in={item.run_id for item in items}))
        )
        fields = ("id", "name", "test", "newest_status", "newest_observed_at", "newest_received_at")
        for row in rows.values(*fields, *(f"same__{name}" for name in STORED)):
            name = row["name"]
            self._checks[name] = Check(system=self.system, **{field: row[field] for field in fields})
            if row["same__run_id"] is not None:
                self._known[name, row["same__run_id"]] = Result(**{field: row[f"same__{field}"] for field in STORED})

    def _sort(self, index: int, item: PostedResult, tests: set[str]) -> None:
        if item.test not in tests:
            self.faults.append(Fault(index, "test", f"{item.test!r} is no test of this system's rubric."))
            return
        check = self._checks.get(item.check)
        if check is None:
            check = self._checks[item.check] = Check(system=self.system, name=item.check, test=item.test)
        elif check.test != item.test:
            detail = f"The check {item.check!r} belongs to the test {check.test}; a check has one test for good."
            self.faults.append(Fault(index, "check", detail))
            return
        known = self._known.get(item.identity)
        if known is None:
            self._known[item.identity] = self._accept(item, check)
        elif item.says_the_same_as(known):
            self.duplicates += 1
        else:
            detail = f"The check {item.check!r} has other content for the run {item.run_id!r} already."
            self.conflicts.append(Fault(index, None, detail))

    def _accept(self, item: PostedResult, check: Check) -> Result:
        result = Result(
            system=self.system,
            check_of=check,
            received_at=self.received_at,
            token=self.token,
            **{name: getattr(item, name) for name in STORED if name != "observed_at"},
            observed_at=item.observed_at or self.received_at,
        )
        self.fresh.append(result)
        return result

    def record(self) -> SystemOutcome:
        """Store what is fresh, and tell the verified levels before and after, as of the time of receipt."""
        snapshot = read(self.system, self.rules, self._wanted)
        self.rules = snapshot.rules
        generation = self.system.generation
        before = snapshot.verified(generation, self.received_at)
        after = before
        if self.fresh:
            self._store_facts()
            layers = dict(snapshot.spans.get(generation, {}))
            layers.update(self._store_runs(snapshot))
            after = verified_in(layers, self.received_at)
        return SystemOutcome(self.system, claims_of(self.system), before, after)

    def _wanted(self, rules: Rules) -> Wanted:
        instants: dict[tuple[str, str], datetime] = {}
        for result in self.fresh:
            times = RunTimes.of(result.status, result.observed_at)
            time = rules.counting.time_of([(result.branch, times)])
            if time is not None:
                key = (result.check_of.test, result.run_id)
                instants[key] = min(time, instants.get(key, time))
        return Wanted(
            runs={(result.check_of.test, result.run_id) for result in self.fresh},
            instants=[(test, run_id, time) for (test, run_id), time in instants.items()],
            now=self.received_at,
        )

    def _store_facts(self) -> None:
        changed = {result.check_of.name: result.check_of for result in self.fresh if result.check_of.pk is None}
        for result in self.fresh:
            if result.status != Status.SKIPPED and result.check_of.outdone_by(result):
                result.check_of.take(result)
                changed[result.check_of.name] = result.check_of
        if changed:
            Check.objects.bulk_create(
                changed.values(),
                update_conflicts=True,
                unique_fields=["system", "name"],
                update_fields=["newest_status", "newest_observed_at", "newest_received_at"],
            )
        for result in self.fresh:
            result.check_of = result.check_of  # takes the key that the insert above gave a check
        Result.objects.bulk_create(self.fresh)

    def _store_runs(self, snapshot: Snapshot) -> spans.LayersByTest:
        """Merge the runs, then add to the spans what is new, or rebuild where a run moved back."""
        merged = dict(snapshot.runs)
        for result in self.fresh:
            key = (result.check_of.test, result.run_id, result.branch)
            times = RunTimes.of(result.status, result.observed_at)
            merged[key] = merged[key].merged(times) if key in merged else times
        changed = {key: times for key, times in merged.items() if snapshot.runs.get(key) != times}
        store_runs(self.system, changed)
        added, moved = self._instants(snapshot.runs, merged)
        generation = self.system.generation
        layers = spans.grown(snapshot, generation, self.rules, added)
        spans.store(self.system, generation, snapshot.spans.get(generation, {}), layers)
        layers.update(spans.rebuild_region(self.system, generation, self.rules, moved))
        keep_pending_spans(self.system, self.rules, snapshot.runs, merged)
        return layers

    def _instants(
        self, before: Mapping[RunKey, RunTimes], after: Mapping[RunKey, RunTimes]
    ) -> tuple[dict[str, list[datetime]], dict[str, tuple[datetime, datetime]]]:
        """The times of runs that had none, ascending by test; and for tests with a run that moved, what to rebuild."""
        added: dict[str, list[datetime]] = {}
        regions: dict[str, tuple[datetime, datetime]] = {}
        known = run_instants(before, self.rules.counting)
        for test, times in run_instants(after, self.rules.counting).items():
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


def store_runs(system: System, runs: Mapping[RunKey, RunTimes]) -> None:
    """Write these runs as they are: one upsert."""
    Run.objects.bulk_create(
        [
            Run(
                system=system,
                test=test,
                run_id=run_id,
                branch=branch,
                first_observed_at=times.observed,
                first_executed_at=times.executed,
                first_passed_at=times.passed,
            )
            for (test, run_id, branch), times in runs.items()
        ],
        update_conflicts=True,
        unique_fields=["system", "test", "run_id", "branch"],
        update_fields=["first_observed_at", "first_executed_at", "first_passed_at"],
    )
