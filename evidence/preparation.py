"""Preparing a change of rules: the spans of its generation, one stretch of one test's runs after another.

Each stretch is a transaction under the system's lock, of at most STRETCH runs, so that postings wait a moment at most and a
killed worker goes on where it stopped. The spans of a test in preparation are those of its runs up to an instant, `until`;
writers keep them so, whatever they do to these runs, and leave later runs to the stretches to come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, IntegerField, OuterRef, Subquery
from django.db.models.expressions import Combinable

from assessments.models import System
from evidence import spans
from evidence.locks import locked_by_id
from evidence.models import Check, PreparedTest, RuleChange, Run, RunQuerySet
from evidence.rules_of import Rules, time_column
from evidence.snapshot import RunKey
from rubric.evidence import PROVABLE, RunTimes, layers, run_instants, union, with_run

STRETCH = 5000


def unprepared(change: RuleChange) -> list[tuple[int, str]]:
    """The (system, test) pairs that are not wholly prepared, in their order. Every test with runs has a check."""
    done = change.prepared.filter(finished=True).values_list("system_id", "test")
    return sorted(_pairs(change) - set(done))


def _pairs(change: RuleChange) -> set[tuple[int, str]]:
    checks = Check.objects.filter(system__in=change.systems())
    return set(checks.values_list("system_id", "test").distinct())


def prepare_next(change: RuleChange) -> bool:
    """Prepare one more stretch; False when none is left. Safe to call again after any crash."""
    left = unprepared(change)
    if left:
        _prepare_stretch(change, *left[0])
    return bool(left)


@transaction.atomic
def _prepare_stretch(change: RuleChange, system_id: int, test: str) -> None:
    system = locked_by_id(system_id)
    if system.pending_generation != change.pk:
        return
    rules = Rules.of(system).changed(change.changes)
    prepared, _ = PreparedTest.objects.get_or_create(change=change, system=system, test=test)
    runs = Run.objects.timed(rules).filter(system=system, test=test)
    times, more = _following(runs, rules, prepared.until)
    if times:
        near, times, more = _partners(runs, rules, test, prepared.until, times, more)
        rule = rules.freshness(test)
        found = layers([*near, *times], rule)
        known = spans.load(system, change.pk, [test], (near or times)[0], times[-1] + rule.window)
        wanted = {level: union([*known[test][level], *found[level]]) for level in PROVABLE}
        spans.store(system, change.pk, known, {test: wanted})
        prepared.until = times[-1]
    prepared.finished = not more
    prepared.save(update_fields=["until", "finished"])


def _following(runs: RunQuerySet, rules: Rules, until: datetime | None) -> tuple[list[datetime], bool]:
    """The times of the next runs, ascending, and whether there are more. Runs at one instant stay together.

    More than STRETCH runs at one instant are as good as that many: two of them decide everything.
    """
    column = rules.time_column
    if until is not None:
        runs = runs.filter(**{f"{column}__gt": until})
    rows = list(runs.order_by(column, "run_id").values_list(column, "run_id")[: STRETCH + 1])
    # A run on several branches may have rows of one instant.
    times = [time for time, _ in dict.fromkeys(rows)]
    if len(rows) <= STRETCH:
        return times, False
    return [time for time in times if time < times[-1]] or times, True


def _partners(
    runs: RunQuerySet, rules: Rules, test: str, until: datetime | None, times: list[datetime], more: bool
) -> tuple[list[datetime], list[datetime], bool]:
    """Of the runs up to `until` those that may be the earlier one of a pair with one of `times`, ascending.

    And the times themselves, fewer where their partners are too many for one stretch; and whether more are left then.
    """
    if until is None:
        return [], times, more
    column, repeat = rules.time_column, rules.freshness(test).repeat
    descending = runs.filter(**{f"{column}__lte": min(times[0] - repeat, until)}).order_by(f"-{column}")
    near = list(descending.values_list(column, flat=True)[:1])
    between = runs.filter(**{f"{column}__gt": near[0]}) if near else runs
    between = between.filter(**{f"{column}__lte": min(times[-1] - repeat, until)}).order_by(column)
    near += between.values_list(column, flat=True)[: STRETCH + 1]
    if len(near) > STRETCH + 1:
        last = near.pop()
        times, more = [time for time in times if time - repeat < last], True
    return near, times, more


class _Count(Subquery):
    """How many rows a query has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def progress(change: RuleChange) -> int:
    """How much of a change is prepared, in whole percent: of each (system, test) the share of its time that is done.

    The change's organisation must be loaded; it takes one statement, however many tests are in preparation.
    """
    if change.swapped_at is not None:
        return 100
    column = time_column(change.changes.get("credit", change.organisation.credit))
    pairs = Check.objects.filter(system__in=change.systems()).values("system_id", "test").distinct()
    runs = Run.objects.filter(system=OuterRef("system"), test=OuterRef("test"), **{f"{column}__isnull": False})
    begun = change.prepared.annotate(
        pairs=_Count(pairs),
        first=Subquery(runs.order_by(column).values(column)[:1]),
        last=Subquery(runs.order_by(f"-{column}").values(column)[:1]),
    )
    rows = list(begun.values_list("pairs", "finished", "until", "first", "last"))
    done = sum((_share(*times) if not finished else Fraction(1) for _, finished, *times in rows), Fraction(0))
    return int(100 * done / rows[0][0]) if rows else 0


def _share(until: datetime | None, first: datetime | None, last: datetime | None) -> Fraction:
    if until is None or first is None or last is None or not first < last:
        return Fraction(0)
    return min(Fraction((until - first) / (last - first)), Fraction(1))


def keep_pending_spans(
    system: System, rules: Rules, before: Mapping[RunKey, RunTimes], after: Mapping[RunKey, RunTimes]
) -> None:
    """Bring the prepared spans of a pending generation in line with runs that were stored, moved or taken away.

    `rules` are those in force; `before` and `after` hold every row of the runs concerned.
    """
    if system.pending_generation is None:
        return
    change = RuleChange.objects.get(pk=system.pending_generation)
    new_rules = rules.changed(change.changes)
    old, new = run_instants(before, new_rules.counting), run_instants(after, new_rules.counting)
    added: dict[str, list[str]] = {}
    regions: dict[str, tuple[datetime, datetime]] = {}
    until: dict[str, datetime] = {}
    for prepared in change.prepared.filter(system=system, test__in=old.keys() | new.keys()):
        was = prepared.part_of(old.get(prepared.test, {}))
        now = prepared.part_of(new.get(prepared.test, {}))
        arrived = [run_id for run_id in now if run_id not in was]
        moved = {at for run_id, at in was.items() if now.get(run_id) != at}
        if moved:
            moved |= {now[run_id] for run_id in now if was.get(run_id) != now[run_id]}
            regions[prepared.test] = (min(moved), max(moved))
        elif arrived:
            added[prepared.test] = arrived
        if not prepared.finished and prepared.until is not None:
            until[prepared.test] = prepared.until
    spans.rebuild_region(system, change.pk, new_rules, regions, until)
    if added:
        _grow(system, change.pk, new_rules, added, until)


def _grow(
    system: System, generation: int, rules: Rules, added: Mapping[str, Sequence[str]], until: Mapping[str, datetime]
) -> None:
    """Add what stored runs, given by test, add to the spans, in constant work for each."""
    rows = _with_neighbours(system, rules, added)
    start = min(time for _, time, _, _ in rows)
    end = max(time + rules.freshness(test).window for test, time, _, _ in rows)
    known = spans.load(system, generation, added.keys(), start, end)
    wanted = {test: known[test] for test in added}
    for test, time, earlier, later in rows:
        if later is not None and test in until and later > until[test]:
            later = None
        wanted[test] = with_run(wanted[test], time, earlier, later, rules.freshness(test))
    spans.store(system, generation, known, wanted)


def _with_neighbours(
    system: System, rules: Rules, added: Mapping[str, Sequence[str]]
) -> list[tuple[str, datetime, datetime | None, datetime | None]]:
    """Test and time of these runs, with the nearest other run G or more before each and after it, in one query."""
    column = rules.time_column
    repeat = rules.freshness("").repeat
    others = Run.objects.timed(rules).filter(system=OuterRef("system"), test=OuterRef("test"))
    others = others.exclude(run_id=OuterRef("run_id"))

    def apart(by: Combinable, lookup: str, order: str) -> Subquery:
        return Subquery(others.filter(**{f"{column}__{lookup}": by}).order_by(order).values(column)[:1])

    before = ExpressionWrapper(OuterRef(column) - repeat, output_field=DateTimeField())
    after = ExpressionWrapper(OuterRef(column) + repeat, output_field=DateTimeField())
    runs = Run.objects.timed(rules).filter(
        system=system, test__in=added, run_id__in={run_id for run_ids in added.values() for run_id in run_ids}
    )
    rows = runs.annotate(
        at=F(column), earlier=apart(before, "lte", f"-{column}"), later=apart(after, "gte", column)
    ).values_list("test", "run_id", "at", "earlier", "later")
    return [(test, at, earlier, later) for test, run_id, at, earlier, later in rows if run_id in added[test]]
