"""A page that shows every component, served in tests only: for browser checks, and for people who change the look."""

from __future__ import annotations

from itertools import product

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from dashboards.figures import organisation_trend, system_trend
from rubric.levels import Level
from scores.marks import Event, EventKind
from scores.score import Health
from tests.dashboards.rows import DAY, NOW, buckets, category_scores, story, test_score
from tests.dashboards.rubrics import practices, two_thousand_seventeen


def sheet(request: HttpRequest) -> HttpResponse:
    """All components, with rows of a rubric of four categories and of one with five."""
    rubric, other = two_thousand_seventeen(), practices()
    messages.warning(request, "A notice that warns <b>literally</b>.")
    tests = [
        test_score(rubric, claimed, verified, runs=3, last_run_at=NOW - DAY, fresh_until=NOW + 21 * DAY)
        for claimed, verified in product(Level, Level)
    ]
    tests += [
        test_score(rubric, Level.NONE, not_applicable=True),
        test_score(rubric, Level.AUTOMATED, last_run_at=NOW - 41 * DAY, health=Health.PASSING),
        test_score(
            rubric, Level.AUTOMATED, Level.MANUAL, runs=1, last_run_at=NOW - 26 * DAY, fresh_until=NOW + 4 * DAY
        ),
        test_score(rubric, Level.MANUAL, Level.MANUAL, runs=1, fresh_until=NOW + 18 * DAY, health=Health.FAILING),
    ]
    points = story(rubric)
    marks = [
        Event(NOW - 311 * DAY, EventKind.ASSESSMENT, "M. Okafor <&>"),
        Event(NOW - 95 * DAY, EventKind.ASSESSMENT, "I. Duarte"),
        Event(NOW - 50 * DAY, EventKind.LAPSE, "Models are not too stale"),
        Event(NOW - 40 * DAY, EventKind.RULES, "window days: 30 to 45"),
        Event(NOW - 11 * DAY, EventKind.VOID, "a result of data-1"),
    ]
    context = {
        "rubric": rubric,
        "other": other,
        "now": NOW,
        "tests": tests,
        "rows": category_scores(rubric, ("4", "3"), ("3.5", "2.5"), ("5.5", "4"), ("1.5", "0.5")),
        "other_rows": category_scores(other, ("1", "1"), ("1", "0"), ("0", "0"), ("1.5", "0.5"), ("2", "2")),
        "spark": [(point.at, point.score) for point in points],
        "spark_start": NOW - 365 * DAY,
        "changes": [points[-1].score, -points[-1].score, 0, None],
        "trend": system_trend(rubric, points, marks, NOW),
        "organisation": organisation_trend(rubric, buckets(rubric), NOW),
        "shares": organisation_trend(other, buckets(other), NOW),
    }
    return render(request, "sheet.html", context)


urlpatterns = [path("sheet/", sheet, name="sheet")]
