"""Which of an organisation's systems stand behind a figure of its page: one name in an address for each figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar
from urllib.parse import urlencode

from django.http import QueryDict

from dashboards.organisation.filters import Filter
from rubric.definition import Rubric
from rubric.once import Once, once
from scores.overview import Standing, reaches

PAGE_SIZE = 50
BAND, LIMIT = "band-", "limit-"
Behind = Callable[[Standing], bool]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A figure's name in an address, how the page says which systems it counts, and whether a system is one of them."""

    name: str
    words: str
    takes: Behind


def choice(name: str, rubric: Rubric) -> Chosen | None:
    """The figure that an address names; None for none, and for one that this rubric lacks."""
    return choices(rubric).get(name)


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """The rows of the table: those behind the figure that was asked for (None: all), of these the page asked for."""

    chosen: Chosen | None
    page: Page[Standing]

    @classmethod
    def of(cls, rubric: Rubric, rows: Sequence[Standing], only: str, page: str) -> Listed:
        return _listed(rubric, once(rows), only, page)


# The same object for rows that were read before.
@lru_cache(maxsize=64)
def _listed(rubric: Rubric, rows: Once[Standing], only: str, page: str) -> Listed:
    chosen = choice(only, rubric)
    return Listed(chosen, page_of([row for row in rows if chosen.takes(row)] if chosen else rows, page))


def choices(rubric: Rubric) -> Mapping[str, Chosen]:
    """Every figure of systems in use that this rubric scores, by its name."""
    found = [
        Chosen("assessed", "that have a score", lambda row: row.score is not None),
        Chosen("unassessed", "that are not assessed", lambda row: row.score is None),
        Chosen("reaching", "that reach the middle band or more", lambda row: reaches(rubric, row.score)),
        Chosen("failing", "with failing checks", lambda row: row.failing > 0),
        Chosen("lapsing", "whose evidence lapses within a week or lapsed", lambda row: row.at_risk > 0),
        Chosen("improved", "whose score rose in 90 days", lambda row: row.direction > 0),
        Chosen("slid", "whose score fell in 90 days", lambda row: row.direction < 0),
    ]
    found += [Chosen(BAND + band.key, f"in the band “{band.label}”", _in_band(band.key)) for band in rubric.bands]
    found += [
        Chosen(LIMIT + category.key, f"that {category.title} limits", _limited_by(category.key))
        for category in rubric.categories
    ]
    return {each.name: Chosen(each.name, each.words, _both(_of(rubric), each.takes)) for each in found}


def _both(one: Behind, other: Behind) -> Behind:
    return lambda row: one(row) and other(row)


def _of(rubric: Rubric) -> Behind:
    return lambda row: row.system.retired_at is None and row.system.rubric == rubric.key


def _in_band(key: str) -> Behind:
    return lambda row: row.score is not None and row.score.band is not None and row.score.band.key == key


def _limited_by(key: str) -> Behind:
    return lambda row: row.score is not None and key in row.score.score.limiting


def address(wanted: Filter, name: str) -> str:
    """The address, on the organisation's page, of the systems behind a figure of those that the reader asked for."""
    return "?" + urlencode(wanted.query | {"only": name}) + "#systems"


def query_of(values: QueryDict) -> str:
    """What an address asks for but for the page, as a query part without `?`."""
    if "page" in values:
        values = values.copy()
        del values["page"]
    return values.urlencode() if values else ""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of rows; `number` counts from 1."""

    rows: Sequence[Row]
    number: int
    pages: int
    total: int


def page_of(rows: Sequence[Row], asked: str, size: int = PAGE_SIZE) -> Page[Row]:
    """The page that an address asks for; the last one for a later one, the first for what is no number."""
    pages = max(1, -(-len(rows) // size))
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    number = min(max(number, 1), pages)
    return Page(rows[(number - 1) * size : number * size], number, pages, len(rows))
