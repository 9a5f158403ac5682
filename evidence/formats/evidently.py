"""Evidently: a report's JSON and the file of its snapshot (0.5 and later), and a test suite's of either kind (before).

A test is a check. Its own name holds data values, so the check's is built from the metric, its settings and the kind
of test. A metric without a test is information, not a check.
"""

from __future__ import annotations

from typing import Any

from evidence.formats.collecting import Collector
from evidence.formats.json_document import mapping, objects, parse, scalar, text
from evidence.formats.report import Report, ReportError, Status
from evidence.formats.values import instant, is_number, key_in, key_in_tags

NAME = "evidently"
TITLE = "Evidently report"

_STATUSES = {
    "SUCCESS": Status.PASSED,
    "WARNING": Status.PASSED,
    "FAIL": Status.FAILED,
    "ERROR": Status.ERROR,
    "SKIPPED": Status.SKIPPED,
}
# Settings that Evidently may derive from the data, or that don't say what is measured.
_NOT_IN_NAMES = ("type", "tests", "method", "threshold", "drift_share", "left", "right", "bins")
# Of a metric with two values the bound test says which one it looks at; the first goes without saying.
_SECOND_VALUES = {"is_count": "share", "is_mean": "std"}
_SUFFIXES = ("MetricTest", "Test")


def recognises(document: object) -> bool:
    """Whether the parsed JSON is a report of either generation."""
    return _tests(mapping(document)) is not None


def _tests(whole: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The tests of a report; an empty list where it has none, None where it is no report."""
    given = whole.get("tests")
    if isinstance(given, dict):
        # Evidently 0.5 and 0.6 name each test by its fingerprint.
        tests = objects(list(given.values()))
        known = isinstance(whole.get("metrics"), list) and all({"name", "status"} <= test.keys() for test in tests)
        return tests if known else None
    if isinstance(given, list):
        tests = objects(given)
        if tests:
            return tests if any("metric_config" in test or _is_legacy(test) for test in tests) else None
        return [] if isinstance(whole.get("metrics"), list) or "summary" in whole else None
    return [] if _is_legacy_report(whole) else _tests_of_snapshot(whole)


def _is_legacy_report(whole: dict[str, Any]) -> bool:
    """Whether it is a report of metrics alone, as the versions before 0.5 write them: information, no check."""
    metrics = objects(whole.get("metrics"))
    return bool(metrics) and all({"metric", "result"} <= metric.keys() for metric in metrics)


def _tests_of_snapshot(whole: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The tests in what `Snapshot.dumps()`, or a legacy suite's `save()`, leaves: each metric holds its own."""
    legacy = mapping(whole.get("suite")).get("test_results")
    if isinstance(legacy, list):
        return objects(legacy)
    results, top = whole.get("metric_results"), whole.get("top_level_metrics")
    if not isinstance(results, dict) or not isinstance(top, list):
        return None
    return [test for name in top for test in objects(mapping(results.get(text(name))).get("tests"))]


def _is_legacy(test: dict[str, Any]) -> bool:
    return {"name", "status", "group"} <= test.keys()


def read(body: bytes) -> Report:
    """The tests of a report. Raises ReportError when the body is none."""
    return interpret(parse(body))


def interpret(document: object) -> Report:
    """As `read`, from JSON that is parsed already."""
    whole = mapping(document)
    tests = _tests(whole)
    if tests is None:
        raise ReportError("This is not a report of Evidently: it has no 'tests' with a 'metric_config'.")
    collector = Collector(NAME)
    observed_at = instant(whole.get("timestamp"))
    values = {text(metric.get("id")): metric.get("value") for metric in objects(whole.get("metrics"))}
    for test in tests:
        status = _STATUSES.get(text(test.get("status")).upper())
        if status is None:
            collector.warn(f"The status '{text(test.get('status'))[:40]}' is unknown and read as an error.")
        collector.add(
            _name(test),
            status or Status.ERROR,
            observed_at=observed_at,
            message=text(test.get("description")),
            metrics=_metrics(values.get(text(mapping(test.get("metric_config")).get("metric_id")))),
            key=_key(test),
        )
    return collector.report()


def _name(test: dict[str, Any]) -> str:
    """Metric, settings and kind of test: `MissingValueCount(column=age): Equal`."""
    params = mapping(mapping(test.get("metric_config")).get("params"))
    metric = _last_part(params.get("type"))
    if not metric:
        return _legacy_name(test)
    kind = _last_part(_test_config(test).get("type")) or text(test.get("id"))
    for suffix in _SUFFIXES:
        kind = kind.removesuffix(suffix)
    settings = _settings({**params, **_of_bound_test(mapping(test.get("bound_test")))})
    return metric + (f"({settings})" if settings else "") + (f": {kind}" if kind else "")


def _of_bound_test(bound: dict[str, Any]) -> dict[str, Any]:
    """Which of a metric's values is tested: that of a label, or the second of two."""
    tested: dict[str, Any] = {"label": bound.get("label")} if bound.get("label") is not None else {}
    for field, value in _SECOND_VALUES.items():
        if bound.get(field) is False:
            tested["of"] = value
    return tested


def _test_config(test: dict[str, Any]) -> dict[str, Any]:
    """The test's settings; those of a test that comes with its metric stand in the bound test only."""
    return mapping(test.get("test_config")) or mapping(mapping(test.get("bound_test")).get("test"))


def _last_part(kind: object) -> str:
    return text(kind).rpartition(":")[2]


def _settings(params: dict[str, Any]) -> str:
    """What is measured, in the order of the file: columns and choices, no thresholds, no lists of values."""
    return ", ".join(
        f"{name}={scalar(value)}"
        for name, value in params.items()
        if name not in _NOT_IN_NAMES and isinstance(value, str | bool | int | float)
    )


def _legacy_name(test: dict[str, Any]) -> str:
    column = text(mapping(test.get("parameters")).get("column_name"))
    name = text(test.get("name"))
    return f"{name} ({column})" if column and column not in name else name


def _metrics(value: object) -> dict[str, object]:
    """The measured number, or the numbers of a count and its share; values by label are data, and stay out."""
    if is_number(value):
        return {"value": value}
    return {name: number for name, number in mapping(value).items() if is_number(number)}


def _key(test: dict[str, Any]) -> str | None:
    for part in (test, mapping(test.get("test_config")), mapping(mapping(test.get("metric_config")).get("params"))):
        key = (
            key_in(mapping(part.get("meta")).get("mlscore"))
            or key_in(mapping(part.get("metadata")).get("mlscore"))
            or key_in_tags(part.get("tags"))
            or key_in_tags(text(part.get("alias")))
        )
        if key:
            return key
    return None
