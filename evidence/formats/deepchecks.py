"""Deepchecks: the JSON of a suite's result or of one check's.

A condition of a check is a check here; a Deepchecks check without conditions is information.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evidence.formats.collecting import Collector
from evidence.formats.json_document import mapping, objects, parse, text
from evidence.formats.report import Report, ReportError, Status
from evidence.formats.values import is_number, key_in, key_in_tags

NAME = "deepchecks"
TITLE = "Deepchecks suite result"

_SUITE, _CHECK, _FAILURE = "SuiteResult", "CheckResult", "CheckFailure"
_MAX_NESTING = 20
_STATUSES = {
    "PASS": Status.PASSED,
    "WARN": Status.PASSED,
    "FAIL": Status.FAILED,
    "ERROR": Status.ERROR,
}


def recognises(document: object) -> bool:
    """Whether the parsed JSON is the result of a suite or of a check."""
    return mapping(document).get("type") in (_SUITE, _CHECK, _FAILURE)


def read(body: bytes) -> Report:
    """The conditions of a suite's checks. Raises ReportError when the body is no result of Deepchecks."""
    return interpret(parse(body))


def interpret(document: object) -> Report:
    """As `read`, from JSON that is parsed already."""
    if not recognises(document):
        raise ReportError("This is not a result of Deepchecks: its 'type' is not SuiteResult or CheckResult.")
    collector = Collector(NAME)
    for result in _check_results(mapping(document)):
        if result.get("type") == _FAILURE:
            _add_failure(result, collector)
        else:
            _add_conditions(result, collector)
    return collector.report()


def _check_results(result: dict[str, Any], nesting: int = 0) -> Iterator[dict[str, Any]]:
    """The results of checks in a result, those of suites in a suite included."""
    if nesting > _MAX_NESTING:
        raise ReportError("The suites are nested beyond reason.")
    if result.get("type") != _SUITE:
        yield result
        return
    for inner in objects(result.get("results")):
        yield from _check_results(inner, nesting + 1)


def _title(result: dict[str, Any]) -> str:
    return text(result.get("header")) or text(mapping(result.get("check")).get("name"))


def _add_failure(result: dict[str, Any], collector: Collector) -> None:
    """A check that could not run is mostly one that does not apply to the model or data: skipped."""
    collector.add(_title(result), Status.SKIPPED, message=text(result.get("exception")), key=_key(result))


def _add_conditions(result: dict[str, Any], collector: Collector) -> None:
    value = result.get("value")
    for condition in objects(result.get("conditions_results")):
        status = _STATUSES.get(text(condition.get("Status")).upper())
        if status is None:
            collector.warn(f"The status '{text(condition.get('Status'))[:40]}' is unknown and read as an error.")
        collector.add(
            ": ".join(part for part in (_title(result), text(condition.get("Condition"))) if part),
            status or Status.ERROR,
            message=text(condition.get("More Info")),
            metrics={"value": value} if is_number(value) else {},
            key=_key(result),
        )


def _key(result: dict[str, Any]) -> str | None:
    for part in (result, mapping(result.get("check"))):
        key = key_in(mapping(part.get("meta")).get("mlscore")) or key_in_tags(part.get("tags"))
        if key:
            return key
    return None
