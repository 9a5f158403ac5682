"""What recording needs to know of systems' evidence, read in one statement under their locks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from accounts.statements import VENDOR, document, fetch, listed, matching, to_sql
from assessments.claims import thaw
from assessments.models import System
from evidence.instants import from_sql, instant_from_sql
from evidence.posting import TEXTS, Content, PostedResult
from evidence.rules_of import Rules
from rubric.evidence import PROVABLE, Interval, Layers, RunTimes
from rubric.levels import Level
from rubric.timeline import Claims

RunKey = tuple[str, str, str]
LEVELS = tuple(Level)
LayersByTest = dict[str, Layers]


@dataclass(slots=True)
class KnownCheck:
    """A check and its newest result that was neither skipped nor voided. `id` is None until it is stored."""

    name: str
    test: str
    id: int | None = None
    newest_status: str = ""
    newest_observed_at: datetime | None = None
    newest_received_at: datetime | None = None

    def outdone_by(self, observed_at: datetime, received_at: datetime) -> bool:
        """Whether a result is newer than the newest known one; of equal instants the later received wins."""
        if self.newest_observed_at is None or self.newest_received_at is None:
            return True
        return (observed_at, received_at) >= (self.newest_observed_at, self.newest_received_at)


@dataclass(slots=True)
class Snapshot:
    """Of one system: its newest claims, the checks, results and runs a posting touches, and the spans around them.

    `rules` are those it was read by. `results` are keyed by (check, run_id), `runs` by (test, run_id, branch), `spans` by
    test and level, of the posted tests; `verified` holds the levels at the time of receipt, of all tests that hold one;
    `neighbours` are by test the nearest instants of runs that lie G or more from a posted one.
    """

    rules: Rules
    claims: Claims | None = None
    checks: dict[str, KnownCheck] = field(default_factory=dict)
    results: dict[tuple[str, str], tuple[Content, datetime]] = field(default_factory=dict)
    runs: dict[RunKey, RunTimes] = field(default_factory=dict)
    neighbours: dict[str, set[datetime]] = field(default_factory=dict)
    spans: LayersByTest = field(default_factory=dict)
    verified: dict[str, Level] = field(default_factory=dict)

    def layer(self, test: str, level: Level) -> list[Interval]:
        """The known intervals of one level of one test, ascending."""
        of_test = self.spans.get(test)
        return of_test[level] if of_test is not None else []

    def verified_with(self, grown: LayersByTest, rebuilt: LayersByTest, at: datetime) -> dict[str, Level]:
        """The verified levels at the time of receipt once layers grew, and others took the place of what was known."""
        levels = {test: level for test, level in self.verified.items() if test not in rebuilt}
        for test, of_test in (*grown.items(), *rebuilt.items()):
            for level in PROVABLE:
                if any(start <= at < end for start, end in of_test[level]):
                    levels[test] = max(level, levels.get(test, Level.NONE))
        return levels


Posted = Sequence[tuple[System, Sequence[PostedResult]]]


def read(posted: Posted, received_at: datetime) -> dict[int, Snapshot]:
    """What these locked systems' posted results touch, as of the time of receipt, by the key of the system.

    The organisation's settings may have been read before the lock was taken. The statement reads them again; where they
    differ by then, everything is read once more by those in force.
    """
    if not posted:
        return {}
    rules = {system.pk: Rules.of(system) for system, _ in posted}
    while True:
        found, in_force = _read(posted, rules, received_at)
        renewed = {key: replace(of_system, **in_force) for key, of_system in rules.items()}
        if renewed == rules:
            return found
        rules = renewed


def _read(
    posted: Posted, rules: Mapping[int, Rules], received_at: datetime
) -> tuple[dict[int, Snapshot], dict[str, Any]]:
    found = {key: Snapshot(of_system) for key, of_system in rules.items()}
    in_force: dict[str, Any] = {}
    system = posted[0][0]
    sql = _statement(VENDOR, rules[system.pk].time_column)
    values = [*_documents(posted, rules, received_at), system.organisation_id]
    for kind, key, name, run_id, text, a, b, c, number, more in fetch(sql, values):
        if kind == "rules":
            in_force = {"credit": name, "window_days": number, "repeat_hours": int(more)}
        elif kind == "run":
            found[key].runs[name, run_id, text] = RunTimes(instant_from_sql(a), from_sql(b), from_sql(c))
        elif kind == "neighbour":
            near = found[key].neighbours.setdefault(name, set())
            near.update([instant_from_sql(at) for at in (a, b) if at is not None])
        elif kind == "span":
            layers = found[key].spans
            if name not in layers:
                layers[name] = {level: [] for level in PROVABLE}
            layers[name][LEVELS[number]].append((instant_from_sql(a), instant_from_sql(b)))
        elif kind == "check":
            found[key].checks[name] = KnownCheck(name, run_id, number, text, from_sql(a), from_sql(b))
        elif kind == "result":
            found[key].results[name, run_id] = (Content(*json.loads(more)), instant_from_sql(a))
        elif kind == "verified":
            found[key].verified = _highest(more)
        elif more is not None:
            found[key].claims = _claims(more)
    for snapshot in found.values():
        for layers_of_test in snapshot.spans.values():
            for intervals in layers_of_test.values():
                intervals.sort()
    return found, in_force


@lru_cache(maxsize=512)
def _claims(text: str) -> Claims:
    """What an assessment claims; most postings to a system meet the same one."""
    effective_at, claims = json.loads(text)
    return thaw(claims, instant_from_sql(effective_at))


def _highest(text: str | None) -> dict[str, Level]:
    """By test, the highest of the levels in a list of [test, level]."""
    levels: dict[str, Level] = {}
    for test, number in json.loads(text or "[]"):
        levels[test] = max(LEVELS[number], levels.get(test, Level.NONE))
    return levels


def _documents(posted: Posted, rules: Mapping[int, Rules], received_at: datetime) -> list[str]:
    """The parameters of the statement: systems, runs, checks, identities, tests."""
    systems, checks, identities, runs = [], set(), set(), {}
    tests: dict[tuple[int, str], tuple[Any, ...]] = {}
    for system, items in posted:
        key, of_system = system.pk, rules[system.pk]
        repeat, branch = timedelta(hours=of_system.repeat_hours), of_system.counted_branch
        moments: dict[str, set[datetime]] = {}
        for item in items:
            at = item.observed_at or received_at
            checks.add((key, item.check))
            identities.add((key, item.check, item.run_id))
            moments.setdefault(item.test, set()).add(at)
            run = (key, item.test, item.run_id, at)
            if run not in runs:
                runs[run] = (key, item.test, item.run_id, to_sql(at - repeat), to_sql(at + repeat), branch)
        for test, times in moments.items():
            until = max(times) + of_system.freshness(test).window
            tests[key, test] = (key, system.generation, test, to_sql(min(times)), to_sql(until))
        systems.append((key, system.generation, to_sql(received_at)))
    return [document(each) for each in (systems, runs.values(), checks, identities, tests.values())]


@lru_cache
def _statement(vendor: str, column: str) -> str:
    """A union of selects of one shape: kind, system, two names, a text, three instants, a number, a text.

    The parameters are the documents of systems, runs, checks, identities and tests, and the organisation's key.
    """
    postgresql = vendor == "postgresql"
    array = "jsonb_build_array" if postgresql else "json_array"
    metrics = "r.metrics" if postgresql else "json(r.metrics)"
    text = "::text" if postgresql else ""
    null = "NULL::timestamptz" if postgresql else "NULL"
    instant = "timestamptz"
    content = ", ".join(f'r."{name}"' for name in TEXTS)
    systems = listed(vendor, "l", system="bigint", generation="bigint", at=instant)
    tests = listed(vendor, "l", system="bigint", generation="bigint", test="text", starts_at=instant, ends_at=instant)
    checks = listed(vendor, "l", system="bigint", name="text")
    identities = listed(vendor, "l", system="bigint", name="text", run_id="text")
    runs = listed(
        vendor, "l", system="bigint", test="text", run_id="text", before=instant, after=instant, branch="text"
    )
    check = matching(vendor, "evidence_check", "c", "c.system_id = l.system AND c.name = l.name")
    result = matching(vendor, "evidence_result", "r", "r.check_id = c.id AND r.run_id = l.run_id")
    run = matching(vendor, "evidence_run", "r", "r.system_id = l.system AND r.test = l.test AND r.run_id = l.run_id")
    span = matching(
        vendor,
        "evidence_span",
        "s",
        "s.system_id = l.system AND s.generation = l.generation AND s.test = l.test"
        " AND s.starts_at <= l.ends_at AND s.ends_at >= l.starts_at",
    )
    all_of = "jsonb_agg" if postgresql else "json_group_array"
    verified = (
        f"(SELECT {all_of}({array}(s.test, s.level)){text} FROM evidence_span s WHERE s.system_id = l.system"
        " AND s.generation = l.generation AND s.starts_at <= l.at AND s.ends_at > l.at)"
    )
    claims = "a.claims" if postgresql else "json(a.claims)"
    newest = (
        f"(SELECT {array}(a.effective_at, {claims}){text} FROM assessments_assessment a"
        " WHERE a.system_id = l.system AND a.status = 'final' AND a.effective_at <= l.at"
        " ORDER BY a.effective_at DESC, a.recorded_at DESC, a.id DESC LIMIT 1)"
    )
    timed = (
        f"(r.branch = l.branch OR l.branch IS NULL AND (r.several_branches = false OR NOT EXISTS (SELECT 1"
        f" FROM evidence_run o WHERE o.system_id = r.system_id AND o.test = r.test AND o.run_id = r.run_id"
        f" AND o.{column} < r.{column})))"
    )
    neighbour = (
        f"(SELECT r.{column} FROM evidence_run r WHERE r.system_id = l.system AND r.test = l.test"
        f" AND r.{column} {{}} AND r.run_id <> l.run_id AND {timed} ORDER BY r.{column} {{}} LIMIT 1)"
    )
    return f"""
WITH systems AS (SELECT * FROM {systems}), runs AS (SELECT * FROM {runs})
SELECT 'check', l.system, c.name, c.test, c.newest_status, c.newest_observed_at, c.newest_received_at, {null}, c.id, NULL
 FROM {checks} {check}
UNION ALL SELECT 'result', l.system, l.name, l.run_id, NULL, r.observed_at, NULL, NULL, 0,
 {array}({content}, {metrics}){text} FROM {identities} {check} {result}
UNION ALL SELECT 'run', l.system, r.test, r.run_id, r.branch, r.first_observed_at, r.first_executed_at, r.first_passed_at,
 0, NULL FROM runs l {run}
UNION ALL SELECT 'neighbour', l.system, l.test, NULL, NULL, {neighbour.format("<= l.before", "DESC")},
 {neighbour.format(">= l.after", "ASC")}, NULL, 0, NULL FROM runs l
UNION ALL SELECT 'span', l.system, s.test, NULL, NULL, s.starts_at, s.ends_at, NULL, s.level, NULL FROM {tests} {span}
UNION ALL SELECT 'verified', l.system, NULL, NULL, NULL, NULL, NULL, NULL, 0, {verified} FROM systems l
UNION ALL SELECT 'claims', l.system, NULL, NULL, NULL, NULL, NULL, NULL, 0, {newest} FROM systems l
UNION ALL SELECT 'rules', 0, o.credit, NULL, NULL, NULL, NULL, NULL, o.window_days, CAST(o.repeat_hours AS text)
 FROM accounts_organisation o WHERE o.id = %s"""
