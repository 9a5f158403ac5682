"""dbt: `run_results.json`, with `manifest.json` beside it for the tags and meta that only the manifest holds.

Only tests and unit tests are checks; models, seeds and snapshots are not.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any

from evidence.formats.collecting import Collector
from evidence.formats.json_document import mapping, objects, parse, text
from evidence.formats.report import Report, ReportError, Status
from evidence.formats.values import instant, is_number, key_in, key_in_tags

NAME = "dbt"
TITLE = "dbt run results"
MANIFEST = "manifest.json"

_CHECKS = ("test.", "unit_test.")
_HASH = re.compile(r"\.[0-9a-f]{10}$")
# A warning is a test that was executed and did not fail.
_STATUSES = {
    "pass": Status.PASSED,
    "success": Status.PASSED,
    "warn": Status.PASSED,
    "fail": Status.FAILED,
    "error": Status.ERROR,
    "runtime error": Status.ERROR,
    "skipped": Status.SKIPPED,
    "no-op": Status.SKIPPED,
}


def recognises(document: object) -> bool:
    """Whether the parsed JSON is a run_results.json."""
    whole = mapping(document)
    if not isinstance(whole.get("results"), list):
        return False
    schema = text(mapping(whole.get("metadata")).get("dbt_schema_version"))
    return "/run-results" in schema or any("unique_id" in result for result in objects(whole["results"]))


def read(body: bytes, manifest: bytes | None = None) -> Report:
    """The tests of a run. Raises ReportError when the body, or the manifest, is not what it should be."""
    return interpret(parse(body), manifest)


def interpret(document: object, manifest: bytes | None = None) -> Report:
    """As `read`, from JSON that is parsed already."""
    if not recognises(document):
        raise ReportError("This is not a run_results.json of dbt: it has no 'results' with a 'unique_id'.")
    whole = mapping(document)
    keys = _keys_of(manifest) if manifest else {}
    collector = Collector(NAME)
    finished = instant(mapping(whole.get("metadata")).get("generated_at"))
    others: Counter[str] = Counter()
    for result in objects(whole.get("results")):
        unique_id = text(result.get("unique_id"))
        if unique_id.startswith(_CHECKS):
            _add(result, unique_id, finished, keys.get(unique_id), collector)
        elif text(result.get("status")) in ("error", "fail"):
            others[unique_id.partition(".")[0] or "nodes"] += 1
    for kind, count in others.items():
        collector.warn(f"{count} of kind '{kind}' ended in error; only tests are checks.")
    return collector.report()


def _add(
    result: dict[str, Any], unique_id: str, finished: datetime | None, key: str | None, collector: Collector
) -> None:
    status = _STATUSES.get(text(result.get("status")).lower())
    if status is None:
        collector.warn(f"The status '{text(result.get('status'))[:40]}' is unknown and read as an error.")
    failures = result.get("failures")
    collector.add(
        _HASH.sub("", unique_id),
        status or Status.ERROR,
        observed_at=_completed(result) or finished,
        message=text(result.get("message")),
        metrics={"failures": failures} if is_number(failures) else {},
        key=key,
    )


def _completed(result: dict[str, Any]) -> datetime | None:
    """When the test's query had its answer; a test that never ran has no timing."""
    times = {text(part.get("name")): instant(part.get("completed_at")) for part in objects(result.get("timing"))}
    return times.get("execute") or next((time for time in times.values() if time), None)


def _keys_of(manifest: bytes) -> dict[str, str]:
    """The key that each test carries in its meta or tags, by the test's unique id."""
    document = mapping(parse(manifest))
    if not isinstance(document.get("nodes"), dict):
        raise ReportError("The file beside the run results is not a manifest.json of dbt: it has no 'nodes'.")
    nodes = {**mapping(document.get("nodes")), **mapping(document.get("unit_tests"))}
    found = {name: _key(mapping(node)) for name, node in nodes.items() if name.startswith(_CHECKS)}
    return {name: key for name, key in found.items() if key}


def _key(node: dict[str, Any]) -> str | None:
    for part in (mapping(node.get("config")), node):
        key = key_in(mapping(part.get("meta")).get("mlscore")) or key_in_tags(part.get("tags"))
        if key:
            return key
    return None
