"""What reports say: the numbers of the API, at any instant; the same facts give the same bytes, whatever comes later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation, Scope
from accounts.tokens import create_token
from assessments.initiatives import WantedStep, create_initiative
from assessments.models import System
from dashboards.reports.document import digest_of, instant, written
from dashboards.reports.making import document_of
from scores.known import as_known
from scores.reading import full_score
from tests.api.client import Api, ok
from tests.factories import DAY, HOUR, all_tests, assess, fraud_story, make_system, nightly, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def fraud(organisation: Organisation, now: datetime) -> System:
    return fraud_story(organisation, now)


@pytest.fixture
def api(organisation: Organisation, now: datetime) -> Api:
    actor = Actor(organisation)
    made = create_token(actor=actor, name="reader", scopes=[Scope.READ], system_id=None, expires_at=None, at=now)
    return Api(made[1])


def picked(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def of_test(row: dict[str, Any]) -> dict[str, Any]:
    names = ("key", "title", "level", "claimed", "verified", "not_applicable", "runs", "last_run_at", "health")
    return picked(row, *names)


def test_a_system_has_the_numbers_of_the_api(fraud: System, api: Api, now: datetime) -> None:
    for ago in (timedelta(0), 10 * DAY, 44 * DAY, 300 * DAY, -20 * DAY):
        at = now - ago
        document = document_of(fraud.organisation, fraud.pk, at)
        score = ok(api.get(f"/systems/{fraud.slug}/score/?at={instant(at)}"))
        shown = document["score"]
        assert document["at"] == score["at"]
        assert (shown["value"], shown["claimed"]["value"], shown["verified"]["value"], shown["adjusted"]) == (
            score["score"], score["claimed"], score["verified"], score["adjusted"],
        )  # fmt: skip
        assert (picked(shown["band"], "key", "label"), shown["limiting"]) == (score["band"], score["limiting"])
        names = ("key", "title", "max", "score", "claimed", "verified")
        assert [picked(row, *names) for row in document["categories"]] == score["categories"]
        tests = [row for group in document["groups"] for row in group["rows"]]
        assert [of_test(row) for row in tests] == [of_test(row) for row in score["tests"]]
        if ago <= timedelta(0):
            assert [row["fresh_until"] for row in tests] == [row["fresh_until"] for row in score["tests"]]
        points = ok(api.get(f"/systems/{fraud.slug}/history/?end={instant(at)}"))["points"]
        for row in document["history"]:
            point = next(point for point in reversed(points) if point["at"] <= row["at"])
            values = {name: row[name]["value"] for name in ("score", "claimed", "verified")}
            assert values == picked(point, "score", "claimed", "verified")
    first = document_of(fraud.organisation, fraud.pk, now - 535 * DAY)
    assert first["score"] is None and "categories" not in first


def test_an_organisation_has_the_numbers_of_the_api(fraud: System, api: Api, now: datetime) -> None:
    organisation = fraud.organisation
    other = make_system(organisation, now - 200 * DAY, name="Churn")
    assess(other, now - 150 * DAY, dict.fromkeys(all_tests(other)[::2], "manual"))
    make_system(organisation, now - 120 * DAY, name="Not yet assessed")
    retired = make_system(organisation, now - 200 * DAY, name="Retired")
    assess(retired, now - 190 * DAY, dict.fromkeys(all_tests(retired), "automated"))
    System.objects.filter(pk=retired.pk).update(lifecycle="retired", retired_at=now - 110 * DAY)
    names = ("median", "mean", "q1", "q3")
    for at in (now, now - 100 * DAY):
        document = document_of(organisation, None, at)
        start = instant(at.replace(year=at.year - 1, day=1))
        months = ok(api.get(f"/trends/?start={start}&end={instant(at)}&interval=month"))["buckets"]
        expected = [(each["at"], each["systems"], [each[name] for name in names]) for each in months if each["systems"]]
        found = [(row["at"], row["systems"], [row[name]["value"] for name in names]) for row in document["history"]]
        assert found == expected[::-1]
        present = months[-1]
        assert {row["key"]: row["mean"] for row in document["categories"]} == present["categories"]
        assert {row["key"]: row["limiting"] for row in document["categories"]} == present["limiting"]
        assert (document["score"]["median"]["value"], document["score"]["systems"]) == (present["median"], 2)
        assert sum(band["systems"] for band in document["bands"]) == 2
        rows = {row["slug"]: row for row in document["systems"]}
        assert rows.keys() == {fraud.slug, "churn", "not-yet-assessed"} and rows["not-yet-assessed"]["rubric"] is None
        for slug in (fraud.slug, "churn"):
            score = ok(api.get(f"/systems/{slug}/score/?at={instant(at)}"))
            values = {name: rows[slug][name]["value"] for name in ("score", "claimed", "verified")}
            assert values == picked(score, "score", "claimed", "verified")


def test_the_same_facts_give_the_same_bytes_whatever_comes_later(fraud: System, now: datetime) -> None:
    at, organisation = now - 2 * DAY, fraud.organisation
    create_initiative(
        actor=Actor(organisation),
        title="Schemas",
        steps=[WantedStep(fraud, "monitor-1", "automated")],
        at=now - 40 * DAY,
    )
    before = [written(document_of(organisation, system, at)) for system in (fraud.pk, None)]
    assert '"Schemas"' in before[0]
    post(fraud, all_tests(fraud), [now - DAY, now], now, status="failed")
    assess(fraud, now - HOUR, {"data-1": "none"})
    make_system(organisation, now, name="Later")
    assert [written(document_of(organisation, system, at)) for system in (fraud.pk, None)] == before
    assert digest_of(document_of(organisation, fraud.pk, now)) != digest_of(document_of(organisation, fraud.pk, at))
    post(fraud, ["model-1"], [at - HOUR], now, run="late")
    after = [written(document_of(organisation, system, at)) for system in (fraud.pk, None)]
    assert after[0] != before[0] and after[1] != before[1]


@pytest.mark.parametrize(
    ("repeat_hours", "credit", "branch"),
    [(12, "executed", None), (0, "executed", None), (48, "passed", None), (12, "executed", "main")],
)
def test_evidence_holds_as_long_as_was_to_be_expected(
    organisation: Organisation, now: datetime, repeat_hours: int, credit: str, branch: str | None
) -> None:
    """Read as of an instant before later runs were posted and after: the same, test by test."""
    Organisation.objects.filter(pk=organisation.pk).update(repeat_hours=repeat_hours, credit=credit)
    organisation.refresh_from_db()
    at = now - 20 * DAY
    system = make_system(
        organisation, now - 300 * DAY, name="Churn", windows={"data-2": 3, "data-3": 90}, counted_branch=branch
    )
    post(system, ["data-1", "data-2"], nightly(at - 40 * DAY, at), at, branch="main")
    post(system, ["data-3"], [at - 80 * DAY, at - 30 * DAY, at - 20 * HOUR, at - 14 * HOUR, at], at, branch="main")
    post(system, ["data-4"], [at - 5 * DAY], at, branch="main")
    post(system, ["data-4", "data-5"], [at - 5 * DAY, at - 4 * DAY], at, run="other", branch="side")
    post(system, ["data-6"], [at - 9 * DAY, at - 3 * DAY], at, status="failed", branch="main")
    post(system, ["data-7"], [at - 40 * DAY, at - 31 * DAY], at, branch="main")
    post(system, ["model-1"], [at - 2 * DAY], at, branch="main")
    expected = full_score(system, at).tests
    assert {test.verified.key for test in expected} == {"none", "manual", "automated"}
    later = ["model-1", *(f"data-{number}" for number in range(1, 8))]
    post(system, later, nightly(at + HOUR, now, 3 * DAY), now, branch="main")
    assert full_score(system, at).tests != expected
    assert as_known(system, full_score(system, at)).tests == expected


def test_nobody_is_named_by_an_address(fraud: System, owner: Any, now: datetime) -> None:
    System.objects.filter(pk=fraud.pk).update(owner=owner.person)
    assess(fraud, now - HOUR, {"data-1": "manual"}, by=owner.person)
    said = written(document_of(fraud.organisation, fraud.pk, now))
    assert "Olga" in said and owner.person.email not in said
