"""Rubrics, as they are shown: all of what the definition says, numbers as numbers."""

from __future__ import annotations

from typing import Any

from api.resources.components import POINTS, TEXT, array, record
from api.shapes import Schema
from rubric.definition import Aggregation, Band, Category, Effort, Rubric, Test
from rubric.loader import DEFAULT
from rubric.scoring import number

BRIEF_FIELDS: dict[str, Schema] = {
    "key": TEXT,
    "title": TEXT,
    "summary": TEXT,
    "source": TEXT,
    "default": {"type": "boolean", "description": "What a system has that names no other."},
    "aggregation": {"type": "string", "enum": [each.value for each in Aggregation]},
    "max": {"type": "number", "description": "The highest final score."},
}
BRIEF: Schema = record(BRIEF_FIELDS, "A published edition of a rubric.")
TEST: Schema = record(
    {
        "key": TEXT,
        "title": TEXT,
        "effort": {"type": "string", "enum": [effort.value for effort in Effort]},
        "leans_on": array(TEXT),
        "asks": TEXT,
        "why": TEXT,
        "by_hand": TEXT,
        "automate": TEXT,
        "evidence": array(TEXT),
        "tools": array(TEXT),
    }
)
CATEGORY: Schema = record({"key": TEXT, "title": TEXT, "max": POINTS, "tests": array(TEST)})
BAND: Schema = record(
    {
        "key": TEXT,
        "label": TEXT,
        "meaning": TEXT,
        "edge": POINTS,
        "inclusive": {"type": "boolean", "description": "Whether a score on the edge lies in this band."},
    }
)
WHOLE: Schema = record(
    {
        **BRIEF_FIELDS,
        "scale": {"type": "object", "additionalProperties": POINTS, "description": "Points by level."},
        "categories": array(CATEGORY),
        "bands": array(BAND),
        "starting_order": array(TEXT),
        "notes": array(TEXT),
    },
    "A published edition of a rubric, with its tests.",
)


def show_brief(rubric: Rubric) -> dict[str, Any]:
    """A rubric in a list."""
    return {
        "key": rubric.key,
        "title": rubric.title,
        "summary": rubric.summary,
        "source": rubric.source,
        "default": rubric.key == DEFAULT,
        "aggregation": rubric.aggregation.value,
        "max": number(rubric.maximum),
    }


def show_rubric(rubric: Rubric) -> dict[str, Any]:
    """A rubric with everything in it."""
    return {
        **show_brief(rubric),
        "scale": {level.key: number(points) for level, points in rubric.scale.items()},
        "categories": [_show_category(rubric, category) for category in rubric.categories],
        "bands": [_show_band(band) for band in rubric.bands],
        "starting_order": list(rubric.starting_order),
        "notes": list(rubric.notes),
    }


def _show_category(rubric: Rubric, category: Category) -> dict[str, Any]:
    return {
        "key": category.key,
        "title": category.title,
        "max": number(rubric.category_maximum(category.key)),
        "tests": [_show_test(test) for test in category.tests],
    }


def _show_test(test: Test) -> dict[str, Any]:
    return {
        "key": test.key,
        "title": test.title,
        "effort": test.effort.value,
        "leans_on": list(test.leans_on),
        "asks": test.asks,
        "why": test.why,
        "by_hand": test.by_hand,
        "automate": test.automate,
        "evidence": list(test.evidence),
        "tools": list(test.tools),
    }


def _show_band(band: Band) -> dict[str, Any]:
    return {
        "key": band.key,
        "label": band.label,
        "meaning": band.meaning,
        "edge": number(band.edge),
        "inclusive": band.inclusive,
    }
