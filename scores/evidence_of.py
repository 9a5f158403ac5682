"""The health of a system's tests at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When

from accounts.statements import VENDOR, document, listed, to_sql
from accounts.texts import array, instant, joined, read
from assessments.entries import Entry, Listed
from assessments.models import System
from evidence.models import Check, Result, Status
from evidence.rules_of import Rules
from rubric.moment import Moment
from rubric.once import Once, once
from scores.score import Health

NewestResult = tuple[str, str, datetime | None]


def health(system: System, rules: Rules, at: datetime) -> dict[str, Health]:
    """The health of every test of the system that has a check, at `at`."""
    return fold_health(newest_of(system, at), rules, at)


def newest_of(system: System, at: datetime) -> list[NewestResult]:
    """(test, status, observed_at) of each check's newest result at `at` that was not skipped, in one query.

    Checks know their newest result; only where it lies in the future of `at` are results read.
    """
    return [row[2:] for row in _by_then(Check.objects.filter(system=system), at)]


def newest_by_name(system: int, at: datetime) -> Mapping[str, NewestResult]:
    """The same by the checks' names, in a query that reads no results, and one more where some lie in the future of `at`.

    It is the same object as long as nothing of it differs.
    """
    found = _by_name(read(_checks(VENDOR), [system]))
    ahead = [name for name, newest in found.items() if newest[2] is not None and newest[2] > at]
    if not ahead:
        return found
    return {**found, **{row[1]: row[2:] for row in _by_then(Check.objects.filter(system=system, name__in=ahead), at)}}


@lru_cache
def _checks(vendor: str) -> str:
    columns = array(vendor, "name", "test", "newest_status", instant(vendor, "newest_observed_at"))
    return joined(vendor, f"SELECT {columns} AS row FROM evidence_check WHERE system_id = %s ORDER BY id")


@lru_cache(maxsize=64)
def _by_name(text: str) -> Mapping[str, NewestResult]:
    return {name: (test, status, at) for name, test, status, at in _named_rows(text)}


_named_rows = msgspec.json.Decoder(list[tuple[str, str, str, datetime | None]]).decode


def newest_results(systems: Sequence[System], now: datetime) -> dict[int, list[NewestResult]]:
    """The same of many systems at present, by system id: in a query that reads no results.

    Only where a pipeline's clock is ahead, one more query reads those of its checks.
    """
    return _newest(Check.objects.filter(system__in=[system.pk for system in systems]), systems, now)


Failures = Once[tuple[int, Sequence[NewestResult]]]


def newest_failures(systems: Sequence[Listed], now: datetime) -> Failures:
    """Of these only what did not pass, with the system's id: what failing checks and tests are known by."""
    values = [_wanted(once(systems)), to_sql(now), Status.PASSED.value]
    text = read(_not_passed(VENDOR), values)
    known = _by_system(text)
    if not known or observed(known)[-1] <= now:
        return known
    found: dict[int, list[NewestResult]] = {}
    ahead = []
    for pk, key, test, status, at in _rows(text):
        if at > now:
            ahead.append(pk)
        else:
            found.setdefault(key, []).append((test, status, at))
    for row in _by_then(Check.objects.filter(pk__in=ahead), now):
        found.setdefault(row[0], []).append(row[2:])
    return Once(found.items())


@lru_cache(maxsize=64)
def _wanted(systems: Once[Listed]) -> str:
    return document([(system.pk,) for system in systems])


@lru_cache(maxsize=16)
def _by_system(text: str) -> Failures:
    found: dict[int, list[NewestResult]] = {}
    for _, key, test, status, at in _rows(text):
        found.setdefault(key, []).append((test, status, at))
    return Once(found.items())


_rows = msgspec.json.Decoder(list[tuple[int, int, str, str, datetime]]).decode


@lru_cache
def _not_passed(vendor: str) -> str:
    at = "%s::timestamptz" if vendor == "postgresql" else "%s"
    columns = array(vendor, "c.id", "c.system_id", "c.test", "c.newest_status", instant(vendor, "c.newest_observed_at"))
    return joined(
        vendor,
        f"SELECT {columns} AS row FROM {listed(vendor, 'l', system='bigint')} JOIN evidence_check c ON c.system_id = l.system"
        f" WHERE c.newest_observed_at IS NOT NULL AND (c.newest_observed_at > {at} OR c.newest_status <> %s) ORDER BY c.id",
    )


def failing_tests(systems: Sequence[Listed], now: datetime) -> Mapping[int, frozenset[str]]:
    """The tests that are failing at present by system id, of systems that have some, in one query.

    The organisation of models must have been read with them.
    """
    listed = once(systems)
    found = newest_failures(listed, now)
    return _failing(listed, found, Moment.among(now, now, (observed(found), windows_before(listed))))


@lru_cache(maxsize=16)
def _failing(systems: Once[Listed], found: Failures, moment: Moment) -> Mapping[int, frozenset[str]]:
    newest = dict(found)
    tests = {
        system.pk: frozenset(failing_of(system, newest[system.pk], moment.at))
        for system in systems
        if system.pk in newest
    }
    return {key: own for key, own in tests.items() if own}


@lru_cache(maxsize=16)
def observed(found: Failures) -> list[datetime]:
    """When these results were observed, ascending."""
    return sorted({at for _, own in found for _, _, at in own if at is not None})


@lru_cache(maxsize=64)
def windows_before(systems: Once[Listed]) -> list[timedelta]:
    """How far back the windows of these systems' tests reach."""
    return [timedelta(days=-days) for days in windows_of(systems)]


@lru_cache(maxsize=64)
def windows_of(systems: Once[Listed]) -> frozenset[int]:
    """All windows that any of their tests has, in days."""
    return frozenset([usual_window(system) for system in systems]).union(
        *{id(system.windows): system.windows.values() for system in systems}.values()
    )


def usual_window(system: Listed) -> int:
    """The organisation's window, in days."""
    return system.window_days if isinstance(system, Entry) else system.organisation.window_days


def failing_of(system: Listed, rows: Sequence[NewestResult], now: datetime) -> list[str]:
    """The test of each check that fails at `now`: whose newest result lies in the window and did not pass."""
    usual = usual_window(system)
    return [
        test
        for test, status, at in rows
        if status != Status.PASSED and at is not None and now - at < timedelta(days=system.windows.get(test, usual))
    ]


def _newest(checks: QuerySet[Check], systems: Sequence[System], now: datetime) -> dict[int, list[NewestResult]]:
    found: dict[int, list[NewestResult]] = {system.pk: [] for system in systems}
    ahead = []
    rows = checks.values_list("pk", "system_id", "test", "newest_status", "newest_observed_at")
    for pk, system_id, test, status, observed_at in rows:
        if observed_at is not None and observed_at > now:
            ahead.append(pk)
        else:
            found[system_id].append((test, status, observed_at))
    if ahead:
        for row in _by_then(Check.objects.filter(pk__in=ahead), now):
            found[row[0]].append(row[2:])
    return found


def _by_then(checks: QuerySet[Check], at: datetime) -> QuerySet[Check, tuple[int, str, str, str, datetime | None]]:
    """(system id, name, test, status, observed_at) of these checks' newest results at `at`."""
    then = (
        Result.objects.counted()
        .filter(check_of=OuterRef("pk"), observed_at__lte=at)
        .exclude(status=Status.SKIPPED)
        .order_by("-observed_at", "-received_at", "-id")
    )
    return (
        checks.annotate(status_then=_unless_later("newest_status", then, at))
        .annotate(observed_then=_unless_later("newest_observed_at", then, at))
        .values_list("system_id", "name", "test", "status_then", "observed_then")
    )


def _unless_later(column: str, then: QuerySet[Result], at: datetime) -> Case:
    """What the check knows of its newest result, unless that is later than `at`: then the same of the newest by then."""
    of_result = Subquery(then.values(column.removeprefix("newest_"))[:1])
    return Case(When(newest_observed_at__gt=at, then=of_result), default=F(column))


def fold_health(rows: Sequence[NewestResult], rules: Rules, at: datetime) -> dict[str, Health]:
    """Health by test from (test, status, observed_at) of each check's newest result: one that did not pass is enough."""
    statuses: Mapping[str, set[str]] = defaultdict(set)
    for test, status, observed_at in rows:
        if observed_at is not None and at - observed_at < rules.freshness(test).window:
            statuses[test].add(status)
    return {
        test: Health.PASSING if found == {Status.PASSED.value} else Health.FAILING for test, found in statuses.items()
    }


def failing_checks(rows: Sequence[NewestResult], rules: Rules, at: datetime) -> int:
    """How many checks are failing at `at`: those whose newest result lies in the window and did not pass."""
    return sum(
        status != Status.PASSED
        for test, status, observed_at in rows
        if observed_at is not None and at - observed_at < rules.freshness(test).window
    )
