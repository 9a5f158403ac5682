"""The three levels a test can hold, in their order."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """How far a test is done; comparing levels compares how much they earn."""

    NONE = 0
    MANUAL = 1
    AUTOMATED = 2

    # An enumeration hashes its members by their names, which takes most of the time of a look-up by level.
    __hash__ = int.__hash__

    @property
    def key(self) -> str:
        """The level's name in data, API and pages: ``none``, ``manual`` or ``automated``."""
        return self.name.lower()

    @classmethod
    def from_key(cls, key: str) -> Level:
        """The level with this name; raises KeyError for any other string."""
        return LEVELS[key]


LEVELS: dict[str, Level] = {level.key: level for level in Level}
