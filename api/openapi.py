"""The OpenAPI document, made from the code once a process."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from api.resources import (
    assessments,
    events,
    exchange,
    exports,
    imports,
    mapping,
    model_versions,
    organisation,
    plans,
    results,
    rubrics,
    scores,
    systems,
)
from api.resources.components import FAULT, PROBLEM

COMPONENTS = {
    "Assessment": assessments.SHOWN,
    "Event": events.SHOWN,
    "Exchanged": exchange.EXCHANGED,
    "Export": exports.DOCUMENT,
    "Fault": FAULT,
    "Gate": scores.GATE,
    "History": scores.HISTORY,
    "Import": imports.SHOWN,
    "Mapping": mapping.SHOWN,
    "ModelVersion": model_versions.WHOLE,
    "ModelVersionInShort": model_versions.BRIEF,
    "OpenAPI": {"type": "object", "description": "An OpenAPI 3.1 document."},
    "Organisation": organisation.SHOWN,
    "Outcome": results.OUTCOME,
    "Plan": plans.PLAN,
    "Problem": PROBLEM,
    "Result": results.STORED,
    "Rubric": rubrics.WHOLE,
    "RubricInShort": rubrics.BRIEF,
    "Score": scores.SCORE,
    "Summary": results.SUMMARY,
    "System": systems.SHOWN,
    "Table": exports.SHOWN,
    "Trend": scores.TREND,
    "Team": organisation.SHOWN_TEAM,
}
OPTIONAL_BODIES = {"finalise_post", "assessments_post"}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the whole API."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What drf-spectacular cannot know: the components, and which bodies must be there. A hook of its settings."""
    result["components"].setdefault("schemas", {}).update(COMPONENTS)
    for path in result["paths"].values():
        for operation in path.values():
            if "requestBody" in operation and operation["operationId"] not in OPTIONAL_BODIES:
                operation["requestBody"]["required"] = True
    return result
