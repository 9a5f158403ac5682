"""How the organisation's systems stand over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView
from api.documents import Parameter, instant, operation
from api.queries import Query
from api.resources import scores as resource
from assessments.entries import Entry, entries_of
from rubric.loader import builtin
from rubric.once import Once
from scores.overview import most_used
from scores.trends import Interval, bucket_ends, trend

YEAR = timedelta(days=365)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
MOST_BUCKETS = 1100
SHORTEST = {Interval.DAY: timedelta(days=1), Interval.WEEK: timedelta(days=7), Interval.MONTH: timedelta(days=28)}


@lru_cache(maxsize=64)
def _asked(systems: Once[Entry], team: str | None, tag: str | None) -> Once[Entry]:
    """Those of these systems of a team, by its slug, and with a tag; None: of all, whatever their tags."""
    return Once(
        system
        for system in systems
        if (team is None or (system.team is not None and system.team.slug == team))
        and (tag is None or tag in system.tags)
    )


class Trends(ApiView):
    scopes = {"GET": Scope.READ}
    whole = frozenset({"GET"})

    @operation(
        "Read the trend",
        tag="scores",
        answers={HTTPStatus.OK: "Trend"},
        parameters=[
            instant("start", "Default: a year before the end."),
            instant("end", "Default: now."),
            Parameter("interval", "Default: week.", {"type": "string", "enum": list(Interval)}),
            Parameter("rubric", "Default: the most used one.", {"type": "string", "enum": list(builtin())}),
            Parameter("team", "The slug of a team: its systems only."),
            Parameter("tag", "Systems with this tag only."),
        ],
    )
    def get(self, request: Request) -> Response:
        """One rubric's systems at the end of each bucket; a system counts from its first fact until it is retired."""
        query = Query(request._request)
        interval = Interval(query.choice("interval", list(Interval)) or Interval.WEEK)
        key = query.choice("rubric", list(builtin()))
        start, end = self.bounds(query, interval)
        team, tag = query.text("team"), query.text("tag")
        query.check()
        systems = _asked(entries_of(self.token), team, tag)
        rubric = builtin()[key] if key else most_used(system.rubric for system in systems)
        buckets = trend(systems, bucket_ends(start, end, interval), rubric)
        return Response(resource.show_trend(rubric, interval.value, buckets))

    def bounds(self, query: Query, interval: Interval) -> tuple[datetime, datetime]:
        """The interval asked for; notes what is wrong with it."""
        end = query.instant("end") or self.now
        start = query.instant("start")
        for name, at in (("start", start), ("end", end)):
            if at is not None and not EARLIEST <= at < LATEST:
                query.refuse(name, "From the year 1970 to the year 8999.")
                return self.now, self.now
        start = max(end - YEAR, EARLIEST) if start is None else start
        if start > end:
            query.refuse("start", "It lies after the end.")
        elif (end - start) / SHORTEST[interval] > MOST_BUCKETS:
            query.refuse("interval", f"That makes more than {MOST_BUCKETS} buckets.")
        return start, end
