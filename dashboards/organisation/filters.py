"""Which systems the organisation's page shows, and in which order: read from its address, applied to plain rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from assessments.entries import Listed
from assessments.models import Lifecycle
from rubric.once import Once, once
from scores.overview import Standing

IN_USE, ALL = "", "all"
RETIRED = Lifecycle.RETIRED.value
_LIFECYCLES = frozenset((*Lifecycle.values, ALL))
WITHOUT = "~none"
"""Asks for systems that have no team, or no tag; a slug cannot be that."""
SORTS = {"": "Needs attention", "score": "Score", "change": "90-day change", "name": "Name"}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader asks for; empty texts ask for nothing. `lifecycle` '' leaves out retired systems."""

    find: str = ""
    team: str = ""
    tag: str = ""
    lifecycle: str = IN_USE
    sort: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Filter:
        """The filter that an address holds; values that are no choice are passed over."""
        lifecycle, sort = values.get("lifecycle", ""), values.get("sort", "")
        return cls(
            find=values.get("q", "").strip(),
            team=values.get("team", ""),
            tag=values.get("tag", ""),
            lifecycle=lifecycle if lifecycle in _LIFECYCLES else IN_USE,
            sort=sort if sort in SORTS else "",
        )

    @property
    def query(self) -> dict[str, str]:
        """What narrows, as an address holds it."""
        values = {"q": self.find, "team": self.team, "tag": self.tag, "lifecycle": self.lifecycle}
        return {name: value for name, value in values.items() if value}

    @property
    def address(self) -> str:
        """The same as an address's query part, `?` included; '' where nothing is asked for."""
        return "?" + urlencode(self.query) if self.query else ""

    @property
    def narrows(self) -> bool:
        """Whether it leaves out any system that is in use."""
        return bool(self.find or self.team or self.tag or self.lifecycle not in (IN_USE, ALL))

    def takes(self, system: Listed) -> bool:
        """Whether this system, with its team and owner loaded, is asked for."""
        return (
            self._takes_lifecycle(system)
            and (not self.team or self.team == (system.team.slug if system.team else WITHOUT))
            and (not self.tag or self.tag in (system.tags or [WITHOUT]))
            and (not self.find or self._finds(system))
        )

    def _takes_lifecycle(self, system: Listed) -> bool:
        if self.lifecycle == IN_USE:
            return system.lifecycle != RETIRED
        return self.lifecycle in (ALL, system.lifecycle)

    def _finds(self, system: Listed) -> bool:
        owner = system.owner
        texts = [system.name, system.slug, *((owner.name, owner.email) if owner else ())]
        return any(self.find.casefold() in text.casefold() for text in texts)

    def chosen(self, systems: Once[Listed]) -> Once[Listed]:
        """Those of these systems that are asked for."""
        return _chosen(self, systems)

    def ordered(self, rows: Sequence[Standing]) -> Once[Standing]:
        """The rows in the order that is asked for."""
        return _ordered(self.sort, once(rows))


@lru_cache(maxsize=64)
def _chosen(wanted: Filter, systems: Once[Listed]) -> Once[Listed]:
    return Once(system for system in systems if wanted.takes(system))


@lru_cache(maxsize=16)
def _ordered(sort: str, rows: Once[Standing]) -> Once[Standing]:
    return Once(sorted(rows, key=_KEYS[sort]))


def _by_name(row: Standing) -> str:
    return row.system.name.casefold()


def _by_score(row: Standing) -> tuple[bool, Fraction, str]:
    share = row.score.score.score / row.score.rubric.maximum if row.score else Fraction(0)
    return row.score is None, share, _by_name(row)


def _by_change(row: Standing) -> tuple[bool, Fraction, str]:
    return row.change is None, row.change or Fraction(0), _by_name(row)


_KEYS: Mapping[str, Callable[[Standing], Any]] = {
    "": lambda row: row.attention,
    "score": _by_score,
    "change": _by_change,
    "name": _by_name,
}
