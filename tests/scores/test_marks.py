from datetime import UTC, datetime

import pytest

from accounts.actors import Actor
from assessments.models import Assessment
from assessments.operations import void_assessment
from assessments.systems import update_system
from evidence.models import Result
from evidence.rule_changes import change_rules
from evidence.voiding import void_result
from rubric.levels import Level
from rubric.loader import builtin
from rubric.timeline import EvidenceSpan, Facts
from scores.facts import load_facts
from scores.marks import EventKind, Lapse, Told, events, lapses, told_of
from scores.reading import LAST
from scores.recounting import FIRST
from tests.factories import DAY, assess, make_organisation, make_system, post

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NONE, MANUAL, AUTOMATED = Level


def span(level: Level, start: int, end: int, test: str = "data-1") -> EvidenceSpan:
    return EvidenceSpan(test, level, NOW + start * DAY, NOW + end * DAY)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([span(MANUAL, -9, 1)], []),
        ([span(MANUAL, -9, 0)], [(0, MANUAL, NONE)]),
        ([span(MANUAL, -9, -1)], [(-1, MANUAL, NONE)]),
        ([span(MANUAL, -9, -1), span(AUTOMATED, -8, -2)], [(-2, AUTOMATED, MANUAL), (-1, MANUAL, NONE)]),
        ([span(MANUAL, -9, -1), span(AUTOMATED, -8, -1)], [(-1, AUTOMATED, NONE)]),
        ([span(MANUAL, -9, -5), span(MANUAL, -3, -1)], [(-5, MANUAL, NONE), (-1, MANUAL, NONE)]),
    ],
)
def test_a_lapse_is_every_fall_of_a_verified_level(
    spans: list[EvidenceSpan], expected: list[tuple[int, Level, Level]]
) -> None:
    assert lapses(spans, NOW) == [Lapse(NOW + at * DAY, "data-1", before, after) for at, before, after in expected]


@pytest.mark.django_db
def test_what_happened_to_a_system_is_marked_in_order() -> None:
    organisation = make_organisation()
    actor = Actor(organisation)
    system = make_system(organisation, NOW - 100 * DAY)
    other = make_system(organisation, NOW - 100 * DAY, name="Other")
    wrong = assess(system, NOW - 90 * DAY, {"data-1": "automated"})
    assess(system, NOW - 80 * DAY, {"data-1": "manual"})
    post(system, ["data-1", "data-2", "data-3"], [NOW - 70 * DAY], NOW)
    change_rules(actor=actor, changes={"window_days": 20}, at=NOW - 60 * DAY)
    change_rules(actor=actor, system=system, changes={"windows": {"data-2": 25}}, at=NOW - 44 * DAY)
    change_rules(actor=actor, system=other, changes={"windows": {"data-2": 40}}, at=NOW - 40 * DAY)
    void_assessment(actor=actor, assessment=wrong, reason="Wrong system.", at=NOW - 30 * DAY)
    void_result(actor=actor, result_id=Result.objects.get(check_of__test="data-3").pk, reason="No.", at=NOW - 20 * DAY)
    system = update_system(actor=actor, system=system, changes={"rubric": "ml-test-score-2016"}, at=NOW - 10 * DAY)

    facts = load_facts([system], FIRST, LAST)[system.pk]
    found = events(facts, Assessment.objects.filter(system=system), told_of(system, NOW), NOW)

    assert [(event.kind.value, (event.at - NOW).days) for event in found] == [
        ("assessment", -80),
        ("rules", -60),
        ("lapse", -50),
        ("lapse", -45),
        ("rules", -44),
        ("void", -30),
        ("void", -20),
        ("edition", -10),
    ]
    texts = [event.text for event in found if event.kind in (EventKind.RULES, EventKind.LAPSE, EventKind.EDITION)]
    assert texts[0] == "window days: 30 to 20"
    assert texts[1] == "Lapsed: Feature expectations are captured in a schema (manual to none)"
    assert "windows: none to data-2 25 days" in texts
    assert texts[-1] == "ML Test Score (2016)"


@pytest.mark.django_db
def test_what_lies_after_the_moment_shown_is_left_out() -> None:
    system = make_system(make_organisation(), NOW - 100 * DAY)
    assess(system, NOW - 10 * DAY, {"data-1": "manual"})
    facts = load_facts([system], FIRST, LAST)[system.pk]
    assessments = list(Assessment.objects.filter(system=system))
    assert events(facts, assessments, Told(), NOW - 11 * DAY) == []
    assert [event.at for event in events(facts, assessments, Told(), NOW - 10 * DAY)] == [NOW - 10 * DAY]


def test_many_tests_that_lapse_at_once_are_one_mark() -> None:
    rubric = builtin()["ml-test-score-2017"]
    spans = [span(MANUAL, -40, -10, test) for test in ("data-1", "data-2", "data-3")]
    (event,) = events(Facts([(None, rubric)], (), spans), [], Told(), NOW)
    first = "Feature expectations are captured in a schema (manual to none)"
    assert event.text == f"3 tests lapsed: {first} and 2 more"
