"""What is read from kept states is what claims and spans say, for every reader, and whichever of the systems are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import System
from rubric.loader import DEFAULT, builtin
from rubric.timeline import Point
from scores.keeping import keep, keep_for
from scores.lapses import lapses
from scores.moves import Between, moves
from scores.past import read_past
from scores.recounting import Recounting
from scores.roll_ups import roll_ups
from scores.snapshots import stands_at
from scores.standings import standings
from scores.stands import CELLS, Stand, in_order
from scores.trends import Interval, Life, bucket_ends, trend
from tests.factories import DAY, HOUR, make_organisation, make_system
from tests.scores.stories import NOW, Story

pytestmark = pytest.mark.django_db
RUBRIC = builtin()[DEFAULT]


def loaded() -> list[System]:
    return list(System.objects.select_related("organisation", "team").order_by("pk"))


def said(stand: Stand | None) -> object:
    """A stand's levels and totals, in whatever digits."""
    if stand is None:
        return None
    digits = in_order(builtin()[stand.rubric], stand.editions, stand.tests)
    return stand.rubric, [CELLS[digit] for digit in digits], stand.score, stand.verified, stand.points, stand.limits


def everything(systems: Sequence[System], at: datetime) -> dict[str, Any]:
    """What each reader says as of an instant."""
    ends = bucket_ends(at - 100 * DAY, at, Interval.WEEK)
    past = read_past(systems, systems[:2], RUBRIC, at - 60 * DAY, at, Recounting())
    return {
        "stands": [said(stand) for (stand,) in stands_at(systems, at)],
        "standings": list(standings(systems, at)),
        "lapses": lapses(systems, at, at + 30 * DAY),
        "every lapse": lapses(systems, at, at + 200 * DAY, every=True),
        "moves": told(moves(systems, RUBRIC, at - 30 * DAY, at)),
        "roll-ups": roll_ups(systems, RUBRIC, at - 30 * DAY, at),
        "trend": trend(systems, ends, RUBRIC),
        "trend drawn": past.buckets,
        "highest": past.highest,
        "lives": {key: drawn(life, at - 60 * DAY) for key, life in past.lives.items()},
    }


def told(found: Between) -> list[Any]:
    """What moves say; their digits tell more where they are kept."""
    moved = [(move.system, move.change, move.verified, move.difference) for move in found.moved]
    both = [(at.systems, at.median, at.categories, at.verified_share) for at in (found.before, found.after)]
    return [both, found.still, moved, [(system, stand.score) for system, stand in found.begun]]


def drawn(life: Life, start: datetime) -> list[Point]:
    """The steps of a history from an instant on; equal ones that follow each other are one."""
    points = [replace(point, at=max(point.at, start)) for point in life.points]
    last = {point.at: point for point in points}
    found = list(last.values())
    return [each for place, each in enumerate(found) if not place or not each.same_state(found[place - 1])]


@pytest.mark.parametrize("seed", range(3))
def test_every_reader_says_the_same_of_kept_states(seed: int) -> None:
    dice = Random(f"reading {seed}")
    organisation = make_organisation()
    stories = [Story(organisation, dice) for _ in range(4)]
    make_system(organisation, NOW - 300 * DAY, name="Without a fact")
    for story in stories:
        for _ in range(14):
            story.go_on()
    systems = loaded()
    instants = [NOW + DAY, *(NOW + dice.randrange(-110 * 24, 20 * 24) * HOUR for _ in range(3))]
    System.objects.all().forget_states()
    counted = [everything(systems, at) for at in instants]
    # Some are kept, some until some instant, and some not at all.
    keep(stories[0].pk)
    keep(stories[1].pk)
    System.objects.filter(pk=stories[1].pk).forget_states(
        dice.choice(instants) + timedelta(microseconds=dice.choice([0, 1]))
    )
    for at, wanted in zip(instants, counted, strict=True):
        assert everything(systems, at) == wanted
    assert keep_for(60.0)
    for at, wanted in zip(instants, counted, strict=True):
        with CaptureQueriesContext(connection) as captured:
            assert everything(systems, at) == wanted
        assert not [query for query in captured.captured_queries if "evidence_span" in query["sql"]]
