"""The intervals of `held` are where `levels_at` says that the test holds the level, at every boundary."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rubric.holding import held
from rubric.levels import Level
from rubric.loader import builtin
from rubric.timeline import Claims, EvidenceSpan, Facts, levels_at
from tests.rubric.reading import DAY, EPOCH, TICK

NEW, PRINCIPLES = builtin()["ml-test-score-2017"], builtin()["key-principles"]
days = st.integers(0, 12).map(lambda count: EPOCH + count * DAY)
levels = st.sampled_from(list(Level))
claims = st.builds(Claims, days, st.dictionaries(st.sampled_from(["data-1", "data-2"]), levels))
spans = st.builds(
    lambda test, level, start, length: EvidenceSpan(test, level, start, start + timedelta(days=length)),
    st.sampled_from(["data-1", "data-2"]),
    st.sampled_from([Level.MANUAL, Level.AUTOMATED]),
    days,
    st.integers(1, 4),
)


@settings(deadline=None)
@given(
    claimed=st.lists(claims, max_size=4),
    evidence=st.lists(spans, max_size=5),
    moved=st.none() | days,
    level=st.sampled_from([Level.MANUAL, Level.AUTOMATED]),
)
def test_a_test_is_held_where_its_level_is_reached(
    claimed: list[Claims], evidence: list[EvidenceSpan], moved: object, level: Level
) -> None:
    editions = [(None, NEW), *([(moved, PRINCIPLES)] if moved else [])]
    facts = Facts(editions, sorted(claimed, key=lambda each: each.effective_at), evidence)  # type: ignore[arg-type]
    found = held(facts, "data-1", level)
    assert all(start < end for start, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for day in range(-1, 18):
        for shift in (-TICK, timedelta(0), TICK):
            at = EPOCH + day * DAY + shift
            in_force = "data-1" in facts.rubric_at(at).tests
            reached = in_force and levels_at(facts, at).credited.get("data-1", Level.NONE) >= level
            assert any(start <= at < end for start, end in found) == reached, at
