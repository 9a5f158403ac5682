"""What reports have in common: a document is JSON values, from which page and PDF are made, and whose digest names it.

Nothing in a document depends on when it was made, so that the same facts give the same document, byte by byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from accounts.models import Organisation, Person
from dashboards import phrases
from dashboards.drawing import band_steps
from dashboards.figures.chart import day
from rubric.definition import Aggregation, Band, Rubric
from rubric.scoring import number

Document = dict[str, Any]

FORM = 1
"""The form of documents; it rises when their content changes for the same facts."""


def written(document: Document) -> str:
    """The document as canonical JSON: keys sorted, no spaces."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(document: Document) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(written(document).encode()).hexdigest()


def minute(at: datetime) -> str:
    """An instant to the minute, in UTC: `3 Nov 2026, 09:30 UTC`."""
    return f"{day(at)}, {at.astimezone(UTC):%H:%M} UTC"


def instant(at: datetime) -> str:
    """An instant as the API writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def person_name(person: Person | None) -> str:
    """How a report names somebody: never by an e-mail address, as it may be read outside."""
    return person.name if person is not None else ""


def band_of(band: Band | None, rubric: Rubric) -> dict[str, Any] | None:
    """A band with how many of its glyph's steps are filled."""
    return None if band is None else {"key": band.key, "label": band.label, "steps": band_steps(rubric, band)}


def value_of(value: Fraction | None, rubric: Rubric, *, reported: bool = True) -> dict[str, Any]:
    """A final score as a number, as the API puts it out, and in words: a dash for none, and where nobody reported it."""
    if value is None:
        return {"value": None, "shown": "–"}
    return {"value": number(value), "shown": phrases.score(value, rubric) if reported else "–"}


def out_of(rubric: Rubric) -> str:
    """What follows a score's number: `of 7`, or `%` for shares."""
    return "%" if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES else f"of {float(rubric.maximum):g}"


def fact(label: str, value: str) -> dict[str, str]:
    """A line of a list of terms."""
    return {"label": label, "value": value}


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def organisation_rules(organisation: Organisation) -> list[dict[str, str]]:
    """The rules by which the organisation's history is read."""
    passed = organisation.credit == "passed"
    return [
        fact("Freshness window", days(organisation.window_days)),
        fact("Repeat interval", f"{organisation.repeat_hours} hours between two runs that prove a test as automated"),
        fact("Results that count", "passed ones only" if passed else "passed and failed ones"),
        fact("Review interval", days(organisation.review_interval_days)),
    ]


def rubric_fact(rubric: Rubric) -> dict[str, str]:
    return fact("Rubric edition", f"{rubric.title} ({rubric.key})")


def own_windows(windows: Mapping[str, int]) -> list[dict[str, str]]:
    """The windows that differ from the organisation's, in one line."""
    if not windows:
        return []
    return [fact("Windows of its own", "; ".join(f"{test}: {days(count)}" for test, count in sorted(windows.items())))]


def header(
    kind: str, title: str, organisation: Organisation, at: datetime, about: Sequence[dict[str, str]]
) -> Document:
    """How every document begins."""
    return {
        "form": FORM,
        "kind": kind,
        "title": title,
        "organisation": organisation.name,
        "at": instant(at),
        "day": [at.astimezone(UTC).year, at.astimezone(UTC).month, at.astimezone(UTC).day],
        "as_of": minute(at),
        "about": [each for each in about if each["value"]],
    }
