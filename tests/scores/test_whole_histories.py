"""What is remembered of a system's facts is what they make when it is counted anew, at any instant and after any change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts.actors import Actor
from accounts.models import Membership, Token
from assessments.models import Assessment, System
from dashboards.system.reading import system_of
from evidence.models import Result
from evidence.rule_changes import change_rules
from evidence.rules_of import Rules
from evidence.voiding import void_result
from rubric.reported import reported
from rubric.timeline import Facts, timeline
from scores import whole_histories
from scores.evidence_of import newest_by_name
from scores.facts import load_facts
from scores.marks import lapse_events
from scores.reading import LAST, full_score
from scores.recorded import recorded_of
from scores.recounting import FIRST
from scores.score import Alike, FullScore
from scores.whole_histories import Whole, explained_at, whole_of
from tests.factories import DAY, assess, make_organisation, make_system, nightly, post

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LEAST = timedelta(microseconds=1)
FINAL = ("pk", "effective_at", "recorded_by")
EDITIONS = [
    {"rubric": "ml-test-score-2016", "from": None},
    {"rubric": "ml-test-score-2017", "from": (NOW - 10 * DAY).isoformat()},
]
CHANGES: list[Callable[[System, Actor], object]] = [
    lambda system, _: None,
    lambda system, _: post(system, ["data-1", "infra-2"], nightly(NOW - 45 * DAY, NOW - 43 * DAY), NOW, run="a"),
    lambda system, _: assess(system, NOW - 50 * DAY, {"data-1": "manual", "model-1": "automated"}),
    lambda system, _: post(system, ["data-1"], [NOW - DAY], NOW, run="b", status="failed"),
    lambda system, _: assess(system, NOW - 20 * DAY, {"data-1": "automated", "model-1": "na"}),
    lambda system, actor: void_result(actor=actor, result_id=first_result(system), reason="Wrong", at=NOW),
    lambda system, actor: change_rules(actor=actor, changes={"windows": {"data-1": 3}}, at=NOW, system=system),
    lambda system, actor: change_rules(actor=actor, changes={"credit": "passed"}, at=NOW),
    lambda system, _: System.objects.filter(pk=system.pk).update(editions=EDITIONS),
]


def first_result(system: System) -> int:
    return Result.objects.filter(system=system).earliest("observed_at", "pk").pk


def read(system: System) -> tuple[System, Whole, Facts]:
    """The system as its page reads it, all that is remembered of its facts, and the same read anew."""
    found = system_of(Membership(organisation_id=system.organisation_id), system.slug, with_spans=True)
    finals = Assessment.objects.final().filter(system=system)
    held: str | None = found.held  # type: ignore[attr-defined]
    whole = whole_of(found, held, finals, found.first_run_at)
    read = recorded_of(Token(organisation_id=system.organisation_id), system.slug)
    assert read is not None and [each[:3] for each in read.finals] == list(finals.values_list(*FINAL))
    assert (read.pk, read.slug, read.rules) == (found.pk, found.slug, Rules.of(found))
    assert (read.whole is whole) == whole.lasting and read.whole.points == whole.points
    return found, whole, load_facts([found], FIRST, LAST)[found.pk]


def explain(system: System, whole: Whole, at: datetime) -> FullScore:
    newest = list(newest_by_name(system.pk, at).values())
    return explained_at(system.pk, Rules.of(system), whole, at, newest)


@pytest.mark.django_db
@pytest.mark.parametrize("longest", [whole_histories.LONGEST, 0])
def test_it_is_what_the_facts_make_at_each_edge_after_each_change(
    monkeypatch: pytest.MonkeyPatch, longest: int
) -> None:
    monkeypatch.setattr(whole_histories, "LONGEST", longest)
    system = make_system(make_organisation(), NOW - 100 * DAY)
    for change in CHANGES if longest else CHANGES[:3]:
        change(system, Actor(system.organisation))
        found, whole, facts = read(system)
        assert list(whole.points) == ([] if whole.since is None else timeline(facts, whole.since, LAST))
        assert list(whole.lapses) == lapse_events(facts, LAST)
        for edge in [*whole.edges, NOW]:
            for at in (edge - LEAST, edge, edge + LEAST):
                known, anew = explain(found, whole, at), full_score(found, at)
                assert (known.total, known.adjusted) == (anew.total, anew.adjusted)
                assert (tuple(known.categories), tuple(known.tests)) == (anew.categories, anew.tests)
                assert list(whole.until(at)) == [point for point in whole.points if point.at <= at]
                assert list(whole.over(at, at + 30 * DAY)) == timeline(facts, at, at + 30 * DAY)
                rubric = facts.rubric_at(at)
                assert whole.reported(rubric) == reported(facts, rubric, whole.first_run_at)


@pytest.mark.django_db
def test_what_is_made_of_a_score_is_made_once_for_as_long_as_nothing_differs() -> None:
    system = make_system(make_organisation(), NOW - 100 * DAY)
    post(system, ["data-1"], [NOW - 3 * DAY, NOW - DAY], NOW)
    found, whole, _ = read(system)

    def alike(at: datetime) -> Alike:
        return Alike(explain(found, read(system)[1], at))

    assert read(system)[1] is whole
    assert alike(NOW) == alike(NOW + timedelta(hours=1)) != alike(NOW + 40 * DAY)
    before = alike(NOW)
    post(system, ["data-1"], [NOW], NOW, run="again")
    assert alike(NOW) != before
