"""What the heat map shows, and in which order and groups: read from its address, applied to plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple
from urllib.parse import urlencode

from assessments.entries import Listed
from assessments.models import Lifecycle
from dashboards.organisation.filters import Filter
from rubric.definition import Rubric
from scores.gaps import Holding, ways
from scores.stands import CELLS, Stand, in_order

GROUPS = {"": "Team", "tag": "Tag", "lifecycle": "Lifecycle", "none": "Nothing"}
SORTS = {"": "Name", "score": "Score", "verified": "Verified", "failing": "Failing"}
Failing = Mapping[int, frozenset[str]]


class Shown(NamedTuple):
    """A system and how it stands; None where nothing was recorded."""

    system: Listed
    stand: Stand | None


@dataclass(frozen=True, slots=True)
class HeatQuery:
    """What the reader asks for.

    `sort` is a name of SORTS, or the key of a test or a category: from the least on, failing from the most on, and the
    other way round where `reverse` is set. `test` and `holding` leave only the systems that stand like that to one test;
    `at` is the day or instant asked for as it was written.
    """

    narrow: Filter
    group: str = ""
    sort: str = ""
    reverse: bool = False
    test: str = ""
    holding: Holding | None = None
    rubric: str = ""
    at: str = ""
    page: int = 1

    @classmethod
    def read(cls, values: Mapping[str, str]) -> HeatQuery:
        """The query that an address holds; values that are no choice are passed over."""
        group, sort, page = values.get("group", ""), values.get("sort", ""), values.get("page", "")
        holding = values.get("holding", "")
        return cls(
            narrow=replace(Filter.read(values), sort=""),
            group=group if group in GROUPS else "",
            sort=sort.removeprefix("-"),
            reverse=sort.startswith("-"),
            test=values.get("test", ""),
            holding=Holding(holding) if holding in list(Holding) else None,
            rubric=values.get("rubric", ""),
            at=values.get("at", ""),
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 and int(page) else 1,
        )

    def of(self, rubric: Rubric) -> HeatQuery:
        """The same query without tests that the rubric lacks."""
        known = self.test in rubric.tests and self.holding is not None
        return replace(
            self,
            sort=self.sort if self._is_sorted(rubric) else "",
            test=self.test if known else "",
            holding=self.holding if known else None,
        )

    def _is_sorted(self, rubric: Rubric) -> bool:
        return any(self.sort in known for known in (SORTS, rubric.tests, rubric.category_by_key))

    @property
    def address(self) -> str:
        """This query as an address's query part, `?` included; without the page."""
        values = self.narrow.query | {
            "group": self.group,
            "sort": f"-{self.sort}" if self.reverse else self.sort,
            "test": self.test,
            "holding": self.holding.value if self.holding else "",
            "rubric": self.rubric,
            "at": self.at,
        }
        return "?" + urlencode({name: value for name, value in values.items() if value})

    def sorted_by(self, sort: str) -> HeatQuery:
        """The same query in another order; asked for the order that it has, the other way round."""
        return replace(self, sort=sort, reverse=sort == self.sort and not self.reverse, page=1)

    def takes(self, row: Shown, rubric: Rubric) -> bool:
        """Whether a system's standing to the test is the one asked for."""
        return self.holding is None or self.holding in ways(row.stand, rubric.tests[self.test])

    def groups(self, rubric: Rubric, rows: Sequence[Shown], failing: Failing) -> list[tuple[str, list[Shown]]]:
        """The rows under the names of their groups, all in order; a system stands under each of its tags."""
        found: dict[str, list[Shown]] = {}
        for row in self._ordered(rubric, rows, failing):
            for name in self._names(row.system):
                found.setdefault(name, []).append(row)
        return sorted(found.items(), key=lambda group: (group[0].startswith("No "), group[0].casefold()))

    def _names(self, system: Listed) -> Sequence[str]:
        match self.group:
            case "tag":
                return system.tags or ("No tag",)
            case "lifecycle":
                return (str(Lifecycle(system.lifecycle).label),)
            case "none":
                return ("",)
        return (system.team.name if system.team else "No team",)

    def _ordered(self, rubric: Rubric, rows: Sequence[Shown], failing: Failing) -> list[Shown]:
        """By name; by anything else equals stand by name, and systems without a score last."""
        named = sorted(rows, key=lambda row: row.system.name.casefold(), reverse=self.reverse and not self.sort)
        if not self.sort:
            return named
        scored = [(row, row.stand) for row in named if row.stand is not None]
        scored.sort(key=lambda pair: self._value(rubric, pair[0], pair[1], failing), reverse=self.reverse)
        return [row for row, _ in scored] + [row for row in named if row.stand is None]

    def _value(
        self, rubric: Rubric, row: Shown, stand: Stand, failing: Failing
    ) -> tuple[Fraction | int, Fraction | int]:
        match self.sort:
            case "failing":
                return -len(failing.get(row.system.pk, ())), 0
            case "score":
                return stand.score, 0
            case "verified":
                return stand.verified, 0
        cells = dict(zip(rubric.tests, in_order(rubric, stand.editions, stand.tests), strict=True))
        if self.sort in rubric.tests:
            claimed, verified = CELLS[cells[self.sort]]
            return max(claimed, verified), verified
        place = list(rubric.category_by_key).index(self.sort)
        tests = rubric.categories[place].tests
        return stand.points[place], sum((rubric.scale[CELLS[cells[test.key]][1]] for test in tests), Fraction(0))
