"""Great Expectations: a validation result, a checkpoint's result, which holds several, or a list of either; GX 0.x and 1.x.

An expectation is a check, named by its type and its settings. Its rows and values are never kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from evidence.formats.collecting import Collector
from evidence.formats.json_document import items, mapping, objects, parse, scalar, text
from evidence.formats.report import Report, ReportError, Status
from evidence.formats.values import digest, finite, instant, is_number, key_in, key_in_tags

NAME = "great-expectations"
TITLE = "Great Expectations validation result"

# Which data was looked at is not part of what was expected.
_NOT_IN_NAMES = ("batch_id", "result_format", "include_config", "catch_exceptions")
_DOMAIN_FIRST = ("column", "column_A", "column_B", "column_list", "column_set")
_LONGEST_SETTING = 60
_MEASURES = (
    "element_count",
    "unexpected_count",
    "unexpected_percent",
    "missing_count",
    "missing_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
    "observed_value",
)


def recognises(document: object) -> bool:
    """Whether the parsed JSON is a validation result or a checkpoint's."""
    return any(True for _ in _validations(document))


def read(body: bytes) -> Report:
    """The expectations of a result. Raises ReportError when the body is none."""
    return interpret(parse(body))


def interpret(document: object) -> Report:
    """As `read`, from JSON that is parsed already."""
    validations = list(_validations(document))
    if not validations:
        raise ReportError("This is not a validation result of Great Expectations: it has no 'results' of expectations.")
    collector = Collector(NAME)
    for validation in validations:
        _read_validation(validation, collector)
    return collector.report()


def _validations(document: object) -> Iterator[dict[str, Any]]:
    parts = objects(document) if isinstance(document, list) else [mapping(document)]
    loose = [part for part in parts if _is_expectation(part)]
    if loose:
        yield {"results": loose}
    for part in parts:
        yield from _validations_in(part)


def _validations_in(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if _is_validation(whole):
        yield whole
    for run in mapping(whole.get("run_results")).values():
        inner = mapping(run).get("validation_result", run)
        if _is_validation(mapping(inner)):
            yield mapping(inner)
    yield from (inner for inner in objects(whole.get("validation_results")) if _is_validation(inner))


def _is_expectation(value: dict[str, Any]) -> bool:
    """Whether it is one expectation's result on its own, as `batch.validate(expectation)` answers."""
    return "success" in value and bool(mapping(value.get("expectation_config")) and _type(value))


def _is_validation(value: dict[str, Any]) -> bool:
    results = value.get("results", value.get("expectations"))
    if not isinstance(results, list) or "success" not in value:
        return False
    if results:
        return any(_type(item) for item in objects(results))
    return isinstance(value.get("statistics"), dict)


def _config(item: dict[str, Any]) -> dict[str, Any]:
    """An expectation's settings: an object of their own, or, in `describe()`, beside the outcome."""
    return mapping(item.get("expectation_config")) or item


def _type(item: dict[str, Any]) -> str:
    config = _config(item)
    return text(config.get("type")) or text(config.get("expectation_type"))


def _read_validation(validation: dict[str, Any], collector: Collector) -> None:
    observed_at = _time(mapping(validation.get("meta")))
    for item in items(validation.get("results", validation.get("expectations"))):
        kind = _type(mapping(item))
        if not kind:
            collector.warn("An entry without an expectation's type was left out.")
            continue
        status, message = _outcome(item)
        collector.add(
            _name(kind, mapping(_config(item).get("kwargs"))),
            status,
            observed_at=observed_at,
            message=message,
            metrics=_metrics(mapping(item.get("result"))),
            key=_key(_config(item)) or _key(item) or _key(validation),
        )


def _time(meta: dict[str, Any]) -> datetime | None:
    run_time = mapping(meta.get("run_id")).get("run_time")
    return instant(run_time) or instant(meta.get("validation_time"))


def _key(part: dict[str, Any]) -> str | None:
    meta = mapping(part.get("meta"))
    return key_in(meta.get("mlscore")) or key_in_tags(meta.get("tags"))


def _name(kind: str, kwargs: dict[str, Any]) -> str:
    """The type, and its settings with the column first: `expect_column_max_to_be_between(column=age, max_value=99)`."""
    order = {name: place for place, name in enumerate(_DOMAIN_FIRST)}
    named = sorted(kwargs, key=lambda name: (order.get(name, len(order)), name))
    settings = (
        f"{name}={_setting(kwargs[name])}" for name in named if name not in _NOT_IN_NAMES and kwargs[name] is not None
    )
    inside = ", ".join(settings)
    return f"{kind}({inside})" if inside else kind


def _setting(value: object) -> str:
    """A setting as it reads in a name; a long list of columns or values as their number and a digest."""
    if isinstance(value, list):
        written = "|".join(scalar(item) for item in value)
        return written if len(written) <= _LONGEST_SETTING else f"{len(value)} values ~{digest(written)}"
    written = scalar(value)
    return written if len(written) <= _LONGEST_SETTING else f"{written[:40]}~{digest(written)}"


def _outcome(item: dict[str, Any]) -> tuple[Status, str]:
    """An expectation that crashed says `success: false` too; it was never evaluated."""
    crash = _crash(mapping(item.get("exception_info")))
    if crash is not None:
        return Status.ERROR, crash
    if item.get("success") is True:
        return Status.PASSED, ""
    if item.get("success") is False:
        return Status.FAILED, _shortfall(mapping(item.get("result")))
    return Status.ERROR, "The result says neither success nor failure."


def _crash(info: dict[str, Any]) -> str | None:
    """The message of the exception, if there was one: stated at once (0.x), or by metric (1.x)."""
    for part in (info, *objects(list(info.values()))):
        if part.get("raised_exception") is True:
            return text(part.get("exception_message")).strip() or "The expectation raised an exception."
    return None


def _shortfall(result: dict[str, Any]) -> str:
    """What was short of the expectation, in numbers and column names; rows and values stay where they are."""
    parts = []
    unexpected, elements = finite(result.get("unexpected_count")), finite(result.get("element_count"))
    if unexpected is not None and elements is not None:
        percent = finite(result.get("unexpected_percent"))
        share = f" ({percent:.4g}%)" if percent is not None else ""
        parts.append(f"{unexpected:g} of {elements:g} values unexpected{share}")
    if is_number(result.get("observed_value")):
        parts.append(f"observed value {result['observed_value']}")
    mismatched = mapping(mapping(result.get("details")).get("mismatched"))
    for label in ("missing", "unexpected"):
        names = [text(name) for name in items(mismatched.get(label))]
        if names:
            parts.append(f"{label} columns: {', '.join(names)}")
    return "; ".join(parts) or "The expectation was not met."


def _metrics(result: dict[str, Any]) -> dict[str, object]:
    return {name: result[name] for name in _MEASURES if is_number(result.get(name))}
