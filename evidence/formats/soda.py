"""Soda Core 3 and 4: the results of a scan, as written to a file or as sent to Soda Cloud."""

from __future__ import annotations

from typing import Any

from evidence.formats.collecting import Collector
from evidence.formats.json_document import items, mapping, objects, parse, text
from evidence.formats.report import Report, ReportError, Status
from evidence.formats.values import finite, instant, is_number, key_in, key_in_tags

NAME = "soda"
TITLE = "Soda scan results"

_PASS, _WARN, _FAIL, _ERROR, _EXCLUDED, _UNEVALUATED = "pass", "warn", "fail", "error", "excluded", "unevaluated"
_STATUSES = {
    _PASS: Status.PASSED,
    _WARN: Status.PASSED,
    _FAIL: Status.FAILED,
    _ERROR: Status.ERROR,
    _EXCLUDED: Status.SKIPPED,
    _UNEVALUATED: Status.ERROR,
}
# Soda Core 4 names outcomes PASSED and so on, and sends other words for them.
_OUTCOMES = {"passed": _PASS, "warned": _WARN, "warning": _WARN, "failed": _FAIL, "not_evaluated": _UNEVALUATED}
# Of these the diagnostics hold no measured value: Soda Core 4 writes a 0 in its place.
_UNMEASURED = (_EXCLUDED, _UNEVALUATED)
_COMPARISONS = {
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
}


def recognises(document: object) -> bool:
    """Whether the parsed JSON is the result of a scan."""
    whole = mapping(document)
    scanned = "scanStartTimestamp" in whole or "scanEndTimestamp" in whole or "hasErrors" in whole
    return scanned and isinstance(whole.get("checks", []), list)


def read(body: bytes) -> Report:
    """The checks of a scan. Raises ReportError when the body is none."""
    return interpret(parse(body))


def interpret(document: object) -> Report:
    """As `read`, from JSON that is parsed already."""
    if not recognises(document):
        raise ReportError("This is not the result of a Soda scan: it has no 'checks' with a 'scanEndTimestamp'.")
    whole = mapping(document)
    collector = Collector(NAME)
    if whole.get("hasErrors") is True:
        collector.warn(f"The scan had errors: {_first_error(whole) or 'it does not say which.'}")
    observed_at = instant(whole.get("scanEndTimestamp")) or instant(whole.get("scanStartTimestamp"))
    for check in objects(whole.get("checks")) + objects(whole.get("automatedMonitoringChecks")):
        diagnostics = mapping(check.get("diagnostics"))
        outcome = _outcome(check, collector)
        value = diagnostics.get("value")
        collector.add(
            _name(check),
            _STATUSES[outcome],
            observed_at=observed_at,
            message=_message(check, diagnostics, outcome),
            metrics={"value": value} if is_number(value) and outcome not in _UNMEASURED else {},
            key=_key(check),
        )
    return collector.report()


def _outcome(check: dict[str, Any], collector: Collector) -> str:
    """The check's outcome as one of _STATUSES; without one the check was not evaluated."""
    word = text(check.get("outcome")).strip().lower()
    outcome = _OUTCOMES.get(word, word) or _UNEVALUATED
    if outcome not in _STATUSES:
        collector.warn(f"The outcome '{word[:40]}' is unknown and read as an error.")
        return _ERROR
    return outcome


def _first_error(scan: dict[str, Any]) -> str:
    errors = (text(log.get("message")) for log in objects(scan.get("logs")) if log.get("level") == "ERROR")
    return next((message[:200] for message in errors if message), "")


def _name(check: dict[str, Any]) -> str:
    """The check's name, and the table: scans of several tables repeat a name, such as `row_count > 0`.

    Soda Core 4 (which gives a path) repeats one for every column, such as `No missing values`; 3 has the column in it.
    """
    name, table = text(check.get("name")) or text(check.get("definition")), text(check.get("table"))
    column = text(check.get("column")) if check.get("checkPath") else ""
    place = ".".join(part for part in (table, column) if part)
    return f"{name} ({place})" if name and place else name


def _message(check: dict[str, Any], diagnostics: dict[str, Any], outcome: str) -> str:
    """What the diagnostics say beside the name: the value, the limits it crossed, columns that are missing."""
    if outcome == _PASS:
        return ""
    parts = [_reason(reason) for reason in items(check.get("outcomeReasons"))]
    value = finite(diagnostics.get("value"))
    if outcome in _UNMEASURED:
        parts = parts or ["The check was " + ("not evaluated." if outcome == _UNEVALUATED else "excluded.")]
    elif value is not None:
        limits = " or ".join(_limits(mapping(diagnostics.get(outcome))))
        parts.append(f"value {value:g}" + (f", {_verb(outcome)} when {limits}" if limits else ""))
    for field, label in (("missing_column_names", "missing columns"), ("present_column_names", "forbidden columns")):
        names = ", ".join(text(name) for name in items(diagnostics.get(field)))
        if names:
            parts.append(f"{label}: {names}")
    return "; ".join(part for part in parts if part) or f"The outcome is '{outcome}'."


def _verb(outcome: str) -> str:
    """How a limit's outcome reads in a sentence."""
    return {_FAIL: "fails", _WARN: "warns"}.get(outcome, outcome)


def _limits(limits: dict[str, Any]) -> list[str]:
    return [
        f"{_COMPARISONS[name]} {number:g}"
        for name, bound in limits.items()
        if name in _COMPARISONS and (number := finite(bound)) is not None
    ]


def _reason(reason: object) -> str:
    return text(reason) or text(mapping(reason).get("message"))


def _key(check: dict[str, Any]) -> str | None:
    attributes = check.get("resourceAttributes") or check.get("attributes")
    if isinstance(attributes, dict):
        return key_in(attributes.get("mlscore")) or key_in_tags(attributes.get("tags"))
    named = {text(item.get("name")): item.get("value") for item in objects(attributes)}
    return key_in(named.get("mlscore")) or key_in_tags(named.get("tags"))
