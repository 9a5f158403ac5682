"""Model versions that results name, and what ran on one of them."""

from __future__ import annotations

from typing import Any

from api.instants import write_instant, write_optional
from api.resources.components import INSTANT, LEVEL, TEXT, array, optional, record
from api.shapes import Choice, Schema
from assessments.models import System
from evidence.models import ModelVersion, Result, Status
from scores.versions import Outcome, Readiness, TestOnVersion

SHORT = {
    "model_version": TEXT,
    "first_observed_at": {**INSTANT, "description": "When the first result on it was observed."},
    "newest_observed_at": {**INSTANT, "description": "When the newest one was."},
}
BRIEF: Schema = record(SHORT, "A model version that results of a system name.")
CHECK: Schema = record(
    {
        "check": TEXT,
        "status": Choice(Status.values).schema,
        "observed_at": INSTANT,
        "result": {"type": "integer", "description": "The id of the check's newest result on the version."},
    }
)
TEST: Schema = record(
    {
        "key": TEXT,
        "title": TEXT,
        "category": TEXT,
        "level": {**LEVEL, "description": "What the test holds at present."},
        "required": {"type": "boolean", "description": "It holds a level, so the version needs it to pass."},
        "outcome": {
            "type": "string",
            "enum": [outcome.value for outcome in Outcome],
            "description": "The worst of its checks' newest results on the version.",
        },
        "observed_at": optional(INSTANT),
        "checks": array(CHECK),
    }
)
WHOLE: Schema = record(
    {
        **SHORT,
        "system": TEXT,
        "rubric": TEXT,
        "at": INSTANT,
        "ready": {
            "type": "boolean",
            "description": "Each test that holds a level has run on the version and passed, and none failed on it.",
        },
        "failing": {**array(TEXT), "description": "Tests that failed or ended in an error on it."},
        "missing": {**array(TEXT), "description": "Required tests that have not run on it."},
        "results_removed": {
            "type": "boolean",
            "description": "Results on it fell under retention, so that some or all are gone.",
        },
        "tests": array(TEST),
    },
    "Whether a model version is ready to serve, and what ran on it.",
)


def show_brief(version: ModelVersion) -> dict[str, Any]:
    """A version in a list."""
    return {
        "model_version": version.name,
        "first_observed_at": write_instant(version.first_observed_at),
        "newest_observed_at": write_instant(version.newest_observed_at),
    }


def show_readiness(system: System, found: Readiness) -> dict[str, Any]:
    """A version with every test of the rubric in force."""
    return {
        **show_brief(found.version),
        "system": system.slug,
        "rubric": found.rubric.key,
        "at": write_instant(found.at),
        "ready": found.ready,
        "failing": [test.test.key for test in found.failing],
        "missing": [test.test.key for test in found.missing],
        "results_removed": found.removed,
        "tests": [_show_test(test) for test in found.tests],
    }


def _show_test(found: TestOnVersion) -> dict[str, Any]:
    return {
        "key": found.test.key,
        "title": found.test.title,
        "category": found.test.category,
        "level": found.level.key,
        "required": found.required,
        "outcome": found.outcome.value,
        "observed_at": write_optional(found.newest.observed_at if found.newest else None),
        "checks": [_show_check(result) for result in found.results],
    }


def _show_check(result: Result) -> dict[str, Any]:
    return {
        "check": result.check_of.name,
        "status": result.status,
        "observed_at": write_instant(result.observed_at),
        "result": result.pk,
    }
