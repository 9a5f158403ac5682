"""CTRF, the Common Test Report Format (ctrf.io)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evidence.formats.collecting import Collector
from evidence.formats.json_document import items, mapping, objects, parse, text
from evidence.formats.report import Report, ReportError, Status
from evidence.formats.values import finite, instant, instant_of_milliseconds, key_in, key_in_tags

NAME = "ctrf"
TITLE = "CTRF report"

# `other` is an end that is none of these: no verdict.
_STATUSES = {
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "skipped": Status.SKIPPED,
    "pending": Status.SKIPPED,
    "other": Status.ERROR,
}
# The producer's own word for a test that failed around its body.
_ERRORS = ("setup_failed", "teardown_failed", "setup_error", "teardown_error", "collect_failed", "error", "broken")
# Jest's reporter files its to-dos under `other`.
_NOT_RUN = ("todo", "pending", "skipped", "disabled", "ignored", "xfailed")


def recognises(document: object) -> bool:
    """Whether the parsed JSON is a CTRF report."""
    results = mapping(mapping(document).get("results"))
    return isinstance(results.get("tests"), list)


def read(body: bytes) -> Report:
    """The tests of a report. Raises ReportError when the body is none."""
    return interpret(parse(body))


def interpret(document: object) -> Report:
    """As `read`, from JSON that is parsed already."""
    if not recognises(document):
        raise ReportError("This is not a CTRF report: it has no 'results' with 'tests'.")
    whole = mapping(document)
    results = mapping(whole["results"])
    summary = mapping(results.get("summary"))
    finished = instant_of_milliseconds(summary.get("stop")) or instant(whole.get("timestamp"))
    collector = Collector(NAME)
    tests = objects(results["tests"])
    for test in tests:
        _add(test, finished, collector)
    shown = sum(text(test.get("status")) == "failed" for test in tests)
    declared = finite(summary.get("failed")) or 0
    if declared > shown:
        collector.warn(f"The summary declares {declared:g} failed tests, of which the report shows {shown}.")
    return collector.report()


def _add(test: dict[str, Any], finished: datetime | None, collector: Collector) -> None:
    status = _status(test, collector)
    name = _name(test)
    message = text(test.get("message"))
    if status == Status.PASSED and test.get("flaky") is True:
        collector.warn(f"Check '{name}' passed only when it was repeated.")
        message = message or "Passed on a repeated attempt; an earlier one did not."
    collector.add(
        name,
        status,
        observed_at=instant_of_milliseconds(test.get("stop")) or instant_of_milliseconds(test.get("start")) or finished,
        message=message or _first_line(text(test.get("trace")), status),
        key=_key(test),
    )


def _status(test: dict[str, Any], collector: Collector) -> Status:
    status = _STATUSES.get(text(test.get("status")).lower())
    if status is None:
        collector.warn(f"The status '{text(test.get('status'))[:40]}' is unknown and read as an error.")
        return Status.ERROR
    raw = text(test.get("rawStatus")).lower()
    if status == Status.FAILED and raw in _ERRORS:
        return Status.ERROR
    return Status.SKIPPED if status == Status.ERROR and raw in _NOT_RUN else status


def _name(test: dict[str, Any]) -> str:
    """The test's name, behind those of its suites where the name does not hold them itself, as pytest's does."""
    name, suite = text(test.get("name")), test.get("suite")
    suites = [suite] if isinstance(suite, str) else [text(part) for part in items(suite)]
    missing = [part for part in suites if part and part not in name]
    return " > ".join((*missing, name)) if name else ""


def _first_line(trace: str, status: Status) -> str:
    lines = trace.strip().splitlines()
    return lines[0] if lines and status in (Status.FAILED, Status.ERROR) else ""


def _key(test: dict[str, Any]) -> str | None:
    for part in (mapping(test.get("extra")), mapping(test.get("labels")), mapping(test.get("meta"))):
        key = key_in(part.get("mlscore"))
        if key:
            return key
    return key_in_tags(test.get("tags"))
