"""What each test of a system holds over time, as change points: from facts, swept once. Pure.

A state holds from its instant until the next one's, lapses to come included. It is written as one digit a test, so that many
can be kept and compared cheaply: `of_digits` reads what `states` wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from rubric.definition import Rubric
from rubric.levels import Level
from rubric.timeline import Claims, Facts, Levels, events, levels_at

EVER = datetime(9999, 1, 1, tzinfo=UTC)
"""An instant after any fact: until then holds what nothing ends."""

NOTHING = "0"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LEVELS = tuple(Level)
NOT_APPLICABLE = len(LEVELS)
"""What is claimed of a test stands before what is verified, and that before the peak: 4 times 3 times 3 are all digits."""


@dataclass(frozen=True, slots=True)
class State:
    """What holds from `at` on: the edition, since when its claims hold (None: there are none), and each test's digit.

    Tests beyond the last digit hold nothing.
    """

    at: datetime
    rubric: str
    claims_from: datetime | None
    tests: str


@dataclass(frozen=True, slots=True)
class Held:
    """What digits say: the levels, and the highest verified level that each test has held up to then."""

    levels: Levels
    peaks: Mapping[str, Level]


def states(facts: Facts, tests: Sequence[str], start: datetime, before: State | None = None) -> list[State]:
    """The states from `start` on, ascending, in digits of these tests in their order.

    `before` is the state that holds until then, and comes first in no answer; None where nothing was recorded earlier, and
    then one state lies at `start`. `facts` hold all claims, and all spans that end after `start`.
    """
    sweep = _Sweep(facts, tests, start, before)
    last = None if before is None else (before.rubric, before.claims_from, before.tests)
    found = []
    for at, happened in [(start, ()), *_instants(facts, start)]:
        for event in happened:
            sweep.apply(event)
        state = sweep.state()
        if state != last:
            found.append(State(at, *state))
            last = state
    return found


def _instants(facts: Facts, start: datetime) -> list[tuple[datetime, tuple[object, ...]]]:
    """What happens after `start`, by instant."""
    grouped = groupby(events(facts, start, EVER), key=itemgetter(0))
    return [(at, tuple(event for _, event in happened)) for at, happened in grouped]


class _Sweep:
    """What every test holds at one instant after the other."""

    def __init__(self, facts: Facts, tests: Sequence[str], start: datetime, before: State | None) -> None:
        self._tests = tests
        self._rubric = facts.rubric_at(start)
        self._claims = next((claims for claims in reversed(facts.claims) if claims.effective_at <= start), None)
        self._held = {test: [1, 0, 0] for test in tests}
        for test, level in levels_at(facts, start).verified.items():
            self._held[test] = [int(lower <= level) for lower in Level]
        known = {} if before is None else of_digits(before.tests, tuple(tests)).peaks
        self._peaks = {test: int(known.get(test, Level.NONE)) for test in tests}

    def apply(self, event: object) -> None:
        if isinstance(event, Claims):
            self._claims = event
        elif isinstance(event, Rubric):
            self._rubric = event
        elif isinstance(event, tuple):
            test, level, change = event
            self._held.setdefault(test, [1, 0, 0])[level] += change

    def state(self) -> tuple[str, datetime | None, str]:
        claims = self._claims
        digits = "".join([self._digit(test, claims) for test in self._tests]).rstrip(NOTHING)
        return self._rubric.key, claims.effective_at if claims else None, digits

    def _digit(self, test: str, claims: Claims | None) -> str:
        held = self._held[test]
        verified = 2 if held[2] > 0 else 1 if held[1] > 0 else 0
        peak = self._peaks[test] = max(self._peaks[test], verified)
        claimed = 0
        if claims is not None:
            claimed = NOT_APPLICABLE if test in claims.not_applicable else int(claims.levels.get(test, Level.NONE))
        return DIGITS[9 * claimed + 3 * verified + peak]


@lru_cache(maxsize=8192)
def of_digits(digits: str, tests: tuple[str, ...]) -> Held:
    """What a state says of these tests; those beyond its digits held nothing."""
    claimed: dict[str, Level] = {}
    verified: dict[str, Level] = {}
    peaks: dict[str, Level] = {}
    left_out = []
    for test, digit in zip(tests, digits, strict=False):
        if digit == NOTHING:
            continue
        said, proved, peak = _MEANING[digit]
        if said == NOT_APPLICABLE:
            left_out.append(test)
        elif said:
            claimed[test] = LEVELS[said]
        if proved:
            verified[test] = LEVELS[proved]
        if peak:
            peaks[test] = LEVELS[peak]
    return Held(Levels(claimed, verified, frozenset(left_out)), peaks)


@lru_cache(maxsize=8192)
def fallible(digits: str) -> tuple[int, ...]:
    """The places of the tests that have held more than they hold."""
    return tuple([place for place, digit in enumerate(digits) if _MEANING[digit][2] > _MEANING[digit][1]])


@lru_cache(maxsize=8192)
def falls(column: tuple[str, ...]) -> tuple[tuple[Level, int], ...]:
    """Of one test's digits in states that follow each other: the levels that it holds in the first, each with its end.

    That is the place of the first state that no longer holds it; levels that last to the end are left out.
    """
    verified = [_MEANING[digit][1] for digit in column]
    ends = []
    for level in LEVELS[1 : verified[0] + 1]:
        end = next((place for place, holds in enumerate(verified) if holds < level), None)
        if end is not None:
            ends.append((level, end))
    return tuple(ends)


def verified_in(digit: str) -> int:
    """The verified level that one digit says."""
    return _MEANING[digit][1]


def claimed_in(digit: str) -> Level:
    """The claimed level that one digit says; what is claimed not applicable is at none."""
    return Level.NONE if is_left_out(digit) else LEVELS[_MEANING[digit][0]]


def is_left_out(digit: str) -> bool:
    """Whether one digit says that the test is claimed not applicable."""
    return _MEANING[digit][0] == NOT_APPLICABLE


def digit_of(claimed: Level, verified: Level, *, not_applicable: bool) -> str:
    """What says so, where more was never verified."""
    return DIGITS[9 * (NOT_APPLICABLE if not_applicable else claimed) + 4 * verified]


_MEANING = {digit: (place // 9, place // 3 % 3, place % 3) for place, digit in enumerate(DIGITS)}
