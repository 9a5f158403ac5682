"""The chart of an organisation, which stays as it is until a number in it changes: only its last instants go on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.utils.safestring import SafeString

from dashboards.figures import organisation_trend
from dashboards.figures.buckets import Bucket
from dashboards.figures.chart import Range, day
from dashboards.figures.organisation_trend import Going, row_of
from dashboards.filling import filled, mark, pieces
from dashboards.templatetags.charts import chart_row, drawn_chart
from rubric.definition import Rubric
from rubric.once import SameEach

register = template.Library()


@register.simple_tag
def organisation_chart(rubric: Rubric, buckets: Sequence[Bucket], moves: str) -> SafeString:
    """The chart of ascending buckets (at least one) of systems scored by `rubric`, up to the last one's instant.

    `moves` is the address of a page that takes `?at=`, where its instants lead.
    """
    last = buckets[-1]
    going = Going.of(buckets, last.at)
    labels = tuple([(each.label, each.chosen) for each in going.ranges])
    drawn = _drawn(rubric, SameEach(buckets[:-1]), _Last(last), labels, moves)
    texts = {f"range{place}": each.start for place, each in enumerate(going.ranges)}
    texts |= {"start": going.start, "until": going.until, "last": going.last, "now": going.now}
    return SafeString(filled(drawn, texts | {"newest": chart_row(row_of(rubric, last), moves)}))


class _Last:
    """The last bucket, equal to another one of the same numbers on the same day."""

    __slots__ = ("bucket", "values")

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        by_category = tuple(bucket.categories.items()), tuple(bucket.limiting.items())
        middle = bucket.median, bucket.mean, bucket.q1, bucket.q3, bucket.verified_median
        self.values: tuple[Any, ...] = (day(bucket.at), bucket.systems, *middle, *by_category)

    def __hash__(self) -> int:
        return hash(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Last) and self.values == other.values


@lru_cache(maxsize=16)
def _drawn(
    rubric: Rubric, settled: SameEach[Bucket], last: _Last, ranges: tuple[tuple[str, bool], ...], moves: str
) -> Sequence[str]:
    """The chart in pieces, between which its instants stand and the newest row of its table."""
    marked = [Range(label, mark(f"range{place}"), chosen) for place, (label, chosen) in enumerate(ranges)]
    going = Going(mark("start"), mark("until"), mark("last"), mark("now"), marked)
    newest = last.bucket
    chart = organisation_trend(rubric, [*settled.values, newest], newest.at, going)
    text = drawn_chart("organisation-trend", chart, "Score over time", 2, moves)
    return pieces(text.replace(chart_row(row_of(rubric, newest), moves), mark("newest"), 1))
