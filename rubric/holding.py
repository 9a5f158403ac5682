"""When a test held at least a level: intervals, from one system's facts. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from rubric.levels import Level
from rubric.timeline import Facts

Interval = tuple[datetime, datetime]

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
"""The end of an interval that nothing ends."""


def held(facts: Facts, test: str, level: Level) -> list[Interval]:
    """The intervals [start, end) in which the test's level, claimed or verified, is at least `level`, in order.

    They neither touch nor overlap. While an edition is in force that lacks the test, it holds nothing.
    """
    ends = [*(claims.effective_at for claims in facts.claims[1:]), LAST]
    found = [
        (claims.effective_at, end)
        for claims, end in zip(facts.claims, ends, strict=False)
        if claims.levels.get(test, Level.NONE) >= level
    ]
    found += [(span.starts_at, span.ends_at) for span in facts.spans if span.test == test and span.level >= level]
    return _common(_joined(found), _joined(_in_force(facts, test)))


def _in_force(facts: Facts, test: str) -> list[Interval]:
    """The intervals of the editions that have the test."""
    starts = [since or FIRST for since, _ in facts.editions]
    ends = [*starts[1:], LAST]
    editions = zip(facts.editions, starts, ends, strict=True)
    return [(start, end) for (_, rubric), start, end in editions if test in rubric.tests]


def _joined(intervals: list[Interval]) -> list[Interval]:
    """The union, in order."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _common(some: list[Interval], others: list[Interval]) -> list[Interval]:
    """What lies in both, in order."""
    pairs = ((max(a, c), min(b, d)) for a, b in some for c, d in others)
    return [(start, end) for start, end in pairs if start < end]
