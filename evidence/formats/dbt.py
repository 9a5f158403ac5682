"""dbt: `run_results.json`, with `manifest.json` beside it for the tags and meta that only the manifest holds.

Only tests and unit tests are checks; models, seeds and snapshots are not. The freshness of sources and models, which
`dbt source freshness` and `dbt freshness` write to `sources.json` and `freshness.json`, is a check of each of them.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any

from evidence.formats.collecting import Collector
from evidence.formats.json_document import mapping, objects, parse, text
from evidence.formats.report import Report, ReportError, Status
from evidence.formats.values import finite, instant, is_number, key_in, key_in_tags

NAME = "dbt"
TITLE = "dbt run results"
MANIFEST = "manifest.json"

_CHECKS = ("test.", "unit_test.")
_SOURCE = "source."
_SCHEMAS_OF_FRESHNESS = ("/sources/", "/freshness/")
_AGE = "max_loaded_at_time_ago_in_s"
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
# Here `error` is a verdict, that the data are too old; only a `runtime error` is none.
_STATUSES_OF_FRESHNESS = {
    "pass": Status.PASSED,
    "warn": Status.PASSED,
    "error": Status.FAILED,
    "runtime error": Status.ERROR,
}


def recognises(document: object) -> bool:
    """Whether the parsed JSON is a run_results.json, or one of freshness."""
    whole = mapping(document)
    if not isinstance(whole.get("results"), list):
        return False
    known = "/run-results" in _schema(whole) or _is_of_freshness(whole)
    return known or any("unique_id" in result for result in objects(whole["results"]))


def _schema(whole: dict[str, Any]) -> str:
    return text(mapping(whole.get("metadata")).get("dbt_schema_version"))


def _is_of_freshness(whole: dict[str, Any]) -> bool:
    return any(part in _schema(whole) for part in _SCHEMAS_OF_FRESHNESS)


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
        if unique_id.startswith(_SOURCE) or _AGE in result or _is_of_freshness(whole):
            _add_freshness(result, unique_id, finished, keys.get(unique_id), collector)
        elif unique_id.startswith(_CHECKS):
            _add(result, unique_id, finished, keys.get(unique_id), collector)
        elif text(result.get("status")) in ("error", "fail"):
            others[unique_id.partition(".")[0] or "nodes"] += 1
    for kind, count in others.items():
        collector.warn(f"{count} of kind '{kind}' ended in error; only tests are checks.")
    return collector.report()


def _add(
    result: dict[str, Any], unique_id: str, finished: datetime | None, key: str | None, collector: Collector
) -> None:
    failures = result.get("failures")
    collector.add(
        _HASH.sub("", unique_id),
        _status(result, _STATUSES, collector),
        observed_at=_completed(result) or finished,
        message=text(result.get("message")),
        metrics={"failures": failures} if is_number(failures) else {},
        key=key,
    )


def _add_freshness(
    result: dict[str, Any], unique_id: str, finished: datetime | None, key: str | None, collector: Collector
) -> None:
    age = result.get(_AGE)
    collector.add(
        unique_id,
        _status(result, _STATUSES_OF_FRESHNESS, collector),
        observed_at=instant(result.get("snapshotted_at")) or _completed(result) or finished,
        message=text(result.get("error")) or _age(result),
        metrics={_AGE: age} if is_number(age) else {},
        key=key,
    )


def _status(result: dict[str, Any], statuses: dict[str, Status], collector: Collector) -> Status:
    word = text(result.get("status"))
    status = statuses.get(word.lower())
    if status is None:
        collector.warn(f"The status '{word[:40]}' is unknown and read as an error.")
    return status or Status.ERROR


def _age(result: dict[str, Any]) -> str:
    """How old the newest data were, and which limit that crossed."""
    age = finite(result.get(_AGE))
    status = text(result.get("status")).lower()
    limit = mapping(mapping(result.get("criteria")).get(f"{status}_after"))
    count, period = finite(limit.get("count")), text(limit.get("period"))
    if age is None or count is None or not period:
        return ""
    return f"The newest data were {age / 3600:.1f} hours old; {status} after {count:g} {period}{'s' * (count != 1)}."


def _completed(result: dict[str, Any]) -> datetime | None:
    """When the test's query had its answer; a test that never ran has no timing."""
    times = {text(part.get("name")): instant(part.get("completed_at")) for part in objects(result.get("timing"))}
    return times.get("execute") or next((time for time in times.values() if time), None)


def _keys_of(manifest: bytes) -> dict[str, str]:
    """The key that each node carries in its meta or tags, by its unique id."""
    document = mapping(parse(manifest))
    if not isinstance(document.get("nodes"), dict):
        raise ReportError("The file beside the run results is not a manifest.json of dbt: it has no 'nodes'.")
    parts = ("nodes", "unit_tests", "sources")
    found = {name: _key(mapping(node)) for part in parts for name, node in mapping(document.get(part)).items()}
    return {name: key for name, key in found.items() if key}


def _key(node: dict[str, Any]) -> str | None:
    for part in (mapping(node.get("config")), node):
        key = key_in(mapping(part.get("meta")).get("mlscore")) or key_in_tags(part.get("tags"))
        if key:
            return key
    return None
