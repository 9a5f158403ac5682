"""What lapses next: the evidence whose level falls if nothing more arrives, test by test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from assessments.entries import Listed, models_of
from assessments.models import Lifecycle
from rubric.definition import Rubric, Test
from rubric.levels import Level
from rubric.moment import Moment
from rubric.once import Once, once
from scores.evidence_of import usual_window, windows_of
from scores.facts import load_facts
from scores.holdings import Holding, holding, holding_of
from scores.kept import Course, ahead_of

HORIZON = timedelta(days=30)
"""How far ahead an organisation looks."""


class Lapse(NamedTuple):
    """At `at` (aware), the verified level of a test falls from `before` to `after` if nothing more arrives.

    `kept_up` says that a pipeline sees to it: the test is proved automated and ran within the last half of its window.
    """

    at: datetime
    system: Listed
    test: Test
    before: Level
    after: Level
    claimed: Level
    kept_up: bool

    @property
    def loses_credit(self) -> bool:
        """Whether the score counts less for the test from then on; else the claim stands in."""
        return max(self.before, self.claimed) > max(self.after, self.claimed)


class Fall(NamedTuple):
    """The same of several tests of one system at once, in the order of their keys."""

    at: datetime
    name: str
    system: Listed
    before: Level
    after: Level
    claimed: Level
    kept_up: bool
    tests: tuple[Test, ...]

    @property
    def lapses(self) -> list[Lapse]:
        return [
            Lapse(self.at, self.system, test, self.before, self.after, self.claimed, self.kept_up)
            for test in self.tests
        ]

    @property
    def loses_credit(self) -> bool:
        """Whether the score counts less for these tests from then on."""
        return max(self.before, self.claimed) > max(self.after, self.claimed)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lapses by some instant: what nothing sees to, or all. `kept_up` counts what pipelines see to.

    `falls` come by instant, then by system and test.
    """

    falls: Sequence[Fall]
    kept_up: int

    @property
    def lapses(self) -> list[Lapse]:
        """Test by test, by instant, then by system and test."""
        return list(self.between(0, self.count))

    @property
    def count(self) -> int:
        return sum([len(fall.tests) for fall in self.falls])

    def between(self, start: int, end: int) -> Iterator[Lapse]:
        """Those lapses whose place is from `start` on and before `end`."""
        passed = 0
        for _, together in groupby(self.falls, key=attrgetter("at", "name")):
            own = list(together)
            count = sum([len(fall.tests) for fall in own])
            if passed < end and start < passed + count:
                lapses = in_order([lapse for fall in own for lapse in fall.lapses])
                yield from lapses[max(0, start - passed) : end - passed]
            passed += count


def lapses(systems: Sequence[Listed], now: datetime, until: datetime, *, every: bool = False) -> Ahead:
    """Every fall of a verified level in (now, until], in one query where all states are kept, else in four.

    Models must have their organisation loaded. Retired systems, and tests that the edition in force lacks, are left out.
    """
    used = in_use(once(systems))
    kept = ahead_of(used, now)
    held = _held(used, kept)
    told = {key for key, _ in kept} if len(kept) < len(used) else None
    models = models_of([system for system in used if system.pk not in told]) if told is not None else []
    if models:
        facts = load_facts(models, now, now)
        held = Once([*held, *(holding(model, facts[model.pk], now) for model in models)])
    return _ahead(held, Moment.among(now, until, (ends_of(held), halves_of(used))), every)


@lru_cache(maxsize=64)
def in_use(systems: Once[Listed]) -> Once[Listed]:
    """Those that are not retired."""
    return Once(system for system in systems if system.lifecycle != Lifecycle.RETIRED)


@lru_cache(maxsize=16)
def _held(systems: Once[Listed], kept: Once[tuple[int, Course | None]]) -> Once[Holding]:
    courses = dict(kept)
    return Once(holding_of(system, course) for system in systems if (course := courses.get(system.pk)))


@lru_cache(maxsize=16)
def ends_of(held: Once[Holding]) -> list[datetime]:
    """When anything ends, ascending."""
    return sorted({at for each in held for at in each.ends})


@lru_cache(maxsize=64)
def halves_of(systems: Once[Listed]) -> list[timedelta]:
    """Half of each window that any of their tests has: what ends later than that from now is kept up."""
    return [timedelta(days=days) / 2 for days in windows_of(systems)]


def lapses_of(held: Holding, now: datetime, until: datetime, *, every: bool = False) -> Ahead:
    """The lapses of one system, retired or not."""
    return _falling([held], now, until, every)


def in_order(found: Sequence[Lapse]) -> list[Lapse]:
    """The same by instant, then by system and test."""
    return sorted(found, key=lambda lapse: (lapse.at, lapse.system.name.casefold(), lapse.test.key))


@lru_cache(maxsize=16)
def _ahead(held: Once[Holding], moment: Moment, every: bool) -> Ahead:
    return _falling(held, moment.at, moment.until, every)


def _falling(held: Sequence[Holding], now: datetime, until: datetime, every: bool) -> Ahead:
    falls: list[Fall] = []
    seen_to = 0
    for each in held:
        if not every and _all_kept_up(each, now, until):
            seen_to += each.outlook.falls
            continue
        for fall in _falls(each, now, until):
            if fall.kept_up:
                seen_to += len(fall.tests)
            if every or not fall.kept_up:
                falls.append(fall)
    return Ahead(sorted(falls, key=_place), seen_to)


def _all_kept_up(held: Holding, now: datetime, until: datetime) -> bool:
    """Whether all that the system holds ends by then unless a pipeline goes on, as is the case of most."""
    system, outlook, ends = held.system, held.outlook, held.ends
    return (
        outlook.automated
        and bool(outlook.groups)
        and not system.windows
        and ends[outlook.latest] <= until
        and 2 * (ends[outlook.soonest] - now) > _days(usual_window(system))
    )


def _falls(held: Holding, now: datetime, until: datetime) -> Iterator[Fall]:
    system, ends, name = held.system, held.ends, held.system.name.casefold()
    for steps, _, last, automated, claimed, own, _ in held.outlook.groups:
        due = [step for step in steps if ends[step[2]] <= until]
        for window, tests in _by_window(held, own) if due else ():
            kept_up = automated and 2 * (ends[last] - now) > window
            for before, after, place in due:
                yield Fall(ends[place], name, system, before, after, claimed, kept_up, tests)


def _place(fall: Fall) -> tuple[datetime, str, str]:
    return fall.at, fall.name, fall.tests[0].key


def _by_window(held: Holding, own: tuple[str, ...]) -> Iterable[tuple[timedelta, tuple[Test, ...]]]:
    """Those of these tests that are in force, by their windows."""
    system, usual, in_force = held.system, usual_window(held.system), _in_force(held.rubric, own)
    if not system.windows:
        return ((_days(usual), in_force),) if in_force else ()
    found: dict[int, list[Test]] = {}
    for test in in_force:
        found.setdefault(system.windows.get(test.key, usual), []).append(test)
    return [(_days(window), tuple(own)) for window, own in found.items()]


@lru_cache(maxsize=4096)
def _in_force(rubric: Rubric, tests: tuple[str, ...]) -> tuple[Test, ...]:
    return tuple(rubric.tests[test] for test in tests if test in rubric.tests)


@lru_cache(maxsize=1024)
def _days(days: int) -> timedelta:
    return timedelta(days=days)
