"""Collects a report's checks under limits, and counts what had to be dropped, so that every format says it alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from evidence.formats.report import Report, ReportedCheck, ReportError, Status
from evidence.formats.values import (
    NAME_LENGTH,
    finite,
    is_number,
    key_in,
    one_line,
    short_message,
    shortened_name,
    storable,
)

MAX_CHECKS = 50_000
MAX_METRICS = 50
MAX_WARNINGS = 50
METRIC_NAME_LENGTH = 100

# Each with the number of times it happened.
_DROPPED_NUMBER = "{count} metric values were dropped: not finite numbers, or beyond {limit} of a check."
_CLEANED_TEXT = "{count} texts held NUL characters or unpaired surrogates, which were replaced."
_SHORTENED_NAME = "{count} check names were longer than 300 characters and were shortened."
_NAMELESS = "{count} entries have no name and were left out."


class Collector:
    """Takes entries as a format reads them; `report()` answers what was kept."""

    def __init__(self, format_name: str) -> None:
        self._format = format_name
        self._entries = 0
        self._checks: list[ReportedCheck] = []
        self._warnings: list[str] = []
        self._counts: Counter[str] = Counter()
        self._keys: dict[str, str] = {}

    def add(
        self,
        name: str,
        status: Status,
        *,
        observed_at: datetime | None = None,
        message: str = "",
        metrics: Mapping[str, object] | None = None,
        key: object = None,
    ) -> None:
        """Keep one entry: its name and message made storable, of its metrics those that are finite numbers.

        Raises ReportError when the report holds more entries than one import takes.
        """
        self._entries += 1
        if self._entries > MAX_CHECKS:
            raise ReportError(f"The report holds more than {MAX_CHECKS} checks.")
        kept_name = self._name(name)
        if not kept_name:
            self._counts[_NAMELESS] += 1
            return
        self._note_unstorable(name, message)
        kept_key = key_in(key)
        if kept_key and self._keys.setdefault(kept_name, kept_key) != kept_key:
            self.warn(f"Check '{kept_name}' carries more than one key; '{self._keys[kept_name]}' counts.")
        self._checks.append(
            ReportedCheck(
                kept_name, status, observed_at, short_message(message), self._metrics(metrics or {}), kept_key
            )
        )

    def warn(self, text: str) -> None:
        """Tell the reader something, once, as one line."""
        if len(self._warnings) < MAX_WARNINGS and (line := one_line(text)) not in self._warnings:
            self._warnings.append(line)

    def report(self) -> Report:
        """What was collected, with a warning where there is no check at all: that is no evidence."""
        counted = [text.format(count=count, limit=MAX_METRICS) for text, count in self._counts.items() if count]
        empty = [] if self._checks else ["The report holds no check, so nothing is evidenced by it."]
        return Report(self._format, tuple(self._checks), (*empty, *self._warnings, *counted))

    def _name(self, text: str) -> str:
        whole = one_line(text)
        self._counts[_SHORTENED_NAME] += len(whole) > NAME_LENGTH
        return shortened_name(whole)

    def _note_unstorable(self, *texts: str) -> None:
        self._counts[_CLEANED_TEXT] += sum(storable(text) != text for text in texts)

    def _metrics(self, given: Mapping[str, object]) -> dict[str, float]:
        kept: dict[str, float] = {}
        for name, value in given.items():
            number = finite(value)
            label = one_line(name)[:METRIC_NAME_LENGTH]
            if number is not None and label and len(kept) < MAX_METRICS:
                kept[label] = number
            elif is_number(value):
                self._counts[_DROPPED_NUMBER] += 1
        return kept
