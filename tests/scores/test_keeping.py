"""Kept states: whatever happens in whatever order, what they tell of the instants before their mark is what facts say."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.core.management import CommandError, call_command

from assessments.models import System
from rubric.states import EVER, of_digits
from rubric.timeline import levels_at
from scores.facts import load_facts
from scores.keeping import check_states, due, keep, keep_for
from scores.kept import order_of
from scores.reading import LAST, first_fact_at
from scores.state_models import KeptState
from tests.factories import DAY, HOUR, make_organisation, make_system, post
from tests.scores.stories import NOW, TESTS, Story

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)
EXECUTED = ("executed", "passed")


def assert_true(system: System, dice: Random, after: str) -> None:
    """The stored rows tell the truth at their own edges, and at random instants, before the mark."""
    assert check_states(system.pk, repair=False) == [], after
    rows = list(KeptState.objects.filter(system=system).order_by("at"))
    edges = [at for row in dice.sample(rows, min(len(rows), 4)) for at in (row.at, row.at - TICK)]
    facts, since = load_facts([system], NOW - 999 * DAY, LAST)[system.pk], first_fact_at(system)
    for at in [*edges, *(NOW + dice.randrange(-130 * 24, 40 * 24) * HOUR for _ in range(4))]:
        if system.states_until is None or at >= system.states_until:
            continue
        holding = [row for row in rows if row.at <= at < row.until]
        assert len(holding) == (since is not None and since <= at), (after, at)
        for row in holding:
            levels = levels_at(facts, at)
            held = of_digits(row.tests, order_of(system))
            assert row.rubric == system.edition_at(at)
            assert held.levels.verified == {test: level for test, level in levels.verified.items() if level}
            assert (held.levels.claimed, held.levels.not_applicable) == (levels.claimed, levels.not_applicable)
            begun = sorted((span.level, span.test) for span in facts.spans if span.starts_at <= at)
            assert held.peaks == {test: level for level, test in begun}, (after, at)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_kept_is_true_before_the_mark_whatever_happens(seed: int) -> None:
    story, dice = Story(make_organisation(credit=EXECUTED[seed % 2]), Random(seed)), Random(f"asking {seed}")
    kept = 0
    for _ in range(30):
        after = story.go_on()
        system = story.system
        kept += system.states_until is not None
        assert_true(system, dice, f"{after} of {seed}")
    assert kept
    keep(story.pk)
    assert story.system.states_until == EVER
    assert_true(story.system, dice, f"the end of {seed}")


def test_a_run_that_keeps_evidence_fresh_leaves_the_present_and_the_past_to_be_read() -> None:
    system = make_system(make_organisation(), NOW - 90 * DAY)
    post(system, TESTS, [NOW - 20 * DAY, NOW - 19 * DAY], NOW)
    keep(system.pk)
    post(system, TESTS[:4], [NOW], NOW)
    system.refresh_from_db()
    assert system.states_until == NOW + 10 * DAY
    assert due() == [system.pk]
    assert keep_for(60.0)
    system.refresh_from_db()
    assert (system.states_until, due()) == (EVER, [])
    # A run within the window of a later one changes nothing at any time.
    post(system, TESTS[:4], [NOW - HOUR], NOW, run="again")
    system.refresh_from_db()
    assert system.states_until == EVER


def test_rebuilding_finds_states_that_differ_and_mends_them(capsys: pytest.CaptureFixture[str]) -> None:
    system = make_system(make_organisation(), NOW - 90 * DAY)
    post(system, TESTS, [NOW - 40 * DAY, NOW - 20 * DAY], NOW)
    call_command("rebuild_spans")
    assert "1 systems, 0 disagreements repaired" in capsys.readouterr().out
    right = list(KeptState.objects.filter(system=system).values_list("at", "until", "tests").order_by("at"))
    KeptState.objects.filter(system=system, at=right[0][0]).update(tests="5" * len(TESTS))
    KeptState.objects.filter(system=system, at=right[-1][0]).delete()
    with pytest.raises(CommandError, match="1 disagreement"):
        call_command("rebuild_spans", "--check")
    assert "states of instants before" in capsys.readouterr().out
    call_command("rebuild_spans")
    call_command("rebuild_spans", "--check")
    assert list(KeptState.objects.filter(system=system).values_list("at", "until", "tests").order_by("at")) == right
