"""A history is remembered by all the facts that it is made of: whatever differs between two, each gets its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rubric.levels import Level
from rubric.loader import builtin
from rubric.timeline import Claims, EvidenceSpan, Facts, timeline
from scores.marks import lapse_events
from scores.reading import LAST
from scores.whole_histories import MOST_SPANS, history_of

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
OLD, NEW = builtin()["ml-test-score-2016"], builtin()["ml-test-score-2017"]
SPANS = [EvidenceSpan(test, Level.MANUAL, START, START + 30 * DAY) for test in NEW.tests]
CLAIMS = Claims(START, dict.fromkeys(NEW.tests, Level.MANUAL))
FACTS = Facts([(None, NEW)], [CLAIMS], SPANS)


def test_each_history_is_that_of_its_own_facts() -> None:
    first, *others = SPANS
    variants = [
        FACTS,
        replace(FACTS, editions=[(None, OLD), (START + 9 * DAY, NEW)]),
        replace(FACTS, editions=[(None, OLD), (START + 8 * DAY, NEW)]),
        replace(FACTS, claims=[]),
        replace(FACTS, claims=[replace(CLAIMS, effective_at=START + DAY)]),
        replace(FACTS, claims=[replace(CLAIMS, levels=dict.fromkeys(NEW.tests, Level.AUTOMATED))]),
        replace(FACTS, spans=others),
        replace(FACTS, spans=[replace(first, level=Level.AUTOMATED), *others]),
        replace(FACTS, spans=[replace(first, ends_at=START + 31 * DAY), *others]),
        replace(FACTS, spans=[replace(first, starts_at=START + DAY), *others]),
        replace(FACTS, spans=[replace(span, ends_at=START + DAY) for span in SPANS] * (MOST_SPANS // len(SPANS) + 1)),
    ]
    for facts in [*variants, *reversed(variants)]:
        found = history_of(facts, START)
        assert list(found.points) == timeline(facts, START, LAST)
        assert list(found.lapses) == lapse_events(facts, LAST)
    assert history_of(FACTS, START + DAY).points[0].at == START + DAY
    assert history_of(replace(FACTS, spans=[*SPANS]), START) is history_of(FACTS, START)
