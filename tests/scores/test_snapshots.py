"""The levels of many systems at once are those that each system's own score is made of, at any instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, Token
from assessments.entries import entries_of
from assessments.models import System
from rubric.levels import Level
from rubric.loader import builtin
from rubric.scoring import totals
from rubric.timeline import Levels
from scores.evidence_of import failing_tests
from scores.gaps import Holding, category_means, gaps, gaps_of, scored_by, standing_by, ways
from scores.keeping import keep_for
from scores.reading import first_fact_at, full_score, score_of
from scores.score import Health
from scores.snapshots import Snapshot, counted_at, stands_at
from scores.stands import proofs
from tests.factories import DAY, assess, make_organisation, make_system, post

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
RUBRIC = builtin()["ml-test-score-2017"]
TESTS = list(RUBRIC.tests)


def random_system(organisation: Organisation, name: str, dice: Random) -> System:
    """A system with claims and runs of any kind, in no order."""
    system = make_system(organisation, NOW - 300 * DAY, name=name, counted_branch=dice.choice([None, "main"]))
    for days in sorted(dice.sample(range(1, 200), dice.randrange(3)), reverse=True):
        claims = {test: dice.choice(["none", "manual", "automated", "na"]) for test in dice.sample(TESTS, 12)}
        assess(system, NOW - days * DAY, claims)
    for number in range(dice.randrange(8)):
        at = NOW - timedelta(minutes=dice.randrange(200 * 24 * 60))
        status, branch = dice.choice(["passed", "failed", "error", "skipped"]), dice.choice(["main", "dev"])
        post(system, dice.sample(TESTS, 5), [at], NOW, status=status, branch=branch, run=f"run {number}")
    return system


def snapshots(systems: Sequence[System], at: datetime) -> list[Snapshot]:
    """Each of these systems, counted from claims and spans."""
    found = counted_at(systems, at)[0]
    return [found[system.pk] for system in systems]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_each_snapshot_is_the_systems_own_score(seed: int) -> None:
    dice = Random(seed)
    organisation = make_organisation(credit=dice.choice(["executed", "passed"]), repeat_hours=dice.choice([0, 12]))
    systems = [random_system(organisation, f"System {number}", dice) for number in range(4)]
    for at in (NOW, *(NOW + timedelta(minutes=dice.randrange(-210 * 24 * 60, 40 * 24 * 60)) for _ in range(5))):
        failing = failing_tests(systems, NOW)
        for system, found in zip(systems, snapshots(systems, at), strict=True):
            first = first_fact_at(system)
            if first is None or first > at:
                assert found.score is None and not any(found.level(test) for test in TESTS)
                continue
            full = full_score(system, at)
            assert found.score == full.total
            for test in full.tests:
                key = test.test.key
                shown = (found.level(key), found.claimed(key), found.verified(key), key in found.levels.not_applicable)
                assert shown == (test.level, test.claimed, test.verified, test.not_applicable)
                assert at != NOW or (key in failing.get(found.system.pk, ())) == (test.health is Health.FAILING)


def random_levels(dice: Random) -> Levels:
    claimed, verified = (
        {test: dice.choice(list(Level)) for test in dice.sample(TESTS, dice.randrange(29))} for _ in range(2)
    )
    left_out = frozenset(dice.sample(TESTS, 6))
    return Levels({test: level for test, level in claimed.items() if test not in left_out}, verified, left_out)


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_gaps_count_systems_one_by_one(count: int) -> None:
    made = [random_levels(Random(seed)) for seed in range(count)]
    rows = [Snapshot(System(), each, score_of(RUBRIC, each, NOW)) for each in made]
    silent = Snapshot(System(), Levels({}, {}), None)
    other = Snapshot(System(), Levels({}, {}), score_of(builtin()["key-principles"], Levels({}, {}), NOW))
    for gap in gaps(RUBRIC, [*rows, silent, other]):
        key = gap.test.key
        credited = [each.credited.get(key, Level.NONE) for each in made]
        verified = [each.verified.get(key, Level.NONE) for each in made]
        raised = [totals(RUBRIC, {**each.credited, key: Level.AUTOMATED}).score for each in made]
        assert gap.systems == len(made)
        assert gap.counts == {
            Holding.NONE: sum(not level for level in credited),
            Holding.CREDITED: sum(level > 0 for level in credited),
            Holding.VERIFIED: sum(level > 0 for level in verified),
            Holding.CLAIMED: sum(level > 0 and not proof for level, proof in zip(credited, verified, strict=True)),
            Holding.NOT_APPLICABLE: sum(key in each.left_out for each in made),
            Holding.WOULD_RISE: sum(
                after > totals(RUBRIC, each.credited).score for after, each in zip(raised, made, strict=True)
            ),
        }
        assert not ways(None, gap.test)
        stands = [row.tallied.stand for row in rows]
        assert gap.counts == {way: sum(way in ways(stand, gap.test) for stand in stands) for way in Holding}
    means = category_means(RUBRIC, [row.tallied.stand for row in rows])
    for key, mean in means.items():
        assert mean * len(rows) == sum(totals(RUBRIC, each.credited).categories[key] for each in made)
    assert bool(means) == bool(made)


@pytest.mark.django_db
def test_stands_cost_the_same_for_any_number_of_systems(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    organisation, dice = make_organisation(), Random(7)
    systems = [random_system(organisation, f"System {number}", dice) for number in range(3)]
    for queries in (5, 2):
        for chosen in (systems[:1], systems):
            with django_assert_num_queries(queries):
                stands_at(chosen, NOW)
                failing_tests(chosen, NOW)
        assert keep_for(60.0)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2))
def test_stands_count_what_snapshots_say(seed: int) -> None:
    """Whether states are kept or not, for models and for entries, and in digits of one edition or of several."""
    dice = Random(f"stands {seed}")
    meridian = make_organisation()
    systems = [random_system(meridian, f"System {number}", dice) for number in range(5)]
    for system in systems[:2]:
        system.editions = [
            {"rubric": "key-principles", "from": None},
            {"rubric": RUBRIC.key, "from": str(NOW - 99 * DAY)},
        ]
        system.save(update_fields=["editions"])
    entries = entries_of(Token(organisation=meridian))
    instants = [NOW, NOW - 50 * DAY, NOW - 120 * DAY]
    for _ in range(2):
        for at, rows in zip(instants, zip(*stands_at(entries, *instants), strict=True), strict=True):
            shown = snapshots(systems, at)
            for stand, row in zip(rows, shown, strict=True):
                assert (stand is None) == (row.score is None)
                if stand is not None and row.score is not None:
                    assert (stand.rubric, stand.score) == (row.score.rubric.key, row.tallied.face.score)
            stands = standing_by(RUBRIC, rows)
            assert gaps_of(RUBRIC, stands) == gaps(RUBRIC, shown)
            scored = [row.tallied for row in scored_by(RUBRIC, shown)]
            assert [each.held for each in proofs(stands)] == [each.held for each in scored]
            assert [each.points for each in proofs(stands)] == [each.proved for each in scored]
        assert keep_for(60.0)
