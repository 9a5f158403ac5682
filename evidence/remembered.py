"""What is remembered of a system between one posting and the next, and how it is kept as bytes.

It holds as long as the system has the version it bears: whoever changes evidence, rules or claims leaves the system in
another one (`evidence.locks`), and a posting writes on the condition that it is the same. What a version doesn't tell,
whether there is anything of a run yet, is a condition of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from evidence.snapshot import KnownCheck, held
from evidence.standing import Standing
from rubric.evidence import Layers
from rubric.levels import Level

MOST_CHECKS = 300
# So much more is stored than is of use before that is cleared away.
SPARE = 8
LAST = datetime.max.replace(tzinfo=UTC)
# The status of the newest result of some checks, when it was observed, and when received.
Newest = tuple[str, datetime | None, datetime | None]
Keys = tuple[int, ...]


class Stored(msgspec.Struct, array_like=True, gc=False):
    """One system at one version: its rules and claims as they were read, its checks, and its tests.

    A check, by its name, is its test, its key, and the place of its newest result among all that differ. A test is the place
    of its standing among all that differ, unopened, and the keys of its spans, as `in_order` has them; None where these, or
    its runs, are not known. `verified` holds the levels of all tests from `verified_at` until `verified_until`.
    """

    system_id: int
    version: str
    generation: int
    facts: str
    claims: str | None
    states_until: datetime | None
    verified: dict[str, Level] = {}
    verified_at: datetime = LAST
    verified_until: datetime = LAST
    newest: list[Newest] = []
    checks: dict[str, tuple[str, int, int]] = {}
    standings: list[msgspec.Raw] = []
    tests: dict[str, tuple[int, Keys | None]] = {}


class Remembered:
    """What is remembered of a system, for one posting to open as far as it needs that."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self._opened: list[Standing | None] = [None] * len(stored.standings)
        self._layers: dict[int, Layers] = {}

    def check(self, name: str) -> KnownCheck | None:
        """A check; None where it is not known."""
        known = self.stored.checks.get(name)
        return None if known is None else KnownCheck(name, known[0], known[1], *self.stored.newest[known[2]])

    def put_checks(self, checks: Iterable[KnownCheck]) -> None:
        """Take in these checks as they are; of one that has just been stored the key is not known."""
        stored = self.stored
        places: dict[Newest, int] = {}
        for check in checks:
            newest = check.newest_status, check.newest_observed_at, check.newest_received_at
            if newest not in places:
                places[newest] = len(stored.newest)
                stored.newest.append(newest)
            if check.id is None:
                stored.checks.pop(check.name, None)
            else:
                stored.checks[check.name] = check.test, check.id, places[newest]
        if len(stored.checks) > MOST_CHECKS:
            stored.checks = {}

    def standing_at(self, place: int) -> Standing:
        """The standing at this place."""
        standing = self._opened[place]
        if standing is None:
            standing = self._opened[place] = _open_standing(self.stored.standings[place])
        return standing

    def test(self, key: str) -> tuple[Standing, Layers, Keys] | None:
        """How a test stands, its spans, and their keys; None where that is not known well enough to go by.

        Tests that stand alike share their layers as one object.
        """
        place, keys = self.stored.tests.get(key, (0, None))
        if keys is None:
            return None
        standing = self.standing_at(place)
        if place not in self._layers:
            self._layers[place] = standing.layers
        return standing, self._layers[place], keys

    def standings(self) -> list[Standing]:
        """All that some test has."""
        return [self.standing_at(place) for place in {place for place, _ in self.stored.tests.values()}]

    def add_standing(self, standing: Standing) -> int:
        """The place of one more standing."""
        self._opened.append(standing)
        return len(self._opened) - 1

    def sealed(self) -> bytes:
        """The same as bytes, from which `Remembered.of` makes it."""
        stored = self.stored
        if len(stored.newest) > len(stored.checks) + SPARE:
            self._tidy_checks()
        stored.standings = [*stored.standings, *map(_sealed, self._opened[len(stored.standings) :])]
        if len(stored.standings) > len(stored.tests) + SPARE:
            self._tidy_tests()
        return _encode(stored)

    def _tidy_checks(self) -> None:
        """Leave out newest results that no check has any more."""
        stored = self.stored
        used = {place for *_, place in stored.checks.values()}
        places = {place: number for number, place in enumerate(used)}
        stored.newest = [stored.newest[place] for place in used]
        stored.checks = {name: (test, key, places[place]) for name, (test, key, place) in stored.checks.items()}

    def _tidy_tests(self) -> None:
        """Leave out standings that no test has any more, and those that are there twice."""
        stored = self.stored
        unique: dict[bytes, int] = {}
        places = {
            place: unique.setdefault(bytes(stored.standings[place]), len(unique))
            for place in {place for place, _ in stored.tests.values()}
        }
        stored.standings = [msgspec.Raw(standing) for standing in unique]
        stored.tests = {test: (places[place], keys) for test, (place, keys) in stored.tests.items()}

    @classmethod
    def of(cls, sealed: bytes) -> Remembered:
        return cls(_open(sealed))

    def verified(self, at: datetime) -> dict[str, Level] | None:
        """The levels that hold at an instant; None where they are not known."""
        stored = self.stored
        if not stored.verified_at <= at < stored.verified_until:
            standings = self.standings()
            if any(at < standing.since for standing in standings):
                return None
            levels = {place: held(self.standing_at(place).layers, at) for place, _ in stored.tests.values()}
            by_test = {test: levels[place] for test, (place, _) in stored.tests.items() if levels[place]}
            self.take_verified(by_test, at, standings)
        return stored.verified

    def take_verified(self, levels: dict[str, Level], at: datetime, standings: Iterable[Standing]) -> None:
        """These levels hold from this instant until the first at which these say otherwise."""
        stored = self.stored
        stored.verified, stored.verified_at = levels, at
        spans = (span for standing in standings for span in (*standing.manual, *standing.automated))
        stored.verified_until = min((each for span in spans for each in span if each > at), default=LAST)


_encode = msgspec.msgpack.Encoder().encode
_open = msgspec.msgpack.Decoder(Stored).decode
_open_standing = msgspec.msgpack.Decoder(Standing).decode


def _sealed(standing: Standing | None) -> msgspec.Raw:
    return msgspec.Raw(_encode(standing))
