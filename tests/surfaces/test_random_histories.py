"""Random histories at random instants: every surface says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Membership
from rubric.loader import DEFAULT, builtin
from scores.keeping import keep_for
from tests.factories import DAY, assess, make_system, post
from tests.surfaces.surfaces import compare

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
SPAN_HOURS = 70 * 24

# By category, so that scores that are minima over categories are seldom 0.
CATEGORIES = {category.key: [test.key for test in category.tests] for category in builtin()[DEFAULT].categories}
hours = st.integers(0, SPAN_HOURS)
levels = st.sampled_from(["manual", "automated", "manual", "na"])
claims = st.fixed_dictionaries(dict.fromkeys(CATEGORIES, levels))
some = st.sampled_from([tuple(CATEGORIES), tuple(CATEGORIES), *((key,) for key in CATEGORIES)])
runs = st.tuples(some, hours, st.sampled_from(["passed", "failed", "passed", "error"]), st.integers(1, 4))


def ago(hours_ago: int) -> datetime:
    return NOW - timedelta(hours=hours_ago)


@settings(
    max_examples=6,
    deadline=None,
    database=None,
    # An example takes a second: shrinking one would take longer than reading it.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    assessed=st.dictionaries(hours, claims, max_size=2),
    posted=st.lists(runs, min_size=1, max_size=4),
    asked=st.sets(hours, min_size=2, max_size=2),
    kept=st.booleans(),
)
def test_every_surface_says_the_same(
    owner: Membership,
    monkeypatch: pytest.MonkeyPatch,
    assessed: dict[int, dict[str, str]],
    posted: list[tuple[tuple[str, ...], int, str, int]],
    asked: set[int],
    kept: bool,
) -> None:
    with transaction.atomic():
        created = ago(SPAN_HOURS) - DAY
        system = make_system(owner.organisation, created, slug="random")
        make_system(owner.organisation, created, name="Beside it", slug="beside")
        for hours_ago in sorted(assessed, reverse=True):
            claimed = {test: assessed[hours_ago][key] for key, tests in CATEGORIES.items() for test in tests[1:]}
            assess(system, ago(hours_ago), claimed)
        for number, (categories, hours_ago, status, times) in enumerate(posted):
            instants = [ago(hours_ago) + each * DAY for each in range(times) if ago(hours_ago) + each * DAY <= NOW]
            tests = [test for key in categories for test in CATEGORIES[key][: 3 + number]]
            post(system, tests, instants, NOW, status=status, run=f"run {number}")
        if kept:
            assert keep_for(60.0)
        for hours_ago in asked:
            compare(owner, system, ago(hours_ago), monkeypatch)
        transaction.set_rollback(True)
