"""Scores and histories, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rest_framework.renderers import JSONRenderer

from api.instants import write_instant, write_optional
from api.resources.components import BY_CATEGORY, INSTANT, LEVEL, POINTS, TEXT, array, optional, record
from api.shapes import Schema
from rubric.definition import Rubric
from rubric.once import Same
from rubric.scoring import number
from rubric.timeline import Point
from scores.gate import Verdict
from scores.score import CategoryScore, FullScore, Health, TestScore
from scores.trends import Bucket

MOST_POINTS = 1000
"""Longer histories are written anew each time, so that what is remembered stays small."""

CATEGORY: Schema = record(
    {"key": TEXT, "title": TEXT, "max": POINTS, "score": POINTS, "claimed": POINTS, "verified": POINTS}
)
TEST: Schema = record(
    {
        "key": TEXT,
        "title": TEXT,
        "category": TEXT,
        "level": LEVEL,
        "claimed": LEVEL,
        "verified": LEVEL,
        "not_applicable": {"type": "boolean"},
        "runs": {"type": "integer", "description": "Runs in the freshness window."},
        "last_run_at": optional(INSTANT),
        "fresh_until": optional(INSTANT),
        "health": {"type": "string", "enum": [health.value for health in Health]},
    }
)
SCORE: Schema = record(
    {
        "system": TEXT,
        "rubric": TEXT,
        "at": INSTANT,
        "score": POINTS,
        "claimed": POINTS,
        "verified": POINTS,
        "adjusted": optional(POINTS),
        "band": optional(record({"key": TEXT, "label": TEXT})),
        "limiting": array(TEXT),
        "categories": array(CATEGORY),
        "tests": array(TEST),
    },
    "A system's score at an instant, with all that explains it.",
)
POINT: Schema = record(
    {
        "at": INSTANT,
        "rubric": TEXT,
        "score": POINTS,
        "claimed": POINTS,
        "verified": POINTS,
        "categories": BY_CATEGORY,
    }
)
HISTORY: Schema = record({"points": array(POINT)}, "The score as a step function of time.")

GATE: Schema = record(
    {
        "passed": {"type": "boolean"},
        "conditions": array(
            record({"name": TEXT, "passed": {"type": "boolean"}, "actual": POINTS, "required": POINTS})
        ),
        "markdown": {"type": "string", "description": "The verdict as a table, for a pull request."},
    },
    "Whether a system meets conditions.",
)
BUCKET: Schema = record(
    {
        "at": {**INSTANT, "description": "The end of the bucket: its last instant."},
        "systems": {"type": "integer"},
        "median": optional(POINTS),
        "mean": optional(POINTS),
        "q1": optional(POINTS),
        "q3": optional(POINTS),
        "categories": {**BY_CATEGORY, "description": "The mean of each category."},
        "limiting": {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "description": "How many systems each category limits.",
        },
    }
)
TREND: Schema = record(
    {"rubric": TEXT, "interval": {"type": "string", "enum": ["day", "week", "month"]}, "buckets": array(BUCKET)},
    "How the systems of one rubric stand over time.",
)


def show_score(slug: str, full: FullScore) -> dict[str, Any]:
    """The score of the system of this slug with its categories and tests."""
    total = full.total
    return {
        "system": slug,
        "rubric": total.rubric.key,
        "at": write_instant(total.at),
        "score": number(total.score.score),
        "claimed": number(total.claimed.score),
        "verified": number(total.verified.score),
        "adjusted": None if full.adjusted is None else number(full.adjusted),
        "band": {"key": total.band.key, "label": total.band.label} if total.band else None,
        "limiting": list(total.score.limiting),
        "categories": [_show_category(category) for category in full.categories],
        "tests": [_show_test(test) for test in full.tests],
    }


def _show_category(score: CategoryScore) -> dict[str, Any]:
    return {
        "key": score.category.key,
        "title": score.category.title,
        "max": number(score.maximum),
        "score": number(score.score),
        "claimed": number(score.claimed),
        "verified": number(score.verified),
    }


def _show_test(score: TestScore) -> dict[str, Any]:
    return {
        "key": score.test.key,
        "title": score.test.title,
        "category": score.test.category,
        "level": score.level.key,
        "claimed": score.claimed.key,
        "verified": score.verified.key,
        "not_applicable": score.not_applicable,
        "runs": score.runs,
        "last_run_at": write_optional(score.last_run_at),
        "fresh_until": write_optional(score.fresh_until),
        "health": score.health.value,
    }


def write_history(points: Sequence[Point]) -> bytes:
    """A history, step by step, as the body of an answer."""
    write = _history if len(points) <= MOST_POINTS else _history.__wrapped__
    return write(Same(points))


# Whoever follows a system asks for the same history again, most of the time.
@lru_cache(maxsize=64)
def _history(points: Same[Sequence[Point]]) -> bytes:
    return JSONRenderer().render({"points": [_show_point(point) for point in points.value]})


def _show_point(point: Point) -> dict[str, Any]:
    """One step of a history."""
    return {
        "at": write_instant(point.at),
        "rubric": point.rubric,
        "score": number(point.score),
        "claimed": number(point.claimed),
        "verified": number(point.verified),
        "categories": {key: number(points) for key, points in point.categories.items()},
    }


def show_verdict(verdict: Verdict) -> dict[str, Any]:
    """What the gate says."""
    return {
        "passed": verdict.passed,
        "conditions": [
            {
                "name": condition.name,
                "passed": condition.passed,
                "actual": number(condition.actual),
                "required": number(condition.required),
            }
            for condition in verdict.conditions
        ],
        "markdown": verdict.markdown,
    }


def show_trend(rubric: Rubric, interval: str, buckets: list[Bucket]) -> dict[str, Any]:
    """A trend, bucket by bucket."""
    return {"rubric": rubric.key, "interval": interval, "buckets": [_show_bucket(Same(bucket)) for bucket in buckets]}


# A trend's buckets are the same ones from one reading to the next, but for the last.
@lru_cache(maxsize=2048)
def _show_bucket(same: Same[Bucket]) -> dict[str, Any]:
    bucket = same.value
    spread = {name: getattr(bucket, name) for name in ("median", "mean", "q1", "q3")}
    return {
        "at": write_instant(bucket.at),
        "systems": bucket.systems,
        **{name: None if value is None else number(value) for name, value in spread.items()},
        "categories": {key: number(points) for key, points in bucket.categories.items()},
        "limiting": dict(bucket.limiting),
    }
