"""What pipelines reported, and what follows from all facts: the scores over time."""

from __future__ import annotations

from collections.abc import Iterator

from assessments.models import System
from evidence.metrics import shortest
from evidence.models import Check, MappingRule, ModelVersion, Result, Run
from evidence.posting import PROVENANCE
from exports.table import Row, Source, Table, by_system, same, stored
from rubric.scoring import number
from scores.reading import first_fact_at, history

MAPPING = stored(
    "mapping-rules",
    "Mapping rules",
    "Which checks in reports evidence which test; of no system: the organisation’s.",
    {"system": "system__slug", **same("position", "pattern", "test", "format")},
    MappingRule.objects.visible_to,
    ["system__slug", "position"],
)
REPORTED = [
    by_system(
        "checks",
        "Checks",
        "Each check with its test and its newest result.",
        {"system": "system__slug", "check": "name", **same("test", "newest_status", "newest_observed_at")},
        lambda reader: Check.objects.filter(system__in=System.objects.visible_to(reader)),
        lambda system: Check.objects.filter(system=system),
        ["name"],
    ),
    by_system(
        "runs",
        "Runs",
        "Each run of a test on a branch with the instants that count. Runs outlive their results.",
        {
            "system": "system__slug",
            **same("test", "run_id", "branch", "first_observed_at", "first_executed_at", "first_passed_at"),
        },
        lambda reader: Run.objects.filter(system__in=System.objects.visible_to(reader)),
        lambda system: Run.objects.filter(system=system),
        ["run_id", "test", "branch"],
    ),
    by_system(
        "results",
        "Results",
        "Every result as it was posted, voided ones with the reason.",
        {
            "id": "id",
            "system": "system__slug",
            "test": "check_of__test",
            "check": "check_of__name",
            **same("run_id", "status", "observed_at", "received_at", "message", "url", *PROVENANCE, "metrics"),
            "token": "token__name",
            **same("voided_at", "voided_by", "void_reason"),
        },
        Result.objects.visible_to,
        lambda system: Result.objects.filter(system=system),
        ["observed_at", "id"],
        convert={"metrics": shortest},
    ),
    by_system(
        "model-versions",
        "Model versions",
        "The versions that results name, with when the first and the newest were observed.",
        {"system": "system__slug", "model_version": "name", **same("first_observed_at", "newest_observed_at")},
        ModelVersion.objects.visible_to,
        lambda system: ModelVersion.objects.filter(system=system),
        ["newest_observed_at", "id"],
    ),
]


def _points(source: Source) -> Iterator[Row]:
    """Every step of each system's history, from its first fact to the source's instant."""
    for system in source.systems():
        since = first_fact_at(system)
        if since is None or since > source.at:
            continue
        for point in history(system, since, source.at):
            yield (
                system.slug,
                point.at,
                point.rubric,
                number(point.score),
                number(point.claimed),
                number(point.verified),
                {key: number(points) for key, points in point.categories.items()},
            )


SCORES = Table(
    "scores",
    "Scores over time",
    "Each instant at which a system’s score, or a category’s, changed, from the first fact on.",
    ["system", "at", "rubric", "score", "claimed", "verified", "categories"],
    _points,
)
