"""What is remembered of systems as of one instant is what is counted of them as of any other that it is taken for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from accounts.models import Membership
from assessments.entries import Listed, entries_of
from assessments.models import Assessment
from evidence.models import Check
from rubric.once import Once
from scores.evidence_of import failing_tests, windows_of
from scores.keeping import keep_for
from scores.lapses import HORIZON, lapses
from scores.moment import LEAST, Moment
from scores.overview import COMPARED
from scores.standings import standings
from scores.state_models import KeptState
from scores.steps import LAPSES_SOON
from tests.factories import DAY, HOUR, make_organisation
from tests.scores.stories import NOW, Story

READERS: dict[str, Callable[[Once[Listed], datetime], Any]] = {
    "standings": lambda systems, at: list(standings(systems, at)),
    "lapses": lambda systems, at: lapses(systems, at, at + HORIZON),
    "every lapse": lambda systems, at: lapses(systems, at, NOW + 40 * DAY, every=True),
    "failing": failing_tests,
}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2))
def test_what_is_remembered_is_what_is_counted_anew(seed: int) -> None:
    dice = Random(f"remembering {seed}")
    organisation = make_organisation(review_interval_days=30)
    for story in [Story(organisation, dice) for _ in range(3)]:
        for _ in range(12):
            story.go_on()
    assert keep_for(60.0)
    systems = entries_of(Membership(organisation=organisation))
    windows = [timedelta(days=days) for days in windows_of(systems)]
    begun = list(KeptState.objects.filter(at__gt=NOW - 120 * DAY).values_list("at", flat=True))
    observed = Check.objects.exclude(newest_status="passed").values_list("newest_observed_at", flat=True)
    ran = [at for at in observed if at is not None]
    finals = Assessment.objects.final().values_list("effective_at", flat=True)
    tipping: list[list[datetime]] = [
        *([at + later for at in begun] for later in [timedelta(0), COMPARED, -LAPSES_SOON, -HORIZON]),
        *([at - window / 2 for at in begun] for window in windows),
        [at + window for at in ran for window in windows],
        [at + 30 * DAY for at in finals if at is not None],
    ]
    sample = [at for some in tipping for at in dice.sample(sorted(set(some)), min(len(set(some)), 9))]
    for at in [at + apart for at in sample for apart in (-HOUR, -LEAST, timedelta(0), LEAST)]:
        for name, read in READERS.items():
            assert read(systems, at) == read(Once(systems), at), f"{name} at {at}"
    again, later = entries_of(Membership(organisation=organisation)), NOW + 2 * DAY
    assert standings(systems, later) is standings(again, later)


def test_moments_are_alike_until_something_compared_with_them_passes() -> None:
    instants = [NOW, NOW + DAY]

    def places(at: datetime) -> Moment:
        return Moment.among(at, at + HOUR, (instants, [timedelta(0), -7 * DAY]))

    for passed in (NOW, NOW + DAY, NOW - HOUR, NOW + 7 * DAY):
        assert places(passed - LEAST) != places(passed)
    assert places(NOW + 2 * HOUR) == places(NOW + 3 * HOUR)
    # What lies at an instant differs from what lies before it and from what lies after it.
    assert len({places(NOW - LEAST), places(NOW), places(NOW + LEAST)}) == 3
