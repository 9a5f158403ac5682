"""Deepchecks: the JSON of a suite's result or of one check's, or a list of those.

A condition of a check is a check here; a Deepchecks check without conditions is information. Before 0.7 a suite held
its results as texts of JSON, and nothing said its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from evidence.formats.collecting import Collector
from evidence.formats.json_document import items, mapping, objects, parse, text
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
_ICONS = {"\u2713": "PASS", "\u2716": "FAIL", "!": "WARN"}
_TAG = re.compile(r"<[^<>]*>")


def recognises(document: object) -> bool:
    """Whether the parsed JSON is the result of a suite or of a check, or a list of such."""
    if isinstance(document, list):
        return bool(document) and all(isinstance(part, dict) and recognises(part) for part in document)
    return _typed(mapping(document)).get("type") in (_SUITE, _CHECK, _FAILURE)


def read(body: bytes) -> Report:
    """The conditions of a suite's checks. Raises ReportError when the body is no result of Deepchecks."""
    return interpret(parse(body))


def interpret(document: object) -> Report:
    """As `read`, from JSON that is parsed already."""
    if not recognises(document):
        raise ReportError("This is not a result of Deepchecks: its 'type' is not SuiteResult or CheckResult.")
    collector = Collector(NAME)
    parts = objects(document) if isinstance(document, list) else [mapping(document)]
    for result in (result for part in parts for result in _check_results(part)):
        if result.get("type") == _FAILURE:
            _add_failure(result, collector)
        else:
            _add_conditions(result, collector)
    return collector.report()


def _check_results(result: dict[str, Any], nesting: int = 0) -> Iterator[dict[str, Any]]:
    """The results of checks in a result, those of suites in a suite included."""
    if nesting > _MAX_NESTING:
        raise ReportError("The suites are nested beyond reason.")
    result = _typed(result)
    if result.get("type") != _SUITE:
        yield result
        return
    for inner in objects(result.get("results")):
        yield from _check_results(inner, nesting + 1)


def _typed(result: dict[str, Any]) -> dict[str, Any]:
    """A result as 0.7 and later write it, out of what came before; anything else as it is."""
    if "type" in result:
        return result
    if {"header", "params"} <= result.keys():
        return _check_of_old(result)
    texts = [item for item in items(result.get("results")) if isinstance(item, str)]
    if "name" not in result or not texts:
        return result
    typed = [_typed(_inside(item)) for item in texts]
    return {"type": _SUITE, "results": typed} if all("type" in part for part in typed) else result


def _inside(text_of_json: str) -> dict[str, Any]:
    """The object in a text of JSON, an empty one where the text is something else."""
    try:
        return mapping(parse(text_of_json.encode("utf-8", "replace")))
    except ReportError:
        return {}


def _check_of_old(result: dict[str, Any]) -> dict[str, Any]:
    """One that could not run has no value; its exception is what it displays."""
    if "value" not in result:
        shown = [text(part) for item in items(result.get("display")) for part in _pair(item)[1:]]
        return {"type": _FAILURE, "header": result["header"], "exception": _TAG.sub("", " ".join(shown))}
    table = result.get("conditions_table")
    conditions = objects(parse(table.encode("utf-8", "replace")) if isinstance(table, str) else table)
    return {
        "type": _CHECK,
        "header": result["header"],
        "value": result["value"],
        "conditions_results": [
            {**condition, "Status": _status_of_icon(text(condition.get("Status")))} for condition in conditions
        ],
    }


def _pair(item: object) -> list[Any]:
    return items(mapping(item).get("py/tuple")) or items(item)


def _status_of_icon(icon: str) -> str:
    word = _TAG.sub("", icon).strip()
    return _ICONS.get(word, word)


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
