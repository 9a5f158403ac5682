"""The demo as a whole: who is in it, that it repeats itself, and that it never touches anyone's data."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Membership, Organisation, Person, Role, Team, Token
from assessments.models import Assessment, System
from dashboards.demo import cast
from dashboards.demo.pipelines import postings
from dashboards.demo.seeding import seed
from dashboards.demo.stories import stories
from evidence.models import Result
from evidence.rebuilding import check_system
from tests.demo.conftest import DAY, NOW, Demo, recorded_facts

pytestmark = pytest.mark.django_db


def test_one_organisation_with_its_teams_systems_and_people(demo: Demo) -> None:
    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.slug) == ("Meridian Labs", "meridian")
    assert Team.objects.count() == 4 and System.objects.count() == 12
    assert set(Membership.objects.values_list("role", flat=True)) == set(Role.values)
    assert all(team.systems.exists() and team.members.exists() for team in Team.objects.all())
    assert len(set(System.objects.values_list("description", flat=True))) == 12


def test_the_printed_sign_in_signs_in(demo: Demo) -> None:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert cast.OWNER.email in out.getvalue() and cast.PASSWORD in out.getvalue()
    person = Person.objects.get(email=cast.OWNER.email)
    assert person.check_password(cast.PASSWORD)
    assert person.memberships.get().role == Role.OWNER


def test_facts_span_18_months_and_none_lies_in_the_future(demo: Demo) -> None:
    finals = Assessment.objects.final()
    oldest = finals.earliest("effective_at").effective_at
    assert oldest is not None and NOW - oldest >= 540 * DAY
    assert NOW - Result.objects.earliest("observed_at").observed_at >= 500 * DAY
    assert NOW - 3 * DAY < Result.objects.latest("received_at").received_at <= NOW
    assert not Result.objects.filter(observed_at__gt=NOW).exists()
    assert Token.objects.get().last_used_at == Result.objects.latest("received_at").received_at


def test_every_result_says_what_it_saw_and_where_it_comes_from(demo: Demo) -> None:
    assert not Result.objects.filter(message="").exists()
    assert not Result.objects.filter(commit="").exists()
    assert not Result.objects.filter(url="").exists()
    assert not Result.objects.filter(message__contains="{").exists()
    assert not Result.objects.filter(token=None).exists()


def test_spans_and_runs_agree_with_the_results(demo: Demo) -> None:
    assert [
        found for pk in System.objects.values_list("pk", flat=True) for found in check_system(pk, repair=False)
    ] == []


def test_the_same_instant_makes_the_same_facts(demo: Demo) -> None:
    assert recorded_facts() == demo.earlier


def test_seeding_again_changes_nothing(demo: Demo) -> None:
    before = recorded_facts()
    assert not seed(NOW + timedelta(days=3))
    assert recorded_facts() == before


@pytest.mark.parametrize("hour", [0, 6, 13, 23])
def test_a_later_hour_of_the_same_day_only_adds_results(hour: int) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    earlier, later = midnight + timedelta(hours=hour), midnight + timedelta(hours=23, minutes=59)
    for story in stories():
        known = postings(story, earlier)
        assert all(posting.received_at <= earlier for posting in known)
        assert postings(story, later)[: len(known)] == known
