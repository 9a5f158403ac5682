"""What happened to a system, as lines to read: plain values for templates. No queries, no clock, no markup."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from dashboards import phrases
from dashboards.figures.marks import SIGNS, Sign
from rubric.loader import builtin
from rubric.once import Once, Same
from rubric.timeline import Point
from scores.marks import Event, title_of


@dataclass(frozen=True, slots=True)
class LapsedTest:
    """A test whose evidence ran out; `leads` where the rubric then in force has it."""

    key: str
    title: str
    before: str
    after: str
    leads: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, its sign, and what it did to the score.

    `change` is `2.0 to 2.5`, the new score alone where there was none before on its scale, empty where it stayed.
    """

    event: Event
    sign: Sign
    change: str
    lapsed: Sequence[LapsedTest]


def lines(events: Iterable[Event], points: Sequence[Point]) -> list[Line]:
    """The same events as lines; `points` is the system's whole history."""
    instants = [point.at for point in points]
    return [
        Line(event, SIGNS[event.kind], _change(event, points, instants), _lapsed(event, points, instants))
        for event in events
    ]


class _Events:
    """Things that happened, as the key of the lines that tell them: equal to others that say the same of the same."""

    __slots__ = ("events", "values")

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.values = tuple([(each.at, each.kind, each.text, each.lapses, _sources(each)) for each in events])

    def __hash__(self) -> int:
        return hash(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Events) and other.values == self.values


def _sources(event: Event) -> Hashable:
    """What a line tells of the models behind it."""
    if event.told is None:
        return event.assessment.pk if event.assessment else None
    told = event.told
    return (told.pk, told.text, told.url, told.commit, told.model_version, told.recorded_by)


def known_lines(events: Sequence[Event], points: Sequence[Point]) -> Once[Line]:
    """The same lines, made once for the same history and for events that say the same."""
    return _lines(_Events(events), Same(points))


@lru_cache(maxsize=256)
def _lines(shown: _Events, points: Same[Sequence[Point]]) -> Once[Line]:
    return Once(lines(shown.events, points.value))


def _change(event: Event, points: Sequence[Point], instants: Sequence[datetime]) -> str:
    before, after = bisect_left(instants, event.at) - 1, bisect_right(instants, event.at) - 1
    if after < 0:
        return ""
    old, new, rubric = points[max(before, 0)], points[after], builtin()[points[after].rubric]
    if before < 0 or old.rubric != new.rubric:
        return phrases.score(new.score, rubric)
    return "" if old.score == new.score else f"{phrases.score(old.score, rubric)} to {phrases.score(new.score, rubric)}"


def _lapsed(event: Event, points: Sequence[Point], instants: Sequence[datetime]) -> list[LapsedTest]:
    if not event.lapses:
        return []
    rubric = builtin()[points[bisect_right(instants, event.at) - 1].rubric]
    return [
        LapsedTest(
            lapse.test, title_of(rubric, lapse.test), lapse.before.key, lapse.after.key, lapse.test in rubric.tests
        )
        for lapse in event.lapses
    ]
