"""A result as the API takes it, and what of it can be judged before it is sent."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from typing import Any

STATUSES = ("passed", "failed", "error", "skipped")
WORST_FIRST = ("failed", "error", "passed", "skipped")
LONGEST_NAME = 200
LONGEST_CHECK = 300
LONGEST_MESSAGE = 2000
MOST_METRICS = 50

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Result:
    """One execution of a check. What is left None is taken from the environment, or left out."""

    test: str
    status: str
    check: str | None = None
    system: str | None = None
    run_id: str | None = None
    observed_at: datetime | None = None
    message: str | None = None
    url: str | None = None
    commit: str | None = None
    branch: str | None = None
    pipeline: str | None = None
    model_version: str | None = None
    dataset_version: str | None = None
    metrics: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        """ValueError for what the API could never take."""
        if self.status not in STATUSES:
            raise ValueError(f"status: one of {', '.join(STATUSES)}, not {self.status!r}")
        if self.observed_at is not None and self.observed_at.tzinfo is None:
            raise ValueError("observed_at: needs a time zone")
        if self.message is not None and not isinstance(self.message, str):
            raise ValueError(f"message: not a text: {self.message!r}")
        if self.metrics is not None:
            if not isinstance(self.metrics, Mapping):
                raise ValueError(f"metrics: not numbers by name: {self.metrics!r}")
            object.__setattr__(self, "metrics", finite(self.metrics))

    def completed(self, defaults: Mapping[str, Any]) -> Result:
        """The same with what is None taken from `defaults` (by field), texts cut to what the API stores."""
        missing: dict[str, Any] = {
            name: value for name, value in defaults.items() if value is not None and getattr(self, name) is None
        }
        if self.message is not None:
            missing["message"] = cut(self.message, LONGEST_MESSAGE)
        return replace(self, **missing)

    def as_json(self) -> dict[str, Any]:
        """The members of the request body; instants in UTC."""
        body: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == {}:
                continue
            body[field.name] = instant_text(value) if isinstance(value, datetime) else value
        return body


def finite(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Metrics as plain numbers. ValueError for what is none: texts, booleans, NaN, Infinity, or too many of them."""
    if len(metrics) > MOST_METRICS:
        raise ValueError(f"metrics: at most {MOST_METRICS}, not {len(metrics)}")
    numbers: dict[str, float] = {}
    for name, value in metrics.items():
        try:
            number = value if isinstance(value, int) else float(value)
            usable = not isinstance(value, (bool, str, bytes)) and math.isfinite(number)
        except (TypeError, ValueError, OverflowError):
            usable = False
        if not usable:
            raise ValueError(f"metrics: {name}: not a finite number: {value!r}")
        numbers[str(name)] = number
    return numbers


def worst(statuses: list[str]) -> str:
    """The status of several executions that are one check: failed, error, passed, skipped, in this order."""
    return min(statuses, key=WORST_FIRST.index)


def cut(text: str, length: int) -> str:
    """The text, at most this long, without NUL characters and unpaired surrogates, which the API refuses."""
    clean = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= length else clean[: length - 1] + "…"


def shortened(name: str, length: int) -> str:
    """The name, at most this long; the end of a longer one gives way to a digest, so that different ones stay different."""
    if len(name) <= length:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{name[: length - 13]}-{digest}"


def instant_text(value: datetime) -> str:
    """RFC 3339, in UTC, with microseconds where there are some."""
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def instant_of(text: str) -> datetime:
    """The instant that an RFC 3339 text names, in UTC. ValueError for anything else, such as one without an offset."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an instant with an offset, such as 2026-03-01T02:00:00Z: {text!r}")
    day, clock, fraction, offset = match.groups()
    zone = "+00:00" if offset in "Zz" else offset
    at = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0').ljust(6, '0')}{zone}")
    try:
        return at.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f"not an instant between the years 1 and 9999: {text!r}") from None
